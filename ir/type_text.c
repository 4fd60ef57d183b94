/* The forms that known text arguments must have, and their canonical spelling: one small
 * check per type, so that every backend receives the same, already sound text. */
#include <arpa/inet.h>
#include <string.h>

#include "ir/base/buf.h"
#include "ir/regex.h"
#include "ir/schedule.h"
#include "ir/type.h"

enum { PATH_LIMIT = 4095, COMPONENT_LIMIT = 255, LOGIN_LIMIT = 32, UNIT_LIMIT = 255 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether all of `s` are letters, digits or characters of `extra`. */
static bool only(const char *s, size_t len, const char *extra)
{
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(s[i]) && (!s[i] || !strchr(extra, s[i])))
            return false;
    return true;
}

/* One form: the text, and where its canonical spelling goes (left empty: as written).
 * NULL or what is wrong. */
typedef const char *form_check(const char *s, size_t len, struct buf *out);

static const char *check_text(const char *s, size_t len, struct buf *out)
{
    (void)out;
    return memchr(s, 0, len) ? "must not contain NUL" : NULL;
}

/* Lexical normalization: empty and "." components go, ".." takes one away. `root` is "/"
 * for absolute paths, "" else; NULL is a ".." that leads above a relative path's start.
 */
static const char *normalize(const char *s, size_t len, const char *root, struct buf *out)
{
    buf_str(out, root);
    size_t floor = out->len;
    for (size_t i = 0; i < len;) {
        size_t end = i;
        while (end < len && s[end] != '/')
            end++;
        size_t part = end - i;
        if (part == 2 && s[i] == '.' && s[i + 1] == '.') {
            if (out->len == floor && !*root)
                return "must stay below the program's folder";
            while (out->len > floor && out->p[out->len - 1] != '/')
                out->len--;
            if (out->len > floor)
                out->len--;
            out->p[out->len] = '\0';
        } else if (part > COMPONENT_LIMIT) {
            return "has a component of more than 255 bytes";
        } else if (part > 0 && !(part == 1 && s[i] == '.')) {
            if (out->len > floor)
                buf_char(out, '/');
            buf_add(out, s + i, part);
        }
        i = end + 1;
    }
    return NULL;
}

static const char *check_one_line(const char *s, size_t len)
{
    if (memchr(s, 0, len))
        return "must not contain NUL";
    return memchr(s, '\n', len) ? "must not contain a newline" : NULL;
}

/* Debian's merged /usr and /run: the old places are links there, and one file must have
 * one name. */
static const struct {
    const char *old, *real;
} places[] = {
    {"/bin", "/usr/bin"}, {"/lib", "/usr/lib"},       {"/sbin", "/usr/sbin"},
    {"/var/run", "/run"}, {"/var/lock", "/run/lock"},
};

/* Whether nothing of an absolute path can need another spelling: most paths. */
static bool is_normal(const char *s, size_t len)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (len > 1 && s[1] == places[i].old[1])
            return false;
    if (len == 1 || len > COMPONENT_LIMIT || s[len - 1] == '/')
        return false;
    for (size_t i = 0; i + 1 < len; i++)
        if (s[i] == '/' && (s[i + 1] == '/' || s[i + 1] == '.'))
            return false;
    return true;
}

static const char *check_path(const char *s, size_t len, struct buf *out)
{
    const char *wrong = check_one_line(s, len);
    if (wrong)
        return wrong;
    if (len == 0 || s[0] != '/')
        return "must be absolute";
    if (is_normal(s, len))
        return NULL;
    struct buf plain = {0};
    wrong = normalize(s, len, "/", &plain);
    size_t skip = 0;
    for (size_t i = 0; !wrong && i < sizeof places / sizeof *places; i++) {
        size_t n = strlen(places[i].old);
        if (plain.len < n || memcmp(plain.p, places[i].old, n) ||
            (plain.len > n && plain.p[n] != '/'))
            continue;
        buf_str(out, places[i].real);
        skip = n;
        break;
    }
    if (!wrong)
        buf_add(out, plain.p + skip, plain.len - skip);
    buf_free(&plain);
    if (!wrong && out->len > PATH_LIMIT)
        return "is longer than 4095 bytes";
    return wrong;
}

