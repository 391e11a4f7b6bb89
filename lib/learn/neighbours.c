#include "lib/learn/neighbours.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

OtoKnn(oto_knn)(OtoTensor *X, OtoTensor *labels, OtoKnnOptions options) {
    oto_need_examples("oto_knn", "X", X, 0);
    oto_check_range("oto_knn", "k", options.k, 1, (double)X->rows);
    oto_check_range("oto_knn", "metric", options.metric, OTO_METRIC_EUCLIDEAN, OTO_METRIC_CORRELATION);
    oto_need_whole_numbers("oto_knn", "labels", labels, X->rows);
    int64_t *classes = oto_whole_numbers("oto_knn", labels);
    OtoKnn model = {oto_copy(X), oto_per_example(X->rows, "labels", labels), options.k, options.metric,
                    options.distance_weights};
    memcpy(model.labels->data, classes, (size_t)X->rows * sizeof *classes);
    free(classes);
    return model;
}

struct search {
    int64_t k;
    atomic_bool no_memory;
    struct oto_pairs pairs; /* the examples, and the known ones */
    int64_t *indices;       /* (example, k) */
    double *distances;      /* (example, k) */
};

/* The k nearest of example i: of all known ones, as they pass by, the nearest so far are kept sorted. */
static void find_nearest(struct search *search, int64_t i, const double *away) {
    int64_t k = search->k, *indices = search->indices + i * k;
    double *nearest = search->distances + i * k;
    for (int64_t known = 0; known < search->pairs.m; known++) {
        int64_t at = known < k ? known : k;
        while (at > 0 && away[known] < nearest[at - 1]) at--;
        if (at == k) continue;
        int64_t moved = (known < k ? known : k - 1) - at;
        memmove(indices + at + 1, indices + at, (size_t)moved * sizeof *indices);
        memmove(nearest + at + 1, nearest + at, (size_t)moved * sizeof *nearest);
        indices[at] = known;
        nearest[at] = away[known];
    }
}

static void find_all(int64_t from, int64_t to, void *context) {
    struct search *search = context;
    int64_t known = search->pairs.m;
    double *away = malloc((size_t)((to - from) * known) * sizeof *away);
    if (away) oto_pairs_rows(&search->pairs, from, to - from, 0, known, away, known);
    for (int64_t i = from; i < to && away; i++) find_nearest(search, i, away + (i - from) * known);
    if (!away) search->no_memory = true;
    free(away);
}

static struct search search(const char *operation, const OtoKnn *model, OtoTensor *X) {
    oto_need_float(operation, "model.X", model->X);
    oto_need_examples(operation, "X", X, model->X->cols);
    struct search search = {.k = model->k};
    oto_scope search.pairs = oto_pairs_of(operation, oto_transpose(X), oto_transpose(model->X), model->metric);
    search.indices = oto_room(operation, X->rows * model->k, sizeof *search.indices);
    search.distances = oto_room(operation, X->rows * model->k, sizeof *search.distances);
    oto_parallel(X->rows, 8, find_all, &search);
    oto_pairs_free(&search.pairs);
    if (search.no_memory) oto_refuse(operation, "no memory for %" PRId64 " distances", model->X->rows);
    return search;
}

OtoTensor *oto_knn_indices(OtoKnn model, OtoTensor *X) {
    struct search found = search("oto_knn_indices", &model, X);
    OtoTensor *indices = oto_zeros_of(OTO_INT64, 2, (long long[]){X->rows, model.k});
    oto_name_axis(indices, 0, "example");
    oto_name_axis(indices, 1, "neighbour");
    oto_set_origin(indices, "neighbours", X);
    memcpy(indices->data, found.indices, (size_t)indices->size * sizeof *found.indices);
    free(found.indices);
    free(found.distances);
    return indices;
}

/* The class number with most votes; the lowest of equals. Neighbours at distance 0 outvote all others. */
static int64_t elect(const OtoKnn *model, const int64_t *classes, int64_t class_count, double *votes,
                     const int64_t *indices, const double *distances) {
    memset(votes, 0, (size_t)class_count * sizeof *votes);
    for (int i = 0; i < model->k; i++) {
        double vote = 1;
        if (model->distance_weights && distances[0] == 0)
            vote = distances[i] == 0;
        else if (model->distance_weights)
            vote = 1 / distances[i];
        votes[classes[indices[i]]] += vote;
    }
    int64_t best = 0;
    for (int64_t c = 1; c < class_count; c++)
        if (votes[c] > votes[best]) best = c;
    return best;
}

OtoTensor *oto_knn_predict(OtoKnn model, OtoTensor *X) {
    oto_need_whole_numbers("oto_knn_predict", "model.labels", model.labels, model.labels->size);
    struct search found = search("oto_knn_predict", &model, X);
    int64_t *classes = oto_whole_numbers("oto_knn_predict", model.labels), class_count;
    int64_t *names = oto_different("oto_knn_predict", classes, model.X->rows, &class_count);
    double *votes = oto_room("oto_knn_predict", class_count, sizeof *votes);
    OtoTensor *predicted = oto_per_example(X->rows, "nearest neighbours", X);
    for (int64_t i = 0; i < X->rows; i++)
        ((int64_t *)predicted->data)[i] = names[elect(&model, classes, class_count, votes, found.indices + i * model.k,
                                                      found.distances + i * model.k)];
    free(votes);
    free(names);
    free(classes);
    free(found.indices);
    free(found.distances);
    return predicted;
}
