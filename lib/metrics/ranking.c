#include "lib/metrics/ranking.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct scored {
    float score;
    int64_t place;
    bool relevant;
};

/* Highest score first; of equals the earlier. */
static int by_score(const void *a, const void *b) {
    const struct scored *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static void check(const char *operation, OtoTensor *relevant, OtoTensor *scores, int lowest_rank, int highest_rank) {
    oto_need(operation, "relevant", relevant);
    oto_need_float(operation, "scores", scores);
    bool alike = relevant->rank == scores->rank && relevant->size == scores->size && relevant->cols == scores->cols;
    if (!alike || scores->rank < lowest_rank || scores->rank > highest_rank || scores->size == 0 ||
        relevant->type == OTO_COMPLEX64)
        oto_refuse(operation, "relevant is %s and scores %s; both must be %s", oto_shape_quoted(relevant),
                   oto_shape_quoted(scores),
                   highest_rank == 1  ? "(example n)"
                   : lowest_rank == 1 ? "(example n), or both (example n, class k)"
                                      : "(query n, item k)");
    for (int64_t i = 0; i < scores->size; i++) {
        double mark =
            relevant->type == OTO_INT64 ? (double)((int64_t *)relevant->data)[i] : (double)((float *)relevant->data)[i];
        if (mark != 0 && mark != 1) oto_refuse(operation, "relevant has %g at %" PRId64 "; it must be 0 or 1", mark, i);
        if (isnan(((float *)scores->data)[i])) oto_refuse(operation, "scores has NaN at %" PRId64, i);
    }
}

/* count elements, stride apart, ranked; allocated. */
static struct scored *ranked(const char *operation, OtoTensor *relevant, OtoTensor *scores, int64_t from, int64_t count,
                             int64_t stride, int64_t *positives) {
    struct scored *list = oto_room(operation, count, sizeof *list);
    *positives = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t at = from + i * stride;
        bool mark = relevant->type == OTO_INT64 ? ((int64_t *)relevant->data)[at] : ((float *)relevant->data)[at] != 0;
        list[i] = (struct scored){((float *)scores->data)[at], i, mark};
        *positives += mark;
    }
    qsort(list, (size_t)count, sizeof *list, by_score);
    return list;
}

/* Whether a threshold at this element's score takes in all that are equal to it. */
static bool last_of_equals(const struct scored *list, int64_t count, int64_t i) {
    return i == count - 1 || list[i + 1].score != list[i].score;
}

static OtoTensor *curve(int64_t count, const char *what) {
    OtoTensor *x = oto_zeros(count);
    oto_name_axis(x, 0, "threshold");
    oto_set_origin(x, what, NULL);
    return x;
}

static int64_t thresholds(const struct scored *list, int64_t count) {
    int64_t points = 1;
    for (int64_t i = 0; i < count; i++) points += last_of_equals(list, count, i);
    return points;
}

/* The area by the trapezoids between thresholds. */
static double area(const struct scored *list, int64_t count, int64_t positives) {
    int64_t hits = 0, hits_before = 0, false_before = 0;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        hits += list[i].relevant;
        if (!last_of_equals(list, count, i)) continue;
        int64_t wrong = i + 1 - hits;
        sum += (double)(wrong - false_before) * (double)(hits + hits_before) / 2;
        hits_before = hits;
        false_before = wrong;
    }
    return sum / ((double)positives * (double)(count - positives));
}

static void need_both(const char *operation, struct scored *list, int64_t positives, int64_t count, int64_t column) {
    if (positives > 0 && positives < count) return;
    free(list);
    oto_refuse(operation, "column %" PRId64 " of relevant is all %d: without both kinds there is no rate of either",
               column, positives > 0);
}

OtoRoc oto_roc(OtoTensor *relevant, OtoTensor *scores) {
    check("oto_roc", relevant, scores, 1, 1);
    int64_t positives, count = scores->size;
    struct scored *list = ranked("oto_roc", relevant, scores, 0, count, 1, &positives);
    need_both("oto_roc", list, positives, count, 0);
    int64_t points = thresholds(list, count), at = 1, hits = 0;
    OtoRoc roc = {curve(points, "false positive rate"), curve(points, "true positive rate"),
                  curve(points, "thresholds"), area(list, count, positives)};
    ((float *)roc.thresholds->data)[0] = (float)INFINITY;
    for (int64_t i = 0; i < count; i++) {
        hits += list[i].relevant;
        if (!last_of_equals(list, count, i)) continue;
        ((float *)roc.false_positive_rate->data)[at] = (float)((double)(i + 1 - hits) / (double)(count - positives));
        ((float *)roc.true_positive_rate->data)[at] = (float)((double)hits / (double)positives);
        ((float *)roc.thresholds->data)[at++] = list[i].score;
    }
    free(list);
    return roc;
}