static const char *check_file(const char *s, size_t len, struct buf *out)
{
    const char *wrong = check_one_line(s, len);
    if (wrong)
        return wrong;
    if (len == 0)
        return "must not be empty";
    if (s[0] == '/')
        return "must be relative to the program's folder";
    wrong = normalize(s, len, "", out);
    if (!wrong && out->len == 0)
        buf_char(out, '.');
    return wrong;
}

static const char *const unit_suffixes[] = {
    ".service",   ".socket", ".timer", ".target", ".mount", ".path",
    ".automount", ".swap",   ".slice", ".scope",  ".device"};

static const char *check_unit(const char *s, size_t len, struct buf *out)
{
    if (len == 0)
        return "must not be empty";
    if (!only(s, len, ":_.\\@-"))
        return "may only contain letters, digits and : _ . \\ @ -";
    if (s[0] == '@' || s[0] == '.' || (s[0] == '-' && (len == 1 || s[1] != '.')))
        return "must begin with a letter, a digit or '_'";
    bool suffixed = false;
    for (size_t i = 0; i < sizeof unit_suffixes / sizeof *unit_suffixes; i++) {
        size_t n = strlen(unit_suffixes[i]);
        if (len > n && !memcmp(s + len - n, unit_suffixes[i], n))
            suffixed = true;
    }
    if (len + (suffixed ? 0 : strlen(".service")) > UNIT_LIMIT)
        return "is longer than 255 bytes";
    if (!suffixed) {
        buf_add(out, s, len);
        buf_str(out, ".service");
    }
    return NULL;
}

/* What Debian's useradd accepts, without the characters that other files give a meaning,
 * and without numbers, which every tool would take for an id. */
static const char *check_login(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not be empty";
    if (len > LOGIN_LIMIT)
        return "is longer than 32 bytes";
    size_t body = s[len - 1] == '$' ? len - 1 : len;
    if (body == 0 || !only(s, body, "_.@+-"))
        return "may only contain letters, digits and _ . @ + -";
    if (!is_alnum(s[0]) && s[0] != '_')
        return "must begin with a letter, a digit or '_'";
    for (size_t i = 0; i < len; i++)
        if (!is_digit(s[i]))
            return NULL;
    return "must be a name, not a number";
}

static const char *check_mode(const char *s, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] < '0' || s[i] > '7')
            return "must be octal digits only";
    if (len != 3 && len != 4)
        return "must have three or four octal digits";
    if (len == 3) {
        buf_char(out, '0');
        buf_add(out, s, len);
    }
    return NULL;
}

static const char *check_duration(const char *s, size_t len, struct buf *out)
{
    (void)out;
    return duration_ms(s, len) < 0
               ? "must be a duration such as \"90s\", \"10m\" or \"1h30m\""
               : NULL;
}

static const char *check_size(const char *s, size_t len, struct buf *out)
{
    (void)out;
    return size_bytes(s, len) < 0 ? "must be a size such as \"512MiB\" or \"10GB\""
                                  : NULL;
}

static bool is_version(const char *s, size_t len)
{
    return len > 0 && is_alnum(s[0]) && only(s, len, ".+~:-");
}

/* A version, or comparisons joined by commas; blanks go. */
static const char *check_version(const char *s, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] != ' ')
            buf_char(out, s[i]);
    const char *p = buf_text(out);
    const char *stop = p + out->len;
    if (p == stop)
        return "must not be empty";
    for (;;) {
        const char *end = memchr(p, ',', (size_t)(stop - p));
        if (!end)
            end = stop;
        if (p < end && (*p == '<' || *p == '>' || *p == '=' || *p == '!')) {
            bool single = *p != '!';
            p++;
            if (p < end && *p == '=')
                p++;
            else if (!single)
                return "compares with '!'; write \"!=\"";
        }
        if (!is_version(p, (size_t)(end - p)))
            return "must be a version or a range such as \">=1.2,<2\"";
        if (end == stop)
            return NULL;
        p = end + 1;
    }
}

