/* curves: a training as it goes, in one output that is drawn again and again: the loss, the validation's loss, a metric
 * and the learning rate as curves, below a bar with steps a second and the time that is left.
 *
 *     OtoCurves *curves = oto_curves_begin(steps, .metric = "accuracy");
 *     for (int i = 0; i < steps; i++) {
 *         ...
 *         oto_curves_add(curves, .loss = loss, .lr = oto_lr(adam));          one step further
 *         if (i % 100 == 99) oto_curves_add(curves, .steps = 0, .validation = v, .metric = accuracy);
 *     }
 *
 * oto_fit draws them by itself. Drawing takes at most a twentieth of the time, and the memory does not grow: of a long
 * training, a point of the curve is the mean of several steps. A training that is interrupted leaves its curves so far.
 * In a program without a notebook each tenth of the way prints a line, and the end writes the picture to a file.
 */
#ifndef OTO_NN_CURVES_H
#define OTO_NN_CURVES_H

#include "../show/progress.h"
#include "../tensor/options.h"

typedef struct OtoCurves OtoCurves;

/* total: steps, or OTO_UNKNOWN. Lives until the innermost scope ends. */
typedef struct OtoCurvesOptions {
    const char *label;  /* before the numbers: "training"; must outlive the curves */
    const char *unit;   /* of the horizontal axis: "step" */
    const char *metric; /* name of the metric: "metric" */
} OtoCurvesOptions;
OtoCurves *oto_curves_begin(int64_t total, OtoCurvesOptions options);
#define oto_curves_begin(total, ...)                                                                                   \
    oto_curves_begin(                                                                                                  \
        total, OTO_OPTIONS(OtoCurvesOptions, (.label = "training", .unit = "step", .metric = "metric"), __VA_ARGS__))

/* What is known after so many steps more; what is left out is not known here. A number that is not finite is a gap in
 * its curve. */
typedef struct OtoCurvesPoint {
    int64_t steps;
    double loss, validation, metric, lr;
} OtoCurvesPoint;
void oto_curves_add(OtoCurves *curves, OtoCurvesPoint point);
#define oto_curves_add(curves, ...)                                                                                    \
    oto_curves_add(curves, OTO_OPTIONS(OtoCurvesPoint,                                                                 \
                                       (.steps = 1, .loss = __builtin_nan(""), .validation = __builtin_nan(""),        \
                                        .metric = __builtin_nan(""), .lr = __builtin_nan("")),                         \
                                       __VA_ARGS__))

/* The training is over, before all steps were made too; the picture is drawn a last time. Of a training that made all
 * its steps, later points (a last validation) still belong to the picture when this is called after them. */
void oto_curves_end(OtoCurves *curves);

#endif
