/* Compares versions part by part as the policy describes: runs of non-digits by a
 * modified ASCII order, runs of digits as numbers of any length. */
#include "compiler/debver.h"

#include <stddef.h>
#include <string.h>

struct part {
    const char *p;
    size_t len;
};

struct version {
    struct part epoch, upstream, revision; /* p is NULL where it is not written */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct version split(const char *s, size_t len)
{
    struct version v = {.upstream = {s, len}};
    const char *colon = memchr(s, ':', len);
    if (colon) {
        v.epoch = (struct part){s, (size_t)(colon - s)};
        v.upstream = (struct part){colon + 1, len - v.epoch.len - 1};
    }
    const char *dash = memrchr(v.upstream.p, '-', v.upstream.len);
    if (dash) {
        const char *end = v.upstream.p + v.upstream.len;
        v.upstream.len = (size_t)(dash - v.upstream.p);
        v.revision = (struct part){dash + 1, (size_t)(end - dash - 1)};
    }
    return v;
}

/* `more` are the characters besides letters, digits and ".+~". */
static bool part_valid(struct part part, const char *more)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = part.p[i];
        if (!is_digit(c) && !is_letter(c) &&
            !(c && (strchr(".+~", c) || strchr(more, c))))
            return false;
    }
    return part.len > 0;
}

static bool version_valid(const char *s, size_t len)
{
    struct version v = split(s, len);
    for (size_t i = 0; i < v.epoch.len; i++)
        if (!is_digit(v.epoch.p[i]))
            return false;
    return (!v.epoch.p || v.epoch.len) && part_valid(v.upstream, "-:") &&
           is_digit(v.upstream.p[0]) && (!v.revision.p || part_valid(v.revision, ""));
}

bool debver_valid(const char *version)
{
    return version_valid(version, strlen(version));
}

/* Rank of the character at `i` among non-digits; digits and the end are 0, so that "~"
 * alone comes before the end, and letters come before everything else. */
static int rank(struct part part, size_t i)
{
    if (i >= part.len || is_digit(part.p[i]))
        return 0;
    char c = part.p[i];
    return c == '~' ? -1 : is_letter(c) ? c : (unsigned char)c + 256;
}

/* The run of digits at *i without leading zeros; moves *i behind it. */
static struct part number(struct part part, size_t *i)
{
    while (*i < part.len && part.p[*i] == '0')
        ++*i;
    size_t begin = *i;
    while (*i < part.len && is_digit(part.p[*i]))
        ++*i;
    return (struct part){part.len ? part.p + begin : NULL, *i - begin};
}

static int part_compare(struct part a, struct part b)
{
    size_t i = 0, j = 0;
    while (i < a.len || j < b.len) {
        int ra = rank(a, i), rb = rank(b, j);
        if (ra != rb)
            return ra < rb ? -1 : 1;
        if (ra) {
            i++;
            j++;
            continue;
        }
        struct part na = number(a, &i), nb = number(b, &j);
        if (na.len != nb.len)
            return na.len < nb.len ? -1 : 1;
        int order = na.len ? memcmp(na.p, nb.p, na.len) : 0;
        if (order)
            return order;
    }
    return 0;
}

static int version_compare(struct version a, struct version b)
{
    int order = part_compare(a.epoch, b.epoch);
    if (!order)
        order = part_compare(a.upstream, b.upstream);
    return order ? order : part_compare(a.revision, b.revision);
}

int debver_compare(const char *a, const char *b)
{
    return version_compare(split(a, strlen(a)), split(b, strlen(b)));
}

/* ---- ranges ---------------------------------------------------------------------------
 */

struct bound {
    bool less, equal, greater; /* which orders of version against bound are admitted */
    struct part version;
};

/* The bound at *s, which moves behind it and its comma; *s is NULL at the end. */
static struct bound next_bound(const char **s)
{
    size_t len = strcspn(*s, ",");
    const char *p = *s, *end = p + len;
    *s = *end ? end + 1 : NULL;
    while (p < end && *p == ' ')
        p++;
    while (p < end && end[-1] == ' ')
        end--;
    struct bound b = {.less = *p == '<', .greater = *p == '>'};
    p += b.less || b.greater;
    b.equal = *p == '=' || (!b.less && !b.greater);
    p += *p == '=';
    while (p < end && *p == ' ')
        p++;
    b.version = (struct part){p, p < end ? (size_t)(end - p) : 0};
    return b;
}

const char *debver_range_check(const char *range)
{
    while (range) {
        struct bound b = next_bound(&range);
        if (!b.version.len)
            return "must name a version in each bound";
        if (!version_valid(b.version.p, b.version.len))
            return "must be a version such as \"1.2\" or a range such as \">=1.2,<2\"";
    }
    return NULL;
}

bool debver_in_range(const char *version, const char *range)
{
    while (range) {
        struct bound b = next_bound(&range);
        struct version have = split(version, strlen(version));
        struct version want = split(b.version.p, b.version.len);
        if (!want.epoch.p)
            have.epoch = (struct part){0};
        if (!want.revision.p)
            have.revision = (struct part){0};
        int order = version_compare(have, want);
        if (!(order < 0 ? b.less : order > 0 ? b.greater : b.equal))
            return false;
    }
    return true;
}
