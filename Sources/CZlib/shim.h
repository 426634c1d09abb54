/* The system's zlib (1.2 or newer). */
#include <zlib.h>
