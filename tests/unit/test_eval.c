/* The evaluator as its hosts use it: natives, host objects, deferred values, names of
 * ops, files and limits. Plain Starlark is tested by tests/golden/eval. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/eval.h"
#include "compiler/vm.h"
#include "ir/base/diag.h"

struct world {
    struct arena arena;
    struct intern strings;
    struct sources sources;
    struct diags diags;
    struct values values;
    struct eval *eval;
    struct eval_universe *universe;
    struct buf log; /* what print() and the hooks said */
};

static struct world w;

static void print(struct vm *vm, const char *text, size_t len)
{
    (void)vm;
    buf_add(&w.log, text, len);
    buf_char(&w.log, '\n');
}

/* ---- a host: machines with a known name and a deferred address
 * -------------------------- */

struct machine {
    struct object o;
    uint32_t number;
};

static value machine_getattr(struct vm *vm, value self, str_id name);

static value machine_file(struct vm *vm, const struct call *c)
{
    const char *path = "";
    size_t len = 0;
    if (!call_str(vm, c, 0, &path, &len))
        return VALUE_ERROR;
    buf_printf(&w.log, "file %.*s on m%u\n", (int)len, path,
               ((struct machine *)value_object(c->self))->number);
    return VALUE_NONE;
}

static const struct native file_native = {"machine.file", machine_file,
                                          "path content? * mode?", NULL};

static const struct native *machine_method(struct vm *vm, value self, str_id name)
{
    (void)self;
    return strcmp(intern_text(vm->strings, name), "file") == 0 ? &file_native : NULL;
}

static void machine_attrs(struct vm *vm, value self, void (*each)(void *ctx, str_id name),
                          void *ctx)
{
    (void)self;
    each(ctx, intern_cstr(vm->strings, "ip"));
    each(ctx, intern_cstr(vm->strings, "file"));
    each(ctx, intern_cstr(vm->strings, "port"));
}

static val_id machine_to_ir(struct vm *vm, value self)
{
    return val_handle(vm->values, ((struct machine *)value_object(self))->number);
}

static const struct object_type machine_type = {
    .name = "machine",
    .getattr = machine_getattr,
    .method = machine_method,
    .attrs = machine_attrs,
    .to_ir = machine_to_ir,
    .no_text = "use its .ip",
    .handle = true,
};

static value machine_getattr(struct vm *vm, value self, str_id name)
{
    const char *text = intern_text(vm->strings, name);
    uint32_t op = ((struct machine *)value_object(self))->number;
    if (strcmp(text, "file") == 0)
        return value_native_new(vm, &file_native, self);
    if (strcmp(text, "ip") == 0)
        return value_deferred_new(vm, val_ref(vm->values, op, name),
                                  (struct type){.kind = TYPE_STR}, vm_span(vm));
    if (strcmp(text, "port") == 0)
        return value_deferred_new(vm, val_ref(vm->values, op, name),
                                  (struct type){.kind = TYPE_INT}, vm_span(vm));
    return VALUE_ERROR;
}

static value create(struct vm *vm, const struct call *c)
{
    (void)c;
    struct machine *m = arena_new(vm->arena, struct machine);
    m->o.h.kind = VALUE_KIND_OBJECT;
    m->o.type = &machine_type;
    m->number = ++vm->made;
    return value_of(m);
}

static value secret(struct vm *vm, const struct call *c)
{
    return value_deferred_new(vm, val_secret(vm->values, value_intern(vm, c->args[0])),
                              (struct type){.kind = TYPE_STR}, vm_span(vm));
}

static value call_it(struct vm *vm, const struct call *c)
{
    str_id name = intern_cstr(vm->strings, "b");
    value args[2] = {value_small(1), value_small(2)};
    return vm_call(vm, c->args[0], args, 1, &name, 1);
}

static value depth(struct vm *vm, const struct call *c)
{
    (void)c;
    int64_t n = 0;
    for (struct vm_frame *f = vm_frame_top(vm); f; f = vm_frame_outer(vm, f)) {
        buf_printf(&w.log, "%s ", intern_text(vm->strings, vm_frame_function(f)));
        n++;
    }
    return value_small(n);
}

static const struct native natives[] = {
    {"create", create, "", NULL},
    {"secret", secret, "path", NULL},
    {"call_it", call_it, "f", NULL},
    {"depth", depth, "", NULL},
};

static void found(void *ctx, value handle, const char *path)
{
    buf_printf(&w.log, " %s=m%u", path, ((struct machine *)value_object(handle))->number);
    (void)ctx;
}

