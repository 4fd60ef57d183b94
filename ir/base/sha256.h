/* The block function of SHA-256 by the processor's own instructions, where it has them.
 */
#ifndef DVO_BASE_SHA256_H
#define DVO_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64 }; /* bytes of one block */

/* Takes the whole blocks at the beginning of `len` bytes into the state. Returns how many
 * bytes that were: 0 if this processor has no such instructions. */
size_t sha256_blocks(uint32_t state[8], const void *p, size_t len);

#endif
