/* Finds the configuration folders, lays their files over the built-in ones, and checks
 * keys and types against one table, so that a misspelt key is an error and not a
 * surprise. */
#include "compiler/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/config_form.h"
#include "ir/base/digest.h"
#include "ir/base/embed.h"
#include "ir/base/file.h"

enum {
    IS_BOOL = 1 << YAML_BOOL,
    IS_INT = 1 << YAML_INT,
    IS_STR = 1 << YAML_STR,
    IS_LIST = 1 << YAML_LIST,
    IS_MAP = 1 << YAML_MAP,
    IS_SCALAR = IS_BOOL | IS_INT | IS_STR | 1 << YAML_FLOAT,
    IS_ANY = 0xff,
};

struct schema {
    const char *key; /* "*" stands for any key; the last entry has NULL */
    unsigned kinds;
    const struct schema *map;  /* keys of a mapping; NULL: anything goes */
    const struct schema *item; /* one entry with key "*": what list items are */
    config_form *form;         /* NULL: any value of its kind */
};

static const struct schema text_item[] = {{"*", IS_STR, NULL, NULL, NULL}, {0}};
static const struct schema repository_keys[] = {
    {"name", IS_STR, NULL, NULL, NULL},
    {"type", IS_STR, NULL, NULL, config_form_repository},
    {"path", IS_STR, NULL, NULL, NULL},
    {"uri", IS_STR, NULL, NULL, NULL},
    {"suites", IS_LIST, NULL, text_item, NULL},
    {"components", IS_LIST, NULL, text_item, NULL},
    {"key", IS_STR, NULL, NULL, NULL},
    {"trusted", IS_BOOL, NULL, NULL, NULL},
    {0},
};
static const struct schema repository_item[] = {
    {"*", IS_MAP, repository_keys, NULL, NULL}, {0}};
static const struct schema secret_keys[] = {
    {"type", IS_STR, NULL, NULL, config_form_secret},
    {"prefix", IS_STR, NULL, NULL, NULL},
    {"path", IS_STR, NULL, NULL, NULL},
    {0}};
static const struct schema secret_item[] = {{"*", IS_MAP, secret_keys, NULL, NULL}, {0}};
static const struct schema chef_keys[] = {
    {"install", IS_STR, NULL, NULL, config_form_chef_install},
    {"client", IS_STR, NULL, NULL, NULL},
    {"mode", IS_STR, NULL, NULL, config_form_chef_mode},
    {"knife", IS_STR, NULL, NULL, NULL},
    {"knife_config", IS_STR, NULL, NULL, config_form_path},
    {"client_config", IS_STR, NULL, NULL, config_form_path},
    {0}};
static const struct schema dvo_keys[] = {
    {"project", IS_STR, NULL, NULL, NULL},
    {"provider", IS_STR, NULL, NULL, NULL},
    {"backends", IS_MAP, text_item, NULL, NULL},
    {"repositories", IS_LIST, NULL, repository_item, NULL},
    {"secrets", IS_LIST, NULL, secret_item, NULL},
    {"chef", IS_MAP, chef_keys, NULL, NULL},
    {"calls", IS_STR, NULL, NULL, NULL},
    {"drivers", IS_STR, NULL, NULL, NULL},
    {0},
};
static const struct schema cidr_item[] = {{"*", IS_STR, NULL, NULL, config_form_cidr},
                                          {0}};
static const struct schema access_keys[] = {
    {"login", IS_STR, NULL, NULL, config_form_word},
    {"from", IS_LIST, NULL, cidr_item, NULL},
    {"address", IS_STR, NULL, NULL, config_form_access_address},
    {"external", IS_STR, NULL, NULL, config_form_word},
    {"host_key", IS_STR, NULL, NULL, config_form_host_key},
    {"jump", IS_STR, NULL, NULL, NULL},
    {"become_password", IS_STR, NULL, NULL, NULL},
    {0},
};
static const struct schema flavor_keys[] = {
    {"cpus", IS_INT | 1 << YAML_FLOAT, NULL, NULL, config_form_cpus},
    {"memory", IS_STR | IS_INT, NULL, NULL, config_form_memory},
    {0}};
static const struct schema flavor_item[] = {
    {"*", IS_STR | IS_MAP, flavor_keys, NULL, NULL}, {0}};
