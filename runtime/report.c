/* Composes the report. Whatever a tool or a program said loses its control characters: it
 * must not write on the terminal by itself. */
#include "runtime/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/buf.h"
#include "runtime/calls.h"

/* Text with every line but the first indented. */
static void print_text(FILE *out, const char *text, const char *indent)
{
    size_t len = strlen(text);
    for (size_t i = 0, n; i < len; i += n ? n : 1) {
        unsigned char c = (unsigned char)text[i];
        n = utf8_length(text + i, len - i);
        if (c == '\n')
            fprintf(out, "\n%s", indent);
        else if (!n || (c < ' ' && c != '\t') || c == 0x7f ||
                 (n == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0))
            fputc('?', out);
        else
            fwrite(text + i, 1, n, out);
    }
}

/* The line of the program with a caret under the call. Columns count characters. */
static void print_place(FILE *out, const struct plan_line *line, uint32_t from,
                        uint32_t to)
{
    int width = fprintf(out, "%6u | ", line->number) - 2;
    print_text(out, line->text, "");
    fprintf(out, "\n%*s| ", width, "");
    const char *p = line->text;
    size_t left = strlen(p);
    for (uint32_t column = 1; column < to && left; column++) {
        size_t n = utf8_length(p, left);
        fputc(column >= from ? (column == from ? '^' : '~')
              : *p == '\t'   ? '\t'
                             : ' ',
              out);
        p += n ? n : 1;
        left -= n ? n : 1;
    }
    fputc('\n', out);
}

void report_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("dvo-run: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int report_fault(struct fault *f)
{
    int status = error_status(f->code);
    report_say("%s", f->message);
    if (f->help)
        fprintf(stderr, "  help: %s\n", f->help);
    fault_free(f);
    return status;
}

void report_thing(const struct run *r, const char *address, uint32_t op,
                  const struct fault *f)
{
    struct plan_place at = {.line = UINT32_MAX};
    if (op)
        at = calls_place(r->plan, op, f->argument);
    const struct plan_line *line =
        at.line < r->plan->nlines ? &r->plan->lines[at.line] : NULL;
    fputc('\n', stderr);
    if (line)
        fprintf(stderr, "%s:%u:%u: ", line->file, line->number, at.column);
    fprintf(stderr, "%s: %s: ", address, error_name(f->code));
    print_text(stderr, f->message ? f->message : error_meaning(f->code), "    ");
    fputc('\n', stderr);
    if (line)
        print_place(stderr, line, at.column, at.end > at.column ? at.end : at.column + 1);
    fprintf(stderr, "  %s means: %s\n", error_name(f->code), error_meaning(f->code));
    if (f->words) {
        fprintf(stderr, "  last words:\n    ");
        print_text(stderr, f->words, "    ");
        fputc('\n', stderr);
    }
    if (f->help) {
        fprintf(stderr, "  help: ");
        print_text(stderr, f->help, "    ");
        fputc('\n', stderr);
    }
    if (f->log)
        fprintf(stderr, "  full output: %s\n", f->log);
}

void report_failure(const struct run *r, uint32_t op, const struct fault *f)
{
    report_thing(r, r->plan->ops[op].address, op, f);
}

/* More names than these do not help. */
#define BLOCKED_SHOWN 5

static void report_blocked(const struct run *r, uint32_t cause)
{
    unsigned n = 0;
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        const struct run_op *o = &r->ops[i];
        if (o->status != RUN_BLOCKED || o->cause != cause)
            continue;
        if (n++ < BLOCKED_SHOWN)
            fprintf(stderr, "%s%s%s", n > 1 ? ", " : "  not started because of it: ",
                    r->plan->ops[i].address,
                    o->held               ? " (a later batch)"
                    : o->cause_on_machine ? " (later on that machine)"
                                          : "");
    }
    if (n > BLOCKED_SHOWN)
        fprintf(stderr, ", and %u more", n - BLOCKED_SHOWN);
    if (n)
        fputc('\n', stderr);
}

static void report_outputs(const struct run *r)
{
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        const struct run_op *o = &r->ops[i];
        const json_t *name = json_object_get(o->result, "name");
        if (o->status != RUN_DONE || strcmp(r->plan->ops[i].call, "output"))
            continue;
        struct buf text = {0};
        value_text(json_object_get(o->result, "value"), &text);
        secrets_redact(r->secrets, &text);
        print_text(
            stdout,
            json_is_string(name) ? json_string_value(name) : r->plan->ops[i].address, "");
        fputs(" = ", stdout);
        print_text(stdout, buf_text(&text), "");
        fputc('\n', stdout);
        buf_free(&text);
    }
}

/* Asked to stop, a run may still come to its end: then nothing is left to go on with. */
static bool stopped_short(const struct run *r)
{
    for (uint32_t i = 1; i <= r->plan->nops; i++)
        if (r->stopping && r->ops[i].status == RUN_CANCELED)
            return true;
    return false;
}

static void report_way_on(const struct run *r, bool transient)
{
    fprintf(stderr,
            "\nWhat is done stays done. %s run the same again to go on: dvo-run %s\n",
            stopped_short(r) ? "The run was stopped;"
            : transient      ? "This may pass by itself;"
                             : "Mend what is wrong, then",
            r->plan->dir);
}

void report_run(const struct run *r)
{
    unsigned changed = 0, same = 0, failed = 0, skipped = 0;
    bool transient = true;
    fflush(stdout);
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        const struct run_op *o = &r->ops[i];
        switch (o->status) {
        case RUN_DONE:
            changed += o->changed;
            same += !o->changed;
            break;
        case RUN_FAILED:
            failed++;
            transient = transient && error_transient(o->fault.code);
            report_failure(r, i, &o->fault);
            report_blocked(r, i);
            break;
        case RUN_KNOWN: break;
        default: skipped++; break;
        }
    }
    if (failed || stopped_short(r))
        report_way_on(r, transient);
    report_outputs(r);
    if (!changed && !failed && !stopped_short(r))
        puts("nothing changed");
    printf("%u changed, %u unchanged, %u failed, %u skipped\n", changed, same, failed,
           skipped);
    fflush(stdout);
}

int report_status(const struct run *r)
{
    for (uint32_t i = 1; i <= r->plan->nops; i++)
        if (r->ops[i].status == RUN_FAILED && r->ops[i].fault.code != DVO_EDEP)
            return error_status(r->ops[i].fault.code);
    return stopped_short(r) ? error_status(DVO_ECANCELED) : 0;
}
