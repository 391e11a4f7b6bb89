/* transform: FFTW behind one door. Plans are made once for each length and direction (ESTIMATE: the same plan, so the
 * same rounding, in every run), kept, and used by any thread. Nothing here is for students. */
#ifndef OTO_TRANSFORM_H
#define OTO_TRANSFORM_H

#include <complex.h>

enum oto_transform { OTO_FORWARD, OTO_BACKWARD, OTO_REAL_FORWARD, OTO_REAL_BACKWARD };

/* Buffers of n real or complex numbers (of lib/tensor/buffer.h), aligned as FFTW wants them; refuses in the operation's
 * name when memory runs out. Give them back with oto_transform_release. */
float *oto_transform_reals(const char *operation, long n);
float _Complex *oto_transform_complexes(const char *operation, long n);
void oto_transform_release(void *buffer);
/* The same n reals on a thread that cannot refuse: NULL when memory has run out. */
float *oto_transform_reals_or_null(long n);

/* The plan for one kind and length, kept for good; refuses in the operation's name when there can be none. */
typedef struct oto_plan OtoPlan;
const OtoPlan *oto_transform_plan(const char *operation, enum oto_transform kind, int n);
/* Runs it, on any thread, between buffers as below. */
void oto_transform_execute(const OtoPlan *plan, void *from, void *to);

/* One unscaled transform of length n between two such buffers (different ones; REAL_BACKWARD destroys its input):
 * FORWARD and BACKWARD complex to complex, REAL_FORWARD n reals to n / 2 + 1 complex, REAL_BACKWARD the reverse. */
void oto_transform_run(const char *operation, enum oto_transform kind, int n, void *from, void *to);

#endif
