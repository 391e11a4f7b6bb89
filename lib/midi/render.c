#include "lib/midi/render.h"
#include "lib/music/soundfont_render.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdlib.h>

OtoSynthEvent *oto_midi_synth_events(const char *operation, OtoMidi *midi, int64_t *count) {
    OtoSynthEvent *events = malloc(((size_t)midi->count + 1) * sizeof *events);
    if (!events) oto_refuse(operation, "no memory for %" PRId64 " events", midi->count);
    *count = 0;
    for (int64_t i = 0; i < midi->count; i++) {
        const OtoMidiEvent *event = &midi->events[i];
        if (event->status < 0x80 || event->status >= 0xF0 || event->size < 1) continue;
        events[(*count)++] = (OtoSynthEvent){.seconds = event->seconds,
                                             .status = event->status,
                                             .data = {event->data[0], event->size > 1 ? event->data[1] : 0}};
    }
    return events;
}

OtoTensor *(oto_midi_render)(OtoMidi *midi, OtoMidiRender options) {
    enum { TAIL = 1 }; /* s, in which the last notes die away */
    oto_check_value("oto_midi_render", "midi", midi, OTO_MIDI);
    oto_check_range("oto_midi_render", "sample_rate", options.sample_rate, 100, 1e6);
    oto_check_range("oto_midi_render", "peak", options.peak, 0, 1e6);
    if (!options.soundfont) oto_refuse("oto_midi_render", "soundfont is NULL; name one, as in .soundfont = \"any\"");
    const char *soundfont = oto_soundfont_to_play("oto_midi_render", options.soundfont);
    if (!soundfont) {
        OtoTensor *sound = NULL;
        oto_scope sound =
            oto_keep(oto_render(oto_midi_notes(midi), .sample_rate = options.sample_rate, .peak = options.peak));
        return sound;
    }
    int64_t count = 0;
    OtoSynthEvent *events = oto_midi_synth_events("oto_midi_render", midi, &count);
    OtoTensor *sound = oto_render_events("oto_midi_render", soundfont, events, count, midi->seconds + TAIL,
                                         options.sample_rate, options.peak);
    if (midi->origin) oto_set_origin(sound, midi->origin, NULL);
    oto_set_origin(sound, "render", sound);
    return sound;
}
