/* Reads the file a call names. Only the program's folder and what is below it can be
 * read, so that a program means the same wherever it stands. */
#include "compiler/inline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/digest.h"
#include "ir/base/file.h"

/* More than this does not belong into a plan. */
enum { INLINE_LIMIT = 16 << 20 };

static bool is_below(const char *path)
{
    if (!*path || *path == '/')
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (!strncmp(part, "..", 2) && (part[2] == '/' || !part[2]))
            return false;
    }
    return true;
}

static bool read_named(struct vm *vm, const char *path, struct span at, struct buf *out)
{
    if (!is_below(path)) {
        vm_fail_at(vm, at, 525, "\"%s\" is not below the program's folder", path);
        vm_help(vm, "write a path beside the program, such as \"files/motd\"");
        return false;
    }
    char *full = path_join(program_of(vm)->folder, path);
    bool good = file_read(full, out);
    if (!good) {
        const char *near =
            errno == ENOENT ? program_near_file(program_of(vm), path) : NULL;
        vm_fail_at(vm, at, 525, "cannot read %s: %s", path, strerror(errno));
        if (near)
            vm_help(vm, "did you mean \"%s\"?", near);
        else
            vm_help(vm, "the path counts from the program's folder: put the file there");
    } else if (out->len > INLINE_LIMIT) {
        vm_fail_at(vm, at, 525, "%s is larger than 16 MiB", path);
        vm_help(vm, "pack large files into a package and deploy that");
        good = false;
    }
    free(full);
    return good;
}

/* Paths have been made canonical: two slashes may be one by now. */
static bool is_url(const char *path)
{
    return !strncmp(path, "https:/", 7) || !strncmp(path, "http:/", 6);
}

/* The machine reads it when the time comes; what it must be is in the program. */
static bool inline_url(struct vm *vm, const struct inline_rule *rule, val_id *args,
                       const char *url, struct span at)
{
    if (rule->url < 0 || rule->digest < 0) {
        vm_fail_at(vm, at, 525, "this is no place for a URL");
        vm_help(vm, "keep the file beside the program and write its path");
        return false;
    }
    if (strncmp(url, "https://", 8) != 0) {
        vm_fail_at(vm, at, 525, "a key comes over https");
        vm_help(vm, "write https://, or keep the file beside the program");
        return false;
    }
    if (args[rule->digest] <= VAL_NONE) {
        vm_fail_at(vm, at, 525, "what this URL must answer with is not said");
        vm_help(vm, "add key_digest=\"sha256:...\"; sha256sum prints it for a file");
        return false;
    }
    args[rule->url] = args[rule->from];
    args[rule->text] = VAL_NONE;
    return true;
}

/* Whether the bytes have the digest that the program says, if it says one. */
static bool inline_checked(struct vm *vm, const struct inline_rule *rule,
                           const val_id *args, const char *bytes, size_t len,
                           struct span at)
{
    struct graph *g = &program_of(vm)->graph;
    char digest[DIGEST_TEXT_SIZE];
    if (rule->digest < 0 || args[rule->digest] <= VAL_NONE)
        return true;
    const struct ir_value *wanted = val_get(&g->values, args[rule->digest]);
    digest_text(bytes, len, digest);
    if (!strcmp(intern_text(vm->strings, wanted->as.n), digest))
        return true;
    vm_fail_at(vm, at, 525, "this has another digest: %s", digest);
    return false;
}

bool inline_file(struct vm *vm, const struct inline_rule *rule, op_id op, struct span at)
{
    struct graph *g = &program_of(vm)->graph;
    val_id *args = graph_args(g, op);
    const struct ir_value *v = val_get(&g->values, args[rule->from]);
    if (v->kind != IR_STR)
        return true;
    const char *path = intern_text(vm->strings, v->as.n);
    if (rule->or_text && strchr(path, '\n'))
        return inline_checked(vm, rule, args, path, strlen(path), at);
    if (is_url(path))
        return inline_url(vm, rule, args, path, at);
    struct buf bytes = {0};
    bool good = read_named(vm, path, at, &bytes) &&
                inline_checked(vm, rule, args, buf_text(&bytes), bytes.len, at);
    if (good && !memchr(buf_text(&bytes), 0, bytes.len) &&
        utf8_valid(buf_text(&bytes), bytes.len)) {
        args[rule->text] = val_text(&g->values, buf_text(&bytes), bytes.len);
    } else if (good && rule->base64 >= 0) {
        struct buf text = {0};
        buf_base64(&text, buf_text(&bytes), bytes.len);
        args[rule->text] = VAL_NONE;
        args[rule->base64] = val_text(&g->values, buf_text(&text), text.len);
        buf_free(&text);
    } else if (good) {
        vm_fail_at(vm, at, 525, "%s is no text", path);
        good = false;
    }
    buf_free(&bytes);
    return good;
}
