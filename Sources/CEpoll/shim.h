// Glibc's module leaves epoll out; `feedrec bench wire` compares with a bare loop around it.
#pragma once
#include <sys/epoll.h>
