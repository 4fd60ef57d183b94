/* Reads .dvir text back, line by line. Whatever the bytes are, the answer is a graph or a
 * located error; the first error ends the reading. */
#include "ir/text_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "ir/move.h"

/* at SOURCE:BEGIN-END [in FRAME] */
static bool want_at(struct text_reader *r, struct span *out, uint32_t *frame)
{
    uint32_t number, begin, end;
    if (!text_number(r, (uint32_t)r->sources.n, &number) || !text_want(r, ':') ||
        !text_number(r, UINT32_MAX - 1, &begin) || !text_want(r, '-'))
        return false;
    const char *start = r->at;
    if (!text_number(r, UINT32_MAX - 1, &end))
        return false;
    *out = (struct span){number ? r->sources.v[number - 1] : 0, begin, end};
    size_t len = number ? source_get(r->g->sources, out->file)->len : 0;
    if (begin > end || end > len)
        return text_fail(r, 626, start, "the source has no such bytes");
    text_blanks(r);
    if (r->at == r->end || *r->at == '\n')
        return true;
    return text_want_word(r, "in") && text_number(r, (uint32_t)r->g->nframes - 1, frame);
}

/* Sources are named from the folder the text is in. */
static file_id find_source(struct text_reader *r, const char *name)
{
    struct sources *all = r->g->sources;
    for (size_t i = 1; i < all->n; i++)
        if (i != r->file && all->v[i].role == SOURCE_PROGRAM &&
            !strcmp(all->v[i].name, name))
            return (file_id)i;
    char *folder = path_dir(source_get(all, r->file)->path);
    char *path = path_join(folder, name);
    file_id file = source_load(all, strcmp(folder, ".") ? path : name);
    if (file)
        source_name(all, file, name);
    free(folder);
    free(path);
    return file;
}

static bool read_source(struct text_reader *r)
{
    uint32_t number;
    str_id path, digest;
    if (!text_number(r, (uint32_t)r->sources.n + 1, &number) || !text_string(r, &path))
        return false;
    const char *start = r->at;
    if (!text_string(r, &digest))
        return false;
    if (number != r->sources.n + 1)
        return text_fail(r, 620, start, "sources are numbered from 1 without gaps");
    const char *name = intern_text(r->g->strings, path);
    errno = 0;
    file_id file = find_source(r, name);
    if (!file) {
        diag_error(r->d, 624, text_span(r, start), "cannot read the source %s: %s", name,
                   strerror(errno));
        return false;
    }
    char now[DIGEST_TEXT_SIZE];
    const struct source *s = source_get(r->g->sources, file);
    digest_text(s->text, s->len, now);
    if (strcmp(now, intern_text(r->g->strings, digest)) != 0) {
        struct diag *e = diag_error(r->d, 624, text_span(r, start),
                                    "%s is not what this text was made of", name);
        diag_help(r->d, e, "its digest is now %s; make the text again", now);
        return false;
    }
    *vec_push(&r->sources) = file;
    return true;
}

static bool read_frame(struct text_reader *r)
{
    struct graph *g = r->g;
    struct frame f = {0};
    uint32_t number;
    const char *start = r->at;
    if (!text_number(r, UINT32_MAX, &number) || !text_string(r, &f.function))
        return false;
    if (number != g->nframes)
        return text_fail(r, 620, start, "frames are numbered from 1 without gaps");
    if (!text_want_word(r, "at") || !want_at(r, &f.call, &f.outer))
        return false;
    g->frames = vec_grow(g->frames, sizeof *g->frames, g->nframes + 1, &g->cap_frames);
    g->frames[g->nframes++] = f;
    return true;
}

/* [[handle, ...], ...] */
static bool is_machines(const struct values *t, val_id id)
{
    if (val_get(t, id)->kind != IR_LIST)
        return false;
    for (uint32_t i = 0; i < val_count(t, id); i++) {
        val_id calls = val_items(t, id)[i];
        if (val_get(t, calls)->kind != IR_LIST)
            return false;
        for (uint32_t k = 0; k < val_count(t, calls); k++)
            if (val_get(t, val_items(t, calls)[k])->kind != IR_HANDLE)
                return false;
    }
    return true;
}

