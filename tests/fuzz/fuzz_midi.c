/* A MIDI file that somebody else wrote: it is read and its notes taken, or it is refused; nothing else may happen. */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/midi/midi.h"
#include "lib/tensor/error.h"

static jmp_buf refused;
static void on_error(const char *message, void *context) {
    longjmp(refused, 1);
}

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    OtoScope scope = oto_scope_begin();
    oto_on_error(on_error, NULL);
    if (setjmp(refused) == 0) {
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
    oto_scope_end(&scope);
    return 0;
}
