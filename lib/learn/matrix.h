/* matrix: what the files of this folder ask of their arguments. Not for students. */
#ifndef OTO_LEARN_MATRIX_H
#define OTO_LEARN_MATRIX_H

#include "lib/tensor/tensor.h"

/* Refuses unless X is float32 (example n, feature d) with finite numbers, at least one row and one column; features:
 * the d that is asked for, or 0. */
void oto_need_examples(const char *operation, const char *argument, OtoTensor *X, int64_t features);
/* Refuses unless x holds n whole numbers, (example n), as int64 or float32. */
void oto_need_whole_numbers(const char *operation, const char *argument, OtoTensor *x, int64_t n);
/* Such numbers, allocated. */
int64_t *oto_whole_numbers(const char *operation, OtoTensor *x);
/* The different numbers among n, ascending, allocated; *count of them. Each number becomes its place among them. */
int64_t *oto_different(const char *operation, int64_t *numbers, int64_t n, int64_t *count);
/* malloc that refuses. */
void *oto_room(const char *operation, int64_t count, size_t size);
/* int64 (example n). */
OtoTensor *oto_per_example(int64_t n, const char *operation, OtoTensor *source);

#endif
