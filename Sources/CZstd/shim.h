/* The system's zstd (libzstd 1.4 or newer), as Swift sees it. */
#include <zstd.h>
