/* score: written music. Notes lie on quarter notes and know how they are spelt; MusicXML and ABC files are read. */
#ifndef OTO_SCORE_H
#define OTO_SCORE_H

#include "../music/notes.h"
#include "../music/timeline.h"

typedef struct OtoScoreNote {
    double quarter; /* onset in quarter notes from the beginning of the piece */
    double
        duration; /* quarter notes, tied notes together; 0 for a grace note, whose quarter is that of its main note */
    double pitch; /* MIDI number that sounds, also for transposing instruments */
    char step;    /* as written: 'A' ... 'G'; 0 for percussion */
    int alter;    /* as written: sharps, or negative, flats */
    int octave;   /* as written; 4 begins at middle C */
    double velocity; /* 1 ... 127; 0: the score does not say */
    int part, voice; /* part: index into parts; voice: as the file counts, from 1 */
    bool grace;
} OtoScoreNote;

typedef struct OtoPart {
    char *name;
    int channel, program; /* of MIDI; channel 9 is percussion */
} OtoPart;

typedef struct OtoScore {
    int64_t count;
    OtoScoreNote *notes; /* by quarter, then part, then pitch; grace notes before their main note */
    int64_t part_count;
    OtoPart *parts;
    OtoTimeline timeline;   /* tempos, time signatures, keys, upbeats, length */
    char *title, *composer; /* or NULL */
    char *origin;           /* the file's name */
} OtoScore;

/* Reads a score by the ending of its name: .musicxml, .xml, .mxl (MusicXML 1 to 4), or .abc (ABC 2.1; the first tune).
 *     .repeats   true: repeats, voltas, da capo, dal segno, coda, fine and the order of ABC's parts (P:) are
 *                played out; false: as it is written
 *     .tune      of an ABC file with many tunes: the X: number, 0 for the first
 * Ties are joined, tuplets have their played lengths, transposing instruments sound where they sound, cue notes are
 * left out. Pitches, quarters and durations agree with music21's. Refuses what is missing, broken or cut short: the
 * message names the file and the line. */
typedef struct OtoScoreLoad {
    bool repeats;
    int tune;
} OtoScoreLoad;
OtoScore *oto_score_load(const char *path, OtoScoreLoad options);
#define oto_score_load(path, ...) oto_score_load(path, OTO_OPTIONS(OtoScoreLoad, (.repeats = true), __VA_ARGS__))
/* The same from memory: the text of a MusicXML or an ABC file; name is for messages. */
OtoScore *oto_musicxml_parse(const char *text, size_t size, const char *name, OtoScoreLoad options);
#define oto_musicxml_parse(text, size, name, ...)                                                                      \
    oto_musicxml_parse(text, size, name, OTO_OPTIONS(OtoScoreLoad, (.repeats = true), __VA_ARGS__))
OtoScore *oto_abc_parse(const char *text, size_t size, const char *name, OtoScoreLoad options);
#define oto_abc_parse(text, size, name, ...)                                                                           \
    oto_abc_parse(text, size, name, OTO_OPTIONS(OtoScoreLoad, (.repeats = true), __VA_ARGS__))

/* The notes in seconds, by the score's tempos; track is the part. A grace note takes an eighth of a quarter, or half of
 * what its main note has when that is short, and ends where the main note begins; at the very beginning, where nothing
 * lies before, it delays the main note instead. */
OtoNotes *oto_score_notes(OtoScore *score);
/* How a note is written: "F#4", "Bb3"; percussion by the note that sounds. The text is the library's and stays valid
 * until the next call. */
const char *oto_score_spelling(const OtoScoreNote *note);

/* "score, 2 parts, 84 notes, 16 bars of 3/4, G major, 120 bpm, from tune.abc"; free() it. */
char *oto_score_describe(OtoScore *score);
/* The line above and a table of the first notes; free() it. */
char *oto_score_text(OtoScore *score);
void oto_score_print(OtoScore *score);

#endif
