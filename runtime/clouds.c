/* Finds clouds.yaml and secure.yaml, merges the second over the first, chooses an entry
 * and brings its many spellings into one form. */
#include "runtime/clouds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"
#include "runtime/yaml.h"

/* What the variables OS_* say, in messages. */
#define ENVIRONMENT "of the environment"

extern char **environ;

struct clouds {
    json_t *entries;   /* "clouds" of both files */
    struct buf looked; /* files that were looked for */
    struct fault *fault;
};

/* --- files -----------------------------------------------------------------------------
 */

static bool read_yaml(struct clouds *c, const char *path, json_t **out)
{
    struct buf text = {0};
    char *why = NULL;
    bool found = file_read(path, &text);
    *out = NULL;
    if (!found && errno != ENOENT && errno != ENOTDIR)
        fault_set(c->fault, DVO_EAUTH, "%s: %s", path, strerror(errno));
    if (found) {
        *out = yaml_json(buf_text(&text), text.len, &why);
        if (!*out)
            fault_set(c->fault, DVO_EINVAL, "%s: %s", path, why);
        if (text.p)
            explicit_bzero(text.p, text.len);
    }
    free(why);
    buf_free(&text);
    return *out;
}

/* The user's folder for this, to be freed; NULL if he has no home. */
static char *user_folder(void)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (xdg && *xdg)
        return path_join(xdg, "openstack");
    return home && *home ? path_join(home, ".config/openstack") : NULL;
}

/* The first file of this name there is; NULL with or without a fault. */
static json_t *find_yaml(struct clouds *c, const char *name, const char *variable)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    const char *own = getenv(variable);
    bool listed = !c->looked.len; /* one list is enough: the other files lie beside */
    char *user = user_folder();
    const char *folders[] = {".", user, "/etc/openstack"};
    json_t *found = NULL;
    own = own && *own ? own : NULL;
    if (own && listed)
        buf_str(&c->looked, own);
    bool more = !own || (!read_yaml(c, own, &found) && !c->fault->code);
    for (size_t i = 0; more && i < sizeof folders / sizeof *folders; i++)
        for (size_t k = 0; more && folders[i] && k < sizeof endings / sizeof *endings;
             k++) {
            struct buf file = {0};
            buf_printf(&file, "%s%s", name, endings[k]);
            char *path = path_join(folders[i], buf_text(&file));
            if (listed)
                buf_printf(&c->looked, "%s%s%s", c->looked.len ? ", " : "", i ? "" : "./",
                           path);
            more = !read_yaml(c, path, &found) && !c->fault->code;
            free(path);
            buf_free(&file);
        }
    free(user);
    return found;
}

static bool load_entries(struct clouds *c)
{
    json_t *open = find_yaml(c, "clouds", "OS_CLIENT_CONFIG_FILE");
    json_t *secure =
        c->fault->code ? NULL : find_yaml(c, "secure", "OS_CLIENT_SECURE_FILE");
    const json_t *entries = json_object_get(open, "clouds");
    c->entries = json_is_object(entries) ? json_deep_copy(entries) : json_object();
    json_object_update_recursive(c->entries, json_object_get(secure, "clouds"));
    json_decref(open);
    json_decref(secure);
    return !c->fault->code;
}

/* --- which entry -----------------------------------------------------------------------
 */

/* OS_USERNAME is the member `username`. */
static json_t *entry_of_environment(void)
{
    json_t *entry = json_object();
    for (char **v = environ; *v; v++) {
        const char *equals = strchr(*v, '=');
        if (strncmp(*v, "OS_", 3) != 0 || !equals || !equals[1] ||
            !strncmp(*v, "OS_CLIENT_", 10) || !strncmp(*v, "OS_CLOUD=", 9))
            continue;
        char *name = strndup(*v + 3, (size_t)(equals - *v - 3));
        for (char *s = name; *s; s++)
            *s = (char)(*s >= 'A' && *s <= 'Z' ? *s - 'A' + 'a' : *s);
        json_object_set_new(entry, name, json_string(equals + 1));
        free(name);
    }
    return entry;
}

static void tell_looked(struct clouds *c)
{
    struct buf words = {0};
    buf_printf(&words, "looked for: %s", buf_text(&c->looked));
    fault_words(c->fault, buf_text(&words));
    buf_free(&words);
}

