/* transform: FFTW behind one door. Plans are made once for each length and direction (ESTIMATE: the same plan, so the
 * same rounding, in every run), kept, and used by any thread. Nothing here is for students. */
#ifndef OTO_TRANSFORM_H
#define OTO_TRANSFORM_H

#include <complex.h>

enum oto_transform { OTO_FORWARD, OTO_BACKWARD, OTO_REAL_FORWARD, OTO_REAL_BACKWARD };

/* Buffers of n real or complex numbers, aligned as FFTW wants them; refuses in the operation's name when memory runs
 * out. Give them back with oto_transform_release. */
float *oto_transform_reals(const char *operation, long n);
float _Complex *oto_transform_complexes(const char *operation, long n);
void oto_transform_release(void *buffer);

/* One unscaled transform of length n between two such buffers (different ones; REAL_BACKWARD destroys its input):
 * FORWARD and BACKWARD complex to complex, REAL_FORWARD n reals to n / 2 + 1 complex, REAL_BACKWARD the reverse. */
void oto_transform_run(const char *operation, enum oto_transform kind, int n, void *from, void *to);

#endif
