/* Runs the emitters in order and commits what they staged. */
#include "emitters/emit.h"

#include "emitters/ansible.h"
#include "emitters/api.h"
#include "emitters/chef.h"
#include "emitters/plan.h"

/* Each puts its files; a new backend is a new entry. */
static bool (*const emitters[])(struct emission *) = {api_emit, ansible_emit, chef_emit};

static bool emit_all(struct emission *e, struct buf *plan)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof emitters / sizeof *emitters; i++)
        ok = emitters[i](e);
    /* Last, because it lists the digests of all others. */
    return ok && plan_emit(e, plan);
}

bool emit(const struct plan *plan, const char *outdir, struct diags *diags)
{
    struct emission e;
    struct buf text = {0};
    emission_begin(&e, plan, diags);
    bool ok = artefacts_begin(&e.out, outdir, &e.arena, diags);
    if (ok) {
        emission_find_program(&e, outdir);
        ok = emit_all(&e, &text) && artefacts_commit(&e.out, buf_text(&text), text.len);
    }
    buf_free(&text);
    artefacts_free(&e.out);
    emission_free(&e);
    return ok;
}

bool emit_memory(const struct plan *plan, struct artefacts *files, struct arena *arena,
                 struct diags *diags)
{
    struct emission e;
    struct buf text = {0};
    emission_begin(&e, plan, diags);
    artefacts_begin_memory(&e.out, arena, diags);
    emission_find_program(&e, NULL);
    bool ok = emit_all(&e, &text) &&
              artefact_put(&e.out, "plan.json", buf_text(&text), text.len);
    *files = e.out;
    buf_free(&text);
    emission_free(&e);
    return ok;
}
