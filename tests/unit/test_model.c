/* A model of machines over the effects of the real records: random programs come to the
 * same state, and every op sees the same, in program order at -O0 and in any order that
 * the edges of -O2 allow. And it must notice a missing edge. */
#include "pick.h"
#include "reach.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/program.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "ir/place.h"

/* ---- the model
 * --------------------------------------------------------------------------------- */

struct thing { /* something of a machine that ops read or write */
    op_id machine;
    const char *kind, *name; /* name "": all of the kind */
    uint64_t token;          /* stands for what is in it */
    bool made;               /* somebody needed it, and made it if it was missing */
};

struct touch { /* of an op */
    op_id machine;
    const char *kind, *name; /* kind NULL: everything of the machine */
    bool write;
};

struct touches_of {
    struct touch *v;
    size_t n, cap;
};

/* Things by their numbers. */
struct set {
    uint32_t *v;
    size_t n, cap;
};

struct manner {        /* how an op acts on things */
    struct set sees;   /* all about them */
    struct set passes; /* what lies in them depends on them */
    struct set writes;
    struct set makes; /* where they are missing */
};

struct link { /* a path that leads to another from an op on */
    op_id machine, op;
    const char *path, *to; /* to NULL: somewhere */
};

struct world {
    struct program p;
    struct touches_of *touches; /* by op */
    struct manner *manners;     /* by op */
    struct {
        struct thing *v;
        size_t n, cap;
    } things; /* all that any op names, from the beginning */
    struct {
        struct link *v;
        size_t n, cap;
    } links;
    uint64_t *seen; /* by op: what it observed; 0: not run yet */
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    const uint64_t pair[2] = {a, b};
    return hash_bytes(pair, sizeof pair);
}

static uint64_t hash_text(const char *s)
{
    return hash_bytes(s, strlen(s));
}

static bool below(const char *path, const char *top)
{
    size_t n = strlen(top);
    return !strncmp(path, top, n) &&
           (!path[n] || path[n] == '/' || (n && top[n - 1] == '/'));
}

/* Whether the one is the other or holds it: as a folder, as the file it is an entry of.
 */
static bool holds(const char *kind, const char *name, const char *kind2,
                  const char *name2)
{
    static const char *const entries[][2] = {{"user", "/etc/passwd"},
                                             {"user", "/etc/shadow"},
                                             {"group", "/etc/group"},
                                             {"group", "/etc/gshadow"},
                                             {"package", "/var/lib/dpkg/status"}};
    if (!strcmp(kind, kind2) && !strcmp(kind, "file"))
        return below(name2, name);
    if (!strcmp(kind, kind2))
        return !*name || !strcmp(name, name2);
    for (size_t i = 0; i < 5 && !strcmp(kind, "file"); i++)
        if (!strcmp(kind2, entries[i][0]) && below(entries[i][1], name))
            return true;
    return false;
}

static void name_thing(struct world *w, op_id machine, const char *kind, const char *name)
{
    for (size_t i = 0; i < w->things.n; i++) {
        const struct thing *t = &w->things.v[i];
        if (t->machine == machine && !strcmp(t->kind, kind) && !strcmp(t->name, name))
            return;
    }
    *vec_push(&w->things) =
        (struct thing){.machine = machine, .kind = kind, .name = name};
}

static void add_touch(struct world *w, op_id id, struct touch t)
{
    *vec_push(&w->touches[id]) = t;
    /* Of everything there is always something that nobody names. */
    name_thing(w, t.machine, t.kind ? t.kind : "", t.kind ? t.name : "");
}

/* A path, and where it leads through links that were made before. */
static void add_path(struct world *w, op_id id, struct touch t, bool links, int depth)
{
    if (depth > 8)
        t.kind = NULL;
    add_touch(w, id, t);
    for (size_t i = 0; t.kind && i < w->links.n; i++) {
        const struct link *l = &w->links.v[i];
        if (l->machine != t.machine || l->op >= id || !below(t.name, l->path) ||
            (links && !strcmp(t.name, l->path)))
            continue;
        struct touch there = t;
        if (l->to)
            there.name =
                arena_printf(&w->p.arena, "%s%s", l->to, t.name + strlen(l->path));
        else
            there.kind = NULL;
        if (l->to)
            add_path(w, id, there, false, depth + 1);
        else
            add_touch(w, id, there);
    }
}