static void assigned(struct vm *vm, const struct vm_assignment *a)
{
    buf_printf(&w.log, "%s%s%s", a->file ? a->file : "", a->file ? ":" : "", a->name);
    for (uint32_t i = 0; i < a->nloops; i++)
        buf_printf(&w.log, "[%u]", a->loops[i]);
    value_each_handle(vm, a->value, found, NULL);
    buf_char(&w.log, '\n');
}

static void deferred_name(struct vm *vm, value v, struct buf *out)
{
    const struct ir_value *ir = val_get(vm->values, value_deferred(v)->ir);
    if (ir->kind == IR_REF)
        buf_printf(out, "m%u.%s", ir->as.ref.op,
                   intern_text(vm->strings, ir->as.ref.field));
}

static bool read_file(void *ctx, const char *path, struct buf *out)
{
    (void)ctx;
    if (strcmp(path, "lib.dvo") == 0)
        buf_str(out,
                "made = create()\ndef make():\n    inner = create()\n    return inner\n");
    else if (strcmp(path, "motd") == 0)
        buf_str(out, "Hello {{ NAME }} at {{IP}}, {{{{ x }}\n");
    else if (strcmp(path, "bad") == 0)
        buf_str(out, "one\ntwo {{ A-B }}\n");
    else {
        errno = ENOENT;
        return false;
    }
    return true;
}

static const struct eval_reader reader = {.read = read_file};

static int setup(void **state)
{
    (void)state;
    w = (struct world){0};
    intern_init(&w.strings, &w.arena);
    sources_init(&w.sources, &w.arena);
    diags_init(&w.diags, &w.arena, &w.sources);
    values_init(&w.values, &w.strings);
    w.eval = eval_new(&w.arena, &w.strings, &w.sources, &w.diags, &w.values);
    struct vm *vm = eval_vm(w.eval);
    vm->print = print;
    vm->assigned = assigned;
    vm->deferred_name = deferred_name;
    w.universe = eval_universe_new(w.eval);
    eval_universe_add_dvo(w.universe);
    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++)
        eval_universe_native(w.universe, &natives[i]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    eval_free(w.eval);
    values_free(&w.values);
    diags_free(&w.diags);
    sources_free(&w.sources);
    intern_free(&w.strings);
    buf_free(&w.log);
    arena_free(&w.arena);
    return 0;
}

static struct module *run(const char *text)
{
    file_id file = source_add(&w.sources, "app.dvo", text, strlen(text));
    return eval_file(w.eval, w.universe, file, &reader);
}

static value global(const char *text, const char *name)
{
    struct module *m = run(text);
    assert_non_null(m);
    return eval_module_get(m, intern_cstr(&w.strings, name));
}

/* The text must fail with this code, and a message that contains `part`. */
static void fails(const char *text, unsigned code, const char *part)
{
    size_t n = w.diags.n;
    assert_null(run(text));
    assert_true(w.diags.n > n);
    assert_int_equal(w.diags.v[n]->code, code);
    if (!strstr(w.diags.v[n]->message, part))
        fail_msg("\"%s\" does not contain \"%s\"", w.diags.v[n]->message, part);
}

static void test_natives_and_objects(void **state)
{
    (void)state;
    assert_non_null(
        run("m = create()\nm.file('/etc/motd', mode='0644')\nf = m.file\nf('/x')\n"));
    assert_string_equal(buf_text(&w.log), "m =m1\nfile /etc/motd on m1\nfile /x on m1\n");
    fails("create().fil('x')\n", 316, "machine) has no attribute \"fil\"");
    fails("create().file(5)\n", 301, "parameter \"path\" must be a string, not an int");
    fails("str(create())\n", 403, "machine cannot be made into text");
    assert_non_null(run("a, b = create(), create()\nd = {a: 1, b: 2}\nx = d[a]\n"));
    fails("create() < create()\n", 301, "not defined");
}

static void test_calls_from_c(void **state)
{
    (void)state;
    value v = global("x = call_it(lambda a, b, c=7: [a, b, c])\n", "x");
    size_t n;
    assert_int_equal(value_small_get(value_items(v, &n)[2]), 7);
    fails("call_it(lambda a: a)\n", 312, "has no parameter \"b\"");
    v = global("def f():\n    return g()\ndef g():\n    return depth()\nx = f()\n", "x");
    assert_int_equal(value_small_get(v), 3);
    assert_string_equal(buf_text(&w.log), "g f <toplevel> ");
}

