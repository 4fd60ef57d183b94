/* Checks patterns, without running them: literals, '.', brackets with ASCII ranges and
 * classes, ^ $ * + ? {m,n} | ( ), escaped punctuation; no nested counts, no
 * backreferences. */
#include "ir/regex.h"

#include <stdbool.h>
#include <string.h>

enum { REGEX_COUNT_LIMIT = 255, REGEX_DEPTH_LIMIT = 50 };

struct pattern {
    const char *at, *end;
    const char *wrong;
    unsigned depth;
};

static bool fail(struct pattern *p, const char *wrong)
{
    p->wrong = p->wrong ? p->wrong : wrong;
    return false;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A bracket expression. Classes such as [:alpha:] are out: Python has none. */
static bool bracket(struct pattern *p)
{
    if (p->at < p->end && *p->at == '^')
        p->at++;
    if (p->at < p->end && *p->at == ']')
        return fail(p, "has brackets that are empty or begin with ']'");
    for (; p->at < p->end && *p->at != ']'; p->at++) {
        char c = *p->at;
        if (c == '\\')
            return fail(p, "has a backslash in brackets, which tools read differently");
        if (c == '[' || c == '&' || c == '~')
            return fail(p, "has [, & or ~ in brackets, which tools read differently");
        if ((unsigned char)c >= 0x80)
            return fail(p, "has a character outside ASCII in brackets");
        bool range = p->end - p->at > 2 && p->at[1] == '-' && p->at[2] != ']';
        if (range && (!is_alnum(c) || !is_alnum(p->at[2]) || p->at[2] < c))
            return fail(p, "has a range in brackets that is not of letters or digits");
        if (range)
            p->at += 2;
    }
    if (p->at == p->end)
        return fail(p, "has a '[' without its ']'");
    p->at++;
    return true;
}

static bool number(struct pattern *p, unsigned *n)
{
    const char *start = p->at;
    for (*n = 0; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
        if ((*n = *n * 10 + (unsigned)(*p->at - '0')) > REGEX_COUNT_LIMIT)
            return fail(p, "has a count beyond 255");
    return p->at > start;
}

/* {m}, {m,} or {m,n}; *many if it can match more than once. */
static bool count(struct pattern *p, bool *many)
{
    unsigned least, most;
    if (!number(p, &least))
        return fail(p, "has a '{' that begins no count");
    most = least;
    if (p->at < p->end && *p->at == ',') {
        p->at++;
        if (p->at < p->end && *p->at == '}')
            most = REGEX_COUNT_LIMIT;
        else if (!number(p, &most))
            return fail(p, "has a '{' that begins no count");
    }
    if (p->at == p->end || *p->at++ != '}' || most < least)
        return fail(p, "has a malformed count");
    *many = most > 1;
    return true;
}

static bool alternatives(struct pattern *p, bool *counted);

/* One thing that a count may follow; *counted if there is a count inside it. */
static bool atom(struct pattern *p, bool *counted, bool *anchor)
{
    char c = *p->at++;
    *counted = false;
    *anchor = c == '^' || c == '$';
    if (c == '[')
        return bracket(p);
    if (c == '\\') {
        if (p->at == p->end || !strchr(".[]{}()*+?^$|\\/-", *p->at) || !*p->at)
            return fail(p, "has a backslash before something that is no punctuation");
        p->at++;
        return true;
    }
    if (c == '(') {
        if (p->at < p->end && *p->at == '?')
            return fail(p, "has a (?...) group");
        if (++p->depth > REGEX_DEPTH_LIMIT)
            return fail(p, "is nested too deeply");
        if (!alternatives(p, counted))
            return false;
        p->depth--;
        if (p->at == p->end || *p->at++ != ')')
            return fail(p, "has a '(' without its ')'");
        return true;
    }
    if (strchr("*+?{", c) && c)
        return fail(p, "has a count that follows nothing");
    return (c != ']' && c != '}') ||
           fail(p, "has a bare ']' or '}'; write a backslash before it");
}

static bool alternatives(struct pattern *p, bool *counted)
{
    bool empty = true;
    *counted = false;
    for (; p->at < p->end && *p->at != ')';) {
        if (*p->at == '|') {
            if (empty)
                return fail(p, "has an empty alternative");
            empty = true;
            p->at++;
            continue;
        }
        bool inside, anchor;
        if (!atom(p, &inside, &anchor))
            return false;
        empty = false;
        *counted |= inside;
        if (p->at == p->end || !*p->at || !strchr("*+?{", *p->at))
            continue;
        char c = *p->at++;
        bool many = c != '?';
        if (anchor)
            return fail(p, "has a count behind ^ or $");
        if (c == '{' && !count(p, &many))
            return false;
        if (many && inside)
            return fail(p, "has a count of something that has a count");
        *counted |= many;
        if (p->at < p->end && *p->at && strchr("*+?{", *p->at))
            return fail(p, "has two counts in a row");
    }
    return !empty || fail(p, "has an empty group or alternative");
}

const char *regex_check(const char *s, size_t len, struct buf *out)
{
    (void)out;
    struct pattern p = {.at = s, .end = s + len};
    bool counted;
    if (memchr(s, '\n', len) || memchr(s, 0, len))
        return "must be one line";
    if (alternatives(&p, &counted) && p.at < p.end)
        return "has a ')' without its '('";
    return p.wrong;
}
