/* SHA-256 (through libmd) and the few encodings made of it. */
#ifndef DVO_BASE_DIGEST_H
#define DVO_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_TEXT_SIZE (7 + 64 + 1) /* "sha256:" + hex + NUL */

/* Writes "sha256:<64 hex digits>" of the bytes. */
void digest_text(const void *p, size_t len, char out[DIGEST_TEXT_SIZE]);
/* Writes the first 26 characters of the SHA-256 of the bytes in base32 (RFC 4648, lower
 * case) and NUL. */
void digest_key26(const void *p, size_t len, char out[27]);
/* The same as digest_text() for a file; returns 0, or -1 with errno. */
int digest_file(const char *path, char out[DIGEST_TEXT_SIZE]);

#endif