/* What the user op that wrote the login last says for certain, or NULL. */
static const char *home_of(const struct world *w, op_id machine, const char *login,
                           op_id before)
{
    const struct graph *g = &w->p.graph;
    while (--before > 0)
        for (size_t i = 0; i < w->touches[before].n; i++) {
            const struct touch *t = &w->touches[before].v[i];
            if (t->machine != machine || !t->write)
                continue;
            if (!t->kind ||
                (!strcmp(t->kind, "file") && holds("file", t->name, "user", login)))
                return NULL;
            if (strcmp(t->kind, "user") != 0 || strcmp(t->name, login) != 0)
                continue;
            const struct op *op = &g->ops[before];
            int32_t home = call_arg(g->strings, graph_call(g, before), "home");
            const struct ir_value *v =
                val_get(&g->values, g->args[op->args + (uint32_t)home]);
            return v->kind != IR_STR || op->when || (op->flags & OP_CONTINUE)
                       ? NULL
                       : intern_text(g->strings, v->as.n);
        }
    return NULL;
}

static void add_name(struct world *w, op_id id, const struct effect *e, struct touch t,
                     const char *name)
{
    if (!strcmp(t.kind, "home")) {
        t.kind = "file";
        name = home_of(w, t.machine, name, id);
        t.name = name ? name : "/";
    } else if (e->arg >= 0) {
        t.name = arena_printf(&w->p.arena, "%s%s", intern_text(&w->p.strings, e->literal),
                              name);
    } else {
        t.name = name;
    }
    if (!strcmp(t.kind, "file"))
        add_path(w, id, t, e->to > 0, 0);
    else
        add_touch(w, id, t);
}

static void add_names(struct world *w, op_id id, const struct effect *e, struct touch t,
                      val_id v)
{
    const struct values *values = &w->p.graph.values;
    uint8_t kind = val_get(values, v)->kind;
    if (kind == IR_LIST) {
        for (uint32_t i = 0; i < val_count(values, v); i++)
            add_names(w, id, e, t, val_items(values, v)[i]);
    } else if (kind == IR_STR) {
        add_name(w, id, e, t, intern_text(&w->p.strings, val_get(values, v)->as.n));
    } else if (kind != IR_ABSENT && kind != IR_NONE) {
        t.name = !strcmp(t.kind, "file") ? "/" : ""; /* any */
        add_touch(w, id, t);
    }
}

static void add_link(struct world *w, op_id id, const struct effect *e)
{
    const struct graph *g = &w->p.graph;
    const struct op *op = &g->ops[id];
    const struct ir_value *to = val_get(&g->values, g->args[op->args + e->to - 1]);
    const struct ir_value *at = val_get(&g->values, g->args[op->args + (uint32_t)e->arg]);
    const char *path = intern_text(g->strings, at->as.n), *target = NULL;
    if (strcmp(intern_text(g->strings, e->kind), "file") != 0 || to->kind <= IR_NONE)
        return;
    if (to->kind == IR_STR)
        target = intern_text(g->strings, to->as.n);
    if (target && *target != '/') {
        if (strcmp(intern_text(g->strings, graph_call(g, id)->member), "link") != 0)
            return;
        /* beside the link */
        target = arena_printf(&w->p.arena, "%.*s/%s", (int)(strrchr(path, '/') - path),
                              path, target);
    }
    *vec_push(&w->links) = (struct link){op->subject, id, path, target};
}

struct reading {
    struct world *w;
    op_id op;
};

static void read_machine(void *ctx, op_id machine)
{
    const struct reading *r = ctx;
    add_touch(r->w, r->op, (struct touch){.machine = machine});
}

