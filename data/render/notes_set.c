/* notes: single notes by family of instruments, three programs each, 8 pitches, 2 velocities, three soundfonts; 1 s. */
#include "file.h"
#include "set.h"
#include "studio.h"

#include <stdlib.h>

enum { PROGRAMS = 3, PITCHES = 8, PITCH_STEP = 3, VELOCITIES = 2 };
static const double seconds = 1, held = 0.7;
static const int velocities[VELOCITIES] = {64, 110};

static const struct family {
    const char *name;
    int programs[PROGRAMS]; /* of General MIDI, from 0 */
    int lowest;             /* MIDI number */
} families[] = {
    {"keyboard", {0, 4, 6}, 48},  {"mallet", {11, 12, 13}, 60}, {"organ", {16, 19, 20}, 48},
    {"guitar", {24, 25, 26}, 48}, {"bass", {32, 33, 36}, 28},   {"strings", {40, 41, 42}, 48},
    {"brass", {56, 57, 60}, 48},  {"reed", {65, 68, 71}, 48},   {"pipe", {73, 74, 75}, 60},
    {"voice", {52, 53, 54}, 48},
};
enum { FAMILIES = sizeof families / sizeof *families };

struct note {
    enum soundfont soundfont;
    const struct family *family;
    int program, pitch, velocity;
};

static int64_t count(void) {
    return (int64_t)SOUNDFONTS * FAMILIES * PROGRAMS * PITCHES * VELOCITIES;
}

static struct note note_at(int64_t i) {
    struct note note = {.velocity = velocities[i % VELOCITIES]};
    i /= VELOCITIES;
    int step = (int)(i % PITCHES);
    i /= PITCHES;
    note.family = &families[i / PROGRAMS % FAMILIES];
    note.program = note.family->programs[i % PROGRAMS];
    note.pitch = note.family->lowest + PITCH_STEP * step;
    note.soundfont = (enum soundfont)(i / PROGRAMS / FAMILIES);
    return note;
}

static char *target(int64_t i) {
    struct note note = note_at(i);
    return text_of("notes/%s/%s_%03d_%03d_%03d.flac", soundfont_names[note.soundfont], note.family->name, note.program,
                   note.pitch, note.velocity);
}

static bool make(int64_t i) {
    struct note note = note_at(i);
    uint8_t pitch = (uint8_t)note.pitch;
    const OtoSynthEvent events[] = {
        {0, 0xC0, {(uint8_t)note.program}, 0}, {0, 0x90, {pitch, (uint8_t)note.velocity}, 0}, {held, 0x80, {pitch}, 0}};
    struct recording recording = record(note.soundfont, events, 3, seconds, false);
    scale_to_peak(recording.mix, recording.length, 0.9 * note.velocity / 127);
    char *path = target(i);
    bool made = write_sound(path, recording.mix, recording.length);
    free(path);
    forget(&recording);
    return made;
}

static void describe(FILE *to) {
    fputs("file,family,program,pitch,velocity,soundfont,split\n", to);
    for (int64_t i = 0; i < count(); i++) {
        struct note note = note_at(i);
        char *path = target(i);
        fprintf(to, "%s,%s,%d,%d,%d,%s,%s\n", path + sizeof "notes", note.family->name, note.program, note.pitch,
                note.velocity, soundfont_names[note.soundfont], soundfont_splits[note.soundfont]);
        free(path);
    }
}

const struct set notes_set = {"notes", count, target, make, describe};
