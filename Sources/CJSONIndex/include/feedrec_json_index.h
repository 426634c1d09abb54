#ifndef FEEDREC_JSON_INDEX_H
#define FEEDREC_JSON_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ways to find the tokens, which all give the same result. */
enum feedrec_json_variant {
    /* This processor has no instructions that make an index worthwhile. */
    FEEDREC_JSON_NONE,
    FEEDREC_JSON_AVX2,
    FEEDREC_JSON_AVX512
};

/* The fastest one that this processor has. */
enum feedrec_json_variant feedrec_json_best_variant(void);

/* Lists the offsets where the tokens of a JSON text start, in order. Returns true if the text has an index.
 *
 * It has one if it is an object or an array that follows the grammar of RFC 8259, has no backslash, is nested at most
 * 128 deep, and is shorter than `capacity` by at least 64 bytes. UTF-8 is not checked.
 *
 * Tokens are brackets, commas, colons, both quotes of each string, and the first characters of numbers and names. One
 * more entry, equal to `count`, follows the last token. `tokens` needs room for twice `capacity` entries: if token i is
 * an opening bracket, entry capacity + i is the distance to the token after its closing one.
 *
 * The processor must have `variant`. */
bool feedrec_json_index(enum feedrec_json_variant variant, const uint8_t *text, size_t count, uint32_t *tokens,
                        size_t capacity);

#endif
