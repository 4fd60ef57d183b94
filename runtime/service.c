/* A build without a call to the provider has no service. */
#include "runtime/service.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"

static const char *service_name(const json_t *record)
{
    return json_string_value(json_object_get(record, "service"));
}

/* BASE/api/SERVICE, to be freed. */
static char *service_below(const char *base, const char *service)
{
    struct buf relative = {0};
    buf_printf(&relative, "api/%s", service);
    char *path = path_join(base, buf_text(&relative));
    buf_free(&relative);
    return path;
}

json_t *service_files(const struct run *r, const json_t *record)
{
    const char *service = service_name(record);
    if (!service)
        return NULL;
    char *path = service_below(r->plan->dir, service), *dir = path_dir(path);
    DIR *entries = opendir(dir);
    json_t *files = json_object();
    struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        struct buf text = {0};
        char *file = path_join(dir, entry->d_name);
        /* Without a folder of its own it is alone. */
        bool its = strchr(service, '/') || !strcmp(service, entry->d_name);
        if (its && entry->d_type == DT_REG && file_read(file, &text))
            json_object_set_new(files, entry->d_name, json_stringn(text.p, text.len));
        buf_free(&text);
        free(file);
    }
    if (entries)
        closedir(entries);
    free(dir);
    free(path);
    return files;
}

static bool write_files(const char *dir, const json_t *files, struct fault *f)
{
    const char *name;
    json_t *text;
    bool ok = file_mkdirs(dir);
    json_object_foreach((json_t *)(uintptr_t)files, name, text)
    {
        char *path = path_join(dir, name);
        ok = ok && !strchr(name, '/') &&
             file_replace(path, json_string_value(text), json_string_length(text), 0700);
        free(path);
    }
    return ok || fault_set(f, DVO_EPERM, "cannot write %s: %s", dir, strerror(errno));
}

char *service_path(struct run *r, const json_t *record, struct fault *f)
{
    const json_t *files = json_object_get(record, "files");
    char *path = service_below(r->plan->dir, service_name(record));
    if (!json_object_size(files) || access(path, F_OK) == 0)
        return path;
    free(path);
    path = service_below(r->private, service_name(record));
    char *dir = path_dir(path);
    bool ok = write_files(dir, files, f);
    free(dir);
    if (ok)
        return path;
    free(path);
    return NULL;
}
