/* Histograms: how often values occur. */
#include <stdlib.h>

#include "lib/show/bins.h"
#include "lib/show/script.h"

static struct oto_bins range_of(const struct oto_sample *samples, size_t count) {
    struct oto_bins range = oto_bins_none;
    for (size_t s = 0; s < count; s++) range = oto_bins_widened(range, samples[s].values, samples[s].count);
    return oto_bins_with_room(range);
}

unsigned char *oto_figure_histogram(const struct oto_frame *frame, const struct oto_sample *samples, size_t count,
                                    size_t bins, size_t *size, char **why) {
    struct oto_frame labelled = *frame;
    if (!labelled.y_label) labelled.y_label = "count";
    struct oto_script script;
    size_t *counts = calloc(count * bins, sizeof *counts);
    if (!oto_script_begin(&script, &labelled, 640, 300) || !counts) {
        if (script.out) fclose(script.out);
        script.out = NULL;
        free(counts);
        return oto_script_draw(&script, size, why);
    }
    FILE *out = script.out;
    struct oto_bins range = range_of(samples, count);
    size_t most = 1;
    for (size_t s = 0; s < count; s++) {
        size_t here = oto_bins_count(samples[s].values, samples[s].count, range, bins, counts + s * bins);
        if (here > most) most = here;
    }
    double width = (range.high - range.low) / (double)bins;
    fprintf(out, "set xrange [%.17g:%.17g]\nset yrange [0:%.9g]\nset boxwidth %.17g\n", range.low, range.high,
            (double)most * 1.06, width);
    struct oto_key key = {};
    for (size_t s = 0; s < count; s++) oto_script_key_add(&key, samples[s].label);
    oto_script_key_place(&script, frame, key);
    fputs("plot ", out);
    for (size_t s = 0; s < count; s++) {
        fprintf(out,
                "%s'-' binary record=(%zu) format='%%float64%%float64' using 1:2 with boxes linecolor '%s' "
                "fillstyle transparent solid %s border linecolor '%s' ",
                s ? ", " : "", bins, oto_script_colour(s), count > 1 ? "0.45" : "0.85",
                count > 1 ? oto_script_colour(s) : "#ffffff");
        if (samples[s].label && *samples[s].label) {
            fputs("title ", out);
            oto_script_string(out, samples[s].label);
        } else
            fputs("notitle", out);
    }
    fputc('\n', out);
    for (size_t s = 0; s < count; s++)
        for (size_t bin = 0; bin < bins; bin++) {
            double values[] = {range.low + ((double)bin + 0.5) * width, (double)counts[s * bins + bin]};
            fwrite(values, sizeof values, 1, out);
        }
    free(counts);
    return oto_script_draw(&script, size, why);
}
