#include "lib/learn/linear.h"
#include "lib/learn/linear_model.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

OtoLinear oto_linear_begin(const char *operation, OtoLinearKind kind, OtoTensor *X, OtoTensor *labels,
                           struct oto_training *training) {
    oto_need_examples(operation, "X", X, 0);
    *training = (struct oto_training){.X = X->data, .n = X->rows, .d = X->cols};
    oto_need_whole_numbers(operation, "labels", labels, X->rows);
    training->labels = oto_whole_numbers(operation, labels);
    int64_t *names = oto_different(operation, training->labels, X->rows, &training->classes);
    if (training->classes < 2) {
        int64_t only = names[0];
        free(names);
        free(training->labels);
        oto_refuse(operation, "all labels are %" PRId64 "; there must be at least two classes", only);
    }
    training->planes = training->classes == 2 ? 1 : training->classes;
    OtoLinear model = {.kind = kind,
                       .classes = oto_from_int64s(names, 1, (long long[]){training->classes}),
                       .weights = oto_zeros(training->planes, X->cols),
                       .bias = oto_zeros(training->planes)};
    free(names);
    oto_name_axis(model.classes, 0, "class");
    oto_name_axis(model.weights, 0, "class");
    oto_axis_copy(model.weights, 1, X, 1);
    oto_name_axis(model.bias, 0, "class");
    oto_set_origin(model.weights, "weights", X);
    return model;
}

void oto_linear_set(OtoLinear *model, int64_t plane, const double *weights, double bias) {
    int64_t d = model->weights->cols;
    for (int64_t j = 0; j < d; j++) ((float *)model->weights->data)[plane * d + j] = (float)weights[j];
    ((float *)model->bias->data)[plane] = (float)bias;
}

static void check_model(const char *operation, const OtoLinear *model, OtoTensor *X) {
    oto_need(operation, "model.classes", model->classes);
    oto_need_float(operation, "model.weights", model->weights);
    oto_need_float(operation, "model.bias", model->bias);
    oto_need_examples(operation, "X", X, model->weights->cols);
}

static double score(const OtoLinear *model, const float *x, int64_t plane) {
    int64_t d = model->weights->cols;
    const float *w = (float *)model->weights->data + plane * d;
    double sum = (double)((float *)model->bias->data)[plane];
    for (int64_t j = 0; j < d; j++) sum += (double)w[j] * (double)x[j];
    return sum;
}

OtoTensor *oto_linear_scores(OtoLinear model, OtoTensor *X) {
    check_model("oto_linear_scores", &model, X);
    int64_t planes = model.weights->rows;
    OtoTensor *scores = planes == 1 ? oto_zeros(X->rows) : oto_zeros(X->rows, planes);
    oto_axis_copy(scores, 0, X, 0);
    if (planes > 1) oto_axis_copy(scores, 1, model.classes, 0);
    oto_set_origin(scores, "scores", X);
    for (int64_t i = 0; i < X->rows; i++)
        for (int64_t plane = 0; plane < planes; plane++)
            ((float *)scores->data)[i * planes + plane] = (float)score(&model, (float *)X->data + i * X->cols, plane);
    return scores;
}

OtoTensor *oto_linear_predict(OtoLinear model, OtoTensor *X) {
    check_model("oto_linear_predict", &model, X);
    int64_t planes = model.weights->rows;
    const int64_t *classes = model.classes->data;
    OtoTensor *predicted = oto_per_example(X->rows, "classes", X);
    for (int64_t i = 0; i < X->rows; i++) {
        const float *x = (float *)X->data + i * X->cols;
        int64_t best = 0;
        double highest = score(&model, x, 0);
        if (planes == 1) best = highest > 0;
        for (int64_t plane = 1; plane < planes; plane++) {
            double s = score(&model, x, plane);
            if (s > highest) best = plane, highest = s;
        }
        ((int64_t *)predicted->data)[i] = classes[best];
    }
    return predicted;
}

OtoTensor *oto_linear_probabilities(OtoLinear model, OtoTensor *X) {
    const char *me = "oto_linear_probabilities";
    check_model(me, &model, X);
    if (model.kind != OTO_LOGISTIC)
        oto_refuse(me, "the model is a support vector machine, whose scores are no probabilities; use oto_logistic");
    int64_t count = model.classes->size;
    OtoTensor *p = oto_zeros(X->rows, count);
    oto_axis_copy(p, 0, X, 0);
    oto_axis_copy(p, 1, model.classes, 0);
    oto_set_origin(p, "probabilities", X);
    for (int64_t i = 0; i < X->rows; i++) {
        const float *x = (float *)X->data + i * X->cols;
        float *row = (float *)p->data + i * count;
        if (count == 2) {
            double second = 1 / (1 + exp(-score(&model, x, 0)));
            row[0] = (float)(1 - second);
            row[1] = (float)second;
            continue;
        }
        double highest = -INFINITY, sum = 0;
        for (int64_t c = 0; c < count; c++) highest = fmax(highest, score(&model, x, c));
        for (int64_t c = 0; c < count; c++) sum += exp(score(&model, x, c) - highest);
        for (int64_t c = 0; c < count; c++) row[c] = (float)(exp(score(&model, x, c) - highest) / sum);
    }
    return p;
}
