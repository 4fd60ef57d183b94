/* Reads YAML through libyaml's event parser into a tree whose nodes know where they
 * stand, and lays one tree over another. */
#include "compiler/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "ir/base/buf.h"

/* Configuration is written by hand: deeper nesting than this is an accident or an attack.
 */
enum { YAML_DEPTH_MAX = 64 };

struct anchor {
    const char *name;
    struct yaml_node *node; /* NULL while the anchored node is still being read */
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    struct sources *sources;
    file_id file;
    struct arena *arena;
    struct diags *diags;
    struct {
        struct anchor *v;
        size_t n, cap;
    } anchors;
    size_t at_char, at_byte; /* where byte_offset() stands */
};

/* libyaml counts characters, spans count bytes. Marks mostly grow, so the walk goes on
 * from the last place. */
static uint32_t byte_offset(struct reader *r, size_t index)
{
    const struct source *s = source_get(r->sources, r->file);
    if (index < r->at_char)
        r->at_char = r->at_byte = 0;
    while (r->at_char < index && r->at_byte < s->len) {
        size_t n = utf8_length(s->text + r->at_byte, s->len - r->at_byte);
        r->at_byte += n ? n : 1;
        r->at_char++;
    }
    return (uint32_t)r->at_byte;
}

static struct span span_of(struct reader *r, yaml_mark_t begin, yaml_mark_t end)
{
    uint32_t first = byte_offset(r, begin.index);
    struct span s = {r->file, first, byte_offset(r, end.index)};
    return s;
}

static struct span event_span(struct reader *r)
{
    return span_of(r, r->event.start_mark, r->event.end_mark);
}

static bool next_event(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    memset(&r->event, 0, sizeof r->event);
    const char *problem = r->parser.problem ? r->parser.problem : "unreadable text";
    struct span at = {r->file, 0, 0};
    if (r->parser.error == YAML_READER_ERROR)
        at.begin = at.end = (uint32_t)r->parser.problem_offset;
    else
        at = span_of(r, r->parser.problem_mark, r->parser.problem_mark);
    struct diag *g = diag_error(r->diags, 801, at, "this is not valid YAML: %s", problem);
    if (r->parser.context)
        diag_related(r->diags, g,
                     span_of(r, r->parser.context_mark, r->parser.context_mark), "%s",
                     r->parser.context);
    return false;
}

static bool one_of(const char *s, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(s, *words))
            return true;
    return false;
}

/* YAML 1.2 core schema, section 10.3.2 of the specification. */
static void type_plain(struct yaml_node *n)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    const char *s = n->text;
    if (strlen(s) != n->len)
        return;
    if (one_of(s, nulls)) {
        n->kind = YAML_NULL;
    } else if (one_of(s, trues) || one_of(s, falses)) {
        n->kind = YAML_BOOL;
        n->i = one_of(s, trues);
    } else {
        const char *digits = s + (*s == '-' || *s == '+');
        size_t nd = strspn(digits, "0123456789");
        char *end;
        if (nd && !digits[nd] && (nd == 1 || *digits != '0')) {
            errno = 0;
            n->i = strtoll(s, &end, 10);
            if (!errno)
                n->kind = YAML_INT;
        } else if (strspn(digits, "0123456789.eE+-") == strlen(digits) &&
                   strpbrk(digits, "0123456789") && strpbrk(digits, ".eE")) {
            n->f = strtod(s, &end);
            if (!*end && isfinite(n->f))
                n->kind = YAML_FLOAT;
        }
    }
}

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind)
{
    struct yaml_node *n = arena_new(r->arena, struct yaml_node);
    n->kind = kind;
    n->span = event_span(r);
    n->text = "";
    return n;
}

static struct yaml_node *read_scalar(struct reader *r)
{
    struct yaml_node *n = new_node(r, YAML_STR);
    n->len = r->event.data.scalar.length;
    n->text = arena_strndup(r->arena, (const char *)r->event.data.scalar.value, n->len);
    if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        type_plain(n);
    return n;
}

static struct yaml_node *read_node(struct reader *r, unsigned depth);

static struct yaml_node *read_list(struct reader *r, unsigned depth)
{
    struct yaml_node *n = new_node(r, YAML_LIST);
    struct {
        struct yaml_node **v;
        size_t n, cap;
    } items = {0};
    bool good = true;
    while (good && next_event(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct yaml_node *item = read_node(r, depth + 1);
        good = item != NULL;
        if (good)
            *vec_push(&items) = item;
    }
    good = good && r->event.type == YAML_SEQUENCE_END_EVENT;
    if (good) {
        n->items = arena_array(r->arena, struct yaml_node *, items.n);
        n->n = items.n;
        if (items.n)
            memcpy(n->items, items.v, items.n * sizeof *items.v);
        n->span.end = event_span(r).end;
    }
    free(items.v);
    return good ? n : NULL;
}

static bool read_key(struct reader *r, const struct yaml_pair *pairs, size_t n,
                     struct yaml_pair *out)
{
    struct span at = event_span(r);
    if (r->event.type != YAML_SCALAR_EVENT) {
        diag_error(r->diags, 802, at, "a key must be a plain word or a string");
        return false;
    }
    struct yaml_node *key = read_scalar(r);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(pairs[i].key, key->text)) {
            struct diag *g =
                diag_error(r->diags, 803, at, "key \"%s\" is there twice", key->text);
            diag_related(r->diags, g, pairs[i].span, "first here");
            diag_help(r->diags, g, "keep one of the two");
            return false;
        }
    out->key = key->text;
    out->span = at;
    return true;
}

