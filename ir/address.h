/* Addresses as texts, for the compiler and the runtime. */
#ifndef DVO_IR_ADDRESS_H
#define DVO_IR_ADDRESS_H

#include <stdbool.h>
#include <string.h>

/* Whether an address is this one or stands behind it: "web" covers "web[2]" and
 * "web[2].file(/etc/motd)", and what ends with ':' all of a loaded file. Nothing covers
 * if the prefix is empty. */
static inline bool address_covers(const char *prefix, const char *address)
{
    size_t n = strlen(prefix);
    if (!n || strncmp(prefix, address, n) != 0)
        return false;
    char next = address[n];
    return !next || next == '.' || next == '[' || prefix[n - 1] == ':';
}

#endif