/* What the records say, read anew: not by the code under test. */
static void find_touches(struct world *w, op_id id)
{
    const struct graph *g = &w->p.graph;
    const struct op *op = &g->ops[id];
    const struct call_info *call = graph_call(g, id);
    const val_id *args = g->args + op->args;
    for (uint32_t i = 0; op->subject && i < call->neffects; i++) {
        const struct effect *e = &call->effects[i];
        struct touch t = {.machine = op->subject, .write = e->write};
        if (!e->any)
            t.kind = intern_text(&w->p.strings, e->kind);
        if (e->any && (e->arg < 0 || args[e->arg] > VAL_FALSE))
            add_touch(w, id, t);
        else if (!e->any && e->arg < 0)
            add_name(w, id, e, t, intern_text(&w->p.strings, e->literal));
        else if (!e->any)
            add_names(w, id, e, t, args[e->arg]);
    }
    for (uint32_t i = 0; op->subject && i < call->neffects; i++)
        if (call->effects[i].to)
            add_link(w, id, &call->effects[i]);
    struct reading r = {w, id};
    graph_each_read_machine(g, id, read_machine, &r);
    if (call->http) /* the web is machine 0 */
        add_touch(
            w, id,
            (struct touch){.kind = "web", .name = "", .write = !graph_http_reads(g, id)});
}

static void find_manner(struct world *w, op_id id)
{
    struct manner *m = &w->manners[id];
    for (size_t i = 0; i < w->touches[id].n; i++)
        for (uint32_t k = 0; k < w->things.n; k++) {
            const struct touch *t = &w->touches[id].v[i];
            const struct thing *thing = &w->things.v[k];
            if (t->machine != thing->machine)
                continue;
            if (!t->kind || holds(t->kind, t->name, thing->kind, thing->name)) {
                *vec_push(&m->sees) = k;
                if (t->write)
                    *vec_push(&m->writes) = k;
            } else if (holds(thing->kind, thing->name, t->kind, t->name)) {
                *vec_push(&m->passes) = k;
                if (t->write)
                    *vec_push(&m->makes) = k;
            }
        }
}

struct looking {
    const struct world *w;
    uint64_t seen;
};

static void look(void *ctx, op_id op, str_id field)
{
    struct looking *l = ctx;
    l->seen = mix(l->seen, mix(l->w->seen[op], field));
}

/* Runs one op: it sees what it refers to and touches, for whether it changes anything
 * depends on what there was, too; and what it writes becomes something that tells of it
 * and of what it saw. */
static void perform(struct world *w, op_id id)
{
    const struct graph *g = &w->p.graph;
    const struct op *op = &g->ops[id];
    const struct manner *m = &w->manners[id];
    struct thing *things = w->things.v;
    struct looking l = {w, hash_text(intern_text(&w->p.strings, op->address))};
    if (op->subject)
        look(&l, op->subject, 0);
    for (uint32_t i = 0; i < graph_call(g, id)->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], look, &l);
    val_each_op(&g->values, op->when, look, &l);
    val_each_op(&g->values, op->after, look, &l);
    for (uint32_t i = 0; i < val_count(&g->values, op->batches); i++) {
        val_id index = val_items(&g->values, op->batches)[i];
        val_each_op(&g->values, g->batches[val_get(&g->values, index)->as.i].machines,
                    look, &l);
    }
    for (size_t i = 0; i < m->sees.n; i++)
        l.seen = mix(l.seen, mix(things[m->sees.v[i]].token, things[m->sees.v[i]].made));
    for (size_t i = 0; i < m->passes.n; i++)
        l.seen = mix(l.seen, things[m->passes.v[i]].token);
    w->seen[id] = l.seen | 1;
    for (size_t i = 0; i < m->makes.n; i++)
        things[m->makes.v[i]].made = true;
    for (size_t i = 0; i < m->writes.n; i++) {
        things[m->writes.v[i]].token = mix(w->seen[id], m->writes.v[i]);
        things[m->writes.v[i]].made = false;
    }
}

