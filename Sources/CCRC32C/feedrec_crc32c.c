/* CRC-32C with the processor's own instruction, which is not available in Swift. */
#include "feedrec_crc32c.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>

int feedrec_crc32c_is_available(void) { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) uint32_t feedrec_crc32c_update(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint64_t reg = crc;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        reg = _mm_crc32_u64(reg, word);
    }
    crc = (uint32_t)reg;
    for (; count > 0; count--, next++) crc = _mm_crc32_u8(crc, *next);
    return crc;
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

int feedrec_crc32c_is_available(void) { return 1; }

uint32_t feedrec_crc32c_update(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        crc = __crc32cd(crc, word);
    }
    for (; count > 0; count--, next++) crc = __crc32cb(crc, *next);
    return crc;
}

#else

int feedrec_crc32c_is_available(void) { return 0; }

uint32_t feedrec_crc32c_update(uint32_t crc, const void *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return crc;
}

#endif