static const struct schema limit_keys[] = {
    {"parallel", IS_INT, NULL, NULL, config_form_parallel},
    {"rate", IS_INT | 1 << YAML_FLOAT, NULL, NULL, config_form_rate},
    {"burst", IS_INT, NULL, NULL, config_form_parallel},
    {0}};
static const struct schema provider_keys[] = {
    {"driver", IS_STR, NULL, NULL, NULL},
    {"cloud", IS_STR, NULL, NULL, config_form_word},
    {"limits", IS_MAP, limit_keys, NULL, NULL},
    {"flavors", IS_MAP, flavor_item, NULL, NULL},
    {"images", IS_MAP, text_item, NULL, NULL},
    {"networks", IS_MAP, text_item, NULL, NULL},
    {"access", IS_MAP, access_keys, NULL, NULL},
    {0},
};
static const struct schema host_keys[] = {
    {"address", IS_STR, NULL, NULL, config_form_word},
    {"login", IS_STR, NULL, NULL, config_form_word},
    {"port", IS_INT, NULL, NULL, config_form_port},
    {"roles", IS_LIST, NULL, text_item, NULL},
    {"vars", IS_MAP, NULL, NULL, NULL},
    {"host_key", IS_STR, NULL, NULL, NULL},
    {"identity", IS_STR, NULL, NULL, NULL},
    {"jump", IS_STR, NULL, NULL, NULL},
    {"become_password", IS_STR, NULL, NULL, NULL},
    {0},
};
static const struct schema host_item[] = {{"*", IS_MAP, host_keys, NULL, NULL}, {0}};
static const struct schema inventory_keys[] = {{"hosts", IS_MAP, host_item, NULL, NULL},
                                               {0}};

static const char *kinds_text(unsigned kinds)
{
    if (kinds == IS_STR)
        return "a string";
    if (kinds == (IS_STR | IS_MAP))
        return "a string or a mapping";
    if (kinds == (IS_STR | IS_INT))
        return "a string or an integer";
    for (int k = 0; k <= YAML_MAP; k++)
        if (kinds == 1u << k)
            return yaml_kind_name((enum yaml_kind)k);
    return "a number";
}

static bool check(const struct schema *s, const struct yaml_node *n, const char *what,
                  struct diags *d);

static const struct schema *schema_of(const struct schema *map, const char *key)
{
    for (; map->key; map++)
        if (!strcmp(map->key, "*") || !strcmp(map->key, key))
            return map;
    return NULL;
}