/* host, host:port or [v6]:port after an optional "user@". */
static const char *check_authority(const char *s, size_t len)
{
    const char *at = memrchr(s, '@', len);
    if (at) {
        len -= (size_t)(at + 1 - s);
        s = at + 1;
    }
    size_t host = 0;
    if (len > 0 && s[0] == '[') {
        char address[INET6_ADDRSTRLEN + 1];
        struct in6_addr v6;
        const char *close = memchr(s, ']', len);
        size_t n = close ? (size_t)(close - s) - 1 : 0;
        if (!close || n >= sizeof address)
            return "has a malformed IPv6 address";
        memcpy(address, s + 1, n);
        address[n] = '\0';
        if (inet_pton(AF_INET6, address, &v6) != 1)
            return "has a malformed IPv6 address";
        host = n + 2;
    } else {
        while (host < len && s[host] != ':')
            host++;
        if (host == 0 || !only(s, host, "._-%"))
            return "has no sound host name";
    }
    if (host == len)
        return NULL;
    unsigned port = 0;
    if (s[host] != ':' || host + 1 == len)
        return "has no sound host name";
    for (size_t i = host + 1; i < len; i++) {
        port =
            is_digit(s[i]) && port <= 65535 ? port * 10 + (unsigned)(s[i] - '0') : 65536;
        if (port > 65535)
            return "has no sound port";
    }
    return NULL;
}

static const char *check_url(const char *s, size_t len, struct buf *out)
{
    (void)out;
    for (size_t i = 0; i < len; i++) {
        if (s[i] <= ' ' || s[i] > '~')
            return "must be ASCII without blanks; percent-encode the rest";
        if (strchr("\"<>\\^`{|}", s[i]))
            return "contains a character that must be percent-encoded";
    }
    const char *colon = memmem(s, len, "://", 3);
    if (!colon || colon == s || !only(s, (size_t)(colon - s), "+.-") || is_digit(s[0]))
        return "must begin with a scheme such as https://";
    const char *host = colon + 3;
    size_t n = 0;
    size_t left = len - (size_t)(host - s);
    while (n < left && host[n] != '/' && host[n] != '?' && host[n] != '#')
        n++;
    if (n == 0 && left > 0 && host[0] == '/' && colon - s == 4 && !memcmp(s, "file", 4))
        return NULL;
    return check_authority(host, n);
}

static const char *check_digest(const char *s, size_t len, struct buf *out)
{
    static const char prefix[] = "sha256:";
    size_t head = sizeof prefix - 1;
    if (len < head || memcmp(s, prefix, head))
        return "must begin with \"sha256:\"";
    if (len != head + 64)
        return "must have 64 hexadecimal digits";
    buf_str(out, prefix);
    for (size_t i = head; i < len; i++) {
        char c = s[i];
        if (c >= 'A' && c <= 'F')
            c = (char)(c + 'a' - 'A');
        if (!is_digit(c) && (c < 'a' || c > 'f'))
            return "must have 64 hexadecimal digits";
        buf_char(out, c);
    }
    return NULL;
}

static const char *check_name(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not be empty";
    if (!only(s, len, "._-"))
        return "may only contain letters, digits, '.', '_' and '-'";
    if (s[0] == '-' || s[0] == '.')
        return "must begin with a letter, a digit or '_'";
    return len > COMPONENT_LIMIT ? "is longer than 255 bytes" : NULL;
}

static const char *check_job(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not be empty";
    if (!only(s, len, "_-"))
        return "may only contain letters, digits, '_' and '-'";
    return len > COMPONENT_LIMIT ? "is longer than 255 bytes" : NULL;
}

static const char *check_line(const char *s, size_t len, struct buf *out)
{
    (void)out;
    return memchr(s, '\n', len) ? "must be one line, without a newline"
                                : check_text(s, len, out);
}

/* A link to nothing cannot be made, and a longer one neither (path_resolution(7)). */
static const char *check_target(const char *s, size_t len, struct buf *out)
{
    if (len == 0)
        return "must not be empty";
    return len > PATH_LIMIT ? "is longer than 4095 bytes" : check_line(s, len, out);
}

static const char *check_word(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not be empty";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] <= ' ' || s[i] == '\x7f')
            return "must be one word, without blanks";
    return NULL;
}

/* passwd(5): ':' ends a field. */
static const char *check_field(const char *s, size_t len, struct buf *out)
{
    return memchr(s, ':', len) ? "must not contain ':'" : check_line(s, len, out);
}

