/* A console is shared with the kernel and whoever else writes there: a line of the report
 * is taken only from its first word to its dot, and an op's lines only all from one round
 * (emitters/boot.c has the script that says them). */
#include "runtime/boot.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/calls.h"
#include "runtime/phase.h"
#include "runtime/provider.h"
#include "runtime/steps.h"

#define MARK "dvo-boot "
#define DOT " ."
/* Of a result in the state: the op's name and the machine; and that it was skipped. */
#define FIELD "first_boot"
#define SKIPPED "skipped"

struct boot {
    struct run *run;
    const struct segment *segment;
    json_t *entry; /* of the machine */
    json_t *vars;
    struct phase phase;
};

/* --- the report ------------------------------------------------------------------------
 */

/* The words of a line of the report, without mark and dot; NULL: it is none. */
static const char *report_words(const char *line, size_t len, size_t *n)
{
    const char *p = memmem(line, len, MARK, strlen(MARK));
    const char *end = line + len;
    while (end > line && (end[-1] == '\r' || end[-1] == ' '))
        end--;
    if (!p || end - p < (ptrdiff_t)(strlen(MARK) + strlen(DOT)) ||
        memcmp(end - strlen(DOT), DOT, strlen(DOT)) != 0)
        return NULL;
    p += strlen(MARK);
    *n = (size_t)(end - p) - strlen(DOT);
    return p;
}

static bool words_are(const char *p, size_t n, const char *text)
{
    return n == strlen(text) && !strncmp(p, text, n);
}

static bool round_ends(const char *words, size_t n)
{
    return words_are(words, n, "round") || words_are(words, n, "over");
}

/* What a round has said of the op. */
struct round {
    struct steps_answer answer;
    bool skipped;
};

/* Takes the round over if it is whole. */
static bool round_take(struct round *round, size_t steps, struct boot_answer *a)
{
    struct steps_answer *said = &round->answer;
    bool failed = said->fault.code;
    if (round->skipped) {
        a->state = BOOT_SKIPPED;
    } else if (failed) {
        a->state = BOOT_FAILED;
        fault_move(&a->fault, &said->fault);
    } else if (said->lines == steps && steps) {
        a->state = BOOT_DONE;
        a->changed = said->changed;
        a->fields = json_incref(said->values);
    }
    steps_answer_free(said);
    *round = (struct round){0};
    return a->state != BOOT_MISSING;
}

void boot_read(const char *console, const char *name, size_t steps, struct boot_answer *a)
{
    size_t length = strlen(name);
    struct round round = {0};
    *a = (struct boot_answer){.state = BOOT_MISSING};
    for (const char *line = console; *line;) {
        size_t len = strcspn(line, "\n"), n;
        const char *words = report_words(line, len, &n);
        line += len + (line[len] == '\n');
        if (!words)
            continue;
        if (round_ends(words, n)) {
            if (round_take(&round, steps, a))
                return;
        } else if (n > length && !strncmp(words, name, length) && words[length] == ' ') {
            words += length + 1;
            n -= length + 1;
            if (words_are(words, n, "skipped"))
                round.skipped = true;
            else
                steps_read_line(words, n, &round.answer);
        }
    }
    round_take(&round, steps, a);
}

/* Whether the machine says that its script came to its end. */
static bool report_complete(const char *console)
{
    for (const char *line = console; *line;) {
        size_t len = strcspn(line, "\n"), n;
        const char *words = report_words(line, len, &n);
        if (words && words_are(words, n, "end"))
            return true;
        line += len + (line[len] == '\n');
    }
    return false;
}

/* --- outcomes --------------------------------------------------------------------------
 */

static const char *machine_id(const struct boot *b)
{
    const char *id =
        json_string_value(json_object_get(b->run->ops[b->segment->machine].result, "id"));
    return id ? id : "";
}

/* What the state keeps with a result. */
static char *op_mark(const struct boot *b, uint32_t op)
{
    struct buf mark = {0};
    buf_printf(&mark, "%s %s", b->run->plan->ops[op].boot, machine_id(b));
    return buf_steal(&mark);
}

/* Whether the state has the result of this very op in the first boot of this machine. */
static bool op_known(const struct boot *b, uint32_t op)
{
    const struct state_op *before = &b->run->ops[op].before;
    const char *kept = json_string_value(json_object_get(before->result, FIELD));
    char *mark = op_mark(b, op);
    bool known = before->status == STATE_DONE && kept && !strcmp(kept, mark);
    free(mark);
    return known;
}

static bool op_takes_part(const struct boot *b, uint32_t op)
{
    return b->run->ops[op].status != RUN_KNOWN;
}

static void op_done(struct boot *b, uint32_t op, bool changed, json_t *fields)
{
    char *mark = op_mark(b, op);
    json_object_set_new(fields, FIELD, json_string(mark));
    free(mark);
    run_op_done(b->run, op, changed, fields);
}

/* Later runs need not read on the console that it was. */
static void op_skipped(struct boot *b, uint32_t op)
{
    const struct plan_op *p = &b->run->plan->ops[op];
    struct fault f = {0};
    char *mark = op_mark(b, op);
    json_t *kept = json_pack("{s:s, s:b}", FIELD, mark, SKIPPED, 1);
    run_op_skipped(b->run, op);
    if (!state_end(b->run->state, p->address, p->call, NULL, kept, false, false, &f))
        progress_say(b->run->progress, "%s", f.message);
    fault_free(&f);
    json_decref(kept);
    free(mark);
}

