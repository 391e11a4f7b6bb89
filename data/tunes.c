/* Writes the course's melodies as standard MIDI files: cc -o tunes tunes.c && ./tunes DIRECTORY STEMS_DIRECTORY
 *
 * Every tune is in the public domain and was typed in here, note by note. A line is read as words separated by spaces:
 *
 *     C5:2     the note C5 for two beats (":1" may be left out); sharps are #, flats are b
 *     r:3      a rest of three beats
 *     G3+B3+D4:1   a chord
 *     |        a bar line, only for the eye
 *
 * so that the tables below can be checked against a printed score. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS_PER_BEAT = 480, CHORD_MAX = 8 };

struct voice {
    const char *name;
    int channel, program, velocity;
    const char *line;
};

struct tune {
    const char *file, *title;
    int beats_per_minute, beats_per_bar;
    struct voice voices[4];
};

/* Programs are General MIDI's, counted from 0. */
static const struct tune tunes[] = {
    {"songs/trio.mid",
     "Menuet in G (Christian Petzold, about 1725; long ascribed to J. S. Bach, BWV Anh. 114)",
     138,
     3,
     {{"flute", 0, 73, 92,
       "D5 G4:0.5 A4:0.5 B4:0.5 C5:0.5 | D5 G4 G4 | E5 C5:0.5 D5:0.5 E5:0.5 F#5:0.5 | G5 G4 G4 | "
       "C5 D5:0.5 C5:0.5 B4:0.5 A4:0.5 | B4 C5:0.5 B4:0.5 A4:0.5 G4:0.5 | F#4 G4:0.5 A4:0.5 B4:0.5 G4:0.5 | A4:3 | "
       "D5 G4:0.5 A4:0.5 B4:0.5 C5:0.5 | D5 G4 G4 | E5 C5:0.5 D5:0.5 E5:0.5 F#5:0.5 | G5 G4 G4 | "
       "C5 D5:0.5 C5:0.5 B4:0.5 A4:0.5 | B4 C5:0.5 B4:0.5 A4:0.5 G4:0.5 | A4 B4:0.5 A4:0.5 G4:0.5 F#4:0.5 | G4:3"},
      {"cello", 1, 42, 88,
       "G2:2 A2 | B2:3 | C3:3 | B2:3 | A2:3 | G2:3 | D3 B2 G2 | D3 D2:0.5 C3:0.5 B2:0.5 A2:0.5 | "
       "B2:2 A2 | G2 B2 G2 | C3:3 | B2 C3:0.5 B2:0.5 A2:0.5 G2:0.5 | A2:2 F#2 | G2:2 B2 | C3 D3 D2 | G2:3"},
      {"guitar", 2, 24, 62,
       "r B3+D4 B3+D4 | r G3+D4 G3+D4 | r G3+E4 G3+E4 | r G3+D4 G3+D4 | r A3+E4 A3+E4 | r B3+D4 B3+D4 | "
       "r G3+D4 B3+D4 | F#3+A3+D4:3 | "
       "r B3+D4 C4+F#4 | r B3+D4 B3+D4 | r G3+E4 G3+E4 | r G3+D4 G3+D4 | r A3+C4 A3+D4 | r B3+D4 G3+D4 | "
       "A3+E4 G3+D4 F#3+C4 | G3+B3+D4:3"}}},
    {"melodies/frere_jacques.mid",
     "Frere Jacques (French nursery song, 18th century)",
     120,
     4,
     {{"voice", 0, 0, 90,
       "C4 D4 E4 C4 | C4 D4 E4 C4 | E4 F4 G4:2 | E4 F4 G4:2 | G4:0.5 A4:0.5 G4:0.5 F4:0.5 E4 C4 | "
       "G4:0.5 A4:0.5 G4:0.5 F4:0.5 E4 C4 | C4 G3 C4:2 | C4 G3 C4:2"}}},
    {"melodies/sakura.mid",
     "Sakura, Sakura (Japanese folk song, Edo period)",
     84,
     4,
     {{"koto", 0, 107, 90,
       "A4 A4 B4:2 | A4 A4 B4:2 | A4 B4 C5 B4 | A4 B4:0.5 A4:0.5 F4:2 | E4 C4 E4 F4 | E4 E4:0.5 C4:0.5 B3:2 | "
       "A4 B4 C5 B4 | A4 B4:0.5 A4:0.5 F4:2 | E4 C4 E4 F4 | E4 E4:0.5 C4:0.5 B3:2 | A4 A4 B4:2 | A4 A4 B4:2 | "
       "E4 F4 B4:0.5 A4:0.5 F4 | E4:4"}}},
};

struct bytes {
    uint8_t *data;
    size_t size, capacity;
};

static void put(struct bytes *out, const void *data, size_t size) {
    if (out->size + size > out->capacity) {
        out->capacity = 2 * (out->size + size);
        out->data = realloc(out->data, out->capacity);
        if (!out->data) {
            fprintf(stderr, "tunes: out of memory\n");
            exit(1);
        }
    }
    memcpy(out->data + out->size, data, size);
    out->size += size;
}

