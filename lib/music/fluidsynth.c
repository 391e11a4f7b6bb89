#include "lib/music/fluidsynth.h"
#include "lib/tensor/error.h"

#include <dlfcn.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* fluidsynth.h of version 2, as far as it is used here; FLUID_OK is 0. */
typedef struct fluid_settings fluid_settings;
typedef struct fluid_synth fluid_synth;
typedef struct fluid_voice fluid_voice;
enum { PANIC, ERROR, WARNING, INFORMATION, DEBUG, LOG_LEVELS };
enum { FINE_TUNING = 52, ALL_CHANNELS = -1, ANY_ID = -1, VOICES = 256, CHANNELS = 16, PERCUSSION = 9, CENTRED = 8192 };

static struct {
    void *library;
    bool tried;
    fluid_settings *(*new_fluid_settings)(void);
    void (*delete_fluid_settings)(fluid_settings *);
    int (*fluid_settings_setint)(fluid_settings *, const char *, int);
    int (*fluid_settings_setnum)(fluid_settings *, const char *, double);
    fluid_synth *(*new_fluid_synth)(fluid_settings *);
    void (*delete_fluid_synth)(fluid_synth *);
    void *(*fluid_set_log_function)(int, void (*)(int, const char *, void *), void *);
    int (*fluid_synth_sfload)(fluid_synth *, const char *, int);
    int (*fluid_synth_noteon)(fluid_synth *, int, int, int);
    int (*fluid_synth_noteoff)(fluid_synth *, int, int);
    int (*fluid_synth_cc)(fluid_synth *, int, int, int);
    int (*fluid_synth_program_change)(fluid_synth *, int, int);
    int (*fluid_synth_pitch_bend)(fluid_synth *, int, int);
    int (*fluid_synth_system_reset)(fluid_synth *);
    int (*fluid_synth_all_sounds_off)(fluid_synth *, int);
    void (*fluid_synth_get_voicelist)(fluid_synth *, fluid_voice **, int, int);
    unsigned (*fluid_voice_get_id)(const fluid_voice *);
    void (*fluid_voice_gen_incr)(fluid_voice *, int, float);
    void (*fluid_voice_update_param)(fluid_voice *, int);
    int (*fluid_synth_get_polyphony)(fluid_synth *);
    int (*fluid_synth_process)(fluid_synth *, int, int, float **, int, float **);
    /* Of OpenMP, with which FluidSynth decodes compressed soundfonts. */
    void (*omp_set_num_threads)(int);
} fluid;

static const struct symbol {
    const char *name;
    size_t place;
} symbols[] = {
#define SYMBOL(name) {#name, offsetof(typeof(fluid), name)}
    SYMBOL(new_fluid_settings),
    SYMBOL(delete_fluid_settings),
    SYMBOL(fluid_settings_setint),
    SYMBOL(fluid_settings_setnum),
    SYMBOL(new_fluid_synth),
    SYMBOL(delete_fluid_synth),
    SYMBOL(fluid_set_log_function),
    SYMBOL(fluid_synth_sfload),
    SYMBOL(fluid_synth_noteon),
    SYMBOL(fluid_synth_noteoff),
    SYMBOL(fluid_synth_cc),
    SYMBOL(fluid_synth_program_change),
    SYMBOL(fluid_synth_pitch_bend),
    SYMBOL(fluid_synth_system_reset),
    SYMBOL(fluid_synth_all_sounds_off),
    SYMBOL(fluid_synth_get_voicelist),
    SYMBOL(fluid_voice_get_id),
    SYMBOL(fluid_voice_gen_incr),
    SYMBOL(fluid_voice_update_param),
    SYMBOL(fluid_synth_get_polyphony),
    SYMBOL(fluid_synth_process),
#undef SYMBOL
};

struct OtoFluidsynth {
    fluid_settings *settings;
    fluid_synth *synth;
    double sample_rate;
    int stems;
};

/* Opens the library once. OTO_FLUIDSYNTH in the environment names another file, or one that is not there. */
bool oto_fluidsynth_is_there(void) {
    if (fluid.tried) return fluid.library != NULL;
    fluid.tried = true;
    const char *name = getenv("OTO_FLUIDSYNTH");
    void *library = dlopen(name ? name : "libfluidsynth.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol) {
            dlclose(library);
            return false;
        }
        memcpy((char *)&fluid + symbols[i].place, &symbol, sizeof symbol);
    }
    fluid.library = library;
    void *threads = dlsym(library, "omp_set_num_threads");
    memcpy(&fluid.omp_set_num_threads, &threads, sizeof threads);
    for (int level = PANIC; level < LOG_LEVELS; level++) fluid.fluid_set_log_function(level, NULL, NULL);
    return true;
}

void oto_fluidsynth_close(OtoFluidsynth *synth) {
    if (!synth) return;
    if (synth->synth) fluid.delete_fluid_synth(synth->synth);
    if (synth->settings) fluid.delete_fluid_settings(synth->settings);
    free(synth);
}

