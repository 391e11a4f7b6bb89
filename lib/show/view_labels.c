/* Labels by themselves: chords, sections and keys as a strip of names, tags as rows, beats and onsets as lines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/view.h"
#include "lib/tensor/error.h"

enum { LANES_MOST = 24 };

bool oto_view_has_picture(const OtoLabels *labels) {
    if (labels->kind != OTO_TAGS) return labels->count > 0;
    bool heard = false;
    for (int64_t i = 0; i < labels->count; i++) heard |= labels->labels[i].duration > 0;
    return heard;
}

/* A row for each different tag that is heard at some time. Returns their number. */
static size_t lanes_of(const OtoLabels *labels, struct oto_segment *segments, size_t *segment_count,
                       const char **names) {
    size_t lanes = 0, count = 0;
    for (int64_t i = 0; i < labels->count; i++) {
        const OtoLabel *label = &labels->labels[i];
        if (!(label->duration > 0)) continue;
        size_t lane = 0;
        while (lane < lanes && strcmp(names[lane], label->text)) lane++;
        if (lane == LANES_MOST) continue;
        if (lane == lanes) names[lanes++] = label->text;
        segments[count++] = (struct oto_segment){label->time, label->time + label->duration, label->text, lane};
    }
    *segment_count = count;
    return lanes;
}

static double end_of(const OtoLabels *labels) {
    double end = 0;
    for (int64_t i = 0; i < labels->count; i++) end = fmax(end, labels->labels[i].time + labels->labels[i].duration);
    const OtoLabel *last = &labels->labels[labels->count - 1];
    return last->duration > 0 ? end : end * 1.02; /* a moment stands before the end of the axis */
}

void oto_view_labels(struct oto_bundle *bundle, OtoLabels *labels, const OtoShow *options) {
    struct oto_frame frame = {.title = options->title ? options->title : labels->origin,
                              .x_label = options->x_label,
                              .y_label = options->y_label,
                              .width = options->width,
                              .height = options->height,
                              .area = &bundle->area};
    struct oto_segment *segments = malloc(((size_t)labels->count + 1) * sizeof *segments);
    struct oto_mark *marks = malloc(((size_t)labels->count + 1) * sizeof *marks);
    if (!segments || !marks) {
        free(segments);
        free(marks);
        oto_refuse("oto_show", "no memory is left for %lld labels", (long long)labels->count);
    }
    const char *lanes[LANES_MOST];
    size_t lane_count = 0;
    if (labels->kind == OTO_TAGS)
        lane_count = lanes_of(labels, segments, &frame.segment_count, lanes);
    else if (labels->kind == OTO_ONSETS || labels->kind == OTO_BEATS) {
        oto_view_moments(labels, marks);
        frame.mark_count = (size_t)labels->count;
    } else {
        oto_view_segments(labels, segments);
        frame.segment_count = (size_t)labels->count;
    }
    frame.segments = segments;
    frame.marks = marks;
    size_t size;
    char *why;
    unsigned char *png = oto_figure_labels(&frame, lane_count ? lanes : NULL, lane_count, end_of(labels), &size, &why);
    oto_view_marks_free(&frame);
    oto_view_take_png(bundle, png, size, why);
}
