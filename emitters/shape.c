/* Takes the native steps of templates apart. */
#include "emitters/shape.h"

#include <stdio.h>
#include <string.h>

#include "emitters/render.h"
#include "ir/base/embed.h"

/* What the step library says behind "dvo_flag PARAM". */
static int8_t flag_of(const struct embedded_file *library, const char *param)
{
    char call[64];
    int n = snprintf(call, sizeof call, "dvo_flag %s ", param);
    const char *at = library && n < (int)sizeof call
                         ? memmem(library->data, library->len, call, (size_t)n)
                         : NULL;
    return !at ? -1 : !strncmp(at + n, "true", 4);
}

static void shape_flags(struct emission *e, struct shape_step *s)
{
    char path[64];
    size_t len;
    const char *step = render_bytes(e, s->step, &len);
    uint32_t n = s->params ? val_get(e->values, s->params)->count : 0;
    snprintf(path, sizeof path, "host/%.*s.sh", (int)len, step);
    const struct embedded_file *library = embedded_find(path);
    s->flags = arena_array(&e->arena, int8_t, n);
    for (uint32_t i = 0; i < n; i++)
        s->flags[i] = flag_of(
            library, render_bytes(e, val_items(e->values, s->params)[2 * i], &len));
}

bool shape_says(const struct emission *e, const struct shape_step *s, uint32_t param,
                val_id v)
{
    const struct ir_value *value = val_get(e->values, v);
    if (!v || v == VAL_NONE)
        return false;
    if (!s->step)
        return true;
    if (value->kind == IR_LIST || value->kind == IR_DICT)
        return value->count > 0;
    return value->kind != IR_BOOL || s->flags[param] != (int8_t)(v == VAL_TRUE);
}

static void shape_step(struct emission *e, struct shape_step *s, val_id native)
{
    const struct {
        const char *name;
        val_id *part;
    } known[] = {
        {"module", &s->module}, {"resource", &s->resource}, {"step", &s->step},
        {"params", &s->params}, {"free", &s->free},         {"title", &s->title},
        {"files", &s->files},   {"when", &s->when},         {"register", &s->register_},
    };
    enum { KNOWN = sizeof known / sizeof *known };
    uint32_t count = val_get(e->values, native)->count;
    s->controls = arena_array(&e->arena, struct shape_control, count);
    for (uint32_t i = 0; i < count; i++) {
        val_id key = val_items(e->values, native)[2 * i];
        val_id v = val_items(e->values, native)[2 * i + 1];
        size_t k = 0;
        while (k < KNOWN && !render_is(e, key, known[k].name))
            k++;
        if (k < KNOWN) {
            *known[k].part = v;
        } else {
            struct shape_control *c = &s->controls[s->ncontrols++];
            c->key = render_bytes(e, key, &c->len);
            c->value = v;
        }
    }
    if (s->step)
        shape_flags(e, s);
}

static void shape_make(struct emission *e, struct shape *s, val_id steps)
{
    const struct values *values = e->values;
    s->n = val_get(values, steps)->count;
    s->v = arena_array(&e->arena, struct shape_step, s->n + 1);
    s->primary = s->n ? s->n - 1 : 0;
    for (uint32_t i = s->n; i-- > 0;)
        shape_step(e, &s->v[i], val_items(values, val_items(values, steps)[i])[0]);
    uint32_t last = s->n;
    while (last > 0 && s->v[last - 1].when)
        last--;
    if (last)
        s->primary = last - 1;
    for (uint32_t i = 0; i < s->n; i++)
        s->registers |= s->v[i].register_ != 0;
}

struct shape *shapes_new(struct emission *e)
{
    return arena_array(&e->arena, struct shape, e->plan->ntemplates + 1);
}

const struct shape *shape_of_op(struct emission *e, struct shape *shapes, op_id op)
{
    static const struct shape none = {0};
    uint32_t t = e->plan->template_of[op];
    if (!t)
        return &none;
    struct shape *s = &shapes[t];
    if (!s->v)
        shape_make(e, s, e->plan->templates[t].steps);
    return s;
}
