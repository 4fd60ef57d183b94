/* SHA-256 of memory and files by libmd and, where there are any, the processor's own
 * instructions, written as hexadecimal text or as a short base32 key. */
#include "ir/base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/sha256.h"

/* Whole blocks that no unfinished one stands before need not go through the library's
 * buffer. */
static void digest_add(SHA2_CTX *context, const void *p, size_t len)
{
    size_t done = 0;
    if (context->bitcount[0] % (8 * SHA256_BLOCK) == 0) {
        done = sha256_blocks(context->state.st32, p, len);
        context->bitcount[0] += 8 * (uint64_t)done;
    }
    if (len > done)
        SHA256Update(context, (const uint8_t *)p + done, len - done);
}

static void digest_bytes(const void *p, size_t len, uint8_t out[SHA256_DIGEST_LENGTH])
{
    SHA2_CTX context;
    SHA256Init(&context);
    digest_add(&context, p, len);
    SHA256Final(out, &context);
}

static void digest_write(const uint8_t sum[SHA256_DIGEST_LENGTH],
                         char out[DIGEST_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    memcpy(out, "sha256:", 7);
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        out[7 + 2 * i] = hex[sum[i] >> 4];
        out[8 + 2 * i] = hex[sum[i] & 15];
    }
    out[DIGEST_TEXT_SIZE - 1] = '\0';
}

void digest_text(const void *p, size_t len, char out[DIGEST_TEXT_SIZE])
{
    uint8_t sum[SHA256_DIGEST_LENGTH];
    digest_bytes(p, len, sum);
    digest_write(sum, out);
}

void digest_key26(const void *p, size_t len, char out[27])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t sum[SHA256_DIGEST_LENGTH];
    digest_bytes(p, len, sum);
    for (unsigned i = 0; i < 26; i++) {
        unsigned bit = 5 * i;
        unsigned pair = (unsigned)sum[bit / 8] << 8 | sum[bit / 8 + 1];
        out[i] = alphabet[pair >> (11 - bit % 8) & 31];
    }
    out[26] = '\0';
}

int digest_file(const char *path, char out[DIGEST_TEXT_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    SHA2_CTX context;
    SHA256Init(&context);
    uint8_t chunk[32 << 10];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n > 0)
            digest_add(&context, chunk, (size_t)n);
        else if (errno != EINTR)
            break;
    }
    int error = errno;
    close(fd);
    if (n < 0) {
        errno = error;
        return -1;
    }
    uint8_t sum[SHA256_DIGEST_LENGTH];
    SHA256Final(sum, &context);
    digest_write(sum, out);
    return 0;
}
