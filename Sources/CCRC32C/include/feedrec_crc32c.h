#ifndef FEEDREC_CRC32C_H
#define FEEDREC_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* 1 if this processor has the CRC-32C instruction that feedrec_crc32c_update needs. */
int feedrec_crc32c_is_available(void);

/* Feeds `count` bytes into the register (not inverted at either end); 0.4 cycles per byte on x86. */
uint32_t feedrec_crc32c_update(uint32_t crc, const void *bytes, size_t count);

#endif
