/* The second pass over a JSON text: the grammar of its tokens.
 *
 * Most reads of a token need no check that it exists. The last token is known to be a closing bracket, so a string, a
 * scalar, a comma, a colon or an opening bracket always has a token after it. */
#include "feedrec_json_internal.h"

#include <string.h>

enum { depth_max = 128 };

static inline bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

static inline bool is_digit(uint8_t byte) { return (uint8_t)(byte - '0') <= 9; }

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end) {
    while (at < end && is_digit(*at)) at++;
    return at;
}

/* True for 8 digits; whether a nibble is 3 and the other at most 9 is tested for all of them together. */
static inline bool are_digits(const uint8_t *at) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    const uint64_t high_nibbles = 0xF0F0F0F0F0F0F0F0u, threes = 0x3030303030303030u, sixes = 0x0606060606060606u;
    return (bytes & high_nibbles) == threes && ((bytes + sixes) & high_nibbles) == threes;
}

/* True for a number that is nothing but 8 to 16 digits, as most times and identifiers are. */
static inline bool is_usual_integer(const uint8_t *at, size_t length) {
    return length >= 8 && length <= 16 && *at != '0' && are_digits(at) && are_digits(at + length - 8);
}

/* RFC 8259, section 6. */
static inline bool is_number(const uint8_t *at, const uint8_t *end) {
    if (at < end && *at == '-') at++;
    const uint8_t *integer = at;
    at = skip_digits(at, end);
    if (at == integer || (*integer == '0' && at > integer + 1)) return false;
    if (at < end && *at == '.') {
        const uint8_t *fraction = ++at;
        at = skip_digits(at, end);
        if (at == fraction) return false;
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        const uint8_t *exponent = at;
        at = skip_digits(at, end);
        if (at == exponent) return false;
    }
    return at == end;
}

/* A number or a name from `start` to before the next token, which white space may precede. */
static inline bool is_scalar(const uint8_t *text, uint32_t start, uint32_t next) {
    while (is_space(text[next - 1])) next--;
    const uint8_t *at = text + start;
    switch (*at) {
    case 't': return next - start == 4 && memcmp(at, "true", 4) == 0;
    case 'f': return next - start == 5 && memcmp(at, "false", 5) == 0;
    case 'n': return next - start == 4 && memcmp(at, "null", 4) == 0;
    default: return is_usual_integer(at, next - start) || is_number(at, text + next);
    }
}

bool feedrec_json_check(const uint8_t *text, const uint32_t *tokens, size_t count, uint32_t *distances) {
    uint32_t opened[depth_max];
    size_t depth = 0;
    const uint32_t *end = tokens + count;
    const uint32_t *token = tokens;
    uint8_t closing = 0;
    if (count < 2 || (text[tokens[0]] != '{' && text[tokens[0]] != '[')) return false;
    if (text[end[-1]] != '}' && text[end[-1]] != ']') return false;
    for (;;) {
        /* A value. */
        uint8_t byte = text[*token];
        if (byte == '"') {
            token += 2;
        } else if (byte == '{' || byte == '[') {
            if (depth == depth_max) return false;
            opened[depth++] = (uint32_t)(token - tokens);
            /* Brackets of a kind differ by 2 in ASCII. */
            closing = byte + 2;
            token++;
            if (text[*token] != closing) goto member;
        } else {
            if (!is_scalar(text, token[0], token[1])) return false;
            token++;
        }
        /* What follows it. */
        while (text[*token] == closing) {
            token++;
            uint32_t opening = opened[--depth];
            distances[opening] = (uint32_t)(token - tokens) - opening;
            if (depth == 0) return token == end;
            if (token == end) return false;
            closing = text[tokens[opened[depth - 1]]] + 2;
        }
        if (text[*token] != ',') return false;
        token++;
    member:
        if (closing == '}') {
            if (text[token[0]] != '"' || text[token[2]] != ':') return false;
            token += 3;
        }
    }
}
