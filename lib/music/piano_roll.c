#include "lib/music/piano_roll.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PITCHES = 128, PERCUSSION = 9, DEFAULT_VELOCITY = 80 };
static const double ROUNDING = 1e-6; /* frames; so that 0.29 s is frame 29 of 100 a second */

static int64_t frame_of(double seconds, double frame_rate) {
    return (int64_t)floor(seconds * frame_rate + ROUNDING);
}

OtoTensor *(oto_piano_roll)(OtoNotes *notes, OtoRoll options) {
    oto_check_value("oto_piano_roll", "notes", notes, OTO_NOTES);
    oto_check_range("oto_piano_roll", "frame_rate", options.frame_rate, 0.1, 1e5);
    int64_t frames = (int64_t)ceil(oto_notes_seconds(notes) * options.frame_rate - ROUNDING);
    OtoTensor *roll = oto_zeros(PITCHES, frames);
    oto_name_axis(roll, 0, "pitch");
    oto_name_axis(roll, 1, "time", .unit = "s", .step = 1 / options.frame_rate);
    if (notes->origin) oto_set_origin(roll, notes->origin, NULL);
    oto_set_origin(roll, "piano roll", roll);
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        if (note->channel == PERCUSSION && !options.percussion) continue;
        int64_t from = frame_of(note->onset, options.frame_rate);
        int64_t to = frame_of(note->onset + note->duration, options.frame_rate);
        float *row = (float *)roll->data + (int64_t)lround(note->pitch) * frames;
        float value = options.velocity ? (float)((note->velocity > 0 ? note->velocity : DEFAULT_VELOCITY) / 127) : 1;
        if (to == from) to = from + 1; /* even the shortest note is seen */
        for (int64_t t = from; t < to && t < frames; t++) row[t] = fmaxf(row[t], value);
    }
    return roll;
}

struct collection {
    OtoNote *notes;
    int64_t count, capacity;
};

static void add(struct collection *c, OtoNote note) {
    if (c->count == c->capacity) {
        int64_t capacity = c->capacity * 2 + 256;
        OtoNote *grown = malloc((size_t)capacity * sizeof *grown);
        if (!grown) oto_refuse("oto_notes_from_roll", "no memory for %" PRId64 " notes", capacity);
        oto_hold(grown, free);
        if (c->count) memcpy(grown, c->notes, (size_t)c->count * sizeof *grown);
        c->notes = grown;
        c->capacity = capacity;
    }
    c->notes[c->count++] = note;
}

/* One pitch: values over time, and where notes may begin (or NULL: anywhere). */
static void read_row(struct collection *c, const float *row, const float *onsets, int64_t frames, int pitch,
                     double frame_rate, const OtoRollNotes *options) {
    float threshold = options->threshold > 0 ? (float)options->threshold : __FLT_MIN__;
    int64_t start = -1; /* of the note that sounds */
    for (int64_t t = 0; t <= frames; t++) {
        bool on = t < frames && row[t] >= threshold;
        bool strikes = t < frames && onsets && onsets[t] >= threshold && (t == 0 || onsets[t - 1] < threshold);
        if (start >= 0 && (!on || strikes)) {
            double seconds = (double)(t - start) / frame_rate;
            OtoNote note = {.onset = (double)start / frame_rate, .duration = seconds, .pitch = pitch};
            if (options->velocity) note.velocity = fmin(fmax(round(row[start] * 127.0), 1), 127);
            if (seconds >= options->shortest) add(c, note);
            start = -1;
        }
        if (on && start < 0 && (!onsets || strikes)) start = t;
    }
}

OtoNotes *(oto_notes_from_roll)(OtoTensor *roll, OtoRollNotes options) {
    const char *operation = "oto_notes_from_roll";
    oto_need_float(operation, "roll", roll);
    if (roll->rank != 2 || roll->rows < 1)
        oto_refuse(operation, "roll is %s, but must be (pitch, time)", oto_shape_quoted(roll));
    oto_check_range(operation, "lowest", options.lowest, 0, PITCHES - 1);
    oto_check_range(operation, "lowest + rows - 1", (double)(options.lowest + roll->rows - 1), 0, PITCHES - 1);
    oto_check_range(operation, "shortest", options.shortest, 0, 1e6);
    if (options.frame_rate == 0) options.frame_rate = 1 / roll->axes[1].step;
    oto_check_range(operation, "frame_rate", options.frame_rate, 0.1, 1e5);
    if (options.onsets) {
        oto_need_float(operation, "onsets", options.onsets);
        if (options.onsets->rank != 2 || options.onsets->rows != roll->rows || options.onsets->cols != roll->cols)
            oto_refuse(operation, "onsets is %s, but must have the shape of roll, %s", oto_shape_quoted(options.onsets),
                       oto_shape_quoted(roll));
    }
    for (int64_t i = 0; i < roll->size; i++)
        if (isnan(((float *)roll->data)[i]))
            oto_refuse(operation, "roll is NaN at pitch %" PRId64 ", frame %" PRId64, i / roll->cols, i % roll->cols);
    OtoNotes *list = NULL;
    oto_scope {
        struct collection c = {};
        for (int64_t p = 0; p < roll->rows; p++)
            read_row(&c, (float *)roll->data + p * roll->cols,
                     options.onsets ? (float *)options.onsets->data + p * roll->cols : NULL, roll->cols,
                     options.lowest + (int)p, options.frame_rate, &options);
        list = oto_keep(oto_notes_from(c.notes, c.count));
    }
    if (roll->origin) list->origin = strdup(roll->origin);
    return list;
}
