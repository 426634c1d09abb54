/* The system's zstd (libzstd 1.4 or newer). */
#include <zstd.h>
