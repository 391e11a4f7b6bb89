#include "lib/music/quantise.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where point k of the grid lies, in quarters: the odd ones are late by the swing. */
static double point(const OtoQuantiseNotes *options, double k) {
    double pair = floor(k / 2);
    return options->grid * 2 * (pair + (k - 2 * pair) * options->swing);
}

static double nearest(const OtoQuantiseNotes *options, double quarter) {
    double k = floor(quarter / options->grid), best = point(options, k);
    for (double i = fmax(k - 1, 0); i <= k + 2; i++)
        if (fabs(point(options, i) - quarter) < fabs(best - quarter)) best = point(options, i);
    return best;
}

static double to_quarter(const OtoQuantiseNotes *options, double seconds) {
    return options->timeline ? oto_seconds_to_quarter(options->timeline, seconds) : seconds * options->bpm / 60;
}

static double to_seconds(const OtoQuantiseNotes *options, double quarter) {
    return options->timeline ? oto_quarter_to_seconds(options->timeline, quarter) : quarter * 60 / options->bpm;
}

static void quantise(const OtoQuantiseNotes *options, OtoNote *note) {
    double onset = to_quarter(options, note->onset), end = to_quarter(options, note->onset + note->duration);
    double grid_onset = nearest(options, onset), grid_end = nearest(options, end);
    if (grid_end <= grid_onset) grid_end = nearest(options, grid_onset + options->grid);
    double new_onset = onset + options->strength * (grid_onset - onset);
    double new_end = end + options->strength * (grid_end - end);
    note->onset = to_seconds(options, new_onset);
    if (options->ends) note->duration = fmax(to_seconds(options, new_end) - note->onset, 0);
}

OtoNotes *(oto_quantise_notes)(OtoNotes *notes, OtoQuantiseNotes options) {
    oto_check_value("oto_quantise_notes", "notes", notes, OTO_NOTES);
    oto_check_range("oto_quantise_notes", "grid", options.grid, 1e-3, 1e3);
    oto_check_range("oto_quantise_notes", "strength", options.strength, 0, 1);
    oto_check_range("oto_quantise_notes", "swing", options.swing, 0.5, 0.9);
    oto_check_range("oto_quantise_notes", "bpm", options.bpm, 1, 10000);
    OtoNotes *list = NULL;
    oto_scope {
        OtoNote *moved = calloc((size_t)notes->count + 1, sizeof *moved);
        if (!moved) oto_refuse("oto_quantise_notes", "no memory for %lld notes", (long long)notes->count);
        oto_hold(moved, free);
        for (int64_t i = 0; i < notes->count; i++) {
            moved[i] = notes->notes[i];
            quantise(&options, &moved[i]);
        }
        list = oto_keep(oto_notes_from(moved, notes->count));
    }
    if (notes->origin) list->origin = strdup(notes->origin);
    return list;
}
