#include "songbook.h"
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/music/pitch.h"

/* Entered note by note; no edition or existing file was used. Songs with a melody first. */
const struct song songbook[SONGS] = {
    {"ode_to_joy", "Ode to Joy (Beethoven, 1824)", MUSESCORE, 1.0,
     "C | G7 | C | G7 | C | G7 | C | G7 C | G7 | C G7 | C G7 | Am D7 | C | G7 | C | G7 C",
     "E4 E4 F4 G4 | G4 F4 E4 D4 | C4 C4 D4 E4 | E4:1.5 D4:.5 D4:2 | E4 E4 F4 G4 | G4 F4 E4 D4 | C4 C4 D4 E4 | "
     "D4:1.5 C4:.5 C4:2 | D4 D4 E4 C4 | D4 E4:.5 F4:.5 E4 C4 | D4 E4:.5 F4:.5 E4 D4 | C4 D4 G3:2 | E4 E4 F4 G4 | "
     "G4 F4 E4 D4 | C4 C4 D4 E4 | D4:1.5 C4:.5 C4:2"},
    {"twinkle", "Ah! vous dirai-je, maman (French, 1761)", MUSESCORE, 0.95,
     "C | F C | F C | G7 C | C F | C G7 | C F | C G7 | C | F C | F C | G7 C",
     "C4 C4 G4 G4 | A4 A4 G4:2 | F4 F4 E4 E4 | D4 D4 C4:2 | G4 G4 F4 F4 | E4 E4 D4:2 | G4 G4 F4 F4 | E4 E4 D4:2 | "
     "C4 C4 G4 G4 | A4 A4 G4:2 | F4 F4 E4 E4 | D4 D4 C4:2"},
    {"jingle_bells", "Jingle Bells, the refrain (Pierpont, 1857)", MUSESCORE, 1.1,
     "C | C | C | C7 | F | C | D7 | G7 | C | C | C | C7 | F | C | G7 | C",
     "E4 E4 E4:2 | E4 E4 E4:2 | E4 G4 C4:1.5 D4:.5 | E4:4 | F4 F4 F4:1.5 F4:.5 | F4 E4 E4 E4:.5 E4:.5 | E4 D4 D4 E4 | "
     "D4:2 G4:2 | E4 E4 E4:2 | E4 E4 E4:2 | E4 G4 C4:1.5 D4:.5 | E4:4 | F4 F4 F4:1.5 F4:.5 | F4 E4 E4 E4:.5 E4:.5 | "
     "G4 G4 F4 D4 | C4:4"},
    {"oh_susanna", "Oh! Susanna (Foster, 1848)", MUSESCORE, 1.05,
     "C | C | C | G7 | C | C | C G7 | C | F | F | C | G7 | C | C | C G7 | C",
     "E4 G4 G4:1.5 A4:.5 | G4 E4 C4:1.5 D4:.5 | E4 E4 D4 C4 | D4:3 C4:.5 D4:.5 | E4 G4 G4:1.5 A4:.5 | "
     "G4 E4 C4:1.5 D4:.5 | E4 E4 D4 D4 | C4:4 | F4:2 F4:2 | A4 A4:2 A4 | G4 G4 E4 C4 | D4:3 C4:.5 D4:.5 | "
     "E4 G4 G4:1.5 A4:.5 | G4 E4 C4:1.5 D4:.5 | E4 E4 D4 D4 | C4:4"},
    {"yankee_doodle", "Yankee Doodle (18th century)", MUSESCORE, 1.0,
     "C | C G7 | C | C G7 | C | F | G7 | C | F | F | C | C | F | F | C G7 | C",
     "C4 C4 D4 E4 | C4 E4 D4 G3 | C4 C4 D4 E4 | C4:2 B3:2 | C4 C4 D4 E4 | F4 E4 D4 C4 | B3 G3 A3 B3 | C4:2 C4:2 | "
     "A3:1.5 B3:.5 A3 G3 | A3 B3 C4:2 | G3:1.5 A3:.5 G3 F3 | E3:2 G3:2 | A3:1.5 B3:.5 A3 G3 | A3 B3 C4 A3 | "
     "G3 C4 B3 D4 | C4:2 C4:2"},
    {"auld_lang_syne", "Auld Lang Syne (Scottish, 18th century)", FLUIDR3, 0.9,
     "F | C7 | F | Bb | F | C7 | Bb C7 | F | F | C7 | F | Bb | F | C7 | Bb C7 | F",
     "F4:1.5 F4:.5 F4 A4 | G4:1.5 F4:.5 G4 A4 | F4:1.5 F4:.5 A4 C5 | D5:3 D5 | C5:1.5 A4:.5 A4 F4 | G4:1.5 F4:.5 G4 A4 "
     "| "
     "F4:1.5 D4:.5 D4 C4 | F4:3 D5 | C5:1.5 A4:.5 A4 F4 | G4:1.5 F4:.5 G4 D5 | C5:1.5 A4:.5 A4 C5 | D5:3 D5 | "
     "C5:1.5 A4:.5 A4 F4 | G4:1.5 F4:.5 G4 A4 | F4:1.5 D4:.5 D4 C4 | F4:4"},
    {"saints", "When the Saints Go Marching In (American spiritual, 19th century)", TIMGM, 1.0,
     "C | C | C | C | C | C | C | G7 | G7 | C | C7 | F | F | C | G7 | C",
     "r C4 E4 F4 | G4:4 | r C4 E4 F4 | G4:4 | r C4 E4 F4 | G4:2 E4:2 | C4:2 E4:2 | D4:4 | r E4 E4 D4 | C4:3 C4 | "
     "E4:2 G4:2 | G4 F4:3 | r:2 E4 F4 | G4:2 E4:2 | C4:2 D4:2 | C4:4"},
    {"camptown_races", "Camptown Races, the verse (Foster, 1850)", TIMGM, 1.05, "D | D | A7 | A7 | D | D | A7 | D",
     "A4 A4 F#4 A4 | B4 A4 F#4:2 | F#4 E4:3 | F#4 E4:3 | A4 A4 F#4 A4 | B4 A4 F#4:2 | E4 F#4 E4:2 | D4:4"},

    {"canon", "Pachelbel's canon (about 1690)", MUSESCORE, 0.9, "D | A | Bm | F#m | G | D | G | A", NULL},
    {"folia", "La Folia (17th century)", MUSESCORE, 0.95, "Dm | A7 | Dm | C | F | C | Dm A7 | Dm", NULL},
    {"romanesca", "Romanesca (16th century)", MUSESCORE, 1.0, "F | C | Dm | Am | F | C | Dm A | Dm", NULL},
    {"blues_in_c", "a blues, its first 8 bars", MUSESCORE, 1.05, "C7 | F7 | C7 | C7 | F7 | F7 | C7 | C7", NULL},
    {"doo_wop", "I-vi-IV-V", MUSESCORE, 0.95, "C | Am | F | G7 | C | Am | F G7 | C", NULL},
    {"two_five_one", "ii-V-I and its turn-around", MUSESCORE, 1.1, "Dm7 | G7 | CM7 | A7 | Dm7 | G7 | CM7 | CM7", NULL},
    {"circle", "the circle of fifths in A minor", MUSESCORE, 1.0, "Am7 | Dm7 | G7 | CM7 | FM7 | Bm7b5 | E7 | Am", NULL},
    {"andalusian", "the Andalusian cadence", FLUIDR3, 1.05, "Am | G | F | E7 | Am | G | F E7 | Am", NULL},
    {"rhythm", "turn-arounds in C", FLUIDR3, 1.1, "CM7 A7 | Dm7 G7 | Em7 A7 | Dm7 G7 | C C7 | F Fm | C G7 | C", NULL},
    {"red_river", "Red River Valley (American, 19th century), chords", FLUIDR3, 1.0, "C | G7 | C | C7 | F | C | G7 | C",
     NULL},
    {"rising_sun", "House of the Rising Sun (traditional), chords", TIMGM, 0.9,
     "Am C | D F | Am C | E7 | Am C | D F | Am E7 | Am", NULL},
    {"greensleeves", "Greensleeves (16th century), chords in 4/4", TIMGM, 1.0, "Am | G | Am | E7 | Am | G | Am E7 | Am",
     NULL},
};

