// Glibc's module leaves adjtimex out, by which the kernel tells how well its clock is kept.
#pragma once
#include <sys/timex.h>
