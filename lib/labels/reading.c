#include "lib/labels/reading.h"
#include "lib/music/key.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SECONDS_MAX = 1000000 };

void oto_label_must_fit(OtoLabelKind kind, const OtoLabel *label, const char *name, const char *unit, int64_t place) {
    const char *what = NULL;
    if (!(label->time >= 0 && label->time <= SECONDS_MAX))
        what = "its time must be seconds, from 0";
    else if (!(label->duration >= 0 && label->duration <= SECONDS_MAX))
        what = "its duration must be seconds, from 0";
    else if (kind == OTO_NOTE_LABELS && !(label->value >= 0 && label->value <= 127))
        what = "its pitch must be a MIDI number, 0 to 127";
    else if (!isfinite(label->value) || !isfinite(label->confidence))
        what = "its value is no number";
    else if (kind == OTO_CHORDS && !oto_is_chord(label->text))
        what = "this is not a chord such as C, A:min or Eb:maj7/3";
    else if (kind == OTO_KEYS && strcmp(label->text, "N") != 0 && !oto_is_key(label->text))
        what = "this is not a key such as Eb major";
    if (what)
        oto_refuse("oto_labels_load", "%s, %s %" PRId64 " (%g s, \"%.40s\"): %s", name, unit, place, label->time,
                   label->text ? label->text : "", what);
}
