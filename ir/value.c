/* Values of the graph: 16-byte nodes in one array, sequences in one pool of ids, strings
 * hash-consed so that equal literals are equal ids. */
#include "ir/value.h"

#include "ir/base/arena.h"
#include "ir/base/buf.h"

#include <stdlib.h>
#include <string.h>

static val_id value_new(struct values *t, enum ir_kind kind, unsigned flags)
{
    if (t->n == UINT32_MAX)
        die("more than %u values", UINT32_MAX);
    struct ir_value *v = vec_push(t);
    *v = (struct ir_value){.kind = (uint8_t)kind, .flags = (uint16_t)flags};
    return (val_id)(t->n - 1);
}

void values_init(struct values *t, struct intern *strings)
{
    *t = (struct values){.strings = strings};
    value_new(t, IR_ABSENT, 0);
    value_new(t, IR_NONE, 0);
    value_new(t, IR_BOOL, 0);
    t->v[value_new(t, IR_BOOL, 0)].as.n = 1;
}

void values_free(struct values *t)
{
    free(t->v);
    free(t->pool);
    free(t->of_string);
    free(t->join.v);
    buf_free(&t->join.text);
    *t = (struct values){0};
}

void values_copy(struct values *to, const struct values *from)
{
    *to = *from;
    to->v = vec_copy(from->v, sizeof *to->v, from->n, &to->cap);
    to->pool = vec_copy(from->pool, sizeof *to->pool, from->npool, &to->cap_pool);
    to->of_string = vec_copy(from->of_string, sizeof *to->of_string, from->cap_of_string,
                             &to->cap_of_string);
    to->join = (struct text_join){0};
}

val_id val_bool(bool b)
{
    return b ? VAL_TRUE : VAL_FALSE;
}

val_id val_int(struct values *t, int64_t i)
{
    val_id id = value_new(t, IR_INT, 0);
    t->v[id].as.i = i;
    return id;
}

val_id val_float(struct values *t, double f)
{
    val_id id = value_new(t, IR_FLOAT, 0);
    t->v[id].as.f = f;
    return id;
}

val_id val_str(struct values *t, str_id s)
{
    if (s >= t->cap_of_string) {
        size_t had = t->cap_of_string;
        t->of_string = vec_grow(t->of_string, sizeof *t->of_string, (size_t)s + 1,
                                &t->cap_of_string);
        memset(t->of_string + had, 0, (t->cap_of_string - had) * sizeof *t->of_string);
    }
    if (!t->of_string[s]) {
        val_id id = value_new(t, IR_STR, 0);
        t->v[id].as.n = s;
        t->of_string[s] = id;
    }
    return t->of_string[s];
}

val_id val_text(struct values *t, const char *s, size_t len)
{
    return val_str(t, intern(t->strings, s, len));
}

val_id val_ref(struct values *t, op_id op, str_id field)
{
    val_id id = value_new(t, IR_REF, IR_DEFERRED | IR_REFERS);
    t->v[id].as.ref.op = op;
    t->v[id].as.ref.field = field;
    return id;
}

val_id val_taint(struct values *t, val_id ref)
{
    t->v[ref].flags |= IR_TAINTED;
    return ref;
}

val_id val_secret(struct values *t, str_id path)
{
    val_id id = value_new(t, IR_SECRET, IR_DEFERRED | IR_TAINTED);
    t->v[id].as.n = path;
    return id;
}

val_id val_handle(struct values *t, op_id op)
{
    val_id id = value_new(t, IR_HANDLE, IR_REFERS);
    t->v[id].as.n = op;
    return id;
}

val_id val_hole(struct values *t, uint32_t arg, uint32_t item)
{
    val_id id = value_new(t, IR_HOLE, IR_DEFERRED);
    t->v[id].as.hole.arg = arg;
    t->v[id].as.hole.item = item;
    return id;
}

val_id val_name(struct values *t, enum ir_kind kind, str_id name)
{
    val_id id = value_new(t, kind, IR_DEFERRED);
    t->v[id].as.n = name;
    return id;
}

