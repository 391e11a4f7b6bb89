/* curves_picture: the picture of a training, while it goes (curves.c) and afterwards (fit_text.c). */
#ifndef OTO_NN_CURVES_PICTURE_H
#define OTO_NN_CURVES_PICTURE_H

#include "lib/show/figure.h"

enum oto_curve { OTO_CURVE_LOSS, OTO_CURVE_VALIDATION, OTO_CURVE_METRIC, OTO_CURVE_LR, OTO_CURVES };

/* A panel with the losses; beside it the metric, when there is one, called as its line is, and the learning rate, when
 * it changes. A line without points is left out. As in figure.h. */
unsigned char *oto_curves_picture(const struct oto_line lines[OTO_CURVES], const char *x_label, size_t *size,
                                  char **why);

#endif
