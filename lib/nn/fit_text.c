/* A training as text and as a picture. */
#include "lib/nn/curves_picture.h"
#include "lib/nn/fit.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES_MOST = 16 };

/* "epoch 9: validation loss 0.231, accuracy 0.94" */
static void write_epoch(FILE *out, const OtoFit *fit, int64_t number, const OtoEpoch *e) {
    fprintf(out, "epoch %" PRId64 ": loss %.4g", number, e->loss);
    if (isfinite(e->validation)) fprintf(out, ", validation %.4g", e->validation);
    if (fit->metric) fprintf(out, ", %s %.4g", fit->metric, e->metric);
    fprintf(out, ", lr %.3g, %.1f s\n", e->lr, e->seconds);
}

char *oto_fit_text(OtoFit *fit) {
    oto_check_value("oto_fit_text", "fit", fit, OTO_FIT);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse("oto_fit_text", "no memory for a text");
    fprintf(out, "training of %" PRId64 " epoch%s, %" PRId64 " steps, %.1f s: %s\n", fit->epochs,
            fit->epochs == 1 ? "" : "s", fit->steps, fit->seconds, fit->stopped);
    if (fit->best_epoch) {
        fprintf(out, "best: ");
        write_epoch(out, fit, fit->best_epoch, &fit->best);
        if (fit->restored || fit->best_epoch == fit->epochs) fprintf(out, "the net has its numbers\n");
    }
    int64_t every = (fit->epochs + LINES_MOST - 1) / LINES_MOST;
    for (int64_t i = 0; i < fit->epochs; i++)
        if ((i + 1) % every == 0 || i == 0 || i == fit->epochs - 1) write_epoch(out, fit, i + 1, &fit->history[i]);
    if (fclose(out) != 0) oto_refuse("oto_fit_text", "no memory for a text");
    return text;
}

/* The history's curves over the epochs. */
static unsigned char *picture_of(const OtoFit *fit, size_t *size, char **why) {
    size_t count = (size_t)fit->epochs;
    float *values = malloc(OTO_CURVES * (count + 1) * sizeof *values);
    if (!values) oto_refuse("oto_show", "no memory for the curves of %zu epochs", count);
    for (size_t i = 0; i < count; i++) {
        const OtoEpoch *e = &fit->history[i];
        const double numbers[OTO_CURVES] = {e->loss, e->validation, e->metric, e->lr};
        for (size_t c = 0; c < OTO_CURVES; c++) values[c * count + i] = (float)numbers[c];
    }
    const char *const labels[] = {"training", "validation", fit->metric ? fit->metric : "metric", "learning rate"};
    struct oto_line lines[OTO_CURVES];
    for (size_t c = 0; c < OTO_CURVES; c++) {
        bool known = count > 0 && (c == OTO_CURVE_METRIC ? fit->metric != NULL : isfinite(values[c * count]));
        lines[c] = (struct oto_line){
            .label = labels[c], .y = values + c * count, .start = 1, .step = 1, .count = known ? count : 0};
    }
    unsigned char *png = oto_curves_picture(lines, "epoch", size, why);
    free(values);
    return png;
}

void oto_fit_view(struct oto_bundle *bundle, OtoFit *fit) {
    bundle->text = oto_fit_text(fit);
    if (fit->epochs < 2 || oto_show_is_blind()) return;
    char *why = NULL;
    bundle->png = picture_of(fit, &bundle->png_size, &why);
    free(why); /* without gnuplot the text is enough */
}