static void begin_anew(struct world *w)
{
    memset(w->seen, 0, w->p.graph.n * sizeof *w->seen);
    for (size_t i = 0; i < w->things.n; i++) {
        w->things.v[i].token = 0;
        w->things.v[i].made = false;
    }
}

static bool live(const struct world *w, op_id id)
{
    return !(w->p.graph.ops[id].flags & OP_DEAD);
}

/* ---- programs
 * ---------------------------------------------------------------------------------- */

static bool chance(uint32_t percent)
{
    return pick(100) < percent;
}

static bool quiet; /* nothing runs or looks at everything, so that much may pass */

static uint32_t pick_call(void)
{
    uint32_t call = pick(28);
    while (quiet && (call == 10 || (call >= 14 && call <= 16) || call == 18))
        call = pick(28);
    return call;
}

/* Calls on one machine out of few names, so that much of it meets. */
static void write_call(struct buf *out, uint32_t m, uint32_t number)
{
    uint32_t a = pick(3), b = pick(3);
    bool restarts = false, conditional = false;
    buf_printf(out, "c%u = ", number);
    size_t begin = out->len;
    buf_printf(out, "m%u.", m);
    switch (pick_call()) {
    case 0:
    case 1:
    case 2: buf_printf(out, "file(\"/srv/d%u/f%u\", \"x\"", a, b); break;
    case 3: buf_printf(out, "file(\"/srv/o%u\", \"y\", owner=\"u%u\"", a, a); break;
    case 4: buf_printf(out, "file(\"/srv/ip%u\", m%u.ip", a, (m + 1) % 3); break;
    case 5: buf_printf(out, "directory(\"/srv/d%u\"", a); break;
    case 6:
        buf_printf(out, "link(\"/srv/l%u\", \"%sd%u\"", a, a ? "/srv/" : "", a);
        conditional = true;
        break;
    case 7: buf_printf(out, "line(\"/etc/l%u\", \"n%u\"", a, b); break;
    case 8:
        buf_printf(out, "user(\"u%u\"", a);
        if (a) /* of the others nobody knows where they live */
            buf_printf(out, ", home=\"/srv/d%u/h\"", a);
        conditional = true;
        break;
    case 9: buf_printf(out, "group(\"g%u\"", a); break;
    case 10:
        buf_printf(out, "service(\"s%u\"", a);
        restarts = true; /* triggers of equal calls are united */
        break;
    case 11: buf_printf(out, "sysctl(\"vm.k%u\", \"1\"", a); break;
    case 12:
        buf_printf(out, "cron(\"j%u\", \"@daily\", \"true\", login=\"u%u\"", a, a);
        break;
    case 13: buf_printf(out, "unit(\"t%u.service\", \"[Unit]\\n\"", a); break;
    case 14: buf_printf(out, "install(\"p%u\"", a); break;
    case 15:
        buf_printf(out, "run([\"make\", \"%u\"], always=True", a);
        conditional = true;
        break;
    case 16: buf_printf(out, "query([\"cat\", \"%u\"]", number); break;
    case 17: buf_printf(out, "hold([\"p%u\"]", a); break;
    case 18: buf_printf(out, "mount(\"/mnt/%u\", \"/srv/v%u\", \"ext4\"", a, a); break;
    case 19: buf_printf(out, "authorized_key(\"u%u\", \"ssh-rsa AAAA%u\"", a, b); break;
    case 20: buf_printf(out, "file(\"/srv/l%u/f%u\", \"z\"", a, b); break;
    case 21: buf_printf(out, "file(\"/mnt/%u/f%u\", \"z\"", a, b); break;
    case 22:
        buf_printf(out, "line(\"/etc/%s\", \"n%u\"", a ? "fstab" : "passwd", b);
        break;
    case 23: buf_printf(out, "filesystem(\"/srv/v%u\"", a); break;
    case 24:
        buf_printf(out, "unpack(\"/srv/d%u/u\", \"/srv/l%u/f%u\", \"/srv/d%u/u/c\"", a, a,
                   a, a);
        break;
    case 25: buf_printf(out, "hostname(\"h\""); break;
    case 26: buf_printf(out, "directory(\"/etc/cron.d\", mode=\"0755\""); break;
    default: buf_printf(out, "permissions(\"/srv/d%u/f%u\", mode=\"0644\"", a, b); break;
    }
    /* Equal calls go on alike: else they would contradict each other. */
    if (hash_bytes(out->p + begin, out->len - begin) % 8 == 0)
        buf_str(out, ", on_error=\"continue\"");
    else if (hash_bytes(out->p + begin, out->len - begin) % 5 == 0)
        buf_str(out, ", via=\"chef\"");
    if (number && restarts && chance(50))
        buf_printf(out, ", restart_on=[c%u]", pick(number));
    if (number && conditional && chance(50))
        buf_printf(out, ", when=c%u.changed", pick(number));
    if (number && chance(10))
        buf_printf(out, ", after=[c%u]", pick(number));
    buf_str(out, ")\n");
}

