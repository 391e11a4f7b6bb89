#include "lib/labels/labels.h"
#include "lib/music/key.h"
#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 12, SECONDS_MAX = 1000000, CLASSES = 12 };

static const char *const kind_names[] = {
    [OTO_ANY_LABELS] = "labels", [OTO_ONSETS] = "onsets",     [OTO_BEATS] = "beats", [OTO_CHORDS] = "chords",
    [OTO_SECTIONS] = "sections", [OTO_NOTE_LABELS] = "notes", [OTO_KEYS] = "keys",   [OTO_TAGS] = "tags",
};

const char *oto_label_kind_name(OtoLabelKind kind) {
    oto_check_range("oto_label_kind_name", "kind", kind, OTO_ANY_LABELS, OTO_TAGS);
    return kind_names[kind];
}

static void release(void *value) {
    OtoLabels *labels = value;
    for (int64_t i = 0; labels->labels && i < labels->count; i++) free((char *)(size_t)labels->labels[i].text);
    free(labels->labels);
    free(labels->origin);
}

static void check_label(OtoLabelKind kind, const OtoLabel *label, int64_t i) {
    if (!(label->time >= 0 && label->time <= SECONDS_MAX))
        oto_refuse("oto_labels", "label %" PRId64 " has %g as its time (seconds, from 0)", i, label->time);
    if (!(label->duration >= 0 && label->duration <= SECONDS_MAX))
        oto_refuse("oto_labels", "label %" PRId64 " has %g as its duration (seconds, from 0)", i, label->duration);
    if (!isfinite(label->value) || !isfinite(label->confidence))
        oto_refuse("oto_labels", "label %" PRId64 " has a value or confidence that is no number", i);
    if (kind == OTO_NOTE_LABELS && !(label->value >= 0 && label->value <= 127))
        oto_refuse("oto_labels", "label %" PRId64 " has %g as its pitch (MIDI number, 0 to 127)", i, label->value);
    if (kind == OTO_CHORDS) (void)oto_chord(label->text ? label->text : "");
    if (kind == OTO_KEYS && label->text && strcmp(label->text, "N") != 0) (void)oto_key(label->text);
}

