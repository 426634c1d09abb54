/* The first pass over a JSON text: where its tokens are.
 *
 * Reading a text token by token is slow because each token's position depends on the length of the one before. This
 * pass finds all positions from bit masks of 64 bytes at a time, without a branch per token. The method is that of
 * Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (VLDB Journal 28, 2019), section 3.1. It gives up at the
 * first backslash: venues hardly ever send one, and without them every quote begins or ends a string. */
#include "feedrec_json_internal.h"

#include <string.h>

enum { block_bytes = 64 };

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,popcnt")))

/* One bit for each byte of a block, the first lowest. */
struct masks {
    uint64_t quotes;
    uint64_t brackets_and_commas; /* with colons */
    uint64_t spaces;              /* and what follows the end of the text */
    uint64_t odd;                 /* backslashes, and control characters, of which JSON allows three outside strings */
    uint64_t breaks;              /* these three; only set if there is an odd byte */
};

/* What a block must know about the blocks before it. */
struct state {
    uint64_t inside_string; /* all ones if the block begins inside a string */
    uint64_t after_scalar;  /* 1 if the byte before the block belongs to a number, a name or the like */
};

/* One bit for each byte of two halves of a block.
 *
 * The empty assembly hides where the bits come from. Otherwise the compiler moves later operations on them into
 * vectors, and inserts other bits there byte by byte, which takes several times as long. */
AVX2 static inline uint64_t bits_avx2(__m256i low, __m256i high) {
    uint64_t bits = (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
    __asm__("" : "+r"(bits));
    return bits;
}

AVX2 static inline __m256i equal_avx2(__m256i bytes, char byte) {
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte));
}

AVX2 static inline __m256i brackets_and_commas_avx2(__m256i bytes) {
    /* '[' and '{' differ in the bit 0x20 only, and so do ']' and '}'. */
    __m256i folded = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    return _mm256_or_si256(
        _mm256_or_si256(equal_avx2(folded, '{'), equal_avx2(folded, '}')),
        _mm256_or_si256(equal_avx2(bytes, ','), equal_avx2(bytes, ':')));
}

AVX2 static inline __m256i odd_avx2(__m256i bytes) {
    __m256i controls = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1F)), bytes);
    return _mm256_or_si256(controls, equal_avx2(bytes, '\\'));
}

AVX2 static inline __m256i breaks_avx2(__m256i bytes) {
    return _mm256_or_si256(
        _mm256_or_si256(equal_avx2(bytes, '\t'), equal_avx2(bytes, '\n')), equal_avx2(bytes, '\r'));
}

AVX2 static inline struct masks masks_avx2(const uint8_t *block) {
    __m256i low = _mm256_loadu_si256((const __m256i *)block), high = _mm256_loadu_si256((const __m256i *)(block + 32));
    struct masks masks = {0};
    masks.quotes = bits_avx2(equal_avx2(low, '"'), equal_avx2(high, '"'));
    masks.brackets_and_commas = bits_avx2(brackets_and_commas_avx2(low), brackets_and_commas_avx2(high));
    masks.spaces = bits_avx2(equal_avx2(low, ' '), equal_avx2(high, ' '));
    masks.odd = bits_avx2(odd_avx2(low), odd_avx2(high));
    if (masks.odd) masks.breaks = bits_avx2(breaks_avx2(low), breaks_avx2(high));
    return masks;
}

AVX512 static inline uint64_t equal_avx512(__m512i bytes, uint8_t byte) {
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)byte));
}

AVX512 static inline struct masks masks_avx512(const uint8_t *block) {
    __m512i bytes = _mm512_loadu_si512(block);
    __m512i folded = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    struct masks masks = {0};
    masks.quotes = equal_avx512(bytes, '"');
    masks.brackets_and_commas = equal_avx512(folded, '{') | equal_avx512(folded, '}') | equal_avx512(bytes, ',')
        | equal_avx512(bytes, ':');
    masks.spaces = equal_avx512(bytes, ' ');
    masks.odd = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20)) | equal_avx512(bytes, '\\');
    if (masks.odd)
        masks.breaks = equal_avx512(bytes, '\t') | equal_avx512(bytes, '\n') | equal_avx512(bytes, '\r');
    return masks;
}

/* Sets each bit to the parity of the bits up to and including it. */
static inline uint64_t running_parity(uint64_t bits) {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    return bits ^ bits << 32;
}

/* Writes the positions of the set bits. It writes eight at a time, because a branch per bit would often be
   mispredicted; what it writes beyond the last position does not count.

   The empty assembly keeps the compiler from computing the positions with vectors, which takes longer. */
