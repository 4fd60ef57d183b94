/* Names of argument types: the one table of type.h read forwards and backwards, and the
 * order of what is text. The forms of text are checked in type_text.c. */
#include "ir/type.h"

#include <stdio.h>
#include <string.h>

static const struct type_row {
    const char *name;
    const char *example;
} rows[TYPE_COUNT] = {
#define TYPE(id, name, doc) {name, doc},
    TYPE_LIST(TYPE)
#undef TYPE
};

/* A plain type word: one of the table, or the name of a handle type. */
static bool type_word(struct intern *strings, const char *text, size_t len,
                      struct type *out)
{
    *out = (struct type){0};
    for (unsigned k = 0; k < TYPE_COUNT; k++)
        if (strlen(rows[k].name) == len && !memcmp(rows[k].name, text, len)) {
            out->kind = (uint8_t)k;
            return true;
        }
    for (size_t i = 0; i < len; i++) {
        bool letter = (text[i] >= 'a' && text[i] <= 'z') || text[i] == '_';
        bool later = (text[i] >= '0' && text[i] <= '9') || text[i] == '.';
        if (!letter && !(i > 0 && later))
            return false;
    }
    if (len == 0)
        return false;
    out->kind = TYPE_HANDLE;
    out->handle = intern(strings, text, len);
    return true;
}

bool type_parse(struct intern *strings, const char *text, size_t len, struct type *out)
{
    const char *open = memchr(text, '[', len);
    if (!open)
        return type_word(strings, text, len, out);
    size_t head = (size_t)(open - text);
    struct type outer, item, key = {0};
    const char *comma = memchr(text, ',', len);
    if (comma && comma > open) {
        if (!type_word(strings, open + 1, (size_t)(comma - open) - 1, &key) ||
            !type_is_text((enum type_kind)key.kind))
            return false;
        open = comma;
    }
    size_t begin = (size_t)(open - text) + 1;
    if (text[len - 1] != ']' || !type_word(strings, text, head, &outer) ||
        (outer.kind != TYPE_LIST && outer.kind != TYPE_DICT) ||
        !type_word(strings, open + 1, len - begin - 1, &item) || item.kind == TYPE_LIST ||
        item.kind == TYPE_DICT)
        return false;
    *out = (struct type){
        .kind = outer.kind, .item = item.kind, .key = key.kind, .handle = item.handle};
    return true;
}

const char *type_name(struct intern *strings, struct type t)
{
    bool holds = t.kind == TYPE_LIST || t.kind == TYPE_DICT;
    unsigned inner = holds ? t.item : t.kind;
    const char *word = inner == TYPE_HANDLE && t.handle ? intern_text(strings, t.handle)
                                                        : rows[inner].name;
    if (!holds)
        return word;
    if (inner == TYPE_ANY)
        return rows[t.kind].name;
    char text[256];
    int len = snprintf(text, sizeof text, "%s[%s]", rows[t.kind].name, word);
    size_t used = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    return intern_text(strings, intern(strings, text, used));
}

const char *type_example(enum type_kind k)
{
    return rows[k].example;
}

bool type_is_int(enum type_kind k)
{
    return k >= TYPE_INT && k <= TYPE_ID;
}

const char *type_check_int(enum type_kind k, int64_t n)
{
    if (k == TYPE_PORT && (n < 1 || n > 65535))
        return "must be a port number from 1 to 65535";
    /* The highest number stands for "no change" in chown(2). */
    if (k == TYPE_ID && (n < 0 || n >= UINT32_MAX))
        return "must be a number from 0 to 4294967294";
    return NULL;
}

bool type_is_text(enum type_kind k)
{
    return k >= TYPE_STR && k <= TYPE_CIDR;
}
