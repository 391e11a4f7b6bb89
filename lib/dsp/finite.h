/* finite: NaN and infinity found before they spread. For the library's own files. */
#ifndef OTO_FINITE_H
#define OTO_FINITE_H

#include "../tensor/tensor.h"

/* Refuses unless every number of x (of complex64: both parts) is finite; the message names the first that is not. */
void oto_need_finite(const char *operation, const char *argument, OtoTensor *x);
/* Whether all n numbers are finite. */
bool oto_all_finite(const float *x, int64_t n);

#endif