static void put_integer(struct bytes *out, uint32_t value, int size) { /* big endian, as MIDI files are */
    for (int i = size - 1; i >= 0; i--) put(out, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

static void put_delta(struct bytes *out, uint32_t ticks) { /* seven bits a byte, the last one without the top bit */
    int groups = 1;
    while (groups < 4 && ticks >> (7 * groups)) groups++;
    for (int i = groups - 1; i >= 0; i--)
        put(out, &(uint8_t){(uint8_t)((ticks >> (7 * i) & 0x7f) | (i ? 0x80 : 0))}, 1);
}

static void put_meta(struct bytes *out, uint8_t type, const void *data, size_t size) {
    put(out, (uint8_t[]){0, 0xff, type}, 3);
    put_delta(out, (uint32_t)size);
    put(out, data, size);
}

/* "F#4" to 66; advances *text behind the name. */
static int pitch_of(const char **text) {
    static const int semitones['G' - 'A' + 1] = {9, 11, 0, 2, 4, 5, 7};
    char letter = *(*text)++;
    if (letter < 'A' || letter > 'G') {
        fprintf(stderr, "tunes: '%c' is no note name\n", letter);
        exit(1);
    }
    int pitch = semitones[letter - 'A'];
    for (; **text == '#' || **text == 'b'; ++*text) pitch += **text == '#' ? 1 : -1;
    char *end;
    long octave = strtol(*text, &end, 10);
    *text = end;
    return pitch + 12 * ((int)octave + 1);
}

static struct bytes track_of(const struct tune *tune, const struct voice *voice, int is_first) {
    struct bytes out = {0};
    put_meta(&out, 0x03, voice->name, strlen(voice->name));
    if (is_first) {
        uint32_t microseconds_per_beat = 60000000u / (uint32_t)tune->beats_per_minute;
        put_meta(&out, 0x51,
                 (uint8_t[]){(uint8_t)(microseconds_per_beat >> 16), (uint8_t)(microseconds_per_beat >> 8),
                             (uint8_t)microseconds_per_beat},
                 3);
        put_meta(&out, 0x58, (uint8_t[]){(uint8_t)tune->beats_per_bar, 2, 24, 8}, 4);
        put_meta(&out, 0x01, tune->title, strlen(tune->title));
    }
    put(&out, (uint8_t[]){0, (uint8_t)(0xc0 | voice->channel), (uint8_t)voice->program}, 3);

    uint32_t waiting = 0; /* ticks of rest since the last event */
    double beat = 0;
    for (const char *at = voice->line; *at;) {
        if (*at == ' ' || *at == '|') {
            at++;
            continue;
        }
        int chord[CHORD_MAX], count = 0;
        if (*at == 'r')
            at++;
        else
            do {
                if (*at == '+') at++;
                if (count < CHORD_MAX) chord[count++] = pitch_of(&at);
            } while (*at == '+');
        double beats = 1;
        if (*at == ':') {
            char *end;
            beats = strtod(at + 1, &end);
            at = end;
        }
        uint32_t ticks = (uint32_t)(beats * TICKS_PER_BEAT);
        int accent = beat - tune->beats_per_bar * (int)(beat / tune->beats_per_bar) == 0 ? 8 : 0;
        for (int i = 0; i < count; i++) {
            put_delta(&out, i ? 0 : waiting);
            put(&out,
                (uint8_t[]){(uint8_t)(0x90 | voice->channel), (uint8_t)chord[i], (uint8_t)(voice->velocity + accent)},
                3);
        }
        /* A note sounds for fifteen sixteenths of its length, so that repeated notes are heard apart. */
        uint32_t sounding = ticks - ticks / 16;
        for (int i = 0; i < count; i++) {
            put_delta(&out, i ? 0 : sounding);
            put(&out, (uint8_t[]){(uint8_t)(0x80 | voice->channel), (uint8_t)chord[i], 64}, 3);
        }
        waiting = count ? ticks - sounding : waiting + ticks;
        beat += beats;
    }
    put_delta(&out, waiting);
    put(&out, (uint8_t[]){0xff, 0x2f, 0}, 3);
    return out;
}

/* Writes the tune with every voice, or, with only >= 0, with that voice alone (for the stems). */
static int write_tune(const struct tune *tune, const char *path, int only) {
    struct bytes out = {0};
    int count = 0;
    while (count < 4 && tune->voices[count].name) count++;
    put(&out, "MThd", 4);
    put_integer(&out, 6, 4);
    put_integer(&out, 1, 2);
    put_integer(&out, only < 0 ? (uint32_t)count : 1, 2);
    put_integer(&out, TICKS_PER_BEAT, 2);
    for (int i = 0, first = 1; i < count; i++) {
        if (only >= 0 && i != only) continue;
        struct bytes track = track_of(tune, &tune->voices[i], first);
        put(&out, "MTrk", 4);
        put_integer(&out, (uint32_t)track.size, 4);
        put(&out, track.data, track.size);
        free(track.data);
        first = 0;
    }
    FILE *file = fopen(path, "wb");
    int failed = !file || fwrite(out.data, 1, out.size, file) != out.size;
    if (file && fclose(file) != 0) failed = 1;
    if (failed) fprintf(stderr, "tunes: cannot write %s: %s\n", path, strerror(errno));
    free(out.data);
    return failed;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: tunes DIRECTORY STEMS_DIRECTORY\n");
        return 2;
    }
    char path[4096];
    int failed = 0;
    for (size_t i = 0; i < sizeof tunes / sizeof *tunes; i++) {
        snprintf(path, sizeof path, "%s/%s", argv[1], tunes[i].file);
        failed |= write_tune(&tunes[i], path, -1);
    }
    for (int voice = 0; voice < 3; voice++) {
        snprintf(path, sizeof path, "%s/%s.mid", argv[2], tunes[0].voices[voice].name);
        failed |= write_tune(&tunes[0], path, voice);
    }
    return failed;
}