static inline __attribute__((always_inline)) uint32_t *list(uint64_t bits, uint32_t base, uint32_t *tokens) {
    const uint64_t never_zero = (uint64_t)1 << 63;
    uint32_t *end = tokens + __builtin_popcountll(bits);
    while (tokens < end) {
        for (int index = 0; index < 8; index++) {
            uint32_t position = base + (uint32_t)__builtin_ctzll(bits | never_zero);
            __asm__("" : "+r"(position));
            tokens[index] = position;
            bits &= bits - 1;
        }
        tokens += 8;
    }
    return end;
}

/* The same with instructions that move the positions of all set bits together. */
AVX512 static inline uint32_t *list_avx512(uint64_t bits, uint32_t base, uint32_t *tokens) {
    static const uint8_t counting[block_bytes] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    uint32_t *end = tokens + __builtin_popcountll(bits);
    __m512i positions = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(counting));
    __m512i start = _mm512_set1_epi32((int)base);
    while (tokens < end) {
        __m512i sixteen = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(positions));
        _mm512_storeu_si512(tokens, _mm512_add_epi32(sixteen, start));
        positions = _mm512_alignr_epi64(_mm512_setzero_si512(), positions, 2);
        tokens += 16;
    }
    return end;
}
/* The masks of the last block of a text, which has only `count` bytes. */
static inline __attribute__((always_inline)) struct masks
last_masks(const uint8_t *block, size_t count, bool has_blocks_before, struct masks (*masks_of)(const uint8_t *)) {
    uint64_t absent = (uint64_t)-1 << count;
    struct masks masks;
    if (has_blocks_before) {
        /* Reads bytes of the block before again, instead of bytes after the text. */
        size_t again = block_bytes - count;
        masks = masks_of(block - again);
        masks.quotes >>= again, masks.brackets_and_commas >>= again, masks.spaces >>= again;
        masks.odd >>= again, masks.breaks >>= again;
    } else {
        uint8_t copy[block_bytes] = {0};
        memcpy(copy, block, count);
        masks = masks_of(copy);
        masks.odd &= ~absent;
    }
    masks.spaces |= absent;
    return masks;
}

static inline __attribute__((always_inline)) bool
index_text(const uint8_t *text, size_t count, uint32_t *tokens, size_t capacity,
           struct masks (*masks_of)(const uint8_t *), uint32_t *(*list_of)(uint64_t, uint32_t, uint32_t *)) {
    struct state state = {0, 0};
    uint32_t *next = tokens;
    for (size_t start = 0; start < count; start += block_bytes) {
        const uint8_t *block = text + start;
        size_t left = count - start;
        struct masks masks = left >= block_bytes ? masks_of(block) : last_masks(block, left, start > 0, masks_of);
        /* The opening quote and the content of each string. */
        uint64_t strings = running_parity(masks.quotes) ^ state.inside_string;
        if (masks.odd) {
            if (masks.odd & (strings | ~masks.breaks)) return false;
            masks.spaces |= masks.breaks;
        }
        uint64_t scalars = ~(strings | masks.quotes | masks.brackets_and_commas | masks.spaces);
        uint64_t scalar_starts = scalars & ~(scalars << 1 | state.after_scalar);
        uint64_t found = (masks.brackets_and_commas & ~strings) | masks.quotes | scalar_starts;
        next = list_of(found, (uint32_t)start, next);
        state.inside_string = (uint64_t)((int64_t)strings >> 63);
        state.after_scalar = scalars >> 63;
    }
    if (state.inside_string) return false;
    *next = (uint32_t)count;
    return feedrec_json_check(text, tokens, (size_t)(next - tokens), tokens + capacity);
}

AVX2 static bool index_avx2(const uint8_t *text, size_t count, uint32_t *tokens, size_t capacity) {
    return index_text(text, count, tokens, capacity, masks_avx2, list);
}

AVX512 static bool index_avx512(const uint8_t *text, size_t count, uint32_t *tokens, size_t capacity) {
    return index_text(text, count, tokens, capacity, masks_avx512, list_avx512);
}
#endif

enum feedrec_json_variant feedrec_json_best_variant(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi"))
        return FEEDREC_JSON_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return FEEDREC_JSON_AVX2;
#endif
    return FEEDREC_JSON_NONE;
}

bool feedrec_json_index(enum feedrec_json_variant variant, const uint8_t *text, size_t count, uint32_t *tokens,
                        size_t capacity) {
    /* Entries beyond the last token are written too. */
    if (capacity < block_bytes || count > capacity - block_bytes) return false;
#if defined(__x86_64__)
    if (variant == FEEDREC_JSON_AVX512) return index_avx512(text, count, tokens, capacity);
    if (variant == FEEDREC_JSON_AVX2) return index_avx2(text, count, tokens, capacity);
#endif
    (void)variant, (void)text, (void)tokens;
    return false;
}
