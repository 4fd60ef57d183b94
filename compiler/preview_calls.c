/* The page does what a first run does; what only another run or a deletion would do is a
 * comment. */
#include "compiler/preview_calls.h"

#include <string.h>

struct page {
    const struct preview_curl *c;
    const struct preview_style *style;
    struct buf *out;
};

static void comment(const struct page *p, const char *text)
{
    buf_str(p->out, p->style->begin);
    buf_display(p->out, text, strlen(text));
    buf_str(p->out, p->style->end);
}

/* Text of a condition as the shell's test. */
static void condition(const struct page *p, const json_t *when)
{
    const char *tag;
    const json_t *of = word_deferred(when, &tag);
    const char *op = json_string_value(json_array_get(of, 0));
    const json_t *left = json_array_get(of, 1), *right = json_array_get(of, 2);
    if (op && (!strcmp(op, "all") || !strcmp(op, "any"))) {
        for (size_t i = 1; i < json_array_size(of); i++) {
            buf_str(p->out, i == 1 ? "" : !strcmp(op, "all") ? " && " : " || ");
            condition(p, json_array_get(of, i));
        }
        return;
    }
    struct word a = {.names = &p->c->names, .out = p->out, .empty = true}, b = a;
    bool equal = op && !strcmp(op, "eq"), empty = json_is_null(right);
    buf_str(p->out, "[ ");
    if (empty)
        buf_str(p->out, equal ? "-z " : "-n ");
    word_value(&a, left ? left : when, WORD_PLAIN);
    word_end(&a);
    if (!empty && right) {
        buf_str(p->out, equal ? " = " : " != ");
        if (json_is_boolean(right))
            buf_str(p->out, json_is_true(right) ? "true" : "false");
        else
            word_value(&b, right, WORD_PLAIN);
        if (!json_is_boolean(right))
            word_end(&b);
    }
    buf_str(p->out, " ]");
}

static void step(const struct page *p, const char *phase, const json_t *http)
{
    const char *title = json_string_value(json_object_get(http, "title"));
    const json_t *when = json_object_get(http, "when");
    struct buf text = {0};
    buf_printf(&text, "%s%s%s", phase, title ? ": " : "", title ? title : "");
    comment(p, buf_text(&text));
    buf_free(&text);
    if (when) {
        buf_str(p->out, "if ");
        condition(p, when);
        buf_str(p->out, "; then\n");
    }
    preview_step_http(p->c, http, p->out);
    if (when)
        buf_str(p->out, "fi\n");
}

static void steps(const struct page *p, const char *phase, const json_t *list)
{
    size_t i;
    json_t *http;
    json_array_foreach(list, i, http) step(p, phase, http);
}

/* What is not done now. */
static void later(const struct page *p, const char *phase, const json_t *list)
{
    struct buf text = {0};
    struct page inner = {p->c, &(struct preview_style){"", "\n"}, &text};
    steps(&inner, phase, list);
    const char *s = buf_text(&text);
    for (size_t len; *s; s += len + (s[len] == '\n')) {
        len = strcspn(s, "\n");
        buf_str(p->out, p->style->begin);
        buf_add(p->out, s, len);
        buf_str(p->out, p->style->end);
    }
    buf_free(&text);
}

static void things(const struct page *p, const char *phase, const json_t *list)
{
    static const char *const phases[] = {"lookup", "create", "ready"};
    size_t i;
    json_t *thing;
    json_array_foreach(list, i, thing)
    {
        const char *name = json_string_value(json_object_get(thing, "name"));
        for (size_t k = 0; k < sizeof phases / sizeof *phases; k++) {
            struct buf text = {0};
            buf_printf(&text, "%s %s: %s", phase, name ? name : "", phases[k]);
            steps(p, buf_text(&text), json_object_get(thing, phases[k]));
            buf_free(&text);
        }
    }
}

static void result(const struct page *p, size_t op, const char *field, const json_t *v)
{
    struct word w = {.names = &p->c->names, .out = p->out, .empty = true};
    const char *tag;
    if (!json_is_string(v) && !word_deferred(v, &tag))
        return;
    word_field(&p->c->names, op, field, p->out);
    buf_char(p->out, '=');
    word_value(&w, v, WORD_PLAIN);
    word_end(&w);
    buf_char(p->out, '\n');
}

