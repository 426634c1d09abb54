// Glibc's Swift module does not include adjtimex, which reports how well the kernel keeps its clock.
#pragma once
#include <sys/timex.h>
