/* Runs one stage of the compiler on a file, for tests/bench/language.py:
 *   bench_stage read|scan|parse|evaluate FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/parse.h"
#include "compiler/program.h"

/* Of the scanner in scan.l. */
typedef struct yy_buffer_state *bare_buffer;
int bare_lex(void);
bare_buffer bare__scan_bytes(const char *bytes, int len);
void bare__delete_buffer(bare_buffer buffer);

static bool scan(const char *text, size_t len)
{
    bare_buffer buffer = bare__scan_bytes(text, (int)len);
    size_t tokens = 0;
    while (bare_lex())
        tokens++;
    bare__delete_buffer(buffer);
    printf("%zu tokens\n", tokens);
    return true;
}

/* Everything before evaluation: `read`, `scan` and `parse`. */
static bool with_source(const char *stage, const char *path)
{
    struct arena arena = {0};
    struct sources sources;
    struct intern names;
    struct diags diags;
    sources_init(&sources, &arena);
    intern_init(&names, &arena);
    diags_init(&diags, &arena, &sources);
    file_id file = source_load(&sources, path);
    const struct source *source = file ? source_get(&sources, file) : NULL;
    bool good = source != NULL;
    if (good && strcmp(stage, "scan") == 0)
        good = scan(source->text, source->len);
    else if (good && strcmp(stage, "parse") == 0)
        good = parse_source(&sources, file, &names, &arena, &diags) != NULL;
    diags_free(&diags);
    intern_free(&names);
    sources_free(&sources);
    arena_free(&arena);
    return good;
}

static bool evaluate(const char *path)
{
    struct program program = {0};
    const struct program_options options = {.path = path};
    bool good = program_open(&program, &options) && program_evaluate(&program, &options);
    if (good)
        printf("%zu ops\n", program.graph.n - 1);
    program_close(&program);
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: bench_stage read|scan|parse|evaluate FILE\n", stderr);
        return EXIT_FAILURE;
    }
    bool good = strcmp(argv[1], "evaluate") == 0 ? evaluate(argv[2])
                                                 : with_source(argv[1], argv[2]);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
