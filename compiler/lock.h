/* dvo.lock, beside the program: which package file each packages.find stands for, and
 * which commit each branch or tag. */
#ifndef DVO_COMPILER_LOCK_H
#define DVO_COMPILER_LOCK_H

#include "compiler/repository.h"
#include "compiler/revision.h"

struct lock_entry {
    struct package_query query; /* the key */
    struct package_file file;
    struct span span; /* in dvo.lock; file 0 if it is new */
    bool checked;     /* this compilation asked for it, and it holds */
};

/* Zero-initialise, then lock_open(). Entries of other programs in the folder are kept. */
struct lock {
    struct arena *arena;
    struct diags *diags;
    const char *path; /* of dvo.lock */
    bool frozen;      /* --locked */
    bool changed;     /* differs from the file */
    struct lock_entry **v;
    size_t n, cap;
    struct repositories repositories;
    struct revisions revisions;
    char digest[DIGEST_TEXT_SIZE];
};

struct program;

/* Reads dvo.lock in the program's folder, which need not exist. `frozen`: nothing may be
 * pinned. False after diagnostics. */
bool lock_open(struct lock *l, struct program *p, bool frozen);
void lock_free(struct lock *l);

/* The pinned file of a query. An entry holds if its version is in range and its file is
 * still in the repository with that size and digest; without one that holds the
 * repositories are searched and the answer is pinned, but if the lock is frozen that is
 * an error. The query's package and range must be well formed. NULL with *error; lives in
 * the arena. */
const struct package_file *lock_find(struct lock *l, const struct package_query *query,
                                     struct package_error *error);
/* The commit of a branch or tag of a git repository, which is asked if that is not
 * pinned; a whole commit is its own answer. NULL with *error; lives in the arena. The
 * graph holds the answer itself, so the digest of the lock does not. */
const char *lock_commit(struct lock *l, const char *repo, const char *version,
                        struct package_error *error);
/* Replaces dvo.lock if lock_find() or lock_commit() pinned anything: to be called once
 * everything else has succeeded. False after diagnostics. */
bool lock_save(struct lock *l, struct diags *diags);
/* The queries that this compilation asked, in order. In the arena. */
struct pin *lock_pins(const struct lock *l, size_t *n);
/* Digest of the entries that this compilation asked for; owned by the lock. */
const char *lock_digest(struct lock *l);

#endif
