/* template(): a file whose `{{ NAME }}` holes are filled with keywords; `{{{{` is a
 * literal
 * `{{`. Errors inside the file are located there. */
#include "compiler/template.h"

#include <stdlib.h>

#include "compiler/module.h"
#include "compiler/text.h"
#include "compiler/vm_state.h"

/* The source behind a path argument, read once. 0 after an error. */
static file_id read_argument(struct vm *vm, const struct call *c)
{
    if (c->nargs != 1 || !value_is_str(c->args[0])) {
        if (c->nargs == 1 && value_is_deferred(c->args[0]))
            vm_fail_deferred(vm, c->args[0], "the path of a file", NULL);
        else
            vm_fail(vm, 312,
                    "%s() needs the path of a file as its only positional argument",
                    c->native->name);
        return 0;
    }
    const struct vm_frame *f = vm_frame_top(vm);
    struct module *m = f->function->module;
    return eval_read(m->eval, m->reader, value_cstr(vm, c->args[0]), vm_arg_span(vm, 0));
}

static value file_text(struct vm *vm, const struct call *c)
{
    file_id file = read_argument(vm, c);
    if (!file)
        return VALUE_ERROR;
    const struct source *s = source_get(vm->sources, file);
    return value_string_static(vm, s->text, s->len);
}

struct holes {
    struct vm *vm;
    const struct call *call;
    struct text_builder text;
    bool *used; /* keywords */
    file_id file;
};

static bool fill(struct holes *h, const char *name, size_t len, struct span at)
{
    struct vm *vm = h->vm;
    for (uint32_t i = 0; i < h->call->nnames; i++) {
        str_id id = h->call->names[i];
        if (intern_len(vm->strings, id) != len ||
            memcmp(intern_text(vm->strings, id), name, len))
            continue;
        h->used[i] = true;
        return text_add(vm, &h->text, h->call->args[h->call->nargs + i], false);
    }
    vm_fail_at(vm, at, 322, "no keyword \"%.*s\" is given for this hole", (int)len, name);
    vm_related(vm, vm_span(vm), "the template is used here");
    const char **names = xmalloc((h->call->nnames + 1) * sizeof *names);
    for (uint32_t i = 0; i < h->call->nnames; i++)
        names[i] = intern_text(vm->strings, h->call->names[i]);
    const char *word = arena_strndup(vm->arena, name, len);
    const char *near = text_nearest(word, names, h->call->nnames);
    if (near)
        vm_help(vm, "did you mean {{ %s }}? If not, add %s=... to template()", near,
                word);
    else
        vm_help(vm, "add %s=... to template()", word);
    free(names);
    return false;
}

static bool is_name(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (!((c | 32) >= 'a' && (c | 32) <= 'z') && c != '_' &&
            !(i && c >= '0' && c <= '9'))
            return false;
    }
    return n > 0;
}

static bool expand(struct holes *h, const char *text, size_t size)
{
    const char *s = text, *end = text + size;
    while (s < end) {
        const char *p = memmem(s, (size_t)(end - s), "{{", 2);
        buf_add(text_buf(h->vm), s, (size_t)((p ? p : end) - s));
        if (!p)
            break;
        if (end - p >= 4 && p[2] == '{' && p[3] == '{') {
            buf_str(text_buf(h->vm), "{{");
            s = p + 4;
            continue;
        }
        const char *name = p + 2;
        while (name < end && *name == ' ')
            name++;
        const char *stop = name;
        while (stop < end && *stop != ' ' && *stop != '}' && *stop != '\n')
            stop++;
        const char *close = stop;
        while (close < end && *close == ' ')
            close++;
        bool closed = end - close >= 2 && close[0] == '}' && close[1] == '}';
        struct span at = {h->file, (uint32_t)(p - text),
                          (uint32_t)((closed ? close + 2 : p + 2) - text)};
        if (!closed || !is_name(name, (size_t)(stop - name))) {
            vm_fail_at(h->vm, at, 322, "\"{{\" begins no hole: a hole is {{ NAME }}");
            vm_help(h->vm, "write {{{{ for a literal {{");
            vm_related(h->vm, vm_span(h->vm), "the template is used here");
            return false;
        }
        if (!fill(h, name, (size_t)(stop - name), at))
            return false;
        s = close + 2;
    }
    return true;
}

static value template(struct vm *vm, const struct call *c)
{
    file_id file = read_argument(vm, c);
    if (!file)
        return VALUE_ERROR;
    const struct source *s = source_get(vm->sources, file);
    struct holes h = {.vm = vm,
                      .call = c,
                      .text = text_begin(vm),
                      .file = file,
                      .used = xcalloc(c->nnames + 1, 1)};
    bool ok = expand(&h, s->text, s->len);
    for (uint32_t i = 0; ok && i < c->nnames; i++)
        if (!h.used[i]) {
            vm_fail_at(vm, vm_keyword_span(vm, c->names[i]), 322,
                       "the template %s has no hole {{ %s }}",
                       source_get(vm->sources, file)->path,
                       intern_text(vm->strings, c->names[i]));
            vm_help(vm, "write {{ %s }} where it belongs, or remove %s=",
                    intern_text(vm->strings, c->names[i]),
                    intern_text(vm->strings, c->names[i]));
            ok = false;
        }
    free(h.used);
    if (ok)
        return text_finish(vm, &h.text);
    text_abandon(vm, &h.text);
    return VALUE_ERROR;
}

const struct native template_native = {"template", template, "...", NULL};
const struct native template_file_text_native = {"file_text", file_text, "...", NULL};