static void results(const struct page *p, const json_t *entry)
{
    size_t op = (size_t)json_integer_value(json_object_get(entry, "op"));
    const char *field;
    json_t *v, *item;
    json_object_foreach(json_object_get(entry, "result"), field, v)
    {
        size_t i;
        json_array_foreach(v, i, item)
        {
            struct buf name = {0};
            buf_printf(&name, "%s_%zu", field, i);
            result(p, op, buf_text(&name), item);
            buf_free(&name);
        }
        result(p, op, field, v);
    }
}

void preview_calls(const struct preview_curl *c, const struct preview_style *style,
                   const json_t *entry, struct buf *out)
{
    struct page p = {c, style, out};
    const json_t *lists = json_object_get(entry, "sequences");
    bool absent = json_is_true(json_object_get(lists, "absent"));
    steps(&p, "lookup", json_object_get(lists, "lookup"));
    if (absent) {
        steps(&p, "delete", json_object_get(lists, "delete"));
        return;
    }
    steps(&p, "resolve", json_object_get(lists, "resolve"));
    things(&p, "before,", json_object_get(lists, "before"));
    steps(&p, "create", json_object_get(lists, "create"));
    steps(&p, "ready", json_object_get(lists, "ready"));
    steps(&p, "boot", json_object_get(lists, "boot"));
    things(&p, "after,", json_object_get(lists, "after"));
    later(&p, "delete", json_object_get(lists, "delete"));
    results(&p, entry);
}

/* The facts that the runtime reads from clouds.yaml, from what the client's own variables
 * say: `openstack --os-cloud NAME configuration show --unmask` tells them. */
static const char clouds[] =
    "AUTH_URL=${OS_AUTH_URL%/}\n"
    "case $AUTH_URL in */v3) ;; *) AUTH_URL=$AUTH_URL/v3 ;; esac\n"
    "INTERFACE=${OS_INTERFACE:-public} REGION_NAME=${OS_REGION_NAME:-}\n"
    "APPLICATION_CREDENTIAL_ID=${OS_APPLICATION_CREDENTIAL_ID:-}\n"
    "APPLICATION_CREDENTIAL_SECRET=${OS_APPLICATION_CREDENTIAL_SECRET:-}\n"
    "PASSWORD=${OS_PASSWORD:-} TOKEN=${OS_TOKEN:-}\n"
    "USER=$(jq -n '{name: $ENV.OS_USERNAME, password: $ENV.OS_PASSWORD,\n"
    "    domain: {name: ($ENV.OS_USER_DOMAIN_NAME // \"Default\")}}')\n"
    "SCOPE=$(jq -n '{project: {name: $ENV.OS_PROJECT_NAME,\n"
    "    domain: {name: ($ENV.OS_PROJECT_DOMAIN_NAME // \"Default\")}}}')\n";

/* Endpoints of a catalog may or may not name a version. */
static void versions(const struct page *p)
{
    const char *name, *tag;
    json_t *service;
    json_object_foreach(json_object_get(p->c->provider, "services"), name, service)
    {
        const char *version = json_string_value(json_object_get(service, "version"));
        const char *fact =
            json_string_value(word_deferred(json_object_get(service, "endpoint"), &tag));
        if (!version || !fact)
            continue;
        struct buf v = {0};
        word_name(fact, strlen(fact), &v);
        buf_printf(p->out, "case $%s in */v[0-9]*) ;; *) %s=${%s%%/}%s ;; esac\n",
                   buf_text(&v), buf_text(&v), buf_text(&v), version);
        buf_free(&v);
    }
}

void preview_login(const struct preview_curl *c, const struct preview_style *style,
                   struct buf *out)
{
    struct page p = {c, style, out};
    const char *credentials =
        json_string_value(json_object_get(c->provider, "credentials"));
    const char *service = json_string_value(json_object_get(c->provider, "service"));
    const json_t *session = json_object_get(c->provider, "session");
    if (service) {
        struct buf text = {0};
        buf_printf(&text, "variables of the provider: `api/%s start` prints them",
                   service);
        comment(&p, buf_text(&text));
        buf_free(&text);
    }
    if (credentials && !strcmp(credentials, "clouds.yaml")) {
        comment(&p, "credentials: from the variables OS_AUTH_URL, OS_USERNAME, ...");
        buf_str(out, clouds);
    }
    if (session) {
        steps(&p, "session", json_object_get(session, "steps"));
        versions(&p);
    }
    if (service || session)
        buf_char(out, '\n');
}