static bool read_batch(struct text_reader *r)
{
    struct graph *g = r->g;
    struct batch b = {0};
    uint32_t number;
    text_blanks(r);
    const char *start = r->at;
    if (!text_number(r, UINT32_MAX, &number))
        return false;
    if (number != g->nbatches)
        return text_fail(r, 620, start, "batches are numbered from 1 without gaps");
    if (!text_want_word(r, "after") || !text_number(r, number - 1, &b.before) ||
        !text_want_word(r, "failures") || !text_number(r, INT32_MAX, &b.failures))
        return false;
    text_blanks(r);
    start = r->at;
    if (!text_value(r, &b.machines))
        return false;
    if (!is_machines(&g->values, b.machines))
        return text_fail(r, 623, start, "a batch is a list of lists of ops");
    graph_batch(g, b);
    return true;
}

/* The batches that an op comes after. */
static bool read_batches(struct text_reader *r, val_id *out)
{
    const struct values *t = &r->g->values;
    text_blanks(r);
    const char *start = r->at;
    if (!text_value(r, out))
        return false;
    bool good = val_get(t, *out)->kind == IR_LIST;
    for (uint32_t i = 0; good && i < val_count(t, *out); i++) {
        const struct ir_value *v = val_get(t, val_items(t, *out)[i]);
        good = v->kind == IR_INT && v->as.i > 0 && v->as.i < (int64_t)r->g->nbatches;
    }
    return good ||
           text_fail(r, 623, start, "a list of batches written above is expected");
}

static bool read_digest(struct text_reader *r)
{
    struct graph *g = r->g;
    size_t len;
    str_id digest;
    const char *name = text_word(r, false, &len);
    if (!name)
        return text_expected(r, "a name");
    if (!text_string(r, &digest))
        return false;
    if (g->ndigests == sizeof g->digests / sizeof *g->digests)
        return text_fail(r, 620, name, "too many digests");
    g->digests[g->ndigests].name = arena_strndup(g->arena, name, len);
    g->digests[g->ndigests++].digest = intern_text(g->strings, digest);
    return true;
}

static bool read_pin(struct text_reader *r)
{
    struct graph *g = r->g;
    str_id package, range, repo;
    if (!text_string(r, &package) || !text_string(r, &range) || !text_string(r, &repo))
        return false;
    struct pin *more = arena_array(g->arena, struct pin, g->npins + 1);
    for (size_t i = 0; i < g->npins; i++)
        more[i] = g->pins[i];
    more[g->npins++] =
        (struct pin){intern_text(g->strings, package), intern_text(g->strings, range),
                     intern_text(g->strings, repo)};
    g->pins = more;
    return true;
}

/* The number and call that begin an op. */
static bool want_head(struct text_reader *r, call_id *call)
{
    uint32_t number;
    size_t len;
    text_blanks(r);
    const char *start = r->at;
    if (!text_number(r, UINT32_MAX, &number))
        return false;
    if (number != r->g->n)
        return text_fail(r, 620, start, "ops are numbered from 1 without gaps");
    const char *name = text_word(r, true, &len);
    if (!name)
        return text_expected(r, "a call");
    str_id s = intern(r->g->strings, name, len);
    uint32_t *slot = map64_put(&r->calls, s);
    if (!*slot)
        *slot = r->find_call(r->ctx, intern_text(r->g->strings, s));
    *call = *slot;
    return *call || text_fail(r, 621, name, "the glossary has no such call");
}

static bool read_op(struct text_reader *r)
{
    struct graph *g = r->g;
    call_id call;
    op_id subject = 0;
    str_id address;
    if (!want_head(r, &call))
        return false;
    text_blanks(r);
    const char *start = r->at;
    if (r->at < r->end && *r->at != '"' &&
        (!text_want_word(r, "on") || !text_op(r, &subject)))
        return false;
    if (subject >= g->n)
        return text_fail(r, 625, start, "an op acts on one above it");
    if (!text_string(r, &address))
        return false;
    op_id id = graph_op(g, call, subject, (struct span){0});
    g->ops[id].address = address;
    *map64_put(&r->addresses, address) = id;
    return true;
}

static bool read_dead(struct text_reader *r)
{
    call_id call;
    uint32_t into;
    if (!want_head(r, &call) || !text_want_word(r, "into") ||
        !text_number(r, (uint32_t)r->g->n - 1, &into))
        return false;
    op_id id = graph_op(r->g, call, 0, (struct span){0});
    r->g->ops[id].flags = OP_DEAD;
    r->g->ops[id].merged = into;
    return true;
}

