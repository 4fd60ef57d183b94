/* Copies what steps send into the build. */
#include "emitters/files.h"

#include "emitters/render.h"

void files_copy(struct emission *e, op_id op, val_id files, const char *folder)
{
    struct render_pieces p = {0};
    for (uint32_t i = 0; i < val_get(e->values, files)->count; i++) {
        render_text(e, op, val_items(e->values, files)[2 * i + 1], &p);
        const char *source = arena_strndup(&e->arena, buf_text(&p.text), p.text.len);
        size_t len;
        const char *name = render_bytes(e, val_items(e->values, files)[2 * i], &len);
        emission_copy(e, op, arena_printf(&e->arena, "%s/%s", folder, name), source,
                      NULL);
    }
    render_free(&p);
}
