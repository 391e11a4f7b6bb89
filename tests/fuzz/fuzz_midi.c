/* A MIDI file that somebody else wrote: it is read and its notes taken, or it is refused; nothing else may happen. */
#include "lib/midi/midi.h"
#include "survive.h"

/* What is written is read as the same events. */
static void write_and_read(OtoMidi *midi) {
    size_t size;
    unsigned char *bytes = oto_midi_bytes(midi, &size);
    OtoMidi *again = oto_midi_parse(bytes, size, "again.mid");
    free(bytes);
    if (again->count < midi->count || again->tracks != midi->tracks) abort(); /* a missing end of track is added */
    size_t second;
    bytes = oto_midi_bytes(again, &second);
    if (second != size) abort();
    free(bytes);
}

static void use(const uint8_t *data, size_t size) {
    OtoMidi *midi = oto_midi_parse(data, size, "fuzz.mid");
    for (int64_t i = 1; i < midi->count; i++)
        if (midi->events[i].seconds < midi->events[i - 1].seconds) abort();
    OtoNotes *notes = oto_midi_notes(midi);
    for (int64_t i = 0; i < notes->count; i++)
        if (notes->notes[i].duration < 0) abort();
    oto_midi_notes(midi, .sustain = true, .bend = true);
    write_and_read(midi);
    free(oto_midi_describe(midi));
    free(oto_notes_text(notes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return survive(use, data, size);
}
