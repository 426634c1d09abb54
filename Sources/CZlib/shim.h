/* The system's zlib (1.2 or newer), as Swift sees it. */
#include <zlib.h>
