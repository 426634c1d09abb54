// Glibc's module leaves mallopt out; other libraries have one heap anyway.
#pragma once
#include <malloc.h>

static inline void feedrec_limit_heaps(int count) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, count);
#else
    (void)count;
#endif
}
