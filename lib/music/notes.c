#include "lib/music/notes.h"
#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 12 };

static void release(void *value) {
    OtoNotes *notes = value;
    free(notes->notes);
    free(notes->origin);
}

static int by_onset(const void *a, const void *b) {
    const OtoNote *x = a, *y = b;
    if (x->onset != y->onset) return x->onset < y->onset ? -1 : 1;
    return (x->pitch > y->pitch) - (x->pitch < y->pitch);
}

static void check_note(const OtoNote *note, int64_t i) {
    const char *what = NULL;
    double value = 0;
    if (!(note->onset >= 0 && note->onset <= 1e6))
        what = "onset (seconds, from 0)", value = note->onset;
    else if (!(note->duration >= 0 && note->duration <= 1e6))
        what = "duration (seconds, from 0)", value = note->duration;
    else if (!(note->pitch >= 0 && note->pitch <= 127))
        what = "pitch (MIDI number, 0 to 127)", value = note->pitch;
    else if (!(note->velocity >= 0 && note->velocity <= 127))
        what = "velocity (0 to 127)", value = note->velocity;
    if (what) oto_refuse("oto_notes", "note %" PRId64 " has %g as its %s", i, value, what);
}

OtoNotes *oto_notes_from(const OtoNote *notes, int64_t count) {
    if (count < 0 || count > INT32_MAX) oto_refuse("oto_notes", "%" PRId64 " is not a number of notes", count);
    size_t bytes = (size_t)count * sizeof *notes;
    if (count > 0) oto_check_buffer("oto_notes", "notes", notes, bytes);
    for (int64_t i = 0; i < count; i++) check_note(&notes[i], i);
    OtoNotes *list = oto_value_new(OTO_NOTES, sizeof *list, release);
    list->notes = malloc(bytes ? bytes : 1);
    if (!list->notes) oto_refuse("oto_notes", "no memory for %" PRId64 " notes", count);
    if (count > 0) memcpy(list->notes, notes, bytes);
    list->count = count;
    qsort(list->notes, (size_t)count, sizeof *list->notes, by_onset);
    oto_value_owns(list, (int64_t)bytes);
    return list;
}

static void need(const char *operation, OtoNotes *notes) {
    oto_check_value(operation, "notes", notes, OTO_NOTES);
}

double oto_notes_seconds(OtoNotes *notes) {
    need("oto_notes_seconds", notes);
    double end = 0;
    for (int64_t i = 0; i < notes->count; i++) end = fmax(end, notes->notes[i].onset + notes->notes[i].duration);
    return end;
}

OtoNotes *oto_transpose_notes(OtoNotes *notes, double semitones) {
    need("oto_transpose_notes", notes);
    for (int64_t i = 0; i < notes->count; i++) {
        double pitch = notes->notes[i].pitch + semitones;
        if (!(pitch >= 0 && pitch <= 127))
            oto_refuse("oto_transpose_notes", "note %" PRId64 ", %s, would come to %g, outside 0 to 127", i,
                       oto_midi_to_note(notes->notes[i].pitch), pitch);
    }
    OtoNotes *moved = oto_notes_from(notes->notes, notes->count);
    for (int64_t i = 0; i < moved->count; i++) moved->notes[i].pitch += semitones;
    if (notes->origin) moved->origin = strdup(notes->origin);
    return moved;
}

static void write_description(FILE *to, OtoNotes *notes) {
    fprintf(to, "%" PRId64 " %s", notes->count, notes->count == 1 ? "note" : "notes");
    if (notes->count > 0) {
        double lowest = 127, highest = 0;
        for (int64_t i = 0; i < notes->count; i++) {
            lowest = fmin(lowest, notes->notes[i].pitch);
            highest = fmax(highest, notes->notes[i].pitch);
        }
        fprintf(to, ", %.4g to %.4g s, %s to %s", notes->notes[0].onset, oto_notes_seconds(notes),
                oto_midi_to_note(lowest), oto_midi_to_note(highest));
    }
    if (notes->origin) fprintf(to, ", from %s", notes->origin);
}

static char *text_of(const char *operation, OtoNotes *notes, bool table) {
    need(operation, notes);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) oto_refuse(operation, "no memory for a text");
    write_description(to, notes);
    if (table) {
        fprintf(to, "\n     onset s  duration s  pitch  velocity\n");
        for (int64_t i = 0; i < notes->count && i < LINES_MAX; i++) {
            const OtoNote *note = &notes->notes[i];
            fprintf(to, "%12.3f%12.3f%7s%10.4g\n", note->onset, note->duration, oto_midi_to_note(note->pitch),
                    note->velocity > 0 ? note->velocity : 80);
        }
        if (notes->count > LINES_MAX) fprintf(to, "    ... and %" PRId64 " more\n", notes->count - LINES_MAX);
    }
    fclose(to);
    return text;
}

char *oto_notes_describe(OtoNotes *notes) {
    return text_of("oto_notes_describe", notes, false);
}
char *oto_notes_text(OtoNotes *notes) {
    return text_of("oto_notes_text", notes, true);
}

void oto_notes_print(OtoNotes *notes) {
    char *text = oto_notes_text(notes);
    fputs(text, stdout);
    free(text);
}