/* Val_ids that a node of this kind owns in the pool. */
static size_t value_width(const struct ir_value *v)
{
    switch (v->kind) {
    case IR_DICT: return (size_t)v->count * 2;
    case IR_LIST:
    case IR_GET:
    case IR_TEXT:
    case IR_COND:
    case IR_EXPR:
    case IR_FIELD:
    case IR_NATIVE:
    case IR_EACH: return v->count;
    default: return 0;
    }
}

val_id val_seq(struct values *t, enum ir_kind kind, unsigned sub, const val_id *items,
               size_t count)
{
    val_id id = value_new(t, kind, kind == IR_TEXT || kind == IR_COND ? IR_DEFERRED : 0);
    struct ir_value *v = &t->v[id];
    v->sub = (uint8_t)sub;
    v->count = (uint32_t)count;
    v->as.seq = (uint32_t)t->npool;
    size_t width = value_width(v);
    if (t->npool + width > UINT32_MAX)
        die("more than %u items in lists", UINT32_MAX);
    /* The items may stand in the pool themselves, which moves when it grows. */
    size_t own = items && items >= t->pool && items < t->pool + t->npool
                     ? (size_t)(items - t->pool)
                     : SIZE_MAX;
    t->pool = vec_grow(t->pool, sizeof *t->pool, t->npool + width, &t->cap_pool);
    if (own != SIZE_MAX)
        items = t->pool + own;
    for (size_t i = 0; i < width; i++) {
        t->pool[t->npool++] = items[i];
        v->flags |= t->v[items[i]].flags;
    }
    return id;
}

static void join_close(struct values *t)
{
    struct text_join *j = &t->join;
    if (j->pieces > 1)
        j->v[j->n - 1] = val_text(t, buf_text(&j->text), j->text.len);
    j->pieces = 0;
}

static void join_text(struct values *t, str_id s)
{
    buf_add(&t->join.text, intern_text(t->strings, s), intern_len(t->strings, s));
}

static void join_literal(struct values *t, val_id part)
{
    struct text_join *j = &t->join;
    str_id s = t->v[part].as.n;
    if (!s)
        return;
    if (j->pieces == 0) {
        *vec_push(j) = part;
    } else {
        if (j->pieces == 1) {
            buf_clear(&j->text);
            join_text(t, t->v[j->v[j->n - 1]].as.n);
        }
        join_text(t, s);
    }
    j->pieces++;
}

static void join_part(struct values *t, val_id part)
{
    const struct ir_value *v = &t->v[part];
    if (v->kind == IR_STR) {
        join_literal(t, part);
        return;
    }
    if (v->kind != IR_TEXT) {
        join_close(t);
        *vec_push(&t->join) = part;
        return;
    }
    uint32_t seq = v->as.seq;
    uint32_t count = v->count;
    for (uint32_t i = 0; i < count; i++)
        join_part(t, t->pool[seq + i]); /* joined before, so this nests once */
}

val_id val_join(struct values *t, const val_id *parts, size_t n)
{
    if (n == 1 && (t->v[parts[0]].kind == IR_STR || t->v[parts[0]].kind == IR_TEXT))
        return parts[0];
    struct text_join *j = &t->join;
    j->n = 0;
    for (size_t i = 0; i < n; i++)
        join_part(t, parts[i]);
    join_close(t);
    if (j->n == 0)
        return val_str(t, 0);
    if (j->n == 1 && t->v[j->v[0]].kind == IR_STR)
        return j->v[0];
    return val_seq(t, IR_TEXT, 0, j->v, j->n);
}

val_id val_dict_get(const struct values *t, val_id dict, const char *key)
{
    const val_id *items = val_items(t, dict);
    size_t len = strlen(key);
    for (uint32_t i = 0; i < t->v[dict].count; i++) {
        str_id s = t->v[items[2 * i]].as.n;
        if (intern_len(t->strings, s) == len &&
            !memcmp(intern_text(t->strings, s), key, len))
            return items[2 * i + 1];
    }
    return 0;
}

