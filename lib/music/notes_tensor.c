#include "lib/music/notes.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 7, FIELDS_MIN = 3 };

OtoTensor *oto_notes_tensor(OtoNotes *notes) {
    oto_check_value("oto_notes_tensor", "notes", notes, OTO_NOTES);
    OtoTensor *x = oto_zeros(notes->count, FIELDS);
    oto_name_axis(x, 0, "note");
    oto_name_axis(x, 1, "field");
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        const double fields[FIELDS] = {note->onset,   note->duration, note->pitch, note->velocity,
                                       note->channel, note->program,  note->track};
        for (int f = 0; f < FIELDS; f++) ((float *)x->data)[i * FIELDS + f] = (float)fields[f];
    }
    if (notes->origin) oto_set_origin(x, notes->origin, NULL);
    oto_set_origin(x, "notes", x);
    return x;
}

OtoNotes *oto_notes_from_tensor(OtoTensor *x) {
    oto_need_float("oto_notes_from_tensor", "x", x);
    if (x->rank != 2 || x->cols < FIELDS_MIN || x->cols > FIELDS)
        oto_refuse("oto_notes_from_tensor",
                   "x is %s, but must be (note, field) with 3 to 7 fields: onset, duration, pitch, velocity, channel, "
                   "program, track",
                   oto_shape_quoted(x));
    OtoNotes *list = NULL;
    oto_scope {
        OtoNote *notes = calloc((size_t)x->rows + 1, sizeof *notes);
        if (!notes) oto_refuse("oto_notes_from_tensor", "no memory for %" PRId64 " notes", x->rows);
        oto_hold(notes, free);
        for (int64_t i = 0; i < x->rows; i++) {
            const float *row = (float *)x->data + i * x->cols;
            double fields[FIELDS] = {};
            for (int64_t f = 0; f < x->cols; f++) fields[f] = row[f];
            for (int64_t f = 4; f < x->cols; f++)
                if (!(fabs(fields[f]) <= INT16_MAX))
                    oto_refuse("oto_notes_from_tensor", "field %" PRId64 " of note %" PRId64 " is %g", f, i, fields[f]);
            notes[i] = (OtoNote){.onset = fields[0],
                                 .duration = fields[1],
                                 .pitch = fields[2],
                                 .velocity = fields[3],
                                 .channel = (int)fields[4],
                                 .program = (int)fields[5],
                                 .track = (int)fields[6]};
        }
        list = oto_keep(oto_notes_from(notes, x->rows));
    }
    if (x->origin) list->origin = strdup(x->origin);
    return list;
}