static void write_other(struct buf *out, uint32_t m, uint32_t number)
{
    const char *const methods[] = {"GET", "PUT"};
    if (chance(60))
        buf_printf(out,
                   "c%u = http.request(\"%s\", f\"http://{m%u.ip}/%u\", name=\"h%u\")\n",
                   number, methods[pick(2)], m, number, number);
    else
        buf_printf(out,
                   "c%u = http.expect(f\"http://{m%u.ip}:{m%u.fqdn}/\", name=\"h%u\")\n",
                   number, m, pick(3), number);
}

static void write_program(struct buf *out, uint32_t seed, uint32_t calls)
{
    pick_state = seed * 2654435761u | 1;
    quiet = seed % 2;
    for (uint32_t m = 0; m < 3; m++)
        buf_printf(out, "m%u = cloud.create(flavor=provider.FLAVOR_SMALL)\n", m);
    for (uint32_t m = 0; m < 3; m++)
        buf_printf(out, "m%u.bootstrap()\n", m);
    for (uint32_t i = 0; i < calls; i++)
        if (chance(quiet ? 2 : 12))
            write_other(out, pick(3), i);
        else
            write_call(out, pick(3), i);
    if (chance(30))
        buf_str(out, "for m in rollout([m0, m1, m2], batch=1):\n"
                     "    m.file(\"/srv/late\", \"x\")\n    m.install(\"late\")\n");
}

/* ---- both levels
 * -------------------------------------------------------------------------------- */

static void world_make(struct world *w, const char *path, unsigned level)
{
    struct program_options o = {.path = path,
                                .passes = {.level = level, .verify_each = true}};
    memset(w, 0, sizeof *w);
    if (!program_open(&w->p, &o) || !program_evaluate(&w->p, &o)) {
        diags_print(&w->p.diags, stderr, DIAG_HUMAN, false);
        fail();
    }
    while (w->p.graph.ops[w->p.graph.n - 1].members)
        w->p.graph.n--; /* how a tool is told about several ops is no op */
    size_t n = w->p.graph.n;
    w->touches = xcalloc(n, sizeof *w->touches);
    w->manners = xcalloc(n, sizeof *w->manners);
    w->seen = xcalloc(n, sizeof *w->seen);
    for (op_id id = 1; id < n; id++)
        find_touches(w, id);
    for (op_id id = 1; id < n; id++)
        find_manner(w, id);
}

static void world_free(struct world *w)
{
    for (size_t i = 0; i < w->p.graph.n; i++) {
        free(w->touches[i].v);
        free(w->manners[i].sees.v);
        free(w->manners[i].passes.v);
        free(w->manners[i].writes.v);
        free(w->manners[i].makes.v);
    }
    free(w->touches);
    free(w->manners);
    free(w->things.v);
    free(w->links.v);
    free(w->seen);
    program_close(&w->p);
}

/* Runs all ops in an order that the edges allow, chosen by pick(); `late` only when
 * nothing else can. `without` is an edge that does not count. */
