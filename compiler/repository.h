/* Package repositories of the configuration, where packages.find looks. */
#ifndef DVO_COMPILER_REPOSITORY_H
#define DVO_COMPILER_REPOSITORY_H

#include "compiler/config.h"
#include "compiler/deb.h"
#include "ir/base/digest.h"

/* What a program asks for. */
struct package_query {
    const char *package;
    const char *range; /* see debver.h; "" for any version */
    const char *repo;  /* name of a repository; "" for any */
};

/* The file that answers it. Texts live in the arena. */
struct package_file {
    const char *version, *architecture;
    const char *digest;          /* "sha256:..." */
    int64_t size;                /* bytes */
    const char *repo;            /* name of the repository */
    const char *path;            /* relative to the repository's folder */
    const char *file;            /* its last component */
    const char *const *services; /* units that it ships, sorted */
    size_t nservices;
};

/* What went wrong, for the caller to report. */
struct package_error {
    unsigned code;
    struct span at; /* in the configuration or the lock; file 0: at the call that asked */
    const char *message, *help;
    bool repository; /* not what was asked for is wrong, but where */
};

struct repository;

/* Zero-initialise; the folders are read when something is first looked for in them. */
struct repositories {
    struct arena *arena;
    const struct config *config;
    struct repository *v; /* in the order of the configuration */
    size_t n;
    bool loaded;
};

void repositories_init(struct repositories *r, const struct config *config,
                       struct arena *arena);
/* The newest version in range in the first repository that has one. Package files are
 * known by their names (PACKAGE_VERSION_ARCH.deb); a file without '_' in its name is read
 * to tell. Of one version, architecture "all" is taken before this machine's own, and
 * that before others. */
bool repositories_find(struct repositories *r, const struct package_query *q,
                       struct package_file *out, struct package_error *error);
/* Path of a pinned file as the compiler can open it, NULL if the configuration has no
 * directory repository of this name (nothing is reported). In the arena. */
const char *repositories_path(struct repositories *r, const char *repo, const char *path);
/* Digest and size of a file. False with errno. */
bool repository_measure(const char *path, char digest[DIGEST_TEXT_SIZE], int64_t *size);

#endif
