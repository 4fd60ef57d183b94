/* Copies a playbook without the tasks of ops that take no part. Their lines stay, empty,
 * so that the plan's source map holds for the copy, too. */
#include "runtime/playbook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"

/* The task whose lines begin at or before this one; NULL before the first. */
static const struct plan_task *task_at(const struct segment *s, uint32_t line)
{
    const struct plan_task *found = NULL;
    for (uint32_t i = 0; i < s->ntasks && s->tasks[i].line <= line; i++)
        found = &s->tasks[i];
    return found;
}

static bool takes_part(const struct run *r, const struct plan_task *task)
{
    for (uint32_t i = 0; i < task->nops; i++)
        if (r->ops[task->ops[i]].status != RUN_KNOWN)
            return true;
    return false;
}

static void keep_lines(const struct run *r, const struct segment *s, const char *text,
                       struct buf *out)
{
    uint32_t number = 1;
    for (const char *line = text; *line; number++) {
        size_t len = strcspn(line, "\n");
        const struct plan_task *task = task_at(s, number);
        if (!task || takes_part(r, task))
            buf_add(out, line, len);
        buf_char(out, '\n');
        line += len + (line[len] == '\n');
    }
}

/* Tasks look for the files they send beside their playbook. */
static bool link_files(const struct run *r, const char *folder)
{
    char *real = realpath(r->plan->dir, NULL);
    char *files = real ? path_join(real, "ansible/files") : NULL;
    char *link = path_join(folder, "files");
    bool ok = files && (symlink(files, link) == 0 || errno == EEXIST);
    free(link);
    free(files);
    free(real);
    return ok;
}

char *playbook_of_part(const struct run *r, const struct segment *s, struct fault *f)
{
    char *from = path_join(r->plan->dir, s->file);
    struct buf text = {0}, kept = {0}, folder = {0};
    buf_printf(&folder, "%s/part.%u", r->private, s->id);
    char *to = path_join(buf_text(&folder), segment_name(s));
    bool ok = file_read(from, &text);
    keep_lines(r, s, buf_text(&text), &kept);
    ok = ok && (mkdir(folder.p, 0700) == 0 || errno == EEXIST) &&
         link_files(r, folder.p) && file_replace(to, buf_text(&kept), kept.len, 0600);
    if (!ok) {
        fault_set(f, DVO_EPERM, "cannot write %s: %s", to, strerror(errno));
        free(to);
        to = NULL;
    }
    buf_free(&text);
    buf_free(&kept);
    buf_free(&folder);
    free(from);
    return to;
}
