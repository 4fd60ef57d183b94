/* Takes down the folder that a test has worked in. */
#ifndef DVO_TESTS_TREE_H
#define DVO_TESTS_TREE_H

#include <ftw.h>
#include <stdio.h>

static inline int tree_remove_entry(const char *path, const struct stat *st, int type,
                                    struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

/* 0 if all of it is gone. */
static inline int tree_remove(const char *path)
{
    return nftw(path, tree_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
