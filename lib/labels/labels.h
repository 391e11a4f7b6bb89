/* labels: what is known about a recording and when: onsets, beats, chords, sections, notes, keys, tags. */
#ifndef OTO_LABELS_H
#define OTO_LABELS_H

#include "../music/chord.h"
#include "../music/notes.h"
#include "../tensor/tensor.h"

typedef enum OtoLabelKind {
    OTO_ANY_LABELS,  /* for oto_labels_load: what the file says, or looks like */
    OTO_ONSETS,      /* time */
    OTO_BEATS,       /* time; value: position in the bar, 1 the downbeat, 0 unknown */
    OTO_CHORDS,      /* time, duration; text "A:min7" (oto_chord) */
    OTO_SECTIONS,    /* time, duration; text "verse" */
    OTO_NOTE_LABELS, /* time, duration; value: MIDI number */
    OTO_KEYS,        /* time, duration; text "A minor" (oto_key) */
    OTO_TAGS         /* text "piano"; time and duration where it is heard */
} OtoLabelKind;

typedef struct OtoLabel {
    double time, duration; /* s */
    const char *text;      /* "" when there is none */
    double value;
    double confidence; /* 0 ... 1; 0: the file does not say */
} OtoLabel;

typedef struct OtoLabels {
    OtoLabelKind kind;
    int64_t count;
    OtoLabel *labels; /* by time */
    char *origin;     /* "song.jams", or NULL */
} OtoLabels;

/* Labels from a C array, and from those listed: oto_labels(OTO_CHORDS, {0, 2, "C"}, {2, 2, "A:min/b3"}). Texts are
 * copied. Refuses negative or infinite times and durations, and chords and keys that are none. */
OtoLabels *oto_labels_from(OtoLabelKind kind, const OtoLabel *labels, int64_t count);
#define oto_labels(kind, ...)                                                                                          \
    oto_labels_from(kind, (OtoLabel[]){__VA_ARGS__}, (int64_t)(sizeof((OtoLabel[]){__VA_ARGS__}) / sizeof(OtoLabel)))
/* From times (label), as beat trackers give them, or intervals (label, 2) of starts and ends. */
OtoLabels *oto_labels_from_times(OtoLabelKind kind, OtoTensor *times);
OtoLabels *oto_labels_from_notes(OtoNotes *notes);

/* (label): the times. (label, 2): starts and ends, as mir_eval has intervals. */
OtoTensor *oto_label_times(OtoLabels *labels);
OtoTensor *oto_label_intervals(OtoLabels *labels);
/* Note labels as notes. */
OtoNotes *oto_label_notes(OtoLabels *labels);
/* The label at a time (the last that begins there or before and has not ended), or NULL. */
const OtoLabel *oto_label_at(OtoLabels *labels, double seconds);
/* Chords as (pitch class 12, time): 1 where a pitch class belongs to the chord of that frame's beginning. */
typedef struct OtoChordRoll {
    double frame_rate;
} OtoChordRoll;
OtoTensor *oto_chord_roll(OtoLabels *labels, OtoChordRoll options);
#define oto_chord_roll(labels, ...) oto_chord_roll(labels, OTO_OPTIONS(OtoChordRoll, (.frame_rate = 10), __VA_ARGS__))

/* Reads labels; the ending says how. .jams: one annotation of the file. All others: text, one label a line, columns
 * parted by spaces, tabs or commas, # before comments, as mir_eval.io reads it:
 *     time                    onsets; beats when the name has "beat" in it
 *     time position           beats, when all positions are small whole numbers
 *     time text               sections, each until the next
 *     start end text          chords when all texts are chords, otherwise sections
 *     start end Hz            notes
 *     .kind    what to read instead of what it looks like; of a .jams file: which annotation
 *     .index   of a .jams file with several of that kind: which, from 0
 * Refuses what is missing, broken or of another kind, and names the file and the line; for a .jams file without such an
 * annotation it lists what is there. */
typedef struct OtoLabelsLoad {
    OtoLabelKind kind;
    int index;
} OtoLabelsLoad;
OtoLabels *oto_labels_load(const char *path, OtoLabelsLoad options);
#define oto_labels_load(path, ...)                                                                                     \
    oto_labels_load(path, OTO_OPTIONS(OtoLabelsLoad, (.kind = OTO_ANY_LABELS), __VA_ARGS__))
/* The same from memory: the text of such a file, or of a .jams file. */
OtoLabels *oto_labels_parse(const char *text, size_t size, const char *name, OtoLabelsLoad options);
OtoLabels *oto_jams_parse(const char *text, size_t size, const char *name, OtoLabelsLoad options);

/* Writes labels in the same forms, parted by tabs; .jams with one annotation. Notes are written in Hz. */
void oto_labels_save(OtoLabels *labels, const char *path);
/* A .jams file with an annotation for each: oto_jams_save("song.jams", beats, chords). */
#define oto_jams_save(path, ...)                                                                                       \
    oto_jams_save_list(path, (OtoLabels *[]){__VA_ARGS__},                                                             \
                       (int)(sizeof((OtoLabels *[]){__VA_ARGS__}) / sizeof(OtoLabels *)))
void oto_jams_save_list(const char *path, OtoLabels *const *lists, int count);

/* "24 chords, 0 to 62.5 s, from song.lab"; free() it. */
char *oto_labels_describe(OtoLabels *labels);
/* The line above and a table of the first labels; free() it. */
char *oto_labels_text(OtoLabels *labels);
void oto_labels_print(OtoLabels *labels);
/* "chords": the word for a kind. */
const char *oto_label_kind_name(OtoLabelKind kind);

#endif
