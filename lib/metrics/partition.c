#include "lib/metrics/partition.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>

OtoPartition oto_partition_new(const char *operation, int64_t rows, int64_t columns) {
    return (OtoPartition){.rows = rows,
                          .columns = columns,
                          .both = oto_room(operation, rows * columns, sizeof(int64_t)),
                          .row_sums = oto_room(operation, rows, sizeof(int64_t)),
                          .column_sums = oto_room(operation, columns, sizeof(int64_t))};
}

void oto_partition_free(OtoPartition *partition) {
    free(partition->both);
    free(partition->row_sums);
    free(partition->column_sums);
}

void oto_partition_count(OtoPartition *partition, int64_t row, int64_t column) {
    partition->both[row * partition->columns + column]++;
    partition->row_sums[row]++;
    partition->column_sums[column]++;
    partition->things++;
}

int64_t oto_classes_used(const int64_t *sums, int64_t count) {
    int64_t used = 0;
    for (int64_t i = 0; i < count; i++) used += sums[i] > 0;
    return used;
}

static double pairs_of(const int64_t *counts, int64_t count) {
    double pairs = 0;
    for (int64_t i = 0; i < count; i++) pairs += (double)counts[i] * (double)(counts[i] - 1) / 2;
    return pairs;
}

OtoPairs oto_partition_pairs(const OtoPartition *p) {
    return (OtoPairs){.rows = pairs_of(p->row_sums, p->rows),
                      .columns = pairs_of(p->column_sums, p->columns),
                      .both = pairs_of(p->both, p->rows * p->columns),
                      .all = pairs_of(&p->things, 1)};
}

double oto_adjusted_rand(const OtoPartition *p) {
    int64_t rows = oto_classes_used(p->row_sums, p->rows), columns = oto_classes_used(p->column_sums, p->columns);
    if (rows == columns && (rows == 1 || rows == p->things)) return 1;
    OtoPairs pairs = oto_partition_pairs(p);
    double expected = pairs.rows * pairs.columns / pairs.all, mean = (pairs.rows + pairs.columns) / 2;
    return (pairs.both - expected) / (mean - expected);
}

static double entropy(const int64_t *counts, int64_t count, int64_t all) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        double p = (double)counts[i] / (double)all;
        if (p > 0) sum -= p * log(p);
    }
    return sum;
}

OtoEntropies oto_partition_entropies(const OtoPartition *p) {
    OtoEntropies h = {.rows = entropy(p->row_sums, p->rows, p->things),
                      .columns = entropy(p->column_sums, p->columns, p->things)};
    for (int64_t i = 0; i < p->rows; i++)
        for (int64_t j = 0; j < p->columns; j++) {
            double n = (double)p->both[i * p->columns + j], all = (double)p->things;
            double by_chance = (double)p->row_sums[i] * (double)p->column_sums[j] / all;
            if (n > 0) h.mutual += n / all * log(n / by_chance);
        }
    return h;
}

/* What two classes of a and b among n things add to the expected information: the sum over how many they may share,
 * k, each as likely as the hypergeometric distribution says. log_factorial: of 0 ... n. */
static double expected_information(int64_t a, int64_t b, int64_t n, const double *log_factorial) {
    const double *f = log_factorial;
    double always = f[a] + f[b] + f[n - a] + f[n - b] - f[n], sum = 0;
    int64_t least = a + b - n > 1 ? a + b - n : 1, most = a < b ? a : b;
    for (int64_t k = least; k <= most; k++) {
        double probability = exp(always - f[k] - f[a - k] - f[b - k] - f[n - a - b + k]);
        double share = (double)k / (double)n;
        sum += probability * share * log((double)n * (double)k / ((double)a * (double)b));
    }
    return sum;
}

double oto_adjusted_mutual_information(const char *operation, const OtoPartition *p) {
    if (oto_classes_used(p->row_sums, p->rows) == 1 && oto_classes_used(p->column_sums, p->columns) == 1) return 1;
    double *log_factorial = oto_room(operation, p->things + 1, sizeof *log_factorial), expected = 0;
    for (int64_t n = 1; n <= p->things; n++) log_factorial[n] = log_factorial[n - 1] + log((double)n);
    for (int64_t i = 0; i < p->rows && !oto_interrupt_pending(); i++)
        for (int64_t j = 0; j < p->columns; j++)
            expected += expected_information(p->row_sums[i], p->column_sums[j], p->things, log_factorial);
    free(log_factorial);
    OtoEntropies h = oto_partition_entropies(p);
    return (h.mutual - expected) / (fmax(h.rows, h.columns) - expected);
}