/* Known text must already be canonical and one of the choices: nobody looks again. */
static bool check_form(struct text_reader *r, const struct arg_info *arg, struct type t,
                       val_id id, const char *start)
{
    struct ir_value v = *val_get(&r->g->values, id);
    struct type item = {.kind = t.item, .handle = t.handle};
    bool packages = t.kind == TYPE_PACKAGES;
    if (v.kind == IR_LIST || v.kind == IR_DICT) {
        bool dict = v.kind == IR_DICT;
        if (t.kind != (dict ? TYPE_DICT : TYPE_LIST) && !(packages && !dict))
            return true; /* the verifier says what is wrong */
        for (uint32_t i = 0; i < v.count; i++) {
            val_id one = val_items(&r->g->values, id)[dict ? 2 * i + 1 : i];
            if (!check_form(r, arg, packages ? t : item, one, start))
                return false;
        }
        return true;
    }
    if (v.kind != IR_STR)
        return true;
    str_id canonical;
    const char *wrong =
        type_check_text(r->g->strings, (enum type_kind)t.kind, v.as.n, &canonical);
    if (wrong || canonical != v.as.n) {
        diag_error(r->d, 623, text_span(r, start), "%s %s",
                   intern_text(r->g->strings, arg->name),
                   wrong ? wrong : "is not canonical");
        return false;
    }
    for (uint32_t i = 0; i < arg->nchoices; i++)
        if (arg->choices[i] == v.as.n)
            return true;
    return arg->nchoices == 0 || text_fail(r, 623, start, "is none of the choices");
}

static bool read_argument(struct text_reader *r, op_id id, const char *word, size_t len)
{
    struct graph *g = r->g;
    const struct call_info *call = graph_call(g, id);
    uint32_t i = 0;
    while (i < call->nargs &&
           (intern_len(g->strings, call->args[i].name) != len ||
            memcmp(intern_text(g->strings, call->args[i].name), word, len)))
        i++;
    if (i == call->nargs)
        return text_fail(r, 622, word, "the call has no such argument");
    if (g->args[g->ops[id].args + i])
        return text_fail(r, 622, word, "the argument is given twice");
    val_id v;
    text_blanks(r);
    const char *start = r->at;
    if (!text_value(r, &v))
        return false;
    if (!check_form(r, &call->args[i], call->args[i].type, v, start))
        return false;
    g->args[g->ops[id].args + i] = v;
    return true;
}

static bool want_policy_number(struct text_reader *r, int32_t *out)
{
    uint32_t n;
    if (!text_number(r, INT32_MAX, &n))
        return false;
    *out = (int32_t)n;
    return true;
}

/* written ARGUMENT at SOURCE:BEGIN-END */
static bool read_written(struct text_reader *r, op_id id)
{
    struct graph *g = r->g;
    const struct call_info *call = graph_call(g, id);
    struct arg_place place = {.op = id};
    uint32_t frame;
    size_t len;
    text_blanks(r);
    const char *word = text_word(r, false, &len);
    if (!word)
        return text_expected(r, "an argument");
    while (place.arg < call->nargs &&
           !text_word_is(word, len, intern_text(g->strings, call->args[place.arg].name)))
        place.arg++;
    if (place.arg == call->nargs)
        return text_fail(r, 622, word, "the call has no such argument");
    if (!text_want_word(r, "at") || !want_at(r, &place.at, &frame))
        return false;
    g->places = vec_grow(g->places, sizeof place, g->nplaces + 1, &g->cap_places);
    g->places[g->nplaces++] = place;
    return true;
}

/* Something is read into the values of an op, which may move meanwhile: into a local
 * first. */