static void run_in_some_order(struct world *w, size_t without, op_id late)
{
    const struct graph *g = &w->p.graph;
    uint32_t *unmet = xcalloc(g->n, sizeof *unmet);
    op_id *ready = xcalloc(g->n, sizeof *ready);
    size_t n = 0, done = 0, all = 0;
    begin_anew(w);
    for (size_t i = 0; i < g->nedges; i++)
        unmet[g->edges[i].to] += i != without;
    for (op_id id = 1; id < g->n; id++) {
        all += live(w, id);
        if (live(w, id) && !unmet[id])
            ready[n++] = id;
    }
    while (n > 0) {
        size_t at = pick((uint32_t)n);
        if (ready[at] == late && n > 1)
            at = (at + 1) % n;
        op_id id = ready[at];
        ready[at] = ready[--n];
        perform(w, id);
        done++;
        for (size_t i = 0; i < g->nedges; i++)
            if (g->edges[i].from == id && i != without && !--unmet[g->edges[i].to])
                ready[n++] = g->edges[i].to;
    }
    assert_int_equal(done, all);
    free(unmet);
    free(ready);
}

static bool same(const struct world *a, const struct world *b)
{
    for (op_id id = 1; id < a->p.graph.n; id++)
        if (live(b, id) && a->seen[id] != b->seen[id])
            return false;
    for (size_t i = 0; i < a->things.n; i++)
        if (a->things.v[i].token != b->things.v[i].token)
            return false;
    return true;
}

static bool has_edge(const struct graph *g, struct edge e)
{
    for (size_t i = 0; i < g->nedges; i++)
        if (g->edges[i].from == e.from && g->edges[i].to == e.to)
            return g->edges[i].kind == e.kind;
    return false;
}

/* ---- missing edges
 * ------------------------------------------------------------------------------ */

static bool overlap(const struct touch *a, const struct touch *b)
{
    if (a->machine != b->machine || !(a->write || b->write))
        return false;
    if (!a->kind || !b->kind)
        return true;
    return holds(a->kind, a->name, b->kind, b->name) ||
           holds(b->kind, b->name, a->kind, a->name);
}

struct search {
    op_id wanted;
    bool found;
};

static void search_op(void *ctx, op_id op, str_id field)
{
    (void)field;
    struct search *s = ctx;
    s->found |= op == s->wanted;
}

/* Whether `to` can tell, by its record and by what it refers to, that `from` has run. */
static bool can_tell(const struct world *w, op_id from, op_id to)
{
    const struct graph *g = &w->p.graph;
    const struct op *op = &g->ops[to];
    struct search s = {from, op->subject == from};
    for (uint32_t i = 0; i < graph_call(g, to)->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], search_op, &s);
    val_each_op(&g->values, op->after, search_op, &s);
    for (size_t i = 0; i < w->touches[from].n; i++)
        for (size_t k = 0; k < w->touches[to].n; k++)
            s.found |= overlap(&w->touches[from].v[i], &w->touches[to].v[k]);
    return s.found;
}

static bool same_row(const struct graph *g, struct edge e)
{
    return e.kind == EDGE_MACHINE && g->ops[e.from].subject &&
           g->ops[e.from].subject == g->ops[e.to].subject;
}

static bool has_moved(const struct graph *g, op_id machine)
{
    for (op_id id = 1; id < g->n; id++)
        if (g->ops[id].subject == machine && (g->ops[id].flags & OP_MOVED))
            return true;
    return false;
}

/* Nothing is gone but what follows, or what nobody can tell: of what came before what,
 * only calls that touch nothing of each other have another order; of the edges along
 * which failure spreads, only those to the own machine, which plan.json implies, and the
 * order on a machine whose calls were moved. */
