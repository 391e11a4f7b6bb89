/* dot: sums of products in double. For the library's own files. */
#ifndef OTO_DOT_H
#define OTO_DOT_H

#include <stdint.h>

/* The sum of a[i] b[i], 0 <= i < count. Always added up in the same order. */
double oto_dot(const double *a, const double *b, int64_t count);

#endif