static void entry_missing(struct clouds *c, const char *cloud)
{
    struct buf text = {0};
    size_t n = 0, most = json_object_size(c->entries);
    const char **names = xcalloc(most + 1, sizeof *names), *name;
    json_t *v;
    json_object_foreach(c->entries, name, v) names[n++] = name;
    const char *near = text_nearest(cloud, names, n);
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "%s%s", i ? ", " : "; it has ", names[i]);
    fault_set(c->fault, DVO_ENOENT, "clouds.yaml has no cloud \"%s\"%s%s%s%s", cloud,
              buf_text(&text), near ? "; did you mean " : "", near ? near : "",
              near ? "?" : "");
    tell_looked(c);
    buf_free(&text);
    free(names);
}

/* A new reference; NULL with a fault. */
static json_t *choose_entry(struct clouds *c, const char *cloud, const char **name)
{
    const char *named = getenv("OS_CLOUD");
    if (!cloud || !*cloud)
        cloud = named && *named ? named : NULL;
    *name = cloud ? cloud : ENVIRONMENT;
    if (!cloud && getenv("OS_AUTH_URL"))
        return entry_of_environment();
    if (!cloud && json_object_size(c->entries) == 1) {
        *name = json_object_iter_key(json_object_iter(c->entries));
        cloud = *name;
    }
    json_t *entry = cloud ? json_object_get(c->entries, cloud) : NULL;
    if (json_is_object(entry))
        return json_incref(entry);
    if (cloud) {
        entry_missing(c, cloud);
        return NULL;
    }
    fault_set(c->fault, DVO_EINVAL,
              "which cloud? Say `cloud: NAME` in the provider's file, or set OS_CLOUD");
    tell_looked(c);
    return NULL;
}

/* --- one form --------------------------------------------------------------------------
 */

static const char *text_of(const json_t *facts, const char *name)
{
    const char *text = json_string_value(json_object_get(facts, name));
    return text && *text ? text : NULL;
}

static bool text_is_true(const char *text)
{
    static const char *const words[] = {"true", "yes", "on", "1", "y"};
    for (size_t i = 0; text && i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(text, words[i]))
            return true;
    return false;
}

static void add_members(json_t *facts, const json_t *from)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)from, key, v)
    {
        char *name = xstrdup(key);
        for (char *s = name; *s; s++)
            *s = *s == '-' ? '_' : *s;
        if (json_is_string(v))
            json_object_set(facts, name, v);
        free(name);
    }
}

static void add_alias(json_t *facts, const char *name, const char *old)
{
    if (!text_of(facts, name) && text_of(facts, old))
        json_object_set(facts, name, json_object_get(facts, old));
}

/* {"id": …} or {"name": …, and in which domain}; NULL if neither is known. */
static json_t *named_thing(const json_t *facts, const char *what, bool in_domain)
{
    char id[40], name[40], domain[40];
    snprintf(id, sizeof id, "%s_id", what);
    snprintf(name, sizeof name, "%s%s", what, !strcmp(what, "user") ? "name" : "_name");
    snprintf(domain, sizeof domain, "%s_domain", what);
    if (text_of(facts, id))
        return json_pack("{ss}", "id", text_of(facts, id));
    if (!text_of(facts, name))
        return NULL;
    json_t *thing = json_pack("{ss}", "name", text_of(facts, name));
    if (in_domain) {
        json_t *where = named_thing(facts, domain, false);
        json_object_set_new(thing, "domain",
                            where ? where : json_pack("{ss}", "id", "default"));
    }
    return thing;
}

static void add_identity(json_t *facts)
{
    json_t *user = named_thing(facts, "user", true);
    json_t *project = named_thing(facts, "project", true);
    json_t *domain = named_thing(facts, "domain", false);
    json_object_set_new(facts, "user", user ? user : json_null());
    json_object_set_new(facts, "scope",
                        project  ? json_pack("{sO}", "project", project)
                        : domain ? json_pack("{sO}", "domain", domain)
                                 : json_null());
    json_decref(project);
    json_decref(domain);
}

