#ifndef FEEDREC_JSON_INDEX_H
#define FEEDREC_JSON_INDEX_H

#include <stddef.h>
#include <stdint.h>

/* What feedrec_json_index found besides the tokens. */
struct feedrec_json_facts {
    /* The offset of a control character that JSON does not allow, or the length of a text that ends inside a string;
       -1 if there is neither. No token at or after this offset is listed. */
    ptrdiff_t error_offset;
    /* 1 if there is a backslash before error_offset. */
    int has_backslash;
};

/* The number of tokens that the array must have room for. */
static inline size_t feedrec_json_index_capacity(size_t count) { return count + 65; }

/* Ways to find the tokens, which all give the same result. */
enum feedrec_json_variant {
    FEEDREC_JSON_PORTABLE,
    FEEDREC_JSON_AVX2,
    FEEDREC_JSON_AVX512
};

/* The fastest one that this processor has. */
enum feedrec_json_variant feedrec_json_best_variant(void);

/* Lists the offsets where the tokens of a JSON text start, in order, and returns how many there are. One more entry,
   equal to `count`, follows the last.

   Tokens are brackets, commas, colons, both quotes of each string, and the first characters of numbers, names and of
   anything else that is neither white space nor part of a string. The grammar is not checked.

   `count` must be below 2^32, and the processor must have `variant`. */
size_t feedrec_json_index(enum feedrec_json_variant variant, const uint8_t *text, size_t count, uint32_t *tokens,
                          struct feedrec_json_facts *facts);

#endif
