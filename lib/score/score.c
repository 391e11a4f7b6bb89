#include "lib/score/score.h"
#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 12 };
static const double GRACE = 0.125; /* quarters that a grace note takes */

static void need(const char *operation, OtoScore *score) {
    oto_check_value(operation, "score", score, OTO_SCORE);
}

static bool is_main_note(const OtoScoreNote *note, const OtoScoreNote *grace) {
    return !note->grace && note->part == grace->part && note->quarter == grace->quarter;
}

/* How many grace notes of the same part and moment come from this one on, this one included, and what their main note
 * lasts. Grace notes stand together, right before the notes of their part. */
static int graces_from(const OtoScore *score, int64_t i, double *main_duration) {
    const OtoScoreNote *grace = &score->notes[i];
    int count = 0;
    for (; i < score->count && score->notes[i].grace && score->notes[i].part == grace->part &&
           score->notes[i].quarter == grace->quarter;
         i++)
        count++;
    *main_duration = i < score->count && is_main_note(&score->notes[i], grace) ? score->notes[i].duration : 1;
    return count;
}

static void play_notes(const OtoScore *score, OtoNote *notes) {
    double delay = 0; /* of main notes at the very beginning, behind their grace notes */
    for (int64_t i = 0; i < score->count; i++) {
        const OtoScoreNote *note = &score->notes[i];
        double from = note->quarter, to = note->quarter + note->duration;
        if (note->grace) {
            double main;
            int graces = graces_from(score, i, &main);
            double each = fmin(GRACE, main / 2 / graces);
            if (from < each * graces) delay = fmax(delay, each * graces - from);
            from += delay - each * graces;
            to = from + each;
        } else if (from < delay) {
            from = fmin(delay, to);
        }
        double seconds = oto_quarter_to_seconds(&score->timeline, fmax(from, 0));
        notes[i] = (OtoNote){.onset = seconds,
                             .duration = fmax(oto_quarter_to_seconds(&score->timeline, to) - seconds, 0),
                             .pitch = fmin(fmax(note->pitch, 0), 127),
                             .velocity = note->velocity,
                             .channel = score->parts[note->part].channel,
                             .program = score->parts[note->part].program,
                             .track = note->part};
    }
}

OtoNotes *oto_score_notes(OtoScore *score) {
    need("oto_score_notes", score);
    OtoNotes *list = NULL;
    oto_scope {
        OtoNote *notes = calloc((size_t)score->count + 1, sizeof *notes);
        if (!notes) oto_refuse("oto_score_notes", "no memory for %" PRId64 " notes", score->count);
        oto_hold(notes, free);
        play_notes(score, notes);
        list = oto_keep(oto_notes_from(notes, score->count));
    }
    if (score->origin) list->origin = strdup(score->origin);
    return list;
}

const char *oto_score_spelling(const OtoScoreNote *note) {
    static _Thread_local char text[24];
    if (note->step < 'A' || note->step > 'G') return oto_midi_to_note(note->pitch);
    int length = snprintf(text, sizeof text, "%c", note->step);
    for (int i = 0; i < abs(note->alter) && i < 4; i++) text[length++] = note->alter > 0 ? '#' : 'b';
    snprintf(text + length, sizeof text - (size_t)length, "%d", note->octave);
    return text;
}

static void write_description(FILE *to, const OtoScore *score) {
    const OtoTimeline *timeline = &score->timeline;
    OtoBarBeat end = oto_quarter_to_bar_beat(timeline, timeline->quarters - 1e-3);
    fprintf(to, "score, %" PRId64 " %s, %" PRId64 " %s, %" PRId64 " bars of %d/%d%s, ", score->part_count,
            score->part_count == 1 ? "part" : "parts", score->count, score->count == 1 ? "note" : "notes", end.bar,
            timeline->meters[0].numerator, timeline->meters[0].denominator,
            timeline->meters[0].skipped > 0 ? " with an upbeat" : "");
    if (timeline->key_count > 0) fprintf(to, "%s, ", oto_key_name(timeline->keys[0].key));
    fprintf(to, "%.4g bpm", timeline->tempos[0].bpm);
    if (score->title) fprintf(to, ", \"%s\"", score->title);
    if (score->origin) fprintf(to, ", from %s", score->origin);
}

static char *text_of(const char *operation, OtoScore *score, bool table) {
    need(operation, score);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) oto_refuse(operation, "no memory for a text");
    write_description(to, score);
    if (table) {
        fprintf(to, "\n   bar   beat  quarters  pitch  part\n");
        for (int64_t i = 0; i < score->count && i < LINES_MAX; i++) {
            const OtoScoreNote *note = &score->notes[i];
            OtoBarBeat place = oto_quarter_to_bar_beat(&score->timeline, note->quarter);
            fprintf(to, "%6" PRId64 "%7.4g%10.4g%7s%6d%s\n", place.bar, place.beat, note->duration,
                    oto_score_spelling(note), note->part, note->grace ? "  grace" : "");
        }
        if (score->count > LINES_MAX) fprintf(to, "    ... and %" PRId64 " more\n", score->count - LINES_MAX);
    }
    if (fclose(to) != 0) oto_refuse(operation, "no memory for a text");
    return text;
}

char *oto_score_describe(OtoScore *score) {
    return text_of("oto_score_describe", score, false);
}
char *oto_score_text(OtoScore *score) {
    return text_of("oto_score_text", score, true);
}

void oto_score_print(OtoScore *score) {
    char *text = oto_score_text(score);
    fputs(text, stdout);
    free(text);
}
