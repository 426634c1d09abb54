// Glibc's Swift module does not include epoll. `feedrec bench wire` compares feedrec with a bare epoll loop.
#pragma once
#include <sys/epoll.h>
