/* Packs, downloads and asks, each once: what is there with the right digest is taken. */
#include "compiler/attachment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/archive.h"
#include "compiler/command.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"

static const char prefix[] = "sha256:";

/* Where what has this digest is kept, as the compiler opens it. */
static const char *place_of(struct vm *vm, const char *digest)
{
    struct program *p = program_of(vm);
    const char *way = arena_printf(vm->arena, ".dvo/files/%s", digest + strlen(prefix));
    char *full = path_join(p->folder, way);
    const char *out = arena_strndup(vm->arena, full, strlen(full));
    free(full);
    return out;
}

static bool is_kept(const char *place, const char *digest)
{
    char found[DIGEST_TEXT_SIZE];
    return digest_file(place, found) == 0 && !strcmp(found, digest);
}

static bool make_folder(struct vm *vm, const char *place, struct span at)
{
    char *folder = path_dir(place);
    bool good = file_mkdirs(folder);
    if (!good)
        vm_fail_at(vm, at, 527, "%s: %s", folder, strerror(errno));
    free(folder);
    return good;
}

static bool pack(struct vm *vm, const char *source, struct span at, val_id *to)
{
    struct program *p = program_of(vm);
    struct buf bytes = {0};
    char digest[DIGEST_TEXT_SIZE];
    if (!strcmp(source, ".")) {
        vm_fail_at(vm, at, 526, "the program's own folder cannot be packed");
        vm_help(vm, "what dvoc writes is in it, too: name a folder in it");
        return false;
    }
    char *full = path_join(p->folder, source);
    const char *wrong = archive_folder(full, vm->arena, &bytes);
    bool good = !wrong;
    if (wrong) {
        const char *near = program_near_file(p, source);
        vm_fail_at(vm, at, 526, "%s", wrong);
        if (near && strcmp(near, source) != 0)
            vm_help(vm, "did you mean \"%s\"?", near);
    } else {
        digest_text(buf_text(&bytes), bytes.len, digest);
        const char *place = place_of(vm, digest);
        *to = val_text(vm->values, digest, strlen(digest));
        if (!is_kept(place, digest) && (good = make_folder(vm, place, at)) &&
            !file_replace(place, buf_text(&bytes), bytes.len, 0644)) {
            vm_fail_at(vm, at, 527, "%s: %s", place, strerror(errno));
            good = false;
        }
    }
    buf_free(&bytes);
    free(full);
    return good;
}

static bool download(struct vm *vm, const char *url, const char *place, struct span at)
{
    const char *const argv[] = {
        "curl",    "--silent",    "--show-error",  "--fail",      "--location",
        "--proto", "=http,https", "--proto-redir", "=http,https", "--connect-timeout",
        "30",      "--output",    place,           "--url",       url,
        NULL};
    struct buf out = {0}, err = {0};
    int status = command_run(argv, &out, &err);
    if (status < 0)
        vm_fail_at(vm, at, 528, "curl, which downloads, cannot be run: %s",
                   strerror(errno));
    else if (status)
        vm_fail_at(vm, at, 528, "%s: %s", url, command_reason(&err));
    buf_free(&out);
    buf_free(&err);
    return !status;
}

static bool fetch(struct vm *vm, const char *url, const char *digest, struct span at)
{
    char found[DIGEST_TEXT_SIZE];
    const char *place = place_of(vm, digest);
    const char *part = arena_printf(vm->arena, "%s.%ld", place, (long)getpid());
    if (is_kept(place, digest))
        return true;
    if (!make_folder(vm, place, at))
        return false;
    bool good = download(vm, url, part, at);
    if (good && digest_file(part, found) != 0) {
        vm_fail_at(vm, at, 527, "%s: %s", part, strerror(errno));
        good = false;
    } else if (good && strcmp(found, digest) != 0) {
        vm_fail_at(vm, at, 528, "%s has another digest: %s, not %s", url, found, digest);
        vm_help(vm, "find out which of the two is right before you write another one");
        good = false;
    } else if (good && rename(part, place) != 0) {
        vm_fail_at(vm, at, 527, "%s: %s", place, strerror(errno));
        good = false;
    }
    if (!good)
        unlink(part);
    return good;
}

static bool pin(struct vm *vm, const char *repo, const char *version, struct span repo_at,
                struct span at, val_id *to)
{
    struct package_error error;
    const char *commit = lock_commit(&program_of(vm)->lock, repo, version, &error);
    if (!commit) {
        vm_fail_at(vm, error.repository ? repo_at : at, error.code, "%s", error.message);
        if (error.help)
            vm_help(vm, "%s", error.help);
        return false;
    }
    *to = val_text(vm->values, commit, strlen(commit));
    return true;
}

static const char *text_of(struct vm *vm, val_id id)
{
    const struct ir_value *v = val_get(vm->values, id);
    return v->kind == IR_STR ? intern_text(vm->strings, v->as.n) : NULL;
}

bool attachment_make(struct vm *vm, const struct attachment_rule *rule, op_id op,
                     struct span at, struct span of)
{
    val_id *args = graph_args(&program_of(vm)->graph, op);
    const char *from = text_of(vm, args[rule->from]);
    if (!from)
        return true;
    switch (rule->kind) {
    case ATTACHMENT_FOLDER: return pack(vm, from, at, &args[rule->to]);
    case ATTACHMENT_URL: return fetch(vm, from, text_of(vm, args[rule->to]), at);
    case ATTACHMENT_COMMIT:
        return pin(vm, text_of(vm, args[rule->of]), from, of, at, &args[rule->to]);
    }
    return false;
}
