/* The first of two passes over a JSON text: where its tokens are.
 *
 * Reading a text token by token is slow because each token's position depends on the length of the one before. This
 * pass finds all positions from bit masks of 64 bytes at a time, without a branch per token. The method is that of
 * Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (VLDB Journal 28, 2019), section 3.1. */
#include "feedrec_json_index.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,popcnt")))
#endif

enum { block_bytes = 64 };

/* One bit for each byte of a block, the first lowest. */
struct masks {
    uint64_t quotes;
    uint64_t backslashes;
    uint64_t brackets_and_commas; /* with colons */
    uint64_t spaces;              /* the four characters of RFC 8259, section 2 */
    uint64_t controls;            /* below 0x20 */
};

/* What a block must know about the blocks before it. */
struct state {
    uint64_t first_is_escaped; /* 1 if the block's first byte follows an escaping backslash */
    uint64_t inside_string;    /* all ones if the block begins inside a string */
    uint64_t after_scalar;     /* 1 if the byte before the block belongs to a number, a name or the like */
};

static struct masks portable_masks(const uint8_t *block) {
    struct masks masks = {0, 0, 0, 0, 0};
    for (int index = 0; index < block_bytes; index++) {
        uint64_t bit = (uint64_t)1 << index;
        switch (block[index]) {
        case '"': masks.quotes |= bit; break;
        case '\\': masks.backslashes |= bit; break;
        case '{': case '}': case '[': case ']': case ',': case ':': masks.brackets_and_commas |= bit; break;
        case ' ': masks.spaces |= bit; break;
        case '\t': case '\n': case '\r': masks.spaces |= bit; masks.controls |= bit; break;
        default: if (block[index] < 0x20) masks.controls |= bit;
        }
    }
    return masks;
}

#if defined(__x86_64__)
/* Marks the bytes of two halves of a block that equal `byte`, after the bits of `ignored` were set in both. */
AVX2 static inline uint64_t equal_avx2(__m256i low, __m256i high, uint8_t ignored, uint8_t byte) {
    __m256i mask = _mm256_set1_epi8((char)ignored), value = _mm256_set1_epi8((char)byte);
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_or_si256(low, mask), value));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_or_si256(high, mask), value));
    return first | (uint64_t)second << 32;
}

AVX2 static inline uint64_t below_space_avx2(__m256i low, __m256i high) {
    __m256i most = _mm256_set1_epi8(0x1F);
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(low, most), low));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(high, most), high));
    return first | (uint64_t)second << 32;
}

AVX2 static inline struct masks masks_avx2(const uint8_t *block) {
    __m256i low = _mm256_loadu_si256((const __m256i *)block), high = _mm256_loadu_si256((const __m256i *)(block + 32));
    struct masks masks;
    masks.quotes = equal_avx2(low, high, 0, '"');
    masks.backslashes = equal_avx2(low, high, 0, '\\');
    /* '[' and '{' differ in the bit 0x20 only, and so do ']' and '}'. */
    masks.brackets_and_commas = equal_avx2(low, high, 0x20, '{') | equal_avx2(low, high, 0x20, '}')
        | equal_avx2(low, high, 0, ',') | equal_avx2(low, high, 0, ':');
    masks.spaces = equal_avx2(low, high, 0, ' ');
    masks.controls = below_space_avx2(low, high);
    if (masks.controls)
        masks.spaces |= equal_avx2(low, high, 0, '\t') | equal_avx2(low, high, 0, '\n')
            | equal_avx2(low, high, 0, '\r');
    return masks;
}

AVX512 static inline uint64_t equal_avx512(__m512i bytes, uint8_t byte) {
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)byte));
}

AVX512 static inline struct masks masks_avx512(const uint8_t *block) {
    __m512i bytes = _mm512_loadu_si512(block);
    __m512i folded = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    struct masks masks;
    masks.quotes = equal_avx512(bytes, '"');
    masks.backslashes = equal_avx512(bytes, '\\');
    masks.brackets_and_commas = equal_avx512(folded, '{') | equal_avx512(folded, '}') | equal_avx512(bytes, ',')
        | equal_avx512(bytes, ':');
    masks.spaces = equal_avx512(bytes, ' ');
    masks.controls = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20));
    if (masks.controls)
        masks.spaces |= equal_avx512(bytes, '\t') | equal_avx512(bytes, '\n') | equal_avx512(bytes, '\r');
    return masks;
}
#endif