static int by_time(const void *a, const void *b) {
    const OtoLabel *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

OtoLabels *oto_labels_from(OtoLabelKind kind, const OtoLabel *labels, int64_t count) {
    oto_check_range("oto_labels", "kind", kind, OTO_ONSETS, OTO_TAGS);
    if (count < 0 || count > INT32_MAX) oto_refuse("oto_labels", "%" PRId64 " is not a number of labels", count);
    size_t bytes = (size_t)count * sizeof *labels;
    if (count > 0) oto_check_buffer("oto_labels", "labels", labels, bytes);
    for (int64_t i = 0; i < count; i++) check_label(kind, &labels[i], i);
    OtoLabels *list = oto_value_new(OTO_LABELS, sizeof *list, release);
    list->kind = kind;
    list->labels = calloc((size_t)count + 1, sizeof *list->labels);
    if (!list->labels) oto_refuse("oto_labels", "no memory for %" PRId64 " labels", count);
    for (; list->count < count; list->count++) {
        OtoLabel *label = &list->labels[list->count];
        *label = labels[list->count];
        label->text = strdup(label->text ? label->text : "");
        if (!label->text) oto_refuse("oto_labels", "no memory for %" PRId64 " labels", count);
        bytes += strlen(label->text) + 1;
    }
    if (count > 0) qsort(list->labels, (size_t)count, sizeof *list->labels, by_time);
    oto_value_owns(list, (int64_t)bytes);
    return list;
}

static void need(const char *operation, OtoLabels *labels) {
    oto_check_value(operation, "labels", labels, OTO_LABELS);
}

/* Room for labels on their way to oto_labels_from, in the scope's keeping. */
static OtoLabel *room(const char *operation, int64_t count) {
    OtoLabel *labels = calloc((size_t)count + 1, sizeof *labels);
    if (!labels) oto_refuse(operation, "no memory for %" PRId64 " labels", count);
    return oto_hold(labels, free);
}

OtoLabels *oto_labels_from_times(OtoLabelKind kind, OtoTensor *times) {
    oto_need_float("oto_labels_from_times", "times", times);
    bool intervals = times->rank == 2 && times->cols == 2;
    if (times->rank != 1 && !intervals)
        oto_refuse("oto_labels_from_times", "times is %s, but must be (label), or (label, 2): starts and ends",
                   oto_shape_quoted(times));
    int64_t count = times->shape[0];
    const float *numbers = times->data;
    OtoLabels *list = NULL;
    oto_scope {
        OtoLabel *labels = room("oto_labels_from_times", count);
        for (int64_t i = 0; i < count; i++)
            labels[i] = intervals ? (OtoLabel){.time = numbers[2 * i], .duration = numbers[2 * i + 1] - numbers[2 * i]}
                                  : (OtoLabel){.time = numbers[i]};
        list = oto_keep(oto_labels_from(kind, labels, count));
    }
    if (times->origin) list->origin = strdup(times->origin);
    return list;
}

OtoLabels *oto_labels_from_notes(OtoNotes *notes) {
    oto_check_value("oto_labels_from_notes", "notes", notes, OTO_NOTES);
    OtoLabels *list = NULL;
    oto_scope {
        OtoLabel *labels = room("oto_labels_from_notes", notes->count);
        for (int64_t i = 0; i < notes->count; i++)
            labels[i] = (OtoLabel){
                .time = notes->notes[i].onset, .duration = notes->notes[i].duration, .value = notes->notes[i].pitch};
        list = oto_keep(oto_labels_from(OTO_NOTE_LABELS, labels, notes->count));
    }
    if (notes->origin) list->origin = strdup(notes->origin);
    return list;
}

OtoTensor *oto_label_times(OtoLabels *labels) {
    need("oto_label_times", labels);
    OtoTensor *times = oto_zeros(labels->count);
    oto_name_axis(times, 0, "label");
    times->quantity = OTO_TIME;
    for (int64_t i = 0; i < labels->count; i++) ((float *)times->data)[i] = (float)labels->labels[i].time;
    if (labels->origin) oto_set_origin(times, labels->origin, NULL);
    return times;
}

OtoTensor *oto_label_intervals(OtoLabels *labels) {
    need("oto_label_intervals", labels);
    OtoTensor *intervals = oto_zeros(labels->count, 2);
    oto_name_axis(intervals, 0, "label");
    oto_name_axis(intervals, 1, "start, end");
    intervals->quantity = OTO_TIME;
    float *at = intervals->data;
    for (int64_t i = 0; i < labels->count; i++) {
        *at++ = (float)labels->labels[i].time;
        *at++ = (float)(labels->labels[i].time + labels->labels[i].duration);
    }
    if (labels->origin) oto_set_origin(intervals, labels->origin, NULL);
    return intervals;
}

static void need_kind(const char *operation, OtoLabels *labels, OtoLabelKind kind) {
    need(operation, labels);
    if (labels->kind != kind)
        oto_refuse(operation, "labels are %s, but must be %s", kind_names[labels->kind], kind_names[kind]);
}

OtoNotes *oto_label_notes(OtoLabels *labels) {
    need_kind("oto_label_notes", labels, OTO_NOTE_LABELS);
    OtoNotes *list = NULL;
    oto_scope {
        OtoNote *notes = calloc((size_t)labels->count + 1, sizeof *notes);
        if (!notes) oto_refuse("oto_label_notes", "no memory for %" PRId64 " notes", labels->count);
        oto_hold(notes, free);
        for (int64_t i = 0; i < labels->count; i++)
            notes[i] = (OtoNote){.onset = labels->labels[i].time,
                                 .duration = labels->labels[i].duration,
                                 .pitch = labels->labels[i].value};
        list = oto_keep(oto_notes_from(notes, labels->count));
    }
    if (labels->origin) list->origin = strdup(labels->origin);
    return list;
}

const OtoLabel *oto_label_at(OtoLabels *labels, double seconds) {
    need("oto_label_at", labels);
    for (int64_t i = labels->count - 1; i >= 0; i--) {
        const OtoLabel *label = &labels->labels[i];
        if (label->time <= seconds && seconds < label->time + label->duration) return label;
    }
    return NULL;
}

static double end_of(const OtoLabels *labels) {
    double end = 0;
    for (int64_t i = 0; i < labels->count; i++) end = fmax(end, labels->labels[i].time + labels->labels[i].duration);
    return end;
}

OtoTensor *(oto_chord_roll)(OtoLabels *labels, OtoChordRoll options) {
    need_kind("oto_chord_roll", labels, OTO_CHORDS);
    oto_check_range("oto_chord_roll", "frame_rate", options.frame_rate, 0.01, 1e4);
    int64_t frames = (int64_t)ceil(end_of(labels) * options.frame_rate);
    OtoTensor *roll = oto_zeros(CLASSES, frames);
    oto_name_axis(roll, 0, "pitch class");
    oto_name_axis(roll, 1, "time", .unit = "s", .step = 1 / options.frame_rate);
    for (int64_t i = 0; i < labels->count; i++) {
        const OtoLabel *label = &labels->labels[i];
        OtoChord chord = oto_chord(label->text);
        int64_t from = (int64_t)ceil(label->time * options.frame_rate);
        int64_t to = (int64_t)ceil((label->time + label->duration) * options.frame_rate);
        for (int class = 0; class < CLASSES; class ++)
            for (int64_t t = from; t < to && t < frames; t++)
                ((float *)roll->data)[class * frames + t] = chord.notes[class];
    }
    if (labels->origin) oto_set_origin(roll, labels->origin, NULL);
    oto_set_origin(roll, "chords", roll);
    return roll;
}

static char *text_of(const char *operation, OtoLabels *labels, bool table) {
    need(operation, labels);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) oto_refuse(operation, "no memory for a text");
    fprintf(to, "%" PRId64 " %s", labels->count, kind_names[labels->kind]);
    if (labels->count > 0) fprintf(to, ", %.4g to %.4g s", labels->labels[0].time, end_of(labels));
    if (labels->origin) fprintf(to, ", from %s", labels->origin);
    if (table) {
        fprintf(to, "\n      time s  duration s  label\n");
        for (int64_t i = 0; i < labels->count && i < LINES_MAX; i++) {
            const OtoLabel *label = &labels->labels[i];
            fprintf(to, "%12.3f%12.3f  ", label->time, label->duration);
            if (labels->kind == OTO_NOTE_LABELS)
                fprintf(to, "%s\n", oto_midi_to_note(label->value));
            else if (labels->kind == OTO_BEATS && label->value > 0)
                fprintf(to, "%g\n", label->value);
            else
                fprintf(to, "%s\n", label->text);
        }
        if (labels->count > LINES_MAX) fprintf(to, "    ... and %" PRId64 " more\n", labels->count - LINES_MAX);
    }
    if (fclose(to) != 0) oto_refuse(operation, "no memory for a text");
    return text;
}

char *oto_labels_describe(OtoLabels *labels) {
    return text_of("oto_labels_describe", labels, false);
}
char *oto_labels_text(OtoLabels *labels) {
    return text_of("oto_labels_text", labels, true);
}

void oto_labels_print(OtoLabels *labels) {
    char *text = oto_labels_text(labels);
    fputs(text, stdout);
    free(text);
}
