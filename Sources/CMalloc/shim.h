// Glibc's Swift module does not include mallopt. Other C libraries have a single heap and do not need it.
#pragma once
#include <malloc.h>

static inline void feedrec_limit_heaps(int count) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, count);
#else
    (void)count;
#endif
}
