/* Argument and field types of the glossary, and the checks that known values must pass.
 */
#ifndef DVO_IR_TYPE_H
#define DVO_IR_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ir/base/intern.h"

/* TYPE(ENUM, name in records, what a good value looks like). The scalar text types are
 * strings with a form of their own. */
#define TYPE_LIST(TYPE)                                                                  \
    TYPE(ANY, "any", "any value")                                                        \
    TYPE(BOOL, "bool", "True or False")                                                  \
    TYPE(INT, "int", "an integer")                                                       \
    TYPE(PORT, "port", "a port number from 1 to 65535")                                  \
    TYPE(ID, "id", "a number of a user or group, such as 1000")                          \
    TYPE(FLOAT, "float", "a number")                                                     \
    TYPE(STR, "str", "a string")                                                         \
    TYPE(TEXT, "text", "text of any length")                                             \
    TYPE(LINE, "line", "one line of text")                                               \
    TYPE(TARGET, "target", "where a link leads such as \"../share/app\"")                \
    TYPE(WORD, "word", "a word without blanks such as \"bookworm\"")                     \
    TYPE(FIELD, "field", "text for a line of /etc/passwd, without ':'")                  \
    TYPE(PATH, "path", "an absolute path such as \"/etc/motd\"")                         \
    TYPE(FILE, "file", "a path beside the program such as \"files/motd\"")               \
    TYPE(UNIT, "unit", "a systemd unit such as \"nginx\" or \"nginx.service\"")          \
    TYPE(LOGIN, "login", "a user or group name such as \"deploy\"")                      \
    TYPE(HOSTNAME, "hostname", "a host name such as \"web-1.example.org\"")              \
    TYPE(ZONE, "zone", "a time zone such as \"Europe/Berlin\"")                          \
    TYPE(SYSCTL, "sysctl", "a kernel parameter such as \"net.ipv4.ip_forward\"")         \
    TYPE(MODE, "mode", "an octal mode in quotes such as \"0644\"")                       \
    TYPE(DURATION, "duration", "a duration such as \"90s\" or \"10m\"")                  \
    TYPE(SIZE, "size", "a size such as \"512MiB\"")                                      \
    TYPE(VERSION, "version", "a version or range such as \"1.2\" or \">=1.2,<2\"")       \
    TYPE(URL, "url", "a URL such as \"https://example.org/\"")                           \
    TYPE(DIGEST, "digest", "a digest such as \"sha256:...\"")                            \
    TYPE(NAME, "name", "a name of letters, digits, '.', '_' and '-'")                    \
    TYPE(JOB, "job", "a name of letters, digits, '_' and '-'")                           \
    TYPE(REGEX, "regex", "a pattern such as \"^Port [0-9]+$\"")                          \
    TYPE(SCHEDULE, "schedule", "a schedule such as \"*/5 * * * *\" or \"@daily\"")       \
    TYPE(VARIABLE, "variable", "the name of a variable such as \"LOG_LEVEL\"")           \
    TYPE(HEADER, "header", "the name of a header such as \"Accept\"")                    \
    TYPE(CIDR, "cidr", "an address range such as \"10.0.0.0/24\"")                       \
    TYPE(PACKAGES, "packages",                                                           \
         "a package name, a list of them, or packages.find results")                     \
    TYPE(PACKAGE, "package", "a result of packages.find")                                \
    TYPE(RULE, "rule", "what allow() returns")                                           \
    TYPE(CONDITION, "condition", "a condition such as handle.changed")                   \
    TYPE(TRIGGERS, "triggers", "a handle, a condition, or a list of them")               \
    TYPE(COMMAND, "command", "a line of a shell, or a list of words")                    \
    TYPE(HANDLE, "handle", "a handle")                                                   \
    TYPE(LIST, "list", "a list")                                                         \
    TYPE(DICT, "dict", "a dict with string keys")

enum type_kind {
#define TYPE(id, name, doc) TYPE_##id,
    TYPE_LIST(TYPE)
#undef TYPE
        TYPE_COUNT
};

/* "list[text]" is kind LIST, item TEXT; "dict[variable,text]" is kind DICT, key VARIABLE,
 * item TEXT; "machine" (any handle type) is HANDLE with its
 * name. */
struct type {
    uint8_t kind;  /* enum type_kind */
    uint8_t item;  /* element kind of LIST and DICT, else TYPE_ANY */
    uint8_t key;   /* kind of the keys of DICT, TYPE_ANY if any text will do */
    str_id handle; /* type name for HANDLE (of the item, if item is HANDLE), 0: any */
};

/* Parses a record's type text. False if it names no type; unknown words are handle types.
 */
bool type_parse(struct intern *strings, const char *text, size_t len, struct type *out);
const char *type_name(struct intern *strings,
                      struct type t); /* valid until the next call */
const char *type_example(enum type_kind k);
bool type_is_text(enum type_kind k); /* a string of some form */

/* Checks a known string against a text type and canonicalizes it (unit suffix, path
 * normalization, durations stay as written). NULL if good, with *out set (maybe to `s`
 * itself), else what is wrong: a static sentence fragment such as "must be absolute".
 * TYPE_PACKAGES checks one package string ("nginx", "nginx=1.22.1-9"). */
const char *type_check_text(struct intern *strings, enum type_kind k, str_id s,
                            str_id *out);

/* Whether a text has the form of a type. */
bool type_text_fits(enum type_kind k, const char *s, size_t len);

/* Checks a known integer against its type: NULL, or what is wrong. */
const char *type_check_int(enum type_kind k, int64_t n);
bool type_is_int(enum type_kind k);

/* "90s", "10m", "1h", "1h30m", "2d", "500ms" in milliseconds; -1 if malformed or too
 * long. */
int64_t duration_ms(const char *s, size_t len);
/* "512MiB", "1GiB", "10GB", "100" in bytes; -1 if malformed or too large. */
int64_t size_bytes(const char *s, size_t len);

#endif