/* Labels as in RFC 1123, 2.1, as many as the kernel's 64 bytes hold (hostname(7)). */
static const char *check_hostname(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not be empty";
    if (len > 64)
        return "is longer than 64 bytes";
    if (!only(s, len, "-."))
        return "may only contain letters, digits, '-' and '.'";
    for (size_t i = 0; i < len; i++) {
        bool begins = i == 0 || s[i - 1] == '.';
        bool ends = i + 1 == len || s[i + 1] == '.';
        if (s[i] == '.' ? begins || i + 1 == len : s[i] == '-' && (begins || ends))
            return "must have labels that begin and end with a letter or a digit";
    }
    return NULL;
}

static const char *check_zone(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not be empty";
    if (!only(s, len, "_+/-") || is_digit(s[0]) || !is_alnum(s[0]) || s[len - 1] == '/' ||
        memmem(s, len, "//", 2))
        return "must be the name of a time zone such as \"Europe/Berlin\"";
    return NULL;
}

/* sysctl.d(5): dots separate, or slashes where a part has a dot in it. */
static const char *check_sysctl(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not be empty";
    bool sound = only(s, len, "_./:-") && is_alnum(s[0]);
    for (size_t i = 0; sound && i < len; i++)
        sound = (s[i] != '.' && s[i] != '/') ||
                (i + 1 < len && s[i + 1] != '.' && s[i + 1] != '/');
    return sound ? NULL : "must be a kernel parameter such as \"net.ipv4.ip_forward\"";
}

static const char *check_variable(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not have a variable without a name";
    if (!only(s, len, "_") || is_digit(s[0]))
        return "must name variables by letters, digits and '_', such as \"LOG_LEVEL\"";
    return NULL;
}

/* A token of RFC 9110, so that no name can begin another line or hold its own value. */
static const char *check_header(const char *s, size_t len, struct buf *out)
{
    (void)out;
    if (len == 0)
        return "must not have a header without a name";
    if (!only(s, len, "!#$%&'*+-.^_`|~"))
        return "must name headers by letters, digits and '-', such as \"Accept\"";
    return NULL;
}

static const char *check_cidr(const char *s, size_t len, struct buf *out)
{
    const char *slash = memchr(s, '/', len);
    if (!slash)
        return "must end in a prefix length such as /24";
    char text[INET6_ADDRSTRLEN];
    size_t n = (size_t)(slash - s);
    unsigned char bytes[16];
    if (n >= sizeof text || memchr(s, 0, len))
        return "must be an address range such as \"10.0.0.0/24\"";
    memcpy(text, s, n);
    text[n] = '\0';
    int family = memchr(s, ':', n) ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, bytes) != 1)
        return "must be an address range such as \"10.0.0.0/24\"";
    unsigned most = family == AF_INET ? 32 : 128;
    unsigned prefix = 0;
    if (n + 1 == len || len - n > 4)
        return "must end in a prefix length such as /24";
    for (size_t i = n + 1; i < len; i++) {
        if (!is_digit(s[i]))
            return "must end in a prefix length such as /24";
        prefix = prefix * 10 + (unsigned)(s[i] - '0');
    }
    if (prefix > most)
        return "has a prefix length beyond its address";
    for (unsigned bit = prefix; bit < most; bit++)
        if (bytes[bit / 8] & (0x80 >> bit % 8))
            return "has address bits set behind its prefix length";
    inet_ntop(family, bytes, text, sizeof text);
    buf_printf(out, "%s/%u", text, prefix);
    return NULL;
}

/* NAME, NAME:ARCHITECTURE, either with =VERSION; names as in Debian policy 5.6.1. */
static const char *check_package(const char *s, size_t len, struct buf *out)
{
    (void)out;
    const char *equals = memchr(s, '=', len);
    size_t name = equals ? (size_t)(equals - s) : len;
    if (equals && !is_version(equals + 1, len - name - 1))
        return "has no sound version behind '='";
    const char *colon = memchr(s, ':', name);
    if (colon) {
        size_t arch = name - (size_t)(colon - s) - 1;
        if (arch == 0 || !only(colon + 1, arch, "-"))
            return "has no sound architecture behind ':'";
        name = (size_t)(colon - s);
    }
    if (name < 2 || !is_alnum(s[0]) || !only(s, name, "+.-"))
        return "must be a package name: lower-case letters, digits, '+', '-' and '.'";
    for (size_t i = 0; i < name; i++)
        if (s[i] >= 'A' && s[i] <= 'Z')
            return "must be a package name: lower-case letters, digits, '+', '-' and '.'";
    return NULL;
}

