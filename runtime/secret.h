/* Secrets: looked up by path in the configured sources, and kept out of every text we
 * write. */
#ifndef DVO_RUNTIME_SECRET_H
#define DVO_RUNTIME_SECRET_H

#include <jansson.h>

#include "ir/base/buf.h"
#include "runtime/fault.h"

struct secrets;

/* `sources` is the plan's list of {"type": "env"|"file", …} (borrowed), or NULL. */
struct secrets *secrets_new(const json_t *sources);
void secrets_free(struct secrets *s); /* wipes the values */
/* The value of "shop/token", owned by `s`; NULL with a fault that says where it was
 * looked for. */
const char *secret_get(struct secrets *s, const char *path, struct fault *f);
/* Keeps a value that came another way out of all texts, too. */
void secrets_hide(struct secrets *s, const char *value);
/* Replaces every value that was looked up so far by "***" in a text. */
void secrets_redact(const struct secrets *s, struct buf *text);
/* Whether some text in `v` holds such a value. */
bool secrets_held(const struct secrets *s, const json_t *v);

#endif