OtoFluidsynth *oto_fluidsynth_open(const char *path, double sample_rate, bool stems, bool whole) {
    if (!oto_fluidsynth_is_there()) return NULL;
    OtoFluidsynth *synth = calloc(1, sizeof *synth);
    if (!synth) return NULL;
    synth->sample_rate = sample_rate;
    synth->stems = stems ? OTO_SYNTH_STEMS : 1;
    synth->settings = fluid.new_fluid_settings();
    if (!synth->settings) goto failed;
    const struct {
        const char *name;
        int value;
    } integers[] = {{"synth.cpu-cores", 1},      {"synth.reverb.active", 0},
                    {"synth.chorus.active", 0},  {"synth.dynamic-sample-loading", !whole},
                    {"synth.polyphony", VOICES}, {"synth.midi-channels", CHANNELS}};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        if (fluid.fluid_settings_setint(synth->settings, integers[i].name, integers[i].value) != 0) goto failed;
    if (fluid.fluid_settings_setnum(synth->settings, "synth.sample-rate", sample_rate) != 0 ||
        fluid.fluid_settings_setnum(synth->settings, "synth.gain", 0.5) != 0 ||
        fluid.fluid_settings_setint(synth->settings, "synth.audio-groups", synth->stems) != 0 ||
        fluid.fluid_settings_setint(synth->settings, "synth.audio-channels", synth->stems) != 0)
        goto failed;
    synth->synth = fluid.new_fluid_synth(synth->settings);
    if (!synth->synth) goto failed;
    /* OpenMP's threads would outlive this call, and a session that forks does not survive them. */
    if (fluid.omp_set_num_threads) fluid.omp_set_num_threads(1);
    if (fluid.fluid_synth_sfload(synth->synth, path, 1) < 0) goto failed;
    return synth;
failed:
    oto_fluidsynth_close(synth);
    return NULL;
}

/* Raises the voices of the note that was struck last, before their first sample. */
static void raise_newest(fluid_synth *synth, float cents) {
    fluid_voice *voices[VOICES + 1] = {};
    fluid.fluid_synth_get_voicelist(synth, voices, VOICES, ANY_ID);
    unsigned newest = 0;
    for (int i = 0; voices[i]; i++) {
        unsigned id = fluid.fluid_voice_get_id(voices[i]);
        if (id > newest) newest = id;
    }
    for (int i = 0; voices[i]; i++) {
        if (fluid.fluid_voice_get_id(voices[i]) != newest) continue;
        fluid.fluid_voice_gen_incr(voices[i], FINE_TUNING, cents);
        fluid.fluid_voice_update_param(voices[i], FINE_TUNING);
    }
    fluid.fluid_synth_get_polyphony(synth); /* what voices are told reaches the mixer with the next call of the synth */
}

/* What FluidSynth refuses (a program that the soundfont lacks, the end of a note that has died away) stays silent. */
static void send(fluid_synth *synth, const OtoSynthEvent *event) {
    int channel = event->status & 0x0F, a = event->data[0] & 0x7F, b = event->data[1] & 0x7F;
    switch (event->status & 0xF0) {
    case 0x80:
        fluid.fluid_synth_noteoff(synth, channel, a);
        break;
    case 0x90:
        if (b == 0)
            fluid.fluid_synth_noteoff(synth, channel, a);
        else if (fluid.fluid_synth_noteon(synth, channel, a, b) == 0 && event->cents != 0 && channel != PERCUSSION)
            raise_newest(synth, event->cents);
        break;
    case 0xB0:
        fluid.fluid_synth_cc(synth, channel, a, b);
        break;
    case 0xC0:
        fluid.fluid_synth_program_change(synth, channel, a);
        break;
    case 0xE0:
        fluid.fluid_synth_pitch_bend(synth, channel, a | b << 7);
        break;
    }
}

static void pass_block(OtoFluidsynth *synth, float *sides[]) {
    fluid.fluid_synth_process(synth->synth, OTO_SYNTH_BLOCK, 0, NULL, 2 * synth->stems, sides);
}

/* Ends every sound and puts every controller back. A block has to pass between the two: a voice that is ended and reset
 * in the same one sounds on. */
static void quiet(OtoFluidsynth *synth, float *sides[]) {
    fluid.fluid_synth_all_sounds_off(synth->synth, ALL_CHANNELS);
    pass_block(synth, sides);
    fluid.fluid_synth_system_reset(synth->synth);
    for (int channel = 0; channel < CHANNELS; channel++) {
        fluid.fluid_synth_pitch_bend(synth->synth, channel, CENTRED);
        fluid.fluid_synth_program_change(synth->synth, channel, 0);
    }
    pass_block(synth, sides);
}

bool oto_fluidsynth_play(OtoFluidsynth *synth, const OtoSynthEvent *events, int64_t count, int64_t samples,
                         OtoSynthSink sink, void *context) {
    float(*blocks)[OTO_SYNTH_BLOCK] = malloc(2 * (size_t)synth->stems * sizeof *blocks);
    if (!blocks) return false;
    float *sides[2 * OTO_SYNTH_STEMS], *left[OTO_SYNTH_STEMS], *right[OTO_SYNTH_STEMS];
    for (int i = 0; i < 2 * synth->stems; i++) sides[i] = blocks[i];
    for (int i = 0; i < synth->stems; i++) left[i] = blocks[2 * i], right[i] = blocks[2 * i + 1];

    int64_t next = 0;
    bool interrupted = false;
    for (int64_t first = 0; first < samples && !interrupted; first += OTO_SYNTH_BLOCK) {
        while (next < count &&
               OTO_SYNTH_BLOCK * llround(events[next].seconds * synth->sample_rate / OTO_SYNTH_BLOCK) <= first)
            send(synth->synth, &events[next++]);
        memset(blocks, 0, 2 * (size_t)synth->stems * sizeof *blocks); /* FluidSynth adds to what is there */
        pass_block(synth, sides);
        int64_t left_over = samples - first;
        sink(context, first, left_over < OTO_SYNTH_BLOCK ? (int)left_over : OTO_SYNTH_BLOCK, left, right);
        interrupted = oto_interrupt_pending();
    }
    quiet(synth, sides);
    free(blocks);
    return !interrupted;
}