/* Version 3 of the Identity API, which alone there still is. */
static void add_auth_url(json_t *facts)
{
    struct buf url = {0};
    buf_str(&url, text_of(facts, "auth_url"));
    while (url.len && url.p[url.len - 1] == '/')
        url.p[--url.len] = '\0';
    if (url.len < 3 || strcmp(url.p + url.len - 3, "/v3") != 0)
        buf_str(&url, "/v3");
    json_object_set_new(facts, "auth_url", json_string(buf_text(&url)));
    buf_free(&url);
}

static void add_region(json_t *facts, const json_t *entry)
{
    const json_t *first = json_array_get(json_object_get(entry, "regions"), 0);
    const json_t *name = json_is_object(first) ? json_object_get(first, "name") : first;
    if (!text_of(facts, "region_name"))
        json_object_set(facts, "region_name",
                        json_is_string(name) ? (json_t *)(uintptr_t)name : json_null());
}

static void add_access(json_t *facts)
{
    const char *interface = text_of(facts, "interface");
    const char *verify = text_of(facts, "verify");
    if (!interface)
        interface = text_of(facts, "endpoint_type");
    interface = interface ? interface : "public";
    size_t len = strlen(interface);
    len -= len > 3 && !strcmp(interface + len - 3, "URL") ? 3 : 0;
    json_object_set_new(facts, "interface", json_stringn(interface, len));
    bool checked =
        (!verify || text_is_true(verify)) && !text_is_true(text_of(facts, "insecure"));
    json_object_set_new(facts, "verify", json_boolean(checked));
}

/* What a login by this entry cannot do without. */
static bool check_entry(json_t *facts, const json_t *entry, const char *name,
                        struct fault *f)
{
    bool application = text_of(facts, "application_credential_secret");
    bool password =
        text_of(facts, "password") && json_is_object(json_object_get(facts, "user"));
    if (json_object_get(entry, "profile") || json_object_get(entry, "cloud"))
        return fault_set(
            f, DVO_ENOSYS,
            "cloud %s is described by a vendor's profile, which dvo does not "
            "know: write its auth_url into clouds.yaml",
            name);
    if (!text_of(facts, "auth_url"))
        return fault_set(f, DVO_EINVAL, "cloud %s has no auth_url", name);
    if (application && !text_of(facts, "application_credential_id"))
        return fault_set(f, DVO_EINVAL,
                         "cloud %s has an application_credential_secret, but no "
                         "application_credential_id",
                         name);
    if (!application && !password && !text_of(facts, "token"))
        return fault_set(
            f, DVO_EAUTH,
            "cloud %s has no user with a password, no application credential and "
            "no token: %s",
            name,
            strcmp(name, ENVIRONMENT) ? "add one in secure.yaml" : "set OS_PASSWORD");
    if (!application && !json_is_object(json_object_get(facts, "scope")))
        return fault_set(f, DVO_EINVAL,
                         "cloud %s names no project: add project_name to its auth", name);
    /* The facts say by which of them the login is. */
    json_t *user = json_object_get(facts, "user");
    if (application || !password)
        json_object_set_new(facts, "user", json_null());
    else
        json_object_set(user, "password", json_object_get(facts, "password"));
    if (application || password)
        json_object_set_new(facts, "token", json_null());
    return true;
}

bool clouds_facts(const char *cloud, json_t *facts, struct fault *f)
{
    struct clouds c = {.fault = f};
    const char *name;
    json_t *entry = load_entries(&c) ? choose_entry(&c, cloud, &name) : NULL;
    bool good = entry;
    if (entry) {
        add_members(facts, entry);
        add_members(facts, json_object_get(entry, "auth"));
        add_alias(facts, "project_name", "tenant_name");
        add_alias(facts, "project_id", "tenant_id");
        add_identity(facts);
        json_object_set_new(facts, "cloud_name", json_string(name));
        good = check_entry(facts, entry, name, f);
    }
    /* A driver may ask for these whether or not the user has them. */
    static const char *const optional[] = {"password",
                                           "token",
                                           "cacert",
                                           "cert",
                                           "key",
                                           "application_credential_id",
                                           "application_credential_secret"};
    for (size_t i = 0; entry && i < sizeof optional / sizeof *optional; i++)
        if (!text_of(facts, optional[i]))
            json_object_set_new(facts, optional[i], json_null());
    if (good) {
        add_auth_url(facts);
        add_region(facts, entry);
        add_access(facts);
    }
    json_decref(entry);
    json_decref(c.entries);
    buf_free(&c.looked);
    return good;
}
