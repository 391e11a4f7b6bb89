/* A piano roll: time to the right, pitch upwards, a bar for each note; darker where louder, a colour for each part. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/script.h"

/* The colour at a loudness: mixed with white where soft, never quite white. */
static unsigned shade(int part, double loudness) {
    return oto_script_tint((size_t)(part < 0 ? 0 : part), 0.35 + 0.65 * fmin(fmax(loudness, 0), 1));
}

static void write_pitch_axis(FILE *out, int low, int high, int height) {
    fprintf(out, "set yrange [%g:%g]\n", low - 0.5, high + 0.5);
    oto_ticks_write_keys(out, low, high, (double)height / (high - low + 1));
    fputs("unset grid\nset grid xtics linecolor '#e4e4e4' linetype 1 linewidth 0.6\n", out);
    for (int pitch = low; pitch <= high; pitch++) {
        if (oto_is_black_key(pitch))
            fprintf(out,
                    "set object rectangle from graph 0, first %g to graph 1, first %g behind fillcolor '#f1f1f1' "
                    "fillstyle solid noborder\n",
                    pitch - 0.5, pitch + 0.5);
        if (pitch % 12 == 0)
            fprintf(out, "set arrow from graph 0, first %g to graph 1, first %g nohead back linecolor '#d0d0d0'\n",
                    pitch - 0.5, pitch - 0.5);
    }
}

unsigned char *oto_figure_roll(const struct oto_frame *frame, const struct oto_bar *bars, size_t count, size_t *size,
                               char **why) {
    struct oto_frame labelled = *frame;
    if (!labelled.x_label) labelled.x_label = "time (s)";
    if (!labelled.y_label) labelled.y_label = "pitch";
    struct oto_script script;
    if (!oto_script_begin(&script, &labelled, 860, 320)) return oto_script_draw(&script, size, why);
    FILE *out = script.out;
    double low = 127, high = 0, end = 0;
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, bars[i].pitch);
        high = fmax(high, bars[i].pitch);
        end = fmax(end, bars[i].onset + bars[i].duration);
    }
    if (count == 0) low = 60, high = 72;
    int lowest = (int)floor(low) - 2, highest = (int)ceil(high) + 2;
    while (highest - lowest < 12) lowest--, highest++; /* an octave at least, or a bar is as high as the picture */
    if (lowest < 0) lowest = 0;
    write_pitch_axis(out, lowest, highest, script.height - 90);
    oto_script_marks(out, frame, 1, OTO_ON_WHITE);
    oto_script_segments(out, frame, OTO_EDGE_ON_WHITE, 1, 0, end > 0 ? end : 1, script.width - OTO_SCRIPT_MARGIN,
                        script.height - 80);
    fprintf(out, "set xrange [0:%.9g]\nset style fill solid 1.0 border linecolor '#ffffff'\n", end > 0 ? end : 1);
    fprintf(out,
            "plot '-' binary record=(%zu) format='%%float64%%float64%%float64%%float64%%float64%%float64%%float64' "
            "using 1:2:3:4:5:6:7 with boxxyerror linecolor rgb variable linewidth 0.4 notitle\n",
            count ? count : 1);
    const double nothing[7] = {-1, -1, -1, -1, -1, -1, 0};
    const double least = end / script.width * 2; /* a note of no length is still seen */
    for (size_t i = 0; i < count; i++) {
        double until = bars[i].onset + fmax(bars[i].duration, least);
        double values[] = {bars[i].onset, bars[i].pitch, bars[i].onset, until};
        double edges[] = {bars[i].pitch - 0.42, bars[i].pitch + 0.42, (double)shade(bars[i].part, bars[i].loudness)};
        fwrite(values, sizeof values, 1, out);
        fwrite(edges, sizeof edges, 1, out);
    }
    if (count == 0) fwrite(nothing, sizeof nothing, 1, out);
    return oto_script_draw(&script, size, why);
}