static void test_deferred_text(void **state)
{
    (void)state;
    const char *text = "m = create()\n"
                       "a = 'http://' + m.ip + ':' + str(m.port) + '/'\n"
                       "b = f'http://{m.ip}:{m.port}/'\n"
                       "c = 'http://%s:%s/' % (m.ip, m.port)\n"
                       "d = 'http://{}:{}/'.format(m.ip, m.port)\n"
                       "e = ''.join(['http://', m.ip, ':', str(m.port), '/'])\n";
    struct module *m = run(text);
    assert_non_null(m);
    value a = eval_module_get(m, intern_cstr(&w.strings, "a"));
    assert_true(value_is_deferred(a));
    for (const char *name = "bcde"; *name; name++) {
        value v = eval_module_get(m, intern(&w.strings, name, 1));
        assert_true(value_is_deferred(v));
        assert_true(val_equal(&w.values, value_deferred(a)->ir, value_deferred(v)->ir));
    }
    assert_int_equal(val_get(&w.values, value_deferred(a)->ir)->count, 5);
}

static void test_deferred_conditions(void **state)
{
    (void)state;
    value v =
        global("m = create()\nc = not_(m.ip == '10.0.0.1')\nk = not_(False)\n", "c");
    assert_true(value_is_deferred(v));
    const struct ir_value *ir = val_get(&w.values, value_deferred(v)->ir);
    assert_int_equal(ir->kind, IR_COND);
    assert_int_equal(ir->sub, IR_COND_NOT);
}

static void test_deferred_misuse(void **state)
{
    (void)state;
    static const char *const uses[] = {
        "if m.ip:\n    pass\n",
        "x = m.ip and 1\n",
        "x = not m.ip\n",
        "x = m.port + 1\n",
        "x = -m.port\n",
        "x = len(m.ip)\n",
        "x = {m.ip: 1}\n",
        "for x in m.ip:\n    pass\n",
        "x = m.ip[0]\n",
        "x = [1, 2][m.port]\n",
        "x = sorted([m.port, m.port])\n",
        "x = repr(m.ip)\n",
        "x = str([m.ip])\n",
        "x = m.ip[1:]\n",
        "x = int(m.ip)\n",
        "x = m.ip.upper()\n",
        "x = [1] == [m.port]\n",
        "x = 1 if m.ip == 'x' else 2\n",
        "x = '%d' % m.port\n",
        "x = 'a'.replace(m.ip, 'b')\n",
        "x = list(m.ip)\n",
        "a, b = m.ip\n",
        "x = range(m.port)\n",
        "x = str(m.ip == 'x')\n",
        "x = set([m.ip])\n",
        "x = 'abc'[m.port:]\n",
        "m.ip()\n",
        "x = max(m.port, 3)\n",
        "x = bool(m.ip)\n",
    };
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        char *text = arena_printf(&w.arena, "m = create()\n%s", uses[i]);
        w.diags.n = 0;
        w.diags.errors = 0;
        fails(text, 401, "known only when the plan runs");
        /* The caret is under the value itself, whatever it is used in. */
        struct span at = w.diags.v[0]->span;
        const char *used = source_get(w.diags.sources, at.file)->text + at.begin;
        if (!strstr(uses[i], "a, b"))
            assert_true(*used == 'm');
        assert_non_null(w.diags.v[0]->help);
    }
}

static void test_secrets(void **state)
{
    (void)state;
    value v = global("s = 'password=' + secret('shop/db') + '\\n'\n", "s");
    assert_true(value_deferred(v)->tainted);
    fails("x = secret('a') == 'b'\n", 402, "secret");
    fails("x = [secret('a')] == secret('b')\n", 402, "secret");
}

static void test_names_of_ops(void **state)
{
    (void)state;
    assert_non_null(run("load('lib.dvo', 'make', 'made')\n"
                        "web = [create() for _ in range(2)]\n"
                        "db = {}\n"
                        "db['eu'] = {'a': create()}\n"
                        "x, (y, z) = create(), (create(), 1)\n"
                        "for i in range(2):\n"
                        "    for k in {'k': 0}:\n"
                        "        m = create()\n"
                        "n = make()\n"
                        "other = web\n"));
    assert_string_equal(buf_text(&w.log), "lib.dvo:made =m1\n"
                                          "web [0]=m2 [1]=m3\n"
                                          "db[\"eu\"] [\"a\"]=m4\n"
                                          "x =m5\ny =m6\nz\n"
                                          "m[0][0] =m7\nm[1][0] =m8\n"
                                          "lib.dvo:inner =m9\nn =m9\n");
}

