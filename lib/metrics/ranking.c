#include "lib/metrics/ranking.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct scored {
    float score;
    bool relevant;
};

/* Highest score first; equals in any order, for nothing below depends on it. */
static int by_score(const void *a, const void *b) {
    const struct scored *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
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

/* What lies at or above a threshold: `called` elements, `hits` of them relevant. */
struct threshold {
    float score;
    int64_t hits, called;
};

/* A column of relevant and scores, or a query's row, seen from each different score, the highest first. Free points. */
struct column {
    struct threshold *points;
    int64_t count, positives, negatives;
};

/* count elements, stride apart. */
static struct column column_of(const char *operation, OtoTensor *relevant, OtoTensor *scores, int64_t from,
                               int64_t count, int64_t stride) {
    struct column column = {oto_room(operation, count, sizeof *column.points)};
    struct scored *list = oto_room(operation, count, sizeof *list);
    for (int64_t i = 0; i < count; i++) {
        int64_t at = from + i * stride;
        bool mark = relevant->type == OTO_INT64 ? ((int64_t *)relevant->data)[at] : ((float *)relevant->data)[at] != 0;
        list[i] = (struct scored){((float *)scores->data)[at], mark};
        column.positives += mark;
    }
    column.negatives = count - column.positives;
    qsort(list, (size_t)count, sizeof *list, by_score);
    int64_t hits = 0;
    for (int64_t i = 0; i < count; i++) {
        hits += list[i].relevant;
        bool last_of_equals = i == count - 1 || list[i + 1].score != list[i].score;
        if (last_of_equals) column.points[column.count++] = (struct threshold){list[i].score, hits, i + 1};
    }
    free(list);
    return column;
}

static void need_both(const char *operation, struct column *column, int64_t which) {
    if (column->positives && column->negatives) return;
    free(column->points);
    oto_refuse(operation, "column %" PRId64 " of relevant is all %d: without both kinds there is no rate of either",
               which, column->positives > 0);
}

static void need_positives(const char *operation, struct column *column, int64_t which) {
    if (column->positives) return;
    free(column->points);
    oto_refuse(operation, "column %" PRId64 " of relevant is all 0: without positives there is no recall", which);
}

/* The area below the ROC curve, by the trapezoids between thresholds. */
static double area(const struct column *column) {
    struct threshold before = {};
    double sum = 0;
    for (const struct threshold *t = column->points; t < column->points + column->count; before = *t++) {
        int64_t wrong = t->called - t->hits, wrong_before = before.called - before.hits;
        sum += (double)(wrong - wrong_before) * (double)(t->hits + before.hits) / 2;
    }
    return sum / ((double)column->positives * (double)column->negatives);
}

static double average_precision(const struct column *column) {
    int64_t hits_before = 0;
    double sum = 0;
    for (const struct threshold *t = column->points; t < column->points + column->count; hits_before = t++->hits)
        sum += (double)(t->hits - hits_before) * (double)t->hits / (double)t->called;
    return sum / (double)column->positives;
}

static OtoTensor *curve(int64_t count, double first, const char *what) {
    OtoTensor *x = oto_zeros(count);
    oto_name_axis(x, 0, "threshold");
    oto_set_origin(x, what, NULL);
    *(float *)x->data = (float)first;
    return x;
}

OtoRoc oto_roc(OtoTensor *relevant, OtoTensor *scores) {
    check("oto_roc", relevant, scores, 1, 1);
    struct column column = column_of("oto_roc", relevant, scores, 0, scores->size, 1);
    need_both("oto_roc", &column, 0);
    OtoRoc roc = {curve(column.count + 1, 0, "false positive rate"), curve(column.count + 1, 0, "true positive rate"),
                  curve(column.count + 1, (double)INFINITY, "thresholds"), area(&column)};
    for (int64_t i = 0; i < column.count; i++) {
        struct threshold t = column.points[i];
        ((float *)roc.false_positive_rate->data)[i + 1] =
            (float)((double)(t.called - t.hits) / (double)column.negatives);
        ((float *)roc.true_positive_rate->data)[i + 1] = (float)((double)t.hits / (double)column.positives);
        ((float *)roc.thresholds->data)[i + 1] = t.score;
    }
    free(column.points);
    return roc;
}

OtoPrecisionRecall oto_precision_recall(OtoTensor *relevant, OtoTensor *scores) {
    check("oto_precision_recall", relevant, scores, 1, 1);
    struct column column = column_of("oto_precision_recall", relevant, scores, 0, scores->size, 1);
    need_positives("oto_precision_recall", &column, 0);
    OtoPrecisionRecall result = {curve(column.count + 1, 1, "precision"), curve(column.count + 1, 0, "recall"),
                                 curve(column.count + 1, (double)INFINITY, "thresholds"), average_precision(&column)};
    for (int64_t i = 0; i < column.count; i++) {
        struct threshold t = column.points[i];
        ((float *)result.precision->data)[i + 1] = (float)((double)t.hits / (double)t.called);
        ((float *)result.recall->data)[i + 1] = (float)((double)t.hits / (double)column.positives);
        ((float *)result.thresholds->data)[i + 1] = t.score;
    }
    free(column.points);
    return result;
}

/* The mean over columns (one where there is one axis) of a number that needs what `need` asks for. */
static double mean_over_columns(const char *operation, OtoTensor *relevant, OtoTensor *scores,
                                void (*need)(const char *operation, struct column *column, int64_t which),
                                double (*number)(const struct column *column)) {
    check(operation, relevant, scores, 1, 2);
    int64_t columns = scores->rank == 2 ? scores->cols : 1;
    double sum = 0;
    for (int64_t which = 0; which < columns; which++) {
        struct column column = column_of(operation, relevant, scores, which, scores->size / columns, columns);
        need(operation, &column, which);
        sum += number(&column);
        free(column.points);
    }
    return sum / (double)columns;
}

double oto_roc_auc(OtoTensor *relevant, OtoTensor *scores) {
    return mean_over_columns("oto_roc_auc", relevant, scores, need_both, area);
}

double oto_average_precision(OtoTensor *relevant, OtoTensor *scores) {
    return mean_over_columns("oto_average_precision", relevant, scores, need_positives, average_precision);
}

/* The mean over queries of a number that needs something relevant. */
static double mean_over_queries(const char *operation, OtoTensor *relevant, OtoTensor *scores,
                                double (*number)(const struct column *column)) {
    check(operation, relevant, scores, 2, 2);
    double sum = 0;
    for (int64_t query = 0; query < scores->rows; query++) {
        struct column column = column_of(operation, relevant, scores, query * scores->cols, scores->cols, 1);
        if (column.positives) sum += number(&column);
        free(column.points);
    }
    return sum / (double)scores->rows;
}

/* Of equals, every order is as likely: the mean of 1 / rank of the first relevant one over where it may stand. */
static double reciprocal_rank(const struct column *column) {
    const struct threshold *t = column->points;
    int64_t before = 0;
    for (; t->hits == 0; t++) before = t->called;
    double sum = 0, reached = 1; /* the probability that no relevant one stands further in front */
    for (int64_t left = t->called - before; left >= t->hits; left--) {
        double here = reached * (double)t->hits / (double)left;
        sum += here / (double)(t->called - left + 1);
        reached -= here;
    }
    return sum;
}

double oto_mean_average_precision(OtoTensor *relevant, OtoTensor *scores) {
    return mean_over_queries("oto_mean_average_precision", relevant, scores, average_precision);
}

double oto_mean_reciprocal_rank(OtoTensor *relevant, OtoTensor *scores) {
    return mean_over_queries("oto_mean_reciprocal_rank", relevant, scores, reciprocal_rank);
}