static form_check *const checks[TYPE_COUNT] = {
    [TYPE_STR] = check_text,          [TYPE_TEXT] = check_text,
    [TYPE_PATH] = check_path,         [TYPE_FILE] = check_file,
    [TYPE_UNIT] = check_unit,         [TYPE_LOGIN] = check_login,
    [TYPE_MODE] = check_mode,         [TYPE_DURATION] = check_duration,
    [TYPE_SIZE] = check_size,         [TYPE_VERSION] = check_version,
    [TYPE_URL] = check_url,           [TYPE_DIGEST] = check_digest,
    [TYPE_NAME] = check_name,         [TYPE_JOB] = check_job,
    [TYPE_REGEX] = regex_check,       [TYPE_CIDR] = check_cidr,
    [TYPE_LINE] = check_line,         [TYPE_SCHEDULE] = schedule_check,
    [TYPE_VARIABLE] = check_variable, [TYPE_HEADER] = check_header,
    [TYPE_TARGET] = check_target,     [TYPE_WORD] = check_word,
    [TYPE_FIELD] = check_field,       [TYPE_HOSTNAME] = check_hostname,
    [TYPE_ZONE] = check_zone,         [TYPE_SYSCTL] = check_sysctl,
    [TYPE_PACKAGES] = check_package,
};

const char *type_check_text(struct intern *strings, enum type_kind k, str_id s,
                            str_id *out)
{
    *out = s;
    if (!checks[k])
        return NULL;
    struct buf canonical = {0};
    const char *wrong =
        checks[k](intern_text(strings, s), intern_len(strings, s), &canonical);
    if (!wrong && canonical.len > 0)
        *out = intern(strings, canonical.p, canonical.len);
    buf_free(&canonical);
    return wrong;
}

/* Reads digits from *p; false if there are none or the number passes 2^62. */
static bool read_number(const char **p, const char *end, int64_t *out)
{
    const char *start = *p;
    int64_t n = 0;
    for (; *p < end && is_digit(**p); ++*p) {
        if (n > (INT64_MAX >> 1) / 10 - 1)
            return false;
        n = n * 10 + (**p - '0');
    }
    *out = n;
    return *p > start;
}

int64_t duration_ms(const char *s, size_t len)
{
    static const struct {
        char unit[3];
        int64_t ms;
    } units[] = {
        {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
    };
    const size_t count = sizeof units / sizeof *units;
    const char *end = s + len;
    int64_t total = 0;
    size_t next = 0; /* units must come in descending order, each once */
    if (len == 0)
        return -1;
    while (s < end) {
        int64_t n;
        if (!read_number(&s, end, &n))
            return -1;
        size_t word = 0;
        while (s + word < end && !is_digit(s[word]))
            word++;
        while (next < count &&
               (strlen(units[next].unit) != word || memcmp(units[next].unit, s, word)))
            next++;
        int64_t part;
        if (next == count || __builtin_mul_overflow(n, units[next].ms, &part) ||
            __builtin_add_overflow(total, part, &total))
            return -1;
        next++;
        s += word;
    }
    return total;
}

int64_t size_bytes(const char *s, size_t len)
{
    static const struct {
        char unit[4];
        int64_t bytes;
    } units[] = {
        {"", 1},
        {"B", 1},
        {"KiB", 1LL << 10},
        {"MiB", 1LL << 20},
        {"GiB", 1LL << 30},
        {"TiB", 1LL << 40},
        {"kB", 1000},
        {"KB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", 1000000000000},
    };
    const char *end = s + len;
    int64_t n;
    if (!read_number(&s, end, &n))
        return -1;
    size_t word = (size_t)(end - s);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t total;
        if (strlen(units[i].unit) == word && !memcmp(units[i].unit, s, word))
            return __builtin_mul_overflow(n, units[i].bytes, &total) ? -1 : total;
    }
    return -1;
}

bool type_text_fits(enum type_kind k, const char *s, size_t len)
{
    struct buf canonical = {0};
    const char *wrong = checks[k] ? checks[k](s, len, &canonical) : NULL;
    buf_free(&canonical);
    return !wrong;
}
