/* Marks and annotations: from events and labels to lines and names over a picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/view.h"
#include "lib/tensor/error.h"

/* What the numbers of an event list count. Those that do not say so are frames when they are whole and know their hop,
 * as a list that went through a function of one's own, and otherwise s. */
static OtoQuantity unit_of(OtoTensor *events) {
    if (events->quantity == OTO_TIME || events->quantity == OTO_FRAMES || events->quantity == OTO_SAMPLES)
        return events->quantity;
    return events->type == OTO_INT64 ? OTO_FRAMES : OTO_TIME;
}

/* From the numbers of the list to s. */
static double seconds_each(OtoTensor *events) {
    switch (unit_of(events)) {
    case OTO_FRAMES:
        return events->framing.hop_length / events->sample_rate;
    case OTO_SAMPLES:
        return 1 / events->sample_rate;
    default:
        return 1;
    }
}

static void check_marks(OtoTensor *marks, const OtoAxis *axis) {
    oto_need("oto_show", ".marks", marks);
    if (marks->rank != 1 || marks->type == OTO_COMPLEX64)
        oto_refuse("oto_show", ".marks is %s %s, but must be a list (n) of moments", oto_type_name(marks->type),
                   oto_shape_quoted(marks));
    OtoQuantity unit = unit_of(marks);
    if (marks->quantity != OTO_PLAIN && marks->quantity != unit &&
        strcmp(oto_quantity_name(marks->quantity), axis->unit))
        oto_refuse("oto_show", ".marks holds %s, but the horizontal axis is in %s", oto_quantity_name(marks->quantity),
                   *axis->unit ? axis->unit : "no unit");
    if (unit == OTO_FRAMES && (marks->sample_rate <= 0 || marks->framing.hop_length <= 0))
        oto_refuse("oto_show", ".marks are frame numbers that know no hop and no sample rate; give moments in s, as "
                               "with .units = OTO_UNITS_TIME");
    if (unit == OTO_SAMPLES && marks->sample_rate <= 0)
        oto_refuse("oto_show", ".marks are sample numbers that know no sample rate; give moments in s, as with .units "
                               "= OTO_UNITS_TIME");
    bool moments = marks->type == OTO_INT64 || marks->quantity != OTO_PLAIN;
    if (moments && *axis->unit && strcmp(axis->unit, "s") && strcmp(axis->unit, oto_quantity_name(marks->quantity)))
        oto_refuse("oto_show", ".marks are moments, but the horizontal axis is in %s; leave them out", axis->unit);
}

static const char *what(int i) {
    static const char *const names[] = {"annotations[0]", "annotations[1]", "annotations[2]", "annotations[3]"};
    static_assert(sizeof names / sizeof *names == OTO_SHOW_ANNOTATIONS);
    return names[i];
}

static bool has_segments(const OtoLabels *labels) {
    return labels->kind == OTO_CHORDS || labels->kind == OTO_SECTIONS || labels->kind == OTO_KEYS;
}

void oto_view_check_events(const OtoShow *options, const OtoAxis *axis) {
    if (options->marks) check_marks(options->marks, axis);
    int strips = 0;
    for (int i = 0; i < OTO_SHOW_ANNOTATIONS && options->annotations[i]; i++) {
        OtoLabels *labels = options->annotations[i];
        oto_check_value("oto_show", what(i), labels, OTO_LABELS);
        if (*axis->unit && strcmp(axis->unit, "s"))
            oto_refuse("oto_show", ".annotations are at moments, but the horizontal axis is in %s; leave them out",
                       axis->unit);
        if (labels->kind == OTO_TAGS || labels->kind == OTO_NOTE_LABELS)
            oto_refuse("oto_show",
                       "%s is %s, which may sound at the same time; give onsets, beats, chords, sections or "
                       "keys, or show them by themselves",
                       what(i), oto_label_kind_name(labels->kind));
        strips += has_segments(labels);
        if (strips > 1)
            oto_refuse("oto_show",
                       "%s is %s, but there is room for one strip of names: only one of .annotations may be "
                       "chords, sections or keys",
                       what(i), oto_label_kind_name(labels->kind));
    }
}

/* Equal texts have equal colours; "N", no chord, is grey. */
static size_t colour_of(const struct oto_segment *segments, size_t count, const char *text) {
    enum { GREY = 6, COLOURS = 6 };
    if (!strcmp(text, "N") || !*text) return GREY;
    size_t different = 0;
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(segments[i].text, text)) return segments[i].colour;
        bool is_new = segments[i].colour != GREY;
        for (size_t j = 0; j < i && is_new; j++) is_new = strcmp(segments[i].text, segments[j].text) != 0;
        different += is_new;
    }
    return different % COLOURS;
}

void oto_view_segments(const OtoLabels *labels, struct oto_segment *segments) {
    for (int64_t i = 0; i < labels->count; i++) {
        const OtoLabel *label = &labels->labels[i];
        double end = label->duration > 0     ? label->time + label->duration
                     : i + 1 < labels->count ? labels->labels[i + 1].time
                                             : INFINITY;
        segments[i] = (struct oto_segment){label->time, end, label->text, colour_of(segments, (size_t)i, label->text)};
    }
}

void oto_view_moments(const OtoLabels *labels, struct oto_mark *marks) {
    for (int64_t i = 0; i < labels->count; i++)
        marks[i] = (struct oto_mark){labels->labels[i].time, labels->kind == OTO_BEATS && labels->labels[i].value == 1};
}

void oto_view_marks(struct oto_frame *frame, const OtoShow *options) {
    OtoTensor *events = options->marks;
    size_t marks = events ? (size_t)events->size : 0, segments = 0;
    for (int i = 0; i < OTO_SHOW_ANNOTATIONS && options->annotations[i]; i++)
        *(has_segments(options->annotations[i]) ? &segments : &marks) += (size_t)options->annotations[i]->count;
    struct oto_mark *mark = malloc((marks + 1) * sizeof *mark);
    struct oto_segment *segment = malloc((segments + 1) * sizeof *segment);
    if (!mark || !segment) {
        free(mark);
        free(segment);
        oto_refuse("oto_show", "no memory is left for %zu marks", marks + segments);
    }
    frame->marks = mark;
    frame->segments = segment;
    frame->mark_count = marks;
    frame->segment_count = segments;
    for (int64_t i = 0; events && i < events->size; i++) {
        double number = events->type == OTO_INT64 ? (double)((const int64_t *)events->data)[i]
                                                  : (double)((const float *)events->data)[i];
        *mark++ = (struct oto_mark){.at = number * seconds_each(events)};
    }
    for (int i = 0; i < OTO_SHOW_ANNOTATIONS && options->annotations[i]; i++)
        if (has_segments(options->annotations[i]))
            oto_view_segments(options->annotations[i], segment);
        else {
            oto_view_moments(options->annotations[i], mark);
            mark += options->annotations[i]->count;
        }
}

void oto_view_marks_free(struct oto_frame *frame) {
    free((struct oto_mark *)(size_t)frame->marks);
    free((struct oto_segment *)(size_t)frame->segments);
    frame->marks = NULL;
    frame->segments = NULL;
    frame->mark_count = frame->segment_count = 0;
}