/* Marks the bytes that follow an escaping backslash: one directly after an even number of backslashes. */
static inline uint64_t escaped(uint64_t backslashes, struct state *state) {
    if (!backslashes) {
        uint64_t first = state->first_is_escaped;
        state->first_is_escaped = 0;
        return first;
    }
    const uint64_t even = 0x5555555555555555u;
    backslashes &= ~state->first_is_escaped;
    uint64_t follows = backslashes << 1 | state->first_is_escaped;
    uint64_t odd_starts = backslashes & ~even & ~follows;
    uint64_t runs;
    state->first_is_escaped = __builtin_add_overflow(odd_starts, backslashes, &runs);
    return (even ^ runs << 1) & follows;
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
   mispredicted; what it writes beyond the last position does not count. */
static inline __attribute__((always_inline)) uint32_t *list(uint64_t bits, uint32_t base, uint32_t *tokens) {
    const uint64_t never_zero = (uint64_t)1 << 63;
    uint32_t *end = tokens + __builtin_popcountll(bits);
    while (tokens < end) {
        for (int index = 0; index < 8; index++) {
            tokens[index] = base + (uint32_t)__builtin_ctzll(bits | never_zero);
            bits &= bits - 1;
        }
        tokens += 8;
    }
    return end;
}

#if defined(__x86_64__)
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
#endif

static inline __attribute__((always_inline)) size_t
index_text(const uint8_t *text, size_t count, uint32_t *tokens, struct feedrec_json_facts *facts,
           struct masks (*masks_of)(const uint8_t *), uint32_t *(*list_of)(uint64_t, uint32_t, uint32_t *)) {
    struct state state = {0, 0, 0};
    uint32_t *next = tokens;
    facts->error_offset = -1;
    facts->has_backslash = 0;
    for (size_t start = 0; start < count; start += block_bytes) {
        uint8_t padded[block_bytes];
        const uint8_t *block = text + start;
        if (count - start < block_bytes) {
            memset(padded, ' ', block_bytes);
            memcpy(padded, block, count - start);
            block = padded;
        }
        struct masks masks = masks_of(block);
        uint64_t quotes = masks.quotes & ~escaped(masks.backslashes, &state);
        /* The opening quote and the content of each string. */
        uint64_t strings = running_parity(quotes) ^ state.inside_string;
        uint64_t scalars = ~(strings | quotes | masks.brackets_and_commas | masks.spaces);
        uint64_t scalar_starts = scalars & ~(scalars << 1 | state.after_scalar);
        uint64_t found = (masks.brackets_and_commas & ~strings) | quotes | scalar_starts;
        uint64_t wrong = masks.controls & (strings | ~masks.spaces);
        if (wrong) {
            uint64_t before = (wrong & -wrong) - 1;
            if (masks.backslashes & before) facts->has_backslash = 1;
            facts->error_offset = (ptrdiff_t)(start + (size_t)__builtin_ctzll(wrong));
            next = list_of(found & before, (uint32_t)start, next);
            *next = (uint32_t)count;
            return (size_t)(next - tokens);
        }
        if (masks.backslashes) facts->has_backslash = 1;
        next = list_of(found, (uint32_t)start, next);
        state.inside_string = (uint64_t)((int64_t)strings >> 63);
        state.after_scalar = scalars >> 63;
    }
    /* The padding is part of an unfinished string, but gives no token. */
    if (state.inside_string) facts->error_offset = (ptrdiff_t)count;
    *next = (uint32_t)count;
    return (size_t)(next - tokens);
}

static size_t index_portable(const uint8_t *text, size_t count, uint32_t *tokens,
                                   struct feedrec_json_facts *facts) {
    return index_text(text, count, tokens, facts, portable_masks, list);
}

#if defined(__x86_64__)
AVX2 static size_t index_avx2(const uint8_t *text, size_t count, uint32_t *tokens, struct feedrec_json_facts *facts) {
    return index_text(text, count, tokens, facts, masks_avx2, list);
}

AVX512 static size_t index_avx512(const uint8_t *text, size_t count, uint32_t *tokens,
                                  struct feedrec_json_facts *facts) {
    return index_text(text, count, tokens, facts, masks_avx512, list_avx512);
}
#endif

enum feedrec_json_variant feedrec_json_best_variant(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi"))
        return FEEDREC_JSON_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return FEEDREC_JSON_AVX2;
#endif
    return FEEDREC_JSON_PORTABLE;
}

size_t feedrec_json_index(enum feedrec_json_variant variant, const uint8_t *text, size_t count, uint32_t *tokens,
                          struct feedrec_json_facts *facts) {
#if defined(__x86_64__)
    if (variant == FEEDREC_JSON_AVX512) return index_avx512(text, count, tokens, facts);
    if (variant == FEEDREC_JSON_AVX2) return index_avx2(text, count, tokens, facts);
#endif
    return index_portable(text, count, tokens, facts);
}