static void compare_edges(const struct world *w, const struct graph *optimized)
{
    const struct graph *plain = &w->p.graph;
    uint8_t *a = reachability(plain, SIZE_MAX), *b = reachability(optimized, SIZE_MAX);
    for (op_id to = 1; to < plain->n; to++)
        for (op_id from = 1; from < plain->n; from++)
            if (a[to * plain->n + from] && !b[to * plain->n + from])
                assert_false(can_tell(w, from, to));
    for (size_t i = 0; i < optimized->nedges; i++) {
        struct edge e = optimized->edges[i];
        assert_true(
            has_edge(plain, e) ||
            (same_row(plain, e) && has_moved(optimized, plain->ops[e.to].subject)));
    }
    for (size_t i = 0; i < plain->nedges; i++) {
        struct edge e = plain->edges[i];
        op_id machine = plain->ops[e.to].subject;
        if (!has_edge(optimized, e))
            assert_true((e.kind == EDGE_DATA && e.from == machine) ||
                        (same_row(plain, e) && has_moved(optimized, machine)));
    }
    free(a);
    free(b);
}

/* Calls that are one are so because no other between them touches what they touch.
 * Returns how many there are. */
static size_t check_merged(const struct world *w)
{
    const struct graph *g = &w->p.graph;
    size_t merged = 0;
    for (op_id id = 1; id < g->n; id++) {
        op_id first = g->ops[id].merged;
        merged += first > 0;
        for (op_id k = first + 1; first && k < id; k++)
            for (size_t i = 0; live(w, k) && i < w->touches[id].n; i++)
                for (size_t j = 0; j < w->touches[k].n; j++)
                    assert_false(overlap(&w->touches[id].v[i], &w->touches[k].v[j]));
    }
    return merged;
}

/* Leaves out each edge in turn. Returns how many of them mattered; each of those must be
 * noticed. */
static size_t drop_edges(const struct world *plain, struct world *w)
{
    const struct graph *g = &w->p.graph;
    size_t mattered = 0;
    for (size_t i = 0; i < g->nedges; i++) {
        struct edge e = g->edges[i];
        uint8_t *before = reachability(g, i);
        bool follows = before[e.to * g->n + e.from];
        free(before);
        run_in_some_order(w, i, e.from);
        if (follows) {
            assert_true(same(plain, w));
        } else if (can_tell(w, e.from, e.to)) {
            if (same(plain, w))
                print_error("%s before %s: nobody noticed\n",
                            intern_text(&w->p.strings, g->ops[e.from].address),
                            intern_text(&w->p.strings, g->ops[e.to].address));
            assert_false(same(plain, w));
            mattered++;
        }
    }
    return mattered;
}

/* ---- the tests
 * --------------------------------------------------------------------------------- */

static char dir[40], path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/dvo-model-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/model.dvo", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void make_both(struct world *plain, struct world *optimized, uint32_t seed,
                      uint32_t calls)
{
    struct buf text = {0};
    write_program(&text, seed, calls);
    assert_true(file_replace(path, text.p, text.len, 0644));
    buf_free(&text);
    world_make(plain, path, 0);
    world_make(optimized, path, 2);
    assert_int_equal(plain->p.graph.n, optimized->p.graph.n);
    assert_int_equal(plain->things.n, optimized->things.n);
    begin_anew(plain);
    for (op_id id = 1; id < plain->p.graph.n; id++)
        if (live(plain, id))
            perform(plain, id);
}

static void test_every_order_is_program_order(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 5, 20, 60, 150, 300};
    size_t gone = 0, merged = 0, moved = 0;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct world plain, optimized;
        make_both(&plain, &optimized, seed, sizes[seed / 2 % 6]);
        compare_edges(&plain, &optimized.p.graph);
        gone += plain.p.graph.nedges - optimized.p.graph.nedges;
        merged += check_merged(&optimized);
        for (op_id id = 1; id < optimized.p.graph.n; id++)
            moved += (optimized.p.graph.ops[id].flags & OP_MOVED) != 0;
        for (int i = 0; i < 20; i++) {
            run_in_some_order(&optimized, SIZE_MAX, 0);
            assert_true(same(&plain, &optimized));
        }
        world_free(&plain);
        world_free(&optimized);
    }
    assert_true(gone > 100);
    assert_true(merged > 100);
    assert_true(moved > 100);
}

