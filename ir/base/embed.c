/* Look-up in the sorted table of embedded files, which the build generates. */
#include "ir/base/embed.h"

#include <string.h>

/* The first index whose path is not before `path`. */
static size_t embedded_lower_bound(const char *path)
{
    size_t low = 0, high = embedded_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(embedded_files[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct embedded_file *embedded_find(const char *path)
{
    size_t i = embedded_lower_bound(path);
    if (i == embedded_count || strcmp(embedded_files[i].path, path) != 0)
        return NULL;
    return &embedded_files[i];
}

size_t embedded_first(const char *folder)
{
    size_t i = embedded_lower_bound(folder);
    return embedded_in(i, folder) ? i : embedded_count;
}

bool embedded_in(size_t i, const char *folder)
{
    return i < embedded_count &&
           strncmp(embedded_files[i].path, folder, strlen(folder)) == 0;
}
