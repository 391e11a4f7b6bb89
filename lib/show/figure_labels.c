/* Labels by themselves: named segments in one row or several, moments as lines. */
#include <stdio.h>

#include "lib/show/script.h"

enum { AROUND = 75, LANE_HEIGHT = 24, ONE_LANE = 45 /* pixels */ };

static void write_lanes(FILE *out, const struct oto_frame *frame, const char *const *lanes, size_t count, double end,
                        int wide) {
    fprintf(out, "set yrange [%zu.5:-0.5]\nset ytics (", count - 1);
    for (size_t lane = 0; lane < count; lane++) {
        fputs(lane ? ", " : "", out);
        oto_script_string(out, lanes[lane]);
        fprintf(out, " %zu", lane);
    }
    fputs(")\n", out);
    for (size_t i = 0; i < frame->segment_count; i++) {
        struct oto_segment segment = frame->segments[i];
        segment.text = NULL;
        char bottom[40], top[40];
        snprintf(bottom, sizeof bottom, "first %.2f", (double)segment.colour + 0.4);
        snprintf(top, sizeof top, "first %.2f", (double)segment.colour - 0.4);
        oto_script_segment(out, &segment, 1, 0, end, wide, bottom, bottom, top);
    }
}

unsigned char *oto_figure_labels(const struct oto_frame *frame, const char *const *lanes, size_t lane_count, double end,
                                 size_t *size, char **why) {
    struct oto_frame labelled = *frame;
    if (!labelled.x_label) labelled.x_label = "time (s)";
    labelled.segment_count = 0; /* they are the plot, not a strip above it */
    struct oto_script script;
    int height = AROUND + (lanes ? (int)lane_count * LANE_HEIGHT : ONE_LANE);
    if (!oto_script_begin(&script, &labelled, 860, height)) return oto_script_draw(&script, size, why);
    FILE *out = script.out;
    int wide = script.width - OTO_SCRIPT_MARGIN / 2;
    fprintf(out, "set xrange [0:%.17g]\nset tics out\nunset grid\n", end > 0 ? end : 1);
    if (lanes)
        write_lanes(out, frame, lanes, lane_count, end, wide);
    else {
        fputs("set yrange [0:1]\nunset ytics\n", out);
        for (size_t i = 0; i < frame->segment_count; i++)
            oto_script_segment(out, &frame->segments[i], 1, 0, end, wide, "graph 0", "graph 0.5", "graph 1");
    }
    oto_script_marks(out, &labelled, 1, oto_script_colour(1));
    fputs("plot -1e9 notitle\n", out);
    return oto_script_draw(&script, size, why);
}
