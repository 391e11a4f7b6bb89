/* blas: what must hold before OpenBLAS is called. For the library's own files. */
#ifndef OTO_BLAS_H
#define OTO_BLAS_H

#include <stdbool.h>

/* Has this thread its buffer, or is there memory for one? Where there is none, OpenBLAS asks again without end
 * (0.3.21): a cell near its memory limit would seem to compute for ever. */
bool oto_blas_has_room(void);

/* OpenBLAS's own, which not every cblas.h declares. */
extern void openblas_set_num_threads(int threads);

#endif
