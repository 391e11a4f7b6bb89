/* partition: how alike two ways are to sort the same things into classes. Not for students. */
#ifndef OTO_PARTITION_H
#define OTO_PARTITION_H

#include <stdint.h>

/* How many things have class i in the one and j in the other: both[i * columns + j], with row and column sums. */
typedef struct OtoPartition {
    int64_t things, rows, columns;
    int64_t *both, *row_sums, *column_sums; /* allocated */
} OtoPartition;
OtoPartition oto_partition_new(const char *operation, int64_t rows, int64_t columns);
void oto_partition_free(OtoPartition *partition);
void oto_partition_count(OtoPartition *partition, int64_t row, int64_t column);

/* Classes that occur. */
int64_t oto_classes_used(const int64_t *sums, int64_t count);

/* Pairs of things that are together in rows, in columns, in both, and all pairs. */
typedef struct OtoPairs {
    double rows, columns, both, all;
} OtoPairs;
OtoPairs oto_partition_pairs(const OtoPartition *partition);
/* (pairs in both - those expected by chance) / (their mean number - those expected); 1 where both have one class, or
 * each thing a class of its own. */
double oto_adjusted_rand(const OtoPartition *partition);

/* In nats: H(rows), H(columns), I(rows; columns). */
typedef struct OtoEntropies {
    double rows, columns, mutual;
} OtoEntropies;
OtoEntropies oto_partition_entropies(const OtoPartition *partition);
/* (I - its expectation) / (the larger entropy - its expectation), over all partitions with these sums; 1 where both
 * have one class. Stops early when the user interrupts. */
double oto_adjusted_mutual_information(const char *operation, const OtoPartition *partition);

#endif