double oto_roc_auc(OtoTensor *relevant, OtoTensor *scores) {
    check("oto_roc_auc", relevant, scores, 1, 2);
    int64_t columns = scores->rank == 2 ? scores->cols : 1, count = scores->size / columns, positives;
    double sum = 0;
    for (int64_t column = 0; column < columns; column++) {
        struct scored *list = ranked("oto_roc_auc", relevant, scores, column, count, columns, &positives);
        need_both("oto_roc_auc", list, positives, count, column);
        sum += area(list, count, positives);
        free(list);
    }
    return sum / (double)columns;
}

static double average_precision(const struct scored *list, int64_t count, int64_t positives) {
    int64_t hits = 0, hits_before = 0;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        hits += list[i].relevant;
        if (!last_of_equals(list, count, i)) continue;
        sum += (double)(hits - hits_before) / (double)positives * (double)hits / (double)(i + 1);
        hits_before = hits;
    }
    return sum;
}

static void need_positives(const char *operation, struct scored *list, int64_t positives, int64_t column) {
    if (positives > 0) return;
    free(list);
    oto_refuse(operation, "column %" PRId64 " of relevant is all 0: without positives there is no recall", column);
}

OtoPrecisionRecall oto_precision_recall(OtoTensor *relevant, OtoTensor *scores) {
    check("oto_precision_recall", relevant, scores, 1, 1);
    int64_t positives, count = scores->size;
    struct scored *list = ranked("oto_precision_recall", relevant, scores, 0, count, 1, &positives);
    need_positives("oto_precision_recall", list, positives, 0);
    int64_t points = thresholds(list, count), at = 1, hits = 0;
    OtoPrecisionRecall result = {curve(points, "precision"), curve(points, "recall"), curve(points, "thresholds"),
                                 average_precision(list, count, positives)};
    ((float *)result.precision->data)[0] = 1;
    ((float *)result.thresholds->data)[0] = (float)INFINITY;
    for (int64_t i = 0; i < count; i++) {
        hits += list[i].relevant;
        if (!last_of_equals(list, count, i)) continue;
        ((float *)result.precision->data)[at] = (float)((double)hits / (double)(i + 1));
        ((float *)result.recall->data)[at] = (float)((double)hits / (double)positives);
        ((float *)result.thresholds->data)[at++] = list[i].score;
    }
    free(list);
    return result;
}

double oto_average_precision(OtoTensor *relevant, OtoTensor *scores) {
    check("oto_average_precision", relevant, scores, 1, 2);
    int64_t columns = scores->rank == 2 ? scores->cols : 1, count = scores->size / columns, positives;
    double sum = 0;
    for (int64_t column = 0; column < columns; column++) {
        struct scored *list = ranked("oto_average_precision", relevant, scores, column, count, columns, &positives);
        need_positives("oto_average_precision", list, positives, column);
        sum += average_precision(list, count, positives);
        free(list);
    }
    return sum / (double)columns;
}

/* The mean over queries of what a ranked list of items is worth. */
static double mean_over_queries(const char *operation, OtoTensor *relevant, OtoTensor *scores,
                                double (*worth)(const struct scored *list, int64_t count, int64_t positives)) {
    check(operation, relevant, scores, 2, 2);
    double sum = 0;
    for (int64_t query = 0; query < scores->rows; query++) {
        int64_t positives;
        struct scored *list = ranked(operation, relevant, scores, query * scores->cols, scores->cols, 1, &positives);
        if (positives) sum += worth(list, scores->cols, positives);
        free(list);
    }
    return sum / (double)scores->rows;
}

/* In a ranked list no two items share a place, even with equal scores. */
static double precision_of_list(const struct scored *list, int64_t count, int64_t positives) {
    int64_t hits = 0;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        if (list[i].relevant) sum += (double)++hits / (double)(i + 1);
    return sum / (double)positives;
}

static double reciprocal_rank(const struct scored *list, int64_t count, int64_t positives) {
    for (int64_t i = 0; i < count; i++)
        if (list[i].relevant) return 1 / (double)(i + 1);
    return 0;
}

double oto_mean_average_precision(OtoTensor *relevant, OtoTensor *scores) {
    return mean_over_queries("oto_mean_average_precision", relevant, scores, precision_of_list);
}

double oto_mean_reciprocal_rank(OtoTensor *relevant, OtoTensor *scores) {
    return mean_over_queries("oto_mean_reciprocal_rank", relevant, scores, reciprocal_rank);
}

double oto_perplexity(OtoTensor *log_probabilities) {
    oto_need_float("oto_perplexity", "log_probabilities", log_probabilities);
    if (log_probabilities->size == 0) oto_refuse("oto_perplexity", "log_probabilities is empty");
    double sum = 0;
    for (int64_t i = 0; i < log_probabilities->size; i++) {
        double x = (double)((float *)log_probabilities->data)[i];
        if (!(x <= 1e-5))
            oto_refuse("oto_perplexity",
                       "log_probabilities has %g at %" PRId64 "; a logarithm of a probability is at most 0", x, i);
        sum += x;
    }
    return exp(-sum / (double)log_probabilities->size);
}