/* Dicts are equal whatever their order, as in Starlark; usually the order is the same. */
static bool dict_equal(const struct values *t, const struct ir_value *x,
                       const struct ir_value *y)
{
    const val_id *a = t->pool + x->as.seq;
    const val_id *b = t->pool + y->as.seq;
    uint32_t n = x->count;
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++, at = at + 1 < n ? at + 1 : 0) {
        for (uint32_t tries = 0; b[2 * at] != a[2 * i]; tries++) {
            if (tries == n)
                return false;
            at = at + 1 < n ? at + 1 : 0;
        }
        if (!val_equal(t, a[2 * i + 1], b[2 * at + 1]))
            return false;
    }
    return true;
}

bool val_equal(const struct values *t, val_id a, val_id b)
{
    if (a == b)
        return true;
    const struct ir_value *x = &t->v[a];
    const struct ir_value *y = &t->v[b];
    if (x->kind != y->kind || x->sub != y->sub || x->count != y->count)
        return false;
    switch (x->kind) {
    case IR_ABSENT:
    case IR_NONE: return true;
    case IR_INT: return x->as.i == y->as.i;
    case IR_FLOAT: return !memcmp(&x->as.f, &y->as.f, sizeof x->as.f);
    case IR_REF:
        return x->as.ref.op == y->as.ref.op && x->as.ref.field == y->as.ref.field;
    case IR_HOLE:
        return x->as.hole.arg == y->as.hole.arg && x->as.hole.item == y->as.hole.item;
    case IR_DICT: return dict_equal(t, x, y);
    case IR_LIST:
    case IR_GET:
    case IR_TEXT:
    case IR_COND:
    case IR_EXPR:
    case IR_FIELD:
    case IR_NATIVE:
    case IR_EACH: {
        size_t width = value_width(x);
        for (size_t i = 0; i < width; i++)
            if (!val_equal(t, t->pool[x->as.seq + i], t->pool[y->as.seq + i]))
                return false;
        return true;
    }
    default: return x->as.n == y->as.n; /* BOOL STR SECRET HANDLE and the names */
    }
}

uint64_t val_hash(const struct values *t, val_id id)
{
    const struct ir_value *v = &t->v[id];
    uint64_t h = hash_mix(0x8f1bbcdc5a827999u,
                          (uint64_t)v->kind << 40 | (uint64_t)v->sub << 32 | v->count);
    switch (v->kind) {
    case IR_ABSENT:
    case IR_NONE: return h;
    case IR_INT: return hash_mix(h, (uint64_t)v->as.i);
    case IR_FLOAT: {
        uint64_t bits;
        memcpy(&bits, &v->as.f, sizeof bits);
        return hash_mix(h, bits);
    }
    case IR_REF: return hash_mix(hash_mix(h, v->as.ref.op), v->as.ref.field);
    case IR_HOLE: return hash_mix(hash_mix(h, v->as.hole.arg), v->as.hole.item);
    case IR_DICT: {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < v->count; i++)
            sum += hash_mix(val_hash(t, t->pool[v->as.seq + 2 * i]),
                            val_hash(t, t->pool[v->as.seq + 2 * i + 1]));
        return hash_mix(h, sum);
    }
    case IR_LIST:
    case IR_GET:
    case IR_TEXT:
    case IR_COND:
    case IR_EXPR:
    case IR_FIELD:
    case IR_NATIVE:
    case IR_EACH: {
        size_t width = value_width(v);
        for (size_t i = 0; i < width; i++)
            h = hash_mix(h, val_hash(t, t->pool[v->as.seq + i]));
        return h;
    }
    default: return hash_mix(h, v->as.n);
    }
}

void val_each_op(const struct values *t, val_id id, val_op_fn *each, void *ctx)
{
    const struct ir_value *v = &t->v[id];
    if (!(v->flags & IR_REFERS))
        return;
    if (v->kind == IR_REF) {
        each(ctx, v->as.ref.op, v->as.ref.field);
    } else if (v->kind == IR_HANDLE) {
        each(ctx, v->as.n, 0);
    } else {
        size_t width = value_width(v);
        for (size_t i = 0; i < width; i++)
            val_each_op(t, t->pool[v->as.seq + i], each, ctx);
    }
}