static void test_a_missing_edge_is_noticed(void **state)
{
    (void)state;
    size_t mattered = 0;
    for (uint32_t seed = 101; seed <= 112; seed++) {
        struct world plain, optimized;
        make_both(&plain, &optimized, seed, 25);
        mattered += drop_edges(&plain, &optimized);
        world_free(&plain);
        world_free(&optimized);
    }
    assert_true(mattered > 100);
}

/* ---- the rule itself
 * ---------------------------------------------------------------------------- */

struct rule { /* the places of each op, as the code under test finds them */
    struct arena *arena;
    struct {
        struct place *v;
        size_t n, cap;
    } * of;
    op_id op;
    struct graph *g; /* gets an edge for each pair whose order is kept */
};

static bool keep_place(void *ctx, const struct place *p)
{
    struct rule *r = ctx;
    struct place copy = *p;
    copy.name = arena_strndup(r->arena, p->name, p->len);
    *vec_push(&r->of[r->op]) = copy;
    return false;
}

static bool meet(const struct place *a, const struct place *b)
{
    if (a->machine != b->machine || !(a->write || b->write))
        return false;
    return a->any || b->any || below(a->name, b->name) || below(b->name, a->name);
}

static bool op_meets(const struct rule *r, op_id a, op_id b)
{
    for (size_t i = 0; i < r->of[a].n; i++)
        for (size_t k = 0; k < r->of[b].n; k++)
            if (meet(&r->of[a].v[i], &r->of[b].v[k]))
                return true;
    return false;
}

static void come_after(void *ctx, op_id op, str_id field)
{
    (void)field;
    struct rule *r = ctx;
    graph_edge(r->g, op, r->op, EDGE_AFTER);
}

/* Instead of program order on each machine, only the pairs that meet somewhere keep it.
 * Returns how many pairs of one machine do not. */
static size_t loosen(struct world *w)
{
    struct graph *g = &w->p.graph;
    struct rule r = {.arena = &w->p.arena, .of = xcalloc(g->n, sizeof *r.of), .g = g};
    struct places places;
    size_t kept = 0, loose = 0;
    for (size_t i = 0; i < g->nedges; i++)
        if (g->edges[i].kind != EDGE_MACHINE)
            g->edges[kept++] = g->edges[i];
    g->nedges = kept;
    places_init(&places, g);
    for (r.op = 1; r.op < g->n; r.op++) {
        if (!live(w, r.op))
            continue;
        places_each(&places, r.op, keep_place, &r);
        places_pass(&places, r.op);
        val_each_op(&g->values, g->ops[r.op].after, come_after, &r);
        for (op_id before = 1; before < r.op; before++)
            if (op_meets(&r, before, r.op))
                graph_edge(g, before, r.op, EDGE_MACHINE);
            else
                loose += live(w, before) && g->ops[r.op].subject &&
                         g->ops[before].subject == g->ops[r.op].subject;
    }
    places_free(&places);
    for (size_t i = 0; i < g->n; i++)
        free(r.of[i].v);
    free(r.of);
    return loose;
}

/* What no pass does yet: any order in which calls that meet nowhere pass each other. */
static void test_calls_that_meet_nowhere_may_pass(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {5, 20, 40, 80};
    size_t loose = 0;
    for (uint32_t seed = 201; seed <= 232; seed++) {
        struct world plain, loosened;
        make_both(&plain, &loosened, seed, sizes[seed / 2 % 4]);
        loose += loosen(&loosened);
        for (int i = 0; i < 10; i++) {
            run_in_some_order(&loosened, SIZE_MAX, 0);
            assert_true(same(&plain, &loosened));
        }
        world_free(&plain);
        world_free(&loosened);
    }
    assert_true(loose > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_order_is_program_order, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_calls_that_meet_nowhere_may_pass, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_missing_edge_is_noticed, setup, teardown),
    };
    return RUN_TESTS(tests);
}
