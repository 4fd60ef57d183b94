/* Runs one stage of emitters or runtime, for tests/bench/stages.py:
 *   bench_stages yaml|json|ruby MEGABYTES   writes tasks, and says how many bytes
 *   bench_stages load|jansson FOLDER        reads a build
 *   bench_stages schedule UNITS             takes and finishes units
 *   bench_stages nothing - */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/json.h"
#include "emitters/ruby.h"
#include "emitters/yaml.h"
#include "ir/base/file.h"
#include "runtime/load.h"
#include "runtime/sched.h"

/* ---- writers ------------------------------------------------------------------------
 */

enum { TASKS_OF_A_FILE = 20 };

struct task {
    char name[40], comment[60], path[40], content[160];
};

static struct task task_make(unsigned number)
{
    struct task t;
    snprintf(t.name, sizeof t.name, "Write /etc/bench/%u.conf", number);
    snprintf(t.comment, sizeof t.comment, "loop.dvo:10 m%u.file(/etc/bench/%u.conf)",
             number / 20, number);
    snprintf(t.path, sizeof t.path, "/etc/bench/%u.conf", number);
    snprintf(t.content, sizeof t.content,
             "# written by the bench\npart = %u\nlisten = \"127.0.0.1:%u\"\nlog: yes\n"
             "user = 'nobody'\npath = C:\\temp\n",
             number, 1024 + number % 60000);
    return t;
}

static void yaml_pair(struct yaml *y, const char *name, const char *text)
{
    yaml_name(y, name);
    yaml_text(y, text, strlen(text));
}

static void yaml_task(struct yaml *y, const struct task *t)
{
    yaml_blank(y);
    yaml_comment(y, t->comment, strlen(t->comment));
    yaml_map(y);
    yaml_pair(y, "name", t->name);
    yaml_name(y, "ansible.builtin.copy");
    yaml_map(y);
    yaml_pair(y, "dest", t->path);
    yaml_pair(y, "content", t->content);
    yaml_pair(y, "owner", "root");
    yaml_pair(y, "mode", "0644");
    yaml_name(y, "backup");
    yaml_bool(y, false);
    yaml_map_end(y);
    yaml_map_end(y);
}

static void write_yaml(struct buf *out, const struct task *tasks)
{
    struct yaml y;
    yaml_begin(&y, out);
    yaml_seq(&y);
    for (unsigned i = 0; i < TASKS_OF_A_FILE; i++)
        yaml_task(&y, &tasks[i]);
    yaml_seq_end(&y);
    yaml_end(&y);
}

static void json_pair(struct json *j, const char *name, const char *text)
{
    json_put_name(j, name);
    json_put_text(j, text, strlen(text));
}

static void json_task(struct json *j, const struct task *t)
{
    json_put_object_compact(j);
    json_put_name(j, "id");
    json_put_int(j, 4711);
    json_pair(j, "address", t->path);
    json_pair(j, "title", t->name);
    json_put_name(j, "at");
    json_put_array(j);
    for (int i = 10; i < 13; i++)
        json_put_int(j, i);
    json_put_array_end(j);
    json_put_name(j, "idempotent");
    json_put_bool(j, true);
    json_put_name(j, "args");
    json_put_object(j);
    json_pair(j, "path", t->path);
    json_pair(j, "content", t->content);
    json_put_object_end(j);
    json_put_object_end(j);
}

static void write_json(struct buf *out, const struct task *tasks)
{
    struct json j;
    json_begin(&j, out);
    json_put_array(&j);
    for (unsigned i = 0; i < TASKS_OF_A_FILE; i++)
        json_task(&j, &tasks[i]);
    json_put_array_end(&j);
    json_end(&j);
}

static void ruby_pair(struct ruby *r, const char *word, const char *text)
{
    ruby_statement(r, word);
    ruby_text(r, text, strlen(text), false);
    ruby_statement_end(r);
}