static void unknown_key(const struct schema *map, const struct yaml_pair *pair,
                        struct diags *d)
{
    struct diag *g = diag_error(d, 810, pair->span, "unknown key \"%s\"", pair->key);
    const char *names[16];
    size_t n = 0;
    for (; map->key && n < 16; map++)
        names[n++] = map->key;
    const char *near = text_nearest(pair->key, names, n);
    if (near) {
        diag_help(d, g, "did you mean \"%s\"?", near);
        return;
    }
    struct buf all = {0};
    for (size_t i = 0; i < n; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
    diag_help(d, g, "known here: %s", buf_text(&all));
    buf_free(&all);
}

static bool check_map(const struct schema *map, const struct yaml_node *n,
                      struct diags *d)
{
    bool good = true;
    for (size_t i = 0; i < n->n; i++) {
        const struct schema *s = schema_of(map, n->pairs[i].key);
        if (!s) {
            unknown_key(map, &n->pairs[i], d);
            good = false;
        } else if (n->pairs[i].value->kind !=
                   YAML_NULL) { /* null deletes: fine anywhere */
            good &= check(s, n->pairs[i].value, n->pairs[i].key, d);
        }
    }
    return good;
}

static bool check(const struct schema *s, const struct yaml_node *n, const char *what,
                  struct diags *d)
{
    if (!(s->kinds & 1u << n->kind)) {
        diag_error(d, 811, n->span, "\"%s\" must be %s, not %s", what,
                   kinds_text(s->kinds), yaml_kind_name(n->kind));
        return false;
    }
    const char *wrong = s->form ? s->form(n) : NULL;
    if (wrong)
        diag_error(d, 817, n->span, "\"%s\" %s", what, wrong);
    bool good = !wrong;
    if (n->kind == YAML_MAP && s->map)
        good = check_map(s->map, n, d);
    if (n->kind == YAML_LIST && s->item)
        for (size_t i = 0; i < n->n; i++)
            good &= check(s->item, n->items[i], what, d);
    return good;
}

/* ---- folders ------------------------------------------------------------------------
 */

struct loader {
    struct config *c;
    struct diags *diags;
    const char *folders[8];
    unsigned n;
    bool good;
};

static void add_folder(struct loader *l, const char *path)
{
    if (path && *path)
        l->folders[l->n++] = path;
}

static const char *folder_in(struct arena *a, const char *base, const char *rest)
{
    return base && *base ? arena_printf(a, "%s/%s", base, rest) : NULL;
}

static void find_folders(struct loader *l, const struct config_options *o)
{
    struct arena *a = l->c->arena;
    add_folder(l, "/etc/dvo");
    const char *xdg = getenv("XDG_CONFIG_HOME");
    add_folder(l, xdg && *xdg ? folder_in(a, xdg, "dvo")
                              : folder_in(a, getenv("HOME"), ".config/dvo"));
    if (o->program && strcmp(o->program, "-")) {
        char *dir = path_dir(o->program);
        add_folder(l, strcmp(dir, ".") ? folder_in(a, dir, "etc/dvo") : "etc/dvo");
        free(dir);
    } else {
        add_folder(l, "etc/dvo");
    }
    add_folder(l, getenv("DVO_CONFIG"));
    if (o->folder) {
        struct buf probe = {0};
        char *any = path_join(o->folder, ".");
        if (!file_read(any, &probe) && errno != EISDIR) {
            diag_error(l->diags, 812, (struct span){0}, "configuration folder %s: %s",
                       o->folder, strerror(errno));
            l->good = false;
        }
        free(any);
        buf_free(&probe);
        add_folder(l, o->folder);
    }
}

/* One file of every folder, laid over the built-in one of that name. */
static struct yaml_node *load_layers(struct loader *l, const char *name,
                                     const struct schema *keys)
{
    struct config *c = l->c;
    struct yaml_node *all = NULL;
    for (int i = -1; i < (int)l->n; i++) {
        file_id file = 0;
        if (i < 0) {
            const char *path = arena_printf(c->arena, "%s", name);
            const struct embedded_file *e = embedded_find(path);
            if (!e)
                continue;
            file = source_add(c->sources, arena_printf(c->arena, "<built-in>/%s", name),
                              e->data, e->len);
        } else {
            const char *path = arena_printf(c->arena, "%s/%s", l->folders[i], name);
            file = source_load(c->sources, path);
            if (!file && errno != ENOENT && errno != ENOTDIR) {
                diag_error(l->diags, 812, (struct span){0}, "%s: %s", path,
                           strerror(errno));
                l->good = false;
            }
        }
        if (!file)
            continue;
        struct yaml_node *n = yaml_parse(c->sources, file, c->arena, l->diags);
        const struct schema top = {name, IS_MAP, keys, NULL, NULL};
        if (!n || !check(&top, n, name, l->diags)) {
            l->good = false;
            continue;
        }
        all = yaml_merge(c->arena, all, n);
    }
    return all;
}

static struct yaml_node *empty_map(struct arena *a)
{
    struct yaml_node *n = arena_new(a, struct yaml_node);
    n->kind = YAML_MAP;
    n->text = "";
    return n;
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = yaml_get(map, key);
    return n && n->kind == YAML_STR ? n->text : NULL;
}

/* ---- what the program asks ------------------------------------------------------------
 */

static bool project_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-';
}

/* The nearest project name, letter by letter. */
static void project_word(char *s)
{
    for (; *s; s++)
        *s = project_char((char)tolower((unsigned char)*s))
                 ? (char)tolower((unsigned char)*s)
                 : '-';
}

