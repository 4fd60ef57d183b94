/* Walks the nodes that libyaml composes. Aliases make a document a graph: depth and size
 * are bounded, or a few lines could stand for more than fits into memory. */
#include "runtime/yaml.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"

#define DEEPEST 64
#define MOST_NODES 1000000

struct walk {
    yaml_document_t document;
    unsigned depth;
    size_t nodes;
    struct buf why;
};

static json_t *walk_node(struct walk *w, int id);

static json_t *walk_failed(struct walk *w, const yaml_mark_t *at, const char *what)
{
    if (!w->why.len)
        buf_printf(&w->why, "line %zu, column %zu: %s", at->line + 1, at->column + 1,
                   what);
    return NULL;
}

static json_t *walk_scalar(struct walk *w, const yaml_node_t *n)
{
    const char *text = (const char *)n->data.scalar.value;
    size_t len = n->data.scalar.length;
    bool plain = n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; plain && i < sizeof nulls / sizeof *nulls; i++)
        if (!strcmp(text, nulls[i]))
            return json_null();
    json_t *v = json_stringn(text, len);
    return v ? v : walk_failed(w, &n->start_mark, "this is not UTF-8");
}

static json_t *walk_sequence(struct walk *w, const yaml_node_t *n)
{
    json_t *list = json_array();
    for (const yaml_node_item_t *i = n->data.sequence.items.start;
         i < n->data.sequence.items.top; i++) {
        json_t *item = walk_node(w, *i);
        if (!item) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, item);
    }
    return list;
}

/* What "<<" brings: a mapping, or a list of them, the first of which counts most. */
static bool walk_merge(struct walk *w, json_t *merged, int id)
{
    const yaml_node_t *n = yaml_document_get_node(&w->document, id);
    json_t *v = walk_node(w, id);
    size_t i;
    json_t *one;
    if (v && !json_is_object(v) && !json_is_array(v))
        walk_failed(w, &n->start_mark, "\"<<\" takes a mapping or a list of them");
    if (json_is_object(v))
        json_object_update_missing(merged, v);
    json_array_foreach(v, i, one)
    {
        if (json_is_object(one))
            json_object_update_missing(merged, one);
    }
    json_decref(v);
    return !w->why.len;
}

static bool walk_pair(struct walk *w, const yaml_node_pair_t *pair, json_t *map,
                      json_t *merged)
{
    const yaml_node_t *key = yaml_document_get_node(&w->document, pair->key);
    if (key->type != YAML_SCALAR_NODE)
        return walk_failed(w, &key->start_mark, "a key is to be a text");
    const char *name = (const char *)key->data.scalar.value;
    if (!strcmp(name, "<<") && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return walk_merge(w, merged, pair->value);
    if (json_object_get(map, name))
        return walk_failed(w, &key->start_mark, "this key is there already");
    json_t *v = walk_node(w, pair->value);
    if (v && json_object_set_new(map, name, v) != 0)
        walk_failed(w, &key->start_mark, "this key is not UTF-8");
    return v && !w->why.len;
}

static json_t *walk_mapping(struct walk *w, const yaml_node_t *n)
{
    json_t *map = json_object(), *merged = json_object();
    bool good = true;
    for (const yaml_node_pair_t *p = n->data.mapping.pairs.start;
         good && p < n->data.mapping.pairs.top; p++)
        good = walk_pair(w, p, map, merged);
    json_object_update_missing(map, merged);
    json_decref(merged);
    if (good)
        return map;
    json_decref(map);
    return NULL;
}

static json_t *walk_node(struct walk *w, int id)
{
    const yaml_node_t *n = yaml_document_get_node(&w->document, id);
    json_t *v = NULL;
    if (w->depth >= DEEPEST || ++w->nodes > MOST_NODES)
        return walk_failed(w, &n->start_mark, "this is nested too deep, or too large");
    w->depth++;
    switch (n->type) {
    case YAML_SCALAR_NODE: v = walk_scalar(w, n); break;
    case YAML_SEQUENCE_NODE: v = walk_sequence(w, n); break;
    case YAML_MAPPING_NODE: v = walk_mapping(w, n); break;
    case YAML_NO_NODE: break;
    }
    w->depth--;
    return v;
}

json_t *yaml_json(const char *text, size_t len, char **why)
{
    yaml_parser_t parser;
    struct walk w = {0};
    json_t *v = NULL;
    if (!yaml_parser_initialize(&parser))
        die("libyaml does not start");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (yaml_parser_load(&parser, &w.document)) {
        v = yaml_document_get_root_node(&w.document) ? walk_node(&w, 1) : json_null();
        yaml_document_delete(&w.document);
    } else {
        walk_failed(&w, &parser.problem_mark,
                    parser.problem ? parser.problem : "this is not YAML");
    }
    yaml_parser_delete(&parser);
    if (!v)
        *why = buf_steal(&w.why);
    buf_free(&w.why);
    return v;
}
