#include "lib/io/notes_file.h"
#include "lib/io/file.h"
#include "lib/io/table.h"
#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void oto_notes_save(OtoNotes *notes, const char *path) {
    oto_check_value("oto_notes_save", "notes", notes, OTO_NOTES);
    oto_check_text("oto_notes_save", "path", path);
    bool commas = oto_file_ends_in(path, "csv");
    if (!commas && !oto_file_ends_in(path, "tsv") && !oto_file_ends_in(path, "txt"))
        oto_refuse("oto_notes_save", "%s does not end in .csv, .tsv or .txt; MIDI files are written by oto_midi_save",
                   path);
    char gap = commas ? ',' : '\t';
    FILE *to = fopen(path, "w");
    if (!to) oto_refuse("oto_notes_save", "%s: %s", path, strerror(errno));
    fprintf(to, "onset%cduration%cpitch%cvelocity%cchannel%cprogram%ctrack\n", gap, gap, gap, gap, gap, gap);
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        fprintf(to, "%.9g%c%.9g%c%.9g%c%.9g%c%d%c%d%c%d\n", note->onset, gap, note->duration, gap, note->pitch, gap,
                note->velocity, gap, note->channel, gap, note->program, gap, note->track);
    }
    bool failed = ferror(to);
    if (fclose(to) != 0 || failed)
        oto_refuse("oto_notes_save", "%s was not written to its end: %s", path, strerror(errno));
}

/* The column with one of these names; -1 when there is none. */
static int64_t column(OtoTable *table, const char *const *names) {
    for (; *names; names++) {
        int64_t found = oto_table_column(table, *names);
        if (found >= 0) return found;
    }
    return -1;
}
#define COLUMN(table, ...) column(table, (const char *const[]){__VA_ARGS__, NULL})

/* NaN where this is no pitch. */
static double pitch_of(OtoTable *table, int64_t row, int64_t pitch, int64_t hz) {
    if (pitch >= 0) {
        const char *cell = oto_table_cell(table, row, pitch);
        return oto_is_note(cell) ? oto_note_to_midi(cell) : oto_table_number(table, row, pitch);
    }
    double frequency = oto_table_number(table, row, hz);
    return frequency > 0 ? oto_hz_to_midi(frequency) : (double)NAN;
}

static double optional(OtoTable *table, int64_t row, int64_t column) {
    return column < 0 ? 0 : oto_table_number(table, row, column);
}

OtoNotes *oto_notes_load(const char *path) {
    OtoNotes *list = NULL;
    oto_scope {
        OtoTable *table = oto_table_load(path);
        int64_t onset = COLUMN(table, "onset", "start", "time", "OnsetTime"), duration = COLUMN(table, "duration");
        int64_t end = COLUMN(table, "end", "offset", "OffsetTime"), pitch = COLUMN(table, "pitch", "midi", "MidiPitch");
        int64_t hz = COLUMN(table, "hz", "frequency"), velocity = COLUMN(table, "velocity");
        int64_t channel = COLUMN(table, "channel"), program = COLUMN(table, "program"), track = COLUMN(table, "track");
        if (onset < 0 || (duration < 0 && end < 0) || (pitch < 0 && hz < 0))
            oto_refuse("oto_notes_load",
                       "%s has no header with onset, duration (or end) and pitch (or hz), so it is no list of notes",
                       path);
        OtoNote *notes = calloc((size_t)table->rows + 1, sizeof *notes);
        if (!notes) oto_refuse("oto_notes_load", "no memory for %" PRId64 " notes", table->rows);
        oto_hold(notes, free);
        for (int64_t row = 0; row < table->rows; row++) {
            double start = oto_table_number(table, row, onset);
            double seconds =
                duration >= 0 ? oto_table_number(table, row, duration) : oto_table_number(table, row, end) - start;
            notes[row] = (OtoNote){.onset = start,
                                   .duration = seconds,
                                   .pitch = pitch_of(table, row, pitch, hz),
                                   .velocity = optional(table, row, velocity),
                                   .channel = (int)optional(table, row, channel),
                                   .program = (int)optional(table, row, program),
                                   .track = (int)optional(table, row, track)};
            if (!(start >= 0 && seconds >= 0 && notes[row].pitch >= 0 && notes[row].pitch <= 127))
                oto_refuse("oto_notes_load",
                           "%s, line %" PRId64 ": %g s, %g s and pitch %g are no note; onset and duration are seconds "
                           "from 0, pitches 0 to 127",
                           path, table->lines[row], start, seconds, notes[row].pitch);
        }
        list = oto_keep(oto_notes_from(notes, table->rows));
    }
    list->origin = strdup(oto_file_name(path));
    return list;
}
