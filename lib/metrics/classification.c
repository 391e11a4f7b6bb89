#include "lib/metrics/classification.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Two lists of whole numbers of one length. */
struct pair {
    int64_t n, *labels, *predicted; /* allocated */
};

static int64_t *classes_of_scores(OtoTensor *scores) {
    int64_t *classes = oto_room("scores", scores->rows, sizeof *classes);
    const float *score = scores->data;
    for (int64_t i = 0; i < scores->rows; i++, score += scores->cols)
        for (int64_t c = 1; c < scores->cols; c++)
            if (score[c] > score[classes[i]]) classes[i] = c;
    return classes;
}

static struct pair pair_of(const char *operation, OtoTensor *labels, OtoTensor *predicted) {
    oto_need(operation, "labels", labels);
    oto_need(operation, "predicted", predicted);
    if (labels->size == 0) oto_refuse(operation, "labels is empty: %s", oto_shape_quoted(labels));
    bool scores = predicted->rank == 2 && predicted->type == OTO_FLOAT32;
    if (scores && predicted->rows != labels->size)
        oto_refuse(operation, "labels is %s, but predicted %s: one row of scores an example", oto_shape_quoted(labels),
                   oto_shape_quoted(predicted));
    if (scores) oto_need_examples(operation, "predicted", predicted, 0);
    oto_need_whole_numbers(operation, "labels", labels, labels->size);
    if (!scores) oto_need_whole_numbers(operation, "predicted", predicted, labels->size);
    return (struct pair){labels->size, oto_whole_numbers(operation, labels),
                         scores ? classes_of_scores(predicted) : oto_whole_numbers(operation, predicted)};
}

static void pair_free(struct pair *pair) {
    free(pair->labels);
    free(pair->predicted);
}

double oto_accuracy(OtoTensor *labels, OtoTensor *predicted) {
    struct pair pair = pair_of("oto_accuracy", labels, predicted);
    int64_t right = 0;
    for (int64_t i = 0; i < pair.n; i++) right += pair.labels[i] == pair.predicted[i];
    pair_free(&pair);
    return (double)right / (double)pair.n;
}

/* The classes of both lists, allocated, *count of them; the lists then hold places among them. */
static int64_t *classes_of(const char *operation, struct pair *pair, int64_t *count) {
    int64_t *both = oto_room(operation, 2 * pair->n, sizeof *both);
    memcpy(both, pair->labels, (size_t)pair->n * sizeof *both);
    memcpy(both + pair->n, pair->predicted, (size_t)pair->n * sizeof *both);
    int64_t *classes = oto_different(operation, both, 2 * pair->n, count);
    memcpy(pair->labels, both, (size_t)pair->n * sizeof *both);
    memcpy(pair->predicted, both + pair->n, (size_t)pair->n * sizeof *both);
    free(both);
    return classes;
}

OtoTensor *oto_confusion_matrix(OtoTensor *labels, OtoTensor *predicted) {
    struct pair pair = pair_of("oto_confusion_matrix", labels, predicted);
    int64_t count, *classes = classes_of("oto_confusion_matrix", &pair, &count);
    OtoTensor *matrix = oto_zeros_of(OTO_INT64, 2, (long long[]){count, count});
    for (int64_t i = 0; i < pair.n; i++) ((int64_t *)matrix->data)[pair.labels[i] * count + pair.predicted[i]]++;
    double *places = oto_room("oto_confusion_matrix", count, sizeof *places);
    for (int64_t c = 0; c < count; c++) places[c] = (double)classes[c];
    oto_name_axis(matrix, 0, "true");
    oto_axis_place(matrix, 0, places);
    oto_name_axis(matrix, 1, "predicted");
    oto_axis_place(matrix, 1, places);
    oto_set_origin(matrix, "confusion matrix", NULL);
    free(places);
    free(classes);
    pair_free(&pair);
    return matrix;
}

static double ratio(int64_t part, int64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static OtoTensor *per_class(OtoType type, int64_t count, const char *what) {
    OtoTensor *x = oto_zeros_of(type, 1, (long long[]){count});
    oto_name_axis(x, 0, "class");
    oto_set_origin(x, what, NULL);
    return x;
}

OtoReport oto_classification_report(OtoTensor *labels, OtoTensor *predicted) {
    const char *me = "oto_classification_report";
    struct pair pair = pair_of(me, labels, predicted);
    int64_t count, right = 0, *classes = classes_of(me, &pair, &count);
    int64_t *hits = oto_room(me, count, sizeof *hits), *called = oto_room(me, count, sizeof *called);
    OtoReport report = {.classes = per_class(OTO_INT64, count, "classes"),
                        .precision = per_class(OTO_FLOAT32, count, "precision"),
                        .recall = per_class(OTO_FLOAT32, count, "recall"),
                        .f1 = per_class(OTO_FLOAT32, count, "F1"),
                        .support = per_class(OTO_INT64, count, "support")};
    int64_t *support = report.support->data;
    memcpy(report.classes->data, classes, (size_t)count * sizeof *classes);
    for (int64_t i = 0; i < pair.n; i++) {
        support[pair.labels[i]]++;
        called[pair.predicted[i]]++;
        hits[pair.labels[i]] += pair.labels[i] == pair.predicted[i];
        right += pair.labels[i] == pair.predicted[i];
    }
    for (int64_t c = 0; c < count; c++) {
        double precision = ratio(hits[c], called[c]), recall = ratio(hits[c], support[c]);
        double f1 = ratio(2 * hits[c], called[c] + support[c]);
        ((float *)report.precision->data)[c] = (float)precision;
        ((float *)report.recall->data)[c] = (float)recall;
        ((float *)report.f1->data)[c] = (float)f1;
        report.macro_precision += precision / (double)count;
        report.macro_recall += recall / (double)count;
        report.macro_f1 += f1 / (double)count;
        report.weighted_f1 += f1 * ratio(support[c], pair.n);
    }
    report.accuracy = ratio(right, pair.n);
    free(hits);
    free(called);
    free(classes);
    pair_free(&pair);
    return report;
}

double oto_macro_f1(OtoTensor *labels, OtoTensor *predicted) {
    double f1 = 0;
    oto_scope f1 = oto_classification_report(labels, predicted).macro_f1;
    return f1;
}
