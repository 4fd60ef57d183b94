/* Cases and classes of Unicode characters. */
#ifndef DVO_COMPILER_LETTER_H
#define DVO_COMPILER_LETTER_H

#include <stdbool.h>
#include <stdint.h>

/* The character in the other case, or itself if there is none. */
uint32_t letter_upper(uint32_t c);
uint32_t letter_lower(uint32_t c);
uint32_t letter_title(uint32_t c);
/* Classes. Upper and lower: only letters that have the other case, too. */
bool letter_is_upper(uint32_t c);
bool letter_is_lower(uint32_t c);
bool letter_is_alpha(uint32_t c);
bool letter_is_digit(uint32_t c);
bool letter_is_alnum(uint32_t c);
bool letter_is_space(uint32_t c);

#endif