/* The outcome of an op that the state knows. */
static void op_repeat(struct boot *b, uint32_t op)
{
    json_t *result = b->run->ops[op].before.result;
    if (json_object_get(result, SKIPPED))
        run_op_skipped(b->run, op);
    else
        op_done(b, op, false, json_copy(result));
}

static void op_failed(struct boot *b, uint32_t op, struct fault *f)
{
    const char *machine = b->run->plan->ops[b->segment->machine].address;
    f->final = true;
    if (!f->help) {
        struct buf help = {0};
        buf_printf(&help,
                   "a first boot is not done again: when the program is right, make the "
                   "machine anew with --replace '%s'",
                   machine);
        f->help = buf_steal(&help);
    }
    run_op_failed(b->run, op, f);
}

/* The report has nothing on the op. */
static void op_missing(struct boot *b, uint32_t op, bool complete)
{
    const char *machine = b->run->plan->ops[b->segment->machine].address;
    struct fault f = {0};
    if (complete)
        fault_set(
            &f, DVO_EINVAL,
            "this is new, or not what it was in the first boot of %s, and nobody can "
            "log in there",
            machine);
    else
        fault_set(&f, DVO_EUNKNOWN,
                  "the first boot of %s came to its end without a result of this",
                  machine);
    op_failed(b, op, &f);
}

static void boot_end(struct boot *b)
{
    struct run *r = b->run;
    uint32_t first = b->segment->ops[0];
    json_decref(b->entry);
    json_decref(b->vars);
    free(b);
    run_unit_finished(r, first);
}

/* The op's outcome; what kept later ones from being carried out goes to *cause. */
static void boot_take(struct boot *b, uint32_t op, const char *console, bool complete,
                      uint32_t *cause)
{
    const struct plan_op *p = &b->run->plan->ops[op];
    struct boot_answer a;
    boot_read(console, p->boot, p->nsteps, &a);
    if (a.state == BOOT_DONE) {
        op_done(b, op, a.changed, a.fields);
    } else if (a.state == BOOT_SKIPPED) {
        op_skipped(b, op);
    } else if (a.state == BOOT_MISSING && *cause) {
        run_op_block(b->run, op, *cause);
    } else {
        if (a.state == BOOT_FAILED)
            op_failed(b, op, &a.fault);
        else
            op_missing(b, op, complete);
        if (!p->carry_on)
            *cause = op;
    }
}

static void boot_report(struct boot *b, const char *console)
{
    bool complete = report_complete(console);
    uint32_t cause = 0;
    for (uint32_t i = 0; i < b->segment->nops; i++) {
        uint32_t op = b->segment->ops[i];
        if (!op_takes_part(b, op))
            continue;
        if (op_known(b, op))
            op_repeat(b, op);
        else
            boot_take(b, op, console, complete, &cause);
    }
    boot_end(b);
}

/* There is no report: the first op that needs it says why. */
static void boot_lost(struct boot *b, struct fault *f)
{
    uint32_t cause = 0;
    for (uint32_t i = 0; i < b->segment->nops; i++) {
        uint32_t op = b->segment->ops[i];
        if (!op_takes_part(b, op))
            continue;
        if (cause) {
            run_op_block(b->run, op, cause);
        } else if (op_known(b, op)) {
            op_repeat(b, op);
        } else {
            cause = op;
            run_op_failed(b->run, op, f);
        }
    }
    fault_free(f);
    boot_end(b);
}

/* --- the console -----------------------------------------------------------------------
 */

static void boot_said(void *ctx, enum phase_end end, struct fault *f)
{
    struct boot *b = ctx;
    const char *report = json_string_value(json_object_get(b->vars, "report"));
    struct fault lost = {0};
    if (end == PHASE_DONE && report) {
        boot_report(b, report);
        return;
    }
    if (end == PHASE_FAULT) {
        fault_move(&lost, f);
        if (lost.code == DVO_ETIMEDOUT && !lost.help)
            lost.help =
                xstrdup("the machine's console says what keeps it; if cloud-init is "
                        "missing in its image, it takes no user data");
    } else {
        fault_set(&lost, DVO_EPROTO, "the driver extracts no report");
    }
    boot_lost(b, &lost);
}

static void boot_provider(void *ctx, struct fault *fault)
{
    struct boot *b = ctx;
    struct fault f = {0};
    if (fault) {
        boot_lost(b, fault);
    } else if (!(b->entry = calls_entry(b->run->plan, b->segment->machine, &f))) {
        boot_lost(b, &f);
    } else {
        const json_t *lists = json_object_get(b->entry, "sequences");
        phase_start(&b->phase, json_object_get(lists, "boot"));
    }
}

bool boot_wanted(const struct run_plan *p, uint32_t segment)
{
    const struct segment *s = &p->segments[segment];
    for (uint32_t i = 0; i < s->nops; i++)
        if (!p->ops[s->ops[i]].boot)
            return false;
    return s->tool == TOOL_API;
}

void boot_start(struct run *r, uint32_t segment)
{
    const struct segment *s = &r->plan->segments[segment];
    struct boot *b = xcalloc(1, sizeof *b);
    b->run = r;
    b->segment = s;
    b->vars = json_object();
    json_object_set(b->vars, "id", json_object_get(r->ops[s->machine].result, "id"));
    b->phase = (struct phase){.run = r, .vars = b->vars, .done = boot_said, .ctx = b};
    bool known = true;
    for (uint32_t i = 0; i < s->nops; i++)
        if (op_takes_part(b, s->ops[i])) {
            known = known && op_known(b, s->ops[i]);
            run_op_started(r, s->ops[i]);
        }
    if (known)
        boot_report(b, "");
    else
        provider_ready(r, boot_provider, b);
}