static bool choose_project(struct loader *l, const struct config_options *o)
{
    struct config *c = l->c;
    const struct yaml_node *n = yaml_get(c->dvo, "project");
    const char *name = o->project ? o->project : n ? n->text : NULL;
    if (name) {
        const char *s = name;
        while (project_char(*s))
            s++;
        if (*s || !*name) {
            struct span at = n && !o->project ? n->span : (struct span){0};
            struct diag *g =
                diag_error(l->diags, 813, at, "\"%s\" is no project name", name);
            char *good =
                arena_strndup(c->arena, *name ? name : "shop", *name ? strlen(name) : 4);
            project_word(good);
            diag_help(l->diags, g, "write lower-case letters, digits and '-', such as %s",
                      diag_cut(c->arena, good, strlen(good)));
            return false;
        }
        c->project = name;
        return true;
    }
    if (strcmp(c->driver, "podman")) {
        struct diag *g =
            diag_error(l->diags, 813, (struct span){0},
                       "no project is configured for provider %s", c->provider_name);
        diag_help(l->diags, g, "say `project: NAME` in dvo.yaml, or --project NAME");
        return false;
    }
    const char *base = o->program && strcmp(o->program, "-") ? o->program : "stdin";
    const char *slash = strrchr(base, '/');
    base = slash ? slash + 1 : base;
    size_t len = strcspn(base, ".");
    char *p = arena_strndup(c->arena, len ? base : "dvo", len ? len : 3);
    project_word(p);
    c->project = p;
    return true;
}

static bool check_backends(struct loader *l)
{
    const struct yaml_node *map = yaml_get(l->c->dvo, "backends");
    bool good = true;
    for (size_t i = 0; map && i < map->n; i++) {
        const struct yaml_node *v = map->pairs[i].value;
        if (v->kind == YAML_STR && backend_named(v->text) == BACKEND_NONE) {
            struct diag *g =
                diag_error(l->diags, 814, v->span, "\"%s\" is no backend", v->text);
            diag_help(l->diags, g, "use ansible, chef or api");
            good = false;
        }
    }
    return good;
}

/* A host that nobody can reach, once all layers are merged. */
static bool check_hosts(struct loader *l)
{
    const struct yaml_node *hosts = l->c->inventory;
    bool good = true;
    for (size_t i = 0; i < hosts->n; i++) {
        if (text_of(hosts->pairs[i].value, "address"))
            continue;
        struct diag *g = diag_error(l->diags, 818, hosts->pairs[i].span,
                                    "host \"%s\" has no address", hosts->pairs[i].key);
        diag_help(l->diags, g, "add `address: NAME-OR-IP`");
        good = false;
    }
    return good;
}

/* The folder that a key of dvo.yaml names; NULL if there is none. */
static const char *choose_folder(struct loader *l, const char *key)
{
    const struct yaml_node *n = yaml_get(l->c->dvo, key);
    const char *path = n ? config_path(l->c, n) : NULL;
    struct stat st;
    if (!path || (!stat(path, &st) && S_ISDIR(st.st_mode)))
        return path;
    struct diag *g = diag_error(l->diags, 812, n->span, "%s is no folder", path);
    diag_help(l->diags, g, "a path is taken from the folder of the file it stands in");
    l->good = false;
    return path;
}

bool config_load(struct config *c, const struct config_options *options,
                 struct arena *arena, struct sources *sources, struct diags *diags)
{
    *c = (struct config){.arena = arena, .sources = sources};
    struct loader l = {.c = c, .diags = diags, .good = true};
    find_folders(&l, options);
    c->dvo = load_layers(&l, "dvo.yaml", dvo_keys);
    struct yaml_node *inventory = load_layers(&l, "inventory.yaml", inventory_keys);
    if (!c->dvo)
        c->dvo = empty_map(arena);
    c->inventory = yaml_get(inventory, "hosts");
    if (!c->inventory || c->inventory->kind != YAML_MAP)
        c->inventory = empty_map(arena);
    const struct yaml_node *named = yaml_get(c->dvo, "provider");
    c->provider_name = named && named->kind == YAML_STR ? named->text : "local";
    c->provider = load_layers(
        &l, arena_printf(arena, "providers/%s.yaml", c->provider_name), provider_keys);
    if (!c->provider) {
        if (l.good) {
            struct diag *g =
                diag_error(diags, 815, named ? named->span : (struct span){0},
                           "provider \"%s\" is not configured", c->provider_name);
            diag_help(diags, g, "write it to /etc/dvo/providers/%s.yaml",
                      c->provider_name);
        }
        return false;
    }
    c->driver = text_of(c->provider, "driver");
    if (!c->driver) {
        struct diag *g = diag_error(diags, 815, c->provider->span,
                                    "provider \"%s\" does not say which driver it uses",
                                    c->provider_name);
        diag_help(diags, g, "add `driver: podman`");
        return false;
    }
    l.good &= check_backends(&l) & check_hosts(&l);
    c->calls = choose_folder(&l, "calls");
    c->drivers = choose_folder(&l, "drivers");
    l.good = l.good && choose_project(&l, options);
    struct buf text = {0};
    config_print(c, false, &text);
    digest_text(buf_text(&text), text.len, c->digest);
    buf_free(&text);
    return l.good;
}

