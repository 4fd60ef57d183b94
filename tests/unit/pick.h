/* Random choices that are the same in every run. */
#ifndef DVO_TESTS_PICK_H
#define DVO_TESTS_PICK_H

#include <stdint.h>

static uint32_t pick_state; /* not 0 */

/* A number below n (xorshift32: G. Marsaglia, "Xorshift RNGs", 2003). */
static inline uint32_t pick(uint32_t n)
{
    pick_state ^= pick_state << 13;
    pick_state ^= pick_state >> 17;
    pick_state ^= pick_state << 5;
    return pick_state % n;
}

#endif
