/* Checks the five fields of a schedule, or its @name, so that a mistake does not wait for
 * cron, which only logs it. */
#include "ir/schedule.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct field {
    const char *wrong;
    int first, last;
    const char *names; /* of three letters each, or NULL */
};

static const struct field fields[] = {
    {"must have minutes from 0 to 59 in its first field", 0, 59, NULL},
    {"must have hours from 0 to 23 in its second field", 0, 23, NULL},
    {"must have days from 1 to 31 in its third field", 1, 31, NULL},
    {"must have months from 1 to 12, or jan to dec, in its fourth field", 1, 12,
     "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"must have days of the week from 0 to 7, or sun to sat, in its fifth field", 0, 7,
     "sunmontuewedthufrisat"},
};

#define NFIELDS (sizeof fields / sizeof *fields)

static const char *const names[] = {"@reboot", "@yearly", "@annually", "@monthly",
                                    "@weekly", "@daily",  "@midnight", "@hourly"};

/* A number or name at *s; -1 if there is none in the field's range. */
static int read_value(const struct field *f, const char **s, const char *end)
{
    int n = 0, digits = 0;
    for (; *s < end && **s >= '0' && **s <= '9' && digits < 4; digits++)
        n = n * 10 + (*(*s)++ - '0');
    if (digits)
        return n >= f->first && n <= f->last ? n : -1;
    for (int i = 0; f->names && f->names[3 * i] && end - *s >= 3; i++)
        if (!strncasecmp(f->names + 3 * i, *s, 3)) {
            *s += 3;
            return f->first + i;
        }
    return -1;
}

/* "*", "5", "1-5", each with "/STEP". */
static bool check_range(const struct field *f, const char *s, const char *end)
{
    bool many = false;
    if (s < end && *s == '*') {
        s++;
        many = true;
    } else {
        int from = read_value(f, &s, end);
        if (from < 0)
            return false;
        if (s < end && *s == '-') {
            s++;
            many = true;
            if (read_value(f, &s, end) < from)
                return false;
        }
    }
    if (many && s < end && *s == '/') {
        int step = 0, digits = 0;
        for (s++; s < end && *s >= '0' && *s <= '9' && digits < 4; digits++)
            step = step * 10 + (*s++ - '0');
        if (step < 1)
            return false;
    }
    return s == end;
}

static bool check_field(const struct field *f, const char *s, size_t len)
{
    const char *end = s + len;
    for (;;) {
        const char *comma = memchr(s, ',', (size_t)(end - s));
        if (!check_range(f, s, comma ? comma : end))
            return false;
        if (!comma)
            return true;
        s = comma + 1;
    }
}

const char *schedule_check(const char *s, size_t len, struct buf *out)
{
    static const char five[] =
        "must have five fields: minute, hour, day, month, day of the week";
    if (len && s[0] == '@') {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strlen(names[i]) == len && !memcmp(names[i], s, len))
                return NULL;
        return "must be five fields, or @reboot, @hourly, @daily, @weekly, @monthly or "
               "@yearly";
    }
    const char *end = s + len;
    size_t n = 0;
    for (;;) {
        while (s < end && (*s == ' ' || *s == '\t'))
            s++;
        if (s == end)
            break;
        const char *word = s;
        while (s < end && *s != ' ' && *s != '\t')
            s++;
        if (n == NFIELDS)
            return five;
        if (!check_field(&fields[n], word, (size_t)(s - word)))
            return fields[n].wrong;
        if (n++)
            buf_char(out, ' ');
        buf_add(out, word, (size_t)(s - word));
    }
    return n == NFIELDS ? NULL : five;
}