enum backend config_backend(const struct config *c, const char *call)
{
    const struct yaml_node *map = yaml_get(c->dvo, "backends");
    const char *best = NULL;
    size_t best_len = 0;
    for (size_t i = 0; map && i < map->n; i++) {
        const char *key = map->pairs[i].key;
        size_t len = strlen(key);
        if (!strcmp(key, call))
            return backend_named(map->pairs[i].value->text);
        if (len && key[len - 1] == '*' && !strncmp(key, call, len - 1) &&
            len > best_len) {
            best = map->pairs[i].value->text;
            best_len = len;
        }
    }
    if (best)
        return backend_named(best);
    if (!strncmp(call, "cloud.", 6) || !strncmp(call, "http.", 5))
        return BACKEND_API;
    const char *fallback = text_of(map, "default");
    return fallback ? backend_named(fallback) : BACKEND_ANSIBLE;
}

const char *config_path(const struct config *c, const struct yaml_node *value)
{
    const struct source *s = source_get(c->sources, value->span.file);
    char *dir = path_dir(s ? s->path : "");
    char *joined = path_join(dir, value->text);
    const char *out = arena_strndup(c->arena, joined, strlen(joined));
    free(joined);
    free(dir);
    return out;
}

/* ---- printing
 * --------------------------------------------------------------------------- */

static void print_scalar(const struct yaml_node *n, struct buf *out)
{
    bool plain = n->kind != YAML_STR;
    if (n->kind == YAML_STR && n->len && isalpha((unsigned char)n->text[0])) {
        plain = n->len == strspn(n->text,
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789._/-");
        static const char *const words[] = {"true", "false", "null", "yes",
                                            "no",   "on",    "off"};
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            plain = plain && strcasecmp(n->text, words[i]) != 0;
    }
    if (plain)
        buf_str(out, n->kind == YAML_NULL ? "null" : n->text);
    else
        buf_json(out, n->text, n->len);
}

static void print_origin(const struct config *c, const struct yaml_node *n, bool origins,
                         struct buf *out)
{
    if (origins && n->span.file)
        buf_printf(out, "  # %s:%u", source_get(c->sources, n->span.file)->path,
                   source_pos(c->sources, n->span.file, n->span.begin).line);
    buf_char(out, '\n');
}

static void print_node(const struct config *c, const struct yaml_node *n, int depth,
                       bool origins, struct buf *out)
{
    if (n->kind == YAML_MAP && n->n) {
        buf_char(out, '\n');
        for (size_t i = 0; i < n->n; i++) {
            struct yaml_node key = {.kind = YAML_STR,
                                    .text = n->pairs[i].key,
                                    .len = strlen(n->pairs[i].key)};
            buf_printf(out, "%*s", depth * 2, "");
            print_scalar(&key, out);
            buf_char(out, ':');
            print_node(c, n->pairs[i].value, depth + 1, origins, out);
        }
    } else if (n->kind == YAML_LIST && n->n) {
        buf_char(out, '\n');
        for (size_t i = 0; i < n->n; i++) {
            buf_printf(out, "%*s-", depth * 2, "");
            print_node(c, n->items[i], depth + 1, origins, out);
        }
    } else {
        buf_char(out, ' ');
        if (n->kind == YAML_MAP || n->kind == YAML_LIST)
            buf_str(out, n->kind == YAML_MAP ? "{}" : "[]");
        else
            print_scalar(n, out);
        print_origin(c, n, origins, out);
    }
}

void config_print(const struct config *c, bool origins, struct buf *out)
{
    buf_str(out, "dvo:");
    print_node(c, c->dvo, 1, origins, out);
    buf_str(out, "inventory:");
    print_node(c, c->inventory, 1, origins, out);
    buf_printf(out, "provider %s:", c->provider_name);
    print_node(c, c->provider, 1, origins, out);
}