int bars_of(const struct song *song) {
    int bars = 1;
    for (const char *at = song->chords; *at; at++) bars += *at == '|';
    return bars;
}

int chords_of(const struct song *song, int bars, struct chord chords[MAX_CHORDS]) {
    int count = 0, bar = 0, first_of_bar = 0;
    for (const char *at = song->chords;; at++) {
        if (*at == ' ') continue;
        if (*at && *at != '|') {
            size_t length = strcspn(at, " |");
            struct chord *chord = &chords[count++];
            *chord = (struct chord){};
            memcpy(chord->name, at, length < sizeof chord->name ? length : sizeof chord->name - 1);
            at += length - 1;
            continue;
        }
        for (int i = first_of_bar; i < count; i++) {
            chords[i].beats = (double)BEATS_PER_BAR / (count - first_of_bar);
            chords[i].beat = BEATS_PER_BAR * bar + (i - first_of_bar) * chords[i].beats;
        }
        first_of_bar = count;
        if (!*at || ++bar == bars) return count;
    }
}

char *harte_of(const char *name, int semitones) {
    static const char *const roots[] = {"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"};
    static const struct {
        const char *mma, *harte;
    } kinds[] = {{"", "maj"}, {"m", "min"}, {"7", "7"}, {"m7", "min7"}, {"M7", "maj7"}, {"m7b5", "hdim7"}};
    size_t length = name[1] == '#' || (name[1] == 'b') ? 2 : 1;
    char root[3] = {name[0], length == 2 ? name[1] : '\0'};
    int pitch = (int)oto_note_to_midi(root) + semitones;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(name + length, kinds[i].mma) == 0)
            return text_of("%s:%s", roots[(pitch % 12 + 12) % 12], kinds[i].harte);
    fprintf(stderr, "data: the songbook's chord %s has no name in Harte's notation here\n", name);
    exit(1);
}

int melody_of(const struct song *song, int bars, struct melody_note notes[MAX_MELODY]) {
    int count = 0;
    double beat = 0;
    for (const char *at = song->melody ?: ""; *at && beat < bars * BEATS_PER_BAR;) {
        size_t length = strcspn(at, " ");
        char word[16] = {};
        memcpy(word, at, length < sizeof word ? length : sizeof word - 1);
        at += length + (at[length] == ' ');
        if (word[0] == '|' || !word[0]) continue;
        char *colon = strchr(word, ':');
        double beats = colon ? strtod(colon + 1, NULL) : 1;
        if (colon) *colon = '\0';
        if (word[0] != 'r') notes[count++] = (struct melody_note){beat, beats, (int)oto_note_to_midi(word)};
        beat += beats;
    }
    return count;
}