static void test_templates(void **state)
{
    (void)state;
    assert_non_null(
        run("print(template('motd', NAME='web', IP=1) + file_text('./motd'))\n"));
    assert_string_equal(buf_text(&w.log), "Hello web at 1, {{ x }}\n"
                                          "Hello {{ NAME }} at {{IP}}, {{{{ x }}\n\n");
    value v = global("t = template('motd', NAME=secret('n'), IP=create().ip)\n", "t");
    assert_true(value_deferred(v)->tainted);
    fails("template('motd', NAME='web')\n", 322, "no keyword \"IP\"");
    fails("template('motd', NAME='web', IP='', X=1)\n", 322, "has no hole {{ X }}");
    fails("template('../motd')\n", 323, "leads out of its folder");
    fails("template('absent')\n", 323, "No such file");
    w.diags.n = 0;
    fails("template('bad')\n", 322, "begins no hole");
    assert_string_equal(source_get(&w.sources, w.diags.v[0]->span.file)->path, "bad");
    const char *const *paths;
    assert_int_equal(eval_files(w.eval, &paths), 2);
}

static void test_values_into_the_graph(void **state)
{
    (void)state;
    value v = global(
        "m = create()\nx = {'a': [1, None, True, 'x', 1.5, m, m.ip], 'b': ()}\n", "x");
    val_id ir = value_to_ir(eval_vm(w.eval), v, (struct span){0});
    assert_int_equal(val_get(&w.values, ir)->kind, IR_DICT);
    val_id list = val_dict_get(&w.values, ir, "a");
    assert_int_equal(val_get(&w.values, list)->count, 7);
    assert_int_equal(val_get(&w.values, val_items(&w.values, list)[5])->kind, IR_HANDLE);
    v = global("x = {1: 2}\n", "x");
    assert_int_equal(value_to_ir(eval_vm(w.eval), v, (struct span){0}), VAL_ABSENT);
}

static void test_limits(void **state)
{
    (void)state;
    eval_vm(w.eval)->step_limit = 100000;
    fails("for i in range(1000000):\n    pass\n", 311, "steps");
    eval_vm(w.eval)->step_limit += 1000000;
    fails("l = [0] * 1000000\nfor i in range(1000):\n    5 in l\n", 311, "steps");
    eval_vm(w.eval)->step_limit += 1000000;
    fails("x = 'a' * 1000000\nfor i in range(1000):\n    x.find('b')\n", 311, "steps");
    eval_vm(w.eval)->step_limit += 1000000;
    fails("x = [1]\ny = [1]\nfor i in range(60):\n    x = [x, x]\n    y = [y, y]\n"
          "x == y\n",
          311, "steps");
    eval_vm(w.eval)->step_limit = 0;
    eval_vm(w.eval)->memory_limit = 16 << 20;
    fails("l = []\nfor i in range(10000000):\n    l.append(i)\n", 311, "memory");
    fails("x = 'a' * 100000000\n", 311, "memory");
}

static void test_floats_inline_and_boxed(void **state)
{
    (void)state;
    static const double all[] = {0.0,  -0.0,  1.0,    -1.5,     1e-300,  1e300,
                                 1e77, 1e-77, 5e-324, 0x1p-255, 0x1p256, 123456.789};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        value v = value_float(eval_vm(w.eval), all[i]);
        double d = value_float_get(v);
        assert_true(value_is_float(v));
        assert_memory_equal(&d, &all[i], sizeof d);
    }
}

static void test_integers_at_the_edges(void **state)
{
    (void)state;
    static const int64_t all[] = {
        0,         -1,        VALUE_INT_MAX,     VALUE_INT_MIN,
        INT64_MAX, INT64_MIN, VALUE_INT_MAX + 1, VALUE_INT_MIN - 1};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int64_t back;
        value v = value_int(eval_vm(w.eval), all[i]);
        assert_true(value_is_int(v));
        assert_true(value_to_int64(v, &back));
        assert_true(back == all[i]);
    }
    int64_t none;
    assert_false(value_to_int64(global("x = 1 << 63\n", "x"), &none));
    assert_true(value_to_int64(global("x = -(1 << 63)\n", "x"), &none));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_natives_and_objects),
        TEST(test_calls_from_c),
        TEST(test_deferred_text),
        TEST(test_deferred_conditions),
        TEST(test_deferred_misuse),
        TEST(test_secrets),
        TEST(test_names_of_ops),
        TEST(test_templates),
        TEST(test_values_into_the_graph),
        TEST(test_limits),
        TEST(test_floats_inline_and_boxed),
        TEST(test_integers_at_the_edges),
    };
    return RUN_TESTS(tests);
}
