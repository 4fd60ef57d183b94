/* Branches and tags of git repositories, and the commits that they were when they were
 * pinned. */
#ifndef DVO_COMPILER_REVISION_H
#define DVO_COMPILER_REVISION_H

#include "compiler/repository.h"
#include "compiler/yaml.h"

struct revision {
    const char *repo, *version; /* as the program says; the key */
    const char *commit;         /* 40 hexadecimal digits */
};

/* Zero-initialise. */
struct revisions {
    struct revision *v;
    size_t n, cap;
};

/* Whether a text is a whole commit and needs nobody to tell what it is. */
bool revision_is_commit(const char *version);
/* Adds what dvo.lock says about one; its texts are not copied. False if it is malformed.
 */
bool revision_read(struct revisions *r, const struct yaml_node *n);
/* NULL if it is not pinned. */
const struct revision *revision_find(const struct revisions *r, const char *repo,
                                     const char *version);
/* Asks the repository, tags before branches, and adds the answer. NULL with *error. */
const struct revision *revision_resolve(struct revisions *r, const char *repo,
                                        const char *version, struct arena *a,
                                        struct package_error *error);
/* Their part of dvo.lock, sorted; nothing if there is none. */
void revisions_write(const struct revisions *r, struct buf *out);
void revisions_free(struct revisions *r);

#endif
