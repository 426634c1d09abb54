#ifndef FEEDREC_JSON_INTERNAL_H
#define FEEDREC_JSON_INTERNAL_H

#include "feedrec_json_index.h"

/* Returns true if `count` tokens are those of an object or an array that follows the grammar. If token i is an opening
   bracket, sets distances[i] to the distance to the token after its closing one. */
bool feedrec_json_check(const uint8_t *text, const uint32_t *tokens, size_t count, uint32_t *distances);

#endif