static void ruby_task(struct ruby *r, const struct task *t)
{
    ruby_blank(r);
    ruby_comment(r, t->comment, strlen(t->comment));
    ruby_block(r, "file", t->path, strlen(t->path));
    ruby_pair(r, "content", t->content);
    ruby_pair(r, "owner", "root");
    ruby_pair(r, "mode", "0644");
    ruby_statement(r, "backup");
    ruby_bool(r, false);
    ruby_statement_end(r);
    ruby_block_end(r);
}

static void write_ruby(struct buf *out, const struct task *tasks)
{
    struct ruby r = {0};
    ruby_begin(&r, out);
    for (unsigned i = 0; i < TASKS_OF_A_FILE; i++)
        ruby_task(&r, &tasks[i]);
    ruby_free(&r);
}

/* Files of tasks until there are so many megabytes of them. */
static bool write_files(void (*write)(struct buf *, const struct task *),
                        size_t megabytes)
{
    struct task tasks[TASKS_OF_A_FILE];
    struct buf out = {0};
    size_t written = 0;
    for (unsigned i = 0; i < TASKS_OF_A_FILE; i++)
        tasks[i] = task_make(i * 7919);
    while (written < megabytes * 1000000) {
        buf_clear(&out);
        write(&out, tasks);
        written += out.len;
    }
    buf_free(&out);
    printf("%zu\n", written);
    return true;
}

/* ---- reading a plan -----------------------------------------------------------------
 */

static bool load(const char *folder)
{
    char *message;
    struct run_plan *plan = plan_load(folder, NULL, &message);
    if (!plan)
        fprintf(stderr, "%s\n", message);
    free(message);
    plan_free(plan);
    return plan != NULL;
}

static json_t *parse_file(const char *folder, const char *file)
{
    struct buf text = {0};
    char *path = path_join(folder, file);
    json_t *json = file_read(path, &text)
                       ? json_loadb(buf_text(&text), text.len,
                                    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL)
                       : NULL;
    buf_free(&text);
    free(path);
    return json;
}

/* Reads and parses what plan_load() does, keeps it until the end, and asks nothing of
 * it. */
static bool parse(const char *folder)
{
    json_t *plan = parse_file(folder, "plan.json");
    json_t *calls = parse_file(folder, "api/calls.json");
    bool good = plan && calls;
    json_decref(plan);
    json_decref(calls);
    return good;
}

/* ---- scheduling ---------------------------------------------------------------------
 */

/* Machines of 18 units in a row, each of which waits for its machine and the next one. */
static bool schedule(uint32_t units)
{
    enum { ROW = 18 };
    const uint32_t limits[] = {10, 10};
    struct sched *s = sched_new(units, limits, 2);
    uint32_t unit, cyclic, taken = 0;
    for (uint32_t i = 0; i < units; i++) {
        uint32_t machine = i - i % ROW, next = machine + ROW < units ? machine + ROW : 0;
        sched_class(s, i, i != machine);
        if (i == machine)
            continue;
        sched_edge(s, i - 1, i);
        sched_edge(s, machine, i);
        sched_edge(s, next, i);
    }
    bool good = sched_start(s, &cyclic);
    while (good && !sched_done(s)) {
        uint32_t running[20], n = 0;
        while (n < 20 && sched_take(s, &unit))
            running[n++] = unit;
        for (uint32_t i = 0; i < n; i++)
            sched_finish(s, running[i]);
        taken += n;
        good = n > 0;
    }
    sched_free(s);
    return good && taken == units;
}

int main(int argc, char **argv)
{
    const char *stage = argc == 3 ? argv[1] : "";
    bool good = true;
    if (!strcmp(stage, "yaml"))
        good = write_files(write_yaml, strtoul(argv[2], NULL, 10));
    else if (!strcmp(stage, "json"))
        good = write_files(write_json, strtoul(argv[2], NULL, 10));
    else if (!strcmp(stage, "ruby"))
        good = write_files(write_ruby, strtoul(argv[2], NULL, 10));
    else if (!strcmp(stage, "load"))
        good = load(argv[2]);
    else if (!strcmp(stage, "jansson"))
        good = parse(argv[2]);
    else if (!strcmp(stage, "schedule"))
        good = schedule((uint32_t)strtoul(argv[2], NULL, 10));
    else if (strcmp(stage, "nothing") != 0)
        good = false;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