static struct yaml_node *read_map(struct reader *r, unsigned depth)
{
    struct yaml_node *n = new_node(r, YAML_MAP);
    struct {
        struct yaml_pair *v;
        size_t n, cap;
    } pairs = {0};
    bool good = true;
    while (good && next_event(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        struct yaml_pair pair;
        good = read_key(r, pairs.v, pairs.n, &pair) && next_event(r);
        if (!good)
            break;
        pair.value = read_node(r, depth + 1);
        good = pair.value != NULL;
        if (good)
            *vec_push(&pairs) = pair;
    }
    good = good && r->event.type == YAML_MAPPING_END_EVENT;
    if (good) {
        n->pairs = arena_array(r->arena, struct yaml_pair, pairs.n);
        n->n = pairs.n;
        if (pairs.n)
            memcpy(n->pairs, pairs.v, pairs.n * sizeof *pairs.v);
        n->span.end = event_span(r).end;
    }
    free(pairs.v);
    return good ? n : NULL;
}

static struct yaml_node *read_alias(struct reader *r)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    for (size_t i = r->anchors.n; i-- > 0;)
        if (!strcmp(r->anchors.v[i].name, name)) {
            if (r->anchors.v[i].node)
                return r->anchors.v[i].node;
            break; /* inside its own anchor: a cycle */
        }
    diag_error(r->diags, 801, event_span(r), "alias *%s has no complete anchor before it",
               name);
    return NULL;
}

static const yaml_char_t *event_anchor(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT: return e->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return e->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return e->data.mapping_start.anchor;
    default: return NULL;
    }
}

/* Reads the node that the current event begins. */
static struct yaml_node *read_node(struct reader *r, unsigned depth)
{
    if (depth > YAML_DEPTH_MAX) {
        diag_error(r->diags, 804, event_span(r), "nested more than %d levels deep",
                   YAML_DEPTH_MAX);
        return NULL;
    }
    size_t anchor = SIZE_MAX;
    const yaml_char_t *name = event_anchor(&r->event);
    if (name) {
        struct anchor *a = vec_push(&r->anchors);
        a->name = arena_strndup(r->arena, (const char *)name, strlen((const char *)name));
        a->node = NULL;
        anchor = r->anchors.n - 1;
    }
    struct yaml_node *n;
    switch (r->event.type) {
    case YAML_SCALAR_EVENT: n = read_scalar(r); break;
    case YAML_SEQUENCE_START_EVENT: n = read_list(r, depth); break;
    case YAML_MAPPING_START_EVENT: n = read_map(r, depth); break;
    case YAML_ALIAS_EVENT: n = read_alias(r); break;
    default: n = NULL; break;
    }
    if (n && anchor != SIZE_MAX)
        r->anchors.v[anchor].node = n;
    return n;
}

static struct yaml_node *read_document(struct reader *r)
{
    if (!next_event(r) ||
        !next_event(r)) /* stream start, then document start or stream end */
        return NULL;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return new_node(r, YAML_MAP);
    if (!next_event(r))
        return NULL;
    struct yaml_node *n = read_node(r, 0);
    if (!n || !next_event(r) || !next_event(r)) /* document end, then stream end */
        return NULL;
    if (r->event.type != YAML_STREAM_END_EVENT) {
        diag_error(r->diags, 805, event_span(r),
                   "only one YAML document is expected here");
        return NULL;
    }
    if (n->kind == YAML_NULL)
        n->kind = YAML_MAP; /* a file of comments */
    return n;
}

struct yaml_node *yaml_parse(struct sources *sources, file_id file, struct arena *arena,
                             struct diags *diags)
{
    struct reader r = {.sources = sources, .file = file, .arena = arena, .diags = diags};
    if (!yaml_parser_initialize(&r.parser))
        die("out of memory");
    const struct source *s = source_get(sources, file);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)s->text, s->len);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    struct yaml_node *n = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    free(r.anchors.v);
    return n;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (!strcmp(map->pairs[i].key, key))
            return map->pairs[i].value;
    return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {
        [YAML_NULL] = "null",      [YAML_BOOL] = "true or false",
        [YAML_INT] = "an integer", [YAML_FLOAT] = "a number",
        [YAML_STR] = "a string",   [YAML_LIST] = "a list",
        [YAML_MAP] = "a mapping",
    };
    return names[kind];
}

struct yaml_node *yaml_merge(struct arena *arena, struct yaml_node *base,
                             struct yaml_node *over)
{
    if (!over)
        return base;
    if (over->kind != YAML_MAP)
        return over;
    /* What a null would delete need not be there. */
    struct yaml_node empty = {.kind = YAML_MAP};
    if (!base || base->kind != YAML_MAP)
        base = &empty;
    struct yaml_node *m = arena_new(arena, struct yaml_node);
    *m = *over;
    m->pairs = arena_array(arena, struct yaml_pair, base->n + over->n);
    m->n = 0;
    for (size_t i = 0; i < base->n; i++) {
        struct yaml_node *with = yaml_get(over, base->pairs[i].key);
        if (with && with->kind == YAML_NULL)
            continue;
        m->pairs[m->n] = base->pairs[i];
        if (with)
            m->pairs[m->n].value = yaml_merge(arena, base->pairs[i].value, with);
        m->n++;
    }
    for (size_t i = 0; i < over->n; i++)
        if (!yaml_get(base, over->pairs[i].key) &&
            over->pairs[i].value->kind != YAML_NULL) {
            m->pairs[m->n] = over->pairs[i];
            m->pairs[m->n].value = yaml_merge(arena, NULL, over->pairs[i].value);
            m->n++;
        }
    return m;
}