static bool read_policy(struct text_reader *r, op_id id, const char *word, size_t len)
{
    struct op op = r->g->ops[id];
    bool good = true;
    if (text_word_is(word, len, "binding")) {
        good = text_string(r, &op.binding);
    } else if (text_word_is(word, len, "named")) {
        op.flags |= OP_NAMED;
    } else if (text_word_is(word, len, "at")) {
        good = want_at(r, &op.span, &op.chain);
    } else if (text_word_is(word, len, "written")) {
        return read_written(r, id);
    } else if (text_word_is(word, len, "backend")) {
        size_t n;
        const char *name = text_word(r, false, &n);
        char text[16] = "";
        if (name && n < sizeof text)
            memcpy(text, name, n);
        op.backend = (uint8_t)backend_named(text);
        good = op.backend || text_expected(r, "a backend");
    } else if (text_word_is(word, len, "when")) {
        good = text_value(r, &op.when);
    } else if (text_word_is(word, len, "after")) {
        good = text_value(r, &op.after);
    } else if (text_word_is(word, len, "batches")) {
        good = read_batches(r, &op.batches);
    } else if (text_word_is(word, len, "retries")) {
        good = want_policy_number(r, &op.retries);
    } else if (text_word_is(word, len, "timeout")) {
        good = want_policy_number(r, &op.timeout_ms);
    } else if (text_word_is(word, len, "continue")) {
        op.flags |= OP_CONTINUE;
    } else if (text_word_is(word, len, "tainted")) {
        op.flags |= OP_TAINTED;
    } else {
        good = text_fail(r, 620, word, "unknown property of an op");
    }
    r->g->ops[id] = op;
    return good;
}

static bool read_detail(struct text_reader *r)
{
    size_t len;
    op_id id = (op_id)r->g->n - 1;
    const char *word = text_word(r, false, &len);
    if (!word)
        return text_expected(r, "a property or an argument");
    if (id == 0 || (r->g->ops[id].flags & OP_DEAD))
        return text_fail(r, 620, word, "this belongs to no op");
    return text_accept(r, '=') ? read_argument(r, id, word, len)
                               : read_policy(r, id, word, len);
}

static bool read_moved(struct text_reader *r)
{
    struct move m = {0};
    if (!text_string(r, &m.from) || !text_string(r, &m.to))
        return false;
    graph_move(r->g, m);
    return true;
}

static bool read_pair(struct text_reader *r, const char **out)
{
    str_id s;
    if (!text_string(r, &s))
        return false;
    *out = intern_text(r->g->strings, s);
    return true;
}

static bool read_line(struct text_reader *r)
{
    struct graph *g = r->g;
    size_t len;
    if (r->at < r->end && *r->at == ' ')
        return read_detail(r);
    const char *word = text_word(r, false, &len);
    if (text_word_is(word, len, "op"))
        return read_op(r);
    if (text_word_is(word, len, "dead"))
        return read_dead(r);
    if (text_word_is(word, len, "batch"))
        return read_batch(r);
    if (text_word_is(word, len, "frame"))
        return read_frame(r);
    if (text_word_is(word, len, "source"))
        return read_source(r);
    if (text_word_is(word, len, "digest"))
        return read_digest(r);
    if (text_word_is(word, len, "pin"))
        return read_pin(r);
    if (text_word_is(word, len, "moved"))
        return read_moved(r);
    if (text_word_is(word, len, "program"))
        return read_pair(r, &g->program);
    if (text_word_is(word, len, "project"))
        return read_pair(r, &g->project);
    if (text_word_is(word, len, "provider"))
        return read_pair(r, &g->provider);
    return word ? text_fail(r, 620, word, "unknown kind of line")
                : text_expected(r, "a line");
}

static bool read_all(struct text_reader *r)
{
    uint32_t version;
    if (!text_want_word(r, "dvir"))
        return false;
    const char *start = r->at;
    if (!text_number(r, UINT32_MAX, &version))
        return false;
    if (version != TEXT_VERSION)
        return text_fail(r, 627, start,
                         "another version of the text form than this dvoc reads");
    if (!text_end(r))
        return false;
    while (r->at < r->end) {
        if (*r->at == '\n') {
            r->at++;
            continue;
        }
        if (!read_line(r) || !text_end(r))
            return false;
    }
    if (r->farthest >= r->g->n) {
        diag_error(r->d, 625, r->farthest_at, "there is no op of this number");
        return false;
    }
    return true;
}

bool graph_parse(struct graph *g, file_id text, text_find_call *find_call, void *ctx,
                 struct diags *d)
{
    const struct source *s = source_get(g->sources, text);
    struct text_reader r = {.g = g,
                            .d = d,
                            .file = text,
                            .begin = s->text,
                            .end = s->text + s->len,
                            .at = s->text,
                            .find_call = find_call,
                            .ctx = ctx};
    bool good = read_all(&r);
    map64_free(&r.calls);
    map64_free(&r.addresses);
    free(r.sources.v);
    free(r.stack.v);
    return good;
}
