/* Checks of what was heard: onsets, beats, notes, chords, melodies, sources. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/observe.h"
#include "lib/tensor/error.h"

#undef oto_check_notes
#undef oto_check_chords
#undef oto_check_melody
#undef oto_check_separation

/* A misspelt metric would be found by nobody's answer. */
static void need_metric(const char *operation, const char *metric, const char *known) {
    size_t length = metric ? strlen(metric) : 0;
    for (const char *at = known; metric; at += strspn(at, ", ")) {
        size_t word = strcspn(at, ",");
        if (word == 0) oto_refuse(operation, ".metric is \"%.40s\"; there are %s", metric, known);
        if (word == length && !memcmp(at, metric, word)) return;
        at += word;
    }
}

static void check_times(const char *operation, enum oto_check_kind kind, const char *name, const void *times,
                        int64_t count, OtoElement element, const OtoCheck *options) {
    struct oto_observed observed = oto_observe_begin(operation, kind, name, oto_element_type(element), options);
    if (element != OTO_ELEMENT_FLOAT && element != OTO_ELEMENT_DOUBLE)
        oto_refuse(operation, "times must be float or double, in s");
    oto_observe_elements(&observed, times, count, element);
}

void oto_check_onset_times(const char *name, const void *times, int64_t count, OtoElement element, OtoCheck options) {
    check_times("oto_check_onsets", OTO_CHECK_ONSETS, name, times, count, element, &options);
}

void oto_check_beat_times(const char *name, const void *times, int64_t count, OtoElement element, OtoCheck options) {
    need_metric("oto_check_beats", options.metric, "f, cemgil, p_score, cml_c, cml_t, aml_c, aml_t, information_gain");
    check_times("oto_check_beats", OTO_CHECK_BEATS, name, times, count, element, &options);
}

/* Ends with rows of numbers, malloc'd, which are freed. */
static void end_with_rows(struct oto_observed *observed, double *rows, int64_t count, int64_t columns) {
    const int64_t shape[] = {count, columns};
    if (!rows)
        observed->problem = "no memory is left to look at it";
    else {
        observed->rank = 2;
        observed->shape = shape;
        observed->data = rows;
    }
    oto_observe_end(observed);
    free(rows);
}

/* Ends it when the value is not of this kind: true. */
static bool ended_without(struct oto_observed *observed, const void *value, OtoKind kind, const char *problem) {
    OtoKind found = oto_kind(value);
    if (found == kind) return false;
    observed->problem = !value ? "it is NULL" : found == OTO_FREED ? "it was freed" : problem;
    oto_observe_end(observed);
    return true;
}

void oto_check_notes(const char *name, OtoNotes *notes, OtoCheck options) {
    need_metric("oto_check_notes", options.metric, "onset, offset");
    struct oto_observed observed =
        oto_observe_begin("oto_check_notes", OTO_CHECK_NOTES, name, OTO_OBSERVED_FLOAT64, &options);
    if (ended_without(&observed, notes, OTO_NOTES, "these are no notes")) return;
    double *rows = malloc((size_t)notes->count * 3 * sizeof *rows + 1);
    for (int64_t i = 0; rows && i < notes->count; i++) {
        rows[3 * i] = notes->notes[i].onset;
        rows[3 * i + 1] = notes->notes[i].duration;
        rows[3 * i + 2] = notes->notes[i].pitch;
    }
    end_with_rows(&observed, rows, notes->count, 3);
}

void oto_check_chords(const char *name, OtoLabels *chords, OtoCheck options) {
    need_metric("oto_check_chords", options.metric,
                "majmin, majmin_inv, sevenths, sevenths_inv, root, thirds, triads, tetrads, mirex, seg");
    struct oto_observed observed =
        oto_observe_begin("oto_check_chords", OTO_CHECK_CHORDS, name, OTO_OBSERVED_TEXT, &options);
    if (ended_without(&observed, chords, OTO_LABELS, "these are no labels")) return;
    char *text = NULL;
    size_t size = 0;
    FILE *out = chords->kind == OTO_CHORDS ? open_memstream(&text, &size) : NULL;
    for (int64_t i = 0; out && i < chords->count; i++) {
        const OtoLabel *chord = &chords->labels[i];
        fprintf(out, "%.9f\t%.9f\t%s\n", chord->time, chord->time + chord->duration, chord->text);
    }
    if (!out || fclose(out))
        observed.problem =
            chords->kind == OTO_CHORDS ? "no memory is left to look at it" : "these labels are no chords";
    const int64_t length = (int64_t)size;
    if (!observed.problem) observed.rank = 1;
    observed.shape = &length;
    observed.data = text;
    oto_observe_end(&observed);
    free(text);
}

void oto_check_melody(const char *name, OtoTensor *times, OtoTensor *hz, OtoCheck options) {
    need_metric("oto_check_melody", options.metric, "overall, raw_pitch, raw_chroma, voicing_recall");
    struct oto_observed observed =
        oto_observe_begin("oto_check_melody", OTO_CHECK_MELODY, name, OTO_OBSERVED_FLOAT64, &options);
    if (ended_without(&observed, times, OTO_TENSOR, "these times are no tensor") ||
        ended_without(&observed, hz, OTO_TENSOR, "these frequencies are no tensor"))
        return;
    if (times->type != OTO_FLOAT32 || hz->type != OTO_FLOAT32 || times->rank != 1 || hz->rank != 1 ||
        times->size != hz->size) {
        observed.problem = "this is no melody: float32 (frame), as many frequencies as times";
        oto_observe_end(&observed);
        return;
    }
    double *rows = malloc((size_t)times->size * 2 * sizeof *rows + 1);
    for (int64_t i = 0; rows && i < times->size; i++) {
        rows[2 * i] = (double)((float *)times->data)[i];
        rows[2 * i + 1] = (double)((float *)hz->data)[i];
    }
    end_with_rows(&observed, rows, times->size, 2);
}

void oto_check_separation(const char *name, OtoTensor *sources, OtoCheck options) {
    const char *me = "oto_check_separation";
    struct oto_observed observed = oto_observe_begin(me, OTO_CHECK_SEPARATION, name, OTO_OBSERVED_FLOAT32, &options);
    if (isnan(options.at_least)) oto_refuse(me, "needs .at_least, the SI-SDR in dB from which on there are points");
    if (oto_kind(sources) == OTO_TENSOR && (sources->type != OTO_FLOAT32 || sources->rank < 1 || sources->rank > 2)) {
        observed.problem = "these are no sources: float32 (channels, time), or one (time)";
        oto_observe_end(&observed);
    } else
        oto_observe_tensor(&observed, sources, true);
}
