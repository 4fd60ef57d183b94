/* What all ops of one template have alike: the parts of its tasks, looked up once. A
 * large program has some ten templates and a hundred thousand ops. */
#include <string.h>

#include "emitters/ansible_parts.h"

/* Keywords of the record's own choice, such as changed_when. */
static void shape_keyword(struct ansible *a, struct ansible_task *t, val_id key, val_id v)
{
    static const char *const expressions[] = {"changed_when", "failed_when", "until"};
    struct ansible_keyword k = {.value = v};
    k.key = render_bytes(a->e, key, &k.len);
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        k.expression |= !strcmp(k.key, expressions[i]);
    t->keywords[t->nkeywords++] = k;
}

static void shape_task(struct ansible *a, struct ansible_task *t, val_id native)
{
    const struct {
        const char *name;
        val_id *part;
    } known[] = {
        {"module", &t->module}, {"step", &t->step},          {"params", &t->params},
        {"free", &t->free},     {"title", &t->title},        {"files", &t->files},
        {"when", &t->when},     {"register", &t->register_},
    };
    enum { KNOWN = sizeof known / sizeof *known };
    uint32_t count = val_get(a->e->values, native)->count;
    t->keywords = arena_array(&a->e->arena, struct ansible_keyword, count);
    for (uint32_t i = 0; i < count; i++) {
        val_id key = val_items(a->e->values, native)[2 * i];
        val_id v = val_items(a->e->values, native)[2 * i + 1];
        size_t k = 0;
        while (k < KNOWN && !render_is(a->e, key, known[k].name))
            k++;
        if (k < KNOWN)
            *known[k].part = v;
        else
            shape_keyword(a, t, key, v);
    }
}

static void shape_make(struct ansible *a, struct ansible_shape *s, val_id steps)
{
    const struct values *values = a->e->values;
    s->n = val_get(values, steps)->count;
    s->v = arena_array(&a->e->arena, struct ansible_task, s->n + 1);
    s->primary = s->n ? s->n - 1 : 0;
    for (uint32_t i = s->n; i-- > 0;)
        shape_task(a, &s->v[i], val_items(values, val_items(values, steps)[i])[0]);
    uint32_t last = s->n;
    while (last > 0 && s->v[last - 1].when)
        last--;
    if (last)
        s->primary = last - 1;
    for (uint32_t i = 0; i < s->n; i++)
        s->registers |= s->v[i].register_ != 0;
}

const struct ansible_shape *ansible_shape(struct ansible *a, op_id op)
{
    static const struct ansible_shape none = {0};
    uint32_t t = a->e->plan->template_of[op];
    if (!t)
        return &none;
    struct ansible_shape *s = &a->shapes[t];
    if (!s->v)
        shape_make(a, s, a->e->plan->templates[t].steps);
    return s;
}
