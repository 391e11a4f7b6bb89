/* dataset: recordings with what is known of them, from a folder of one's own or in the layout of a research data set.
 *
 *     OtoDataset *set = oto_dataset_folder("sounds", .group = "%/{}_%");
 *     OtoSplit split = oto_train_test_split(set->count, .groups = oto_dataset_groups(set));
 *     OtoDataset *train = oto_dataset_select(set, split.train);
 *     OtoTensor *first = oto_audio_load(train->items[0].audio);
 *
 * None of the research data sets comes with Oto: each loader says where the files have to lie. Nothing is loaded but
 * the lists: sounds are read when they are asked for. */
#ifndef OTO_DATASET_H
#define OTO_DATASET_H

#include "../tensor/tensor.h"

/* As the data set's makers have it; oto_train_test_split makes others. */
typedef enum OtoPartition { OTO_NO_PARTITION, OTO_TRAIN, OTO_VALIDATION, OTO_TEST } OtoPartition;

enum { OTO_STEMS_MAX = 4 };

typedef struct OtoItem {
    const char *name;                 /* unique in the set: "blues.00029", "piano/c4" */
    const char *audio, *midi;         /* paths, or NULL where there is no such file */
    const char *labels;               /* path of a .jams or .lab file, or NULL */
    const char *stems[OTO_STEMS_MAX]; /* MUSDB18: drums, bass, other, vocals; otherwise NULL */
    int label;                        /* index into classes, -1: none */
    int group;                        /* index into groups, -1: not known. What must not be in two parts of a split */
    OtoPartition partition;
    double seconds, bpm; /* 0 where the set does not say */
    int pitch, velocity; /* of NSynth's notes; 0 otherwise */
    const uint8_t *tags; /* MagnaTagATune: 1 for each class that holds; otherwise NULL */
} OtoItem;

typedef struct OtoDataset {
    int64_t count;
    OtoItem *items; /* by name */
    int64_t class_count, group_count;
    const char **classes; /* by name: genres, instruments, composers, tags, ...; NULL after the last */
    const char **groups;  /* by name: artists, pieces, drummers, ... */
    int64_t missing;      /* items that the lists name, but of which no file is there: they are left out */
    char *name;           /* "GTZAN", "sounds" */
    char *grouping;       /* what groups are: "artist", or NULL */
} OtoDataset;

/* All sounds, MIDI files, .jams and .lab files below a folder; files that differ only in their endings are one item.
 * Patterns are compared with an item's path below the folder without its ending, '/' between folders: % is any text
 * without a '/' (at the end: with), {} is what is looked for, at least one character.
 *     .labels      "{}/%": the name of the first folder; NULL: there are no classes
 *     .group       NULL, or a pattern: "%/{}_%" is what the file's name begins with, up to a _
 *     .partition   NULL, or a pattern for what reads train, training, valid, validation, val, dev, test or testing
 * Refuses a folder that is missing or holds no such files, and a path that does not fit a pattern. */
typedef struct OtoDatasetFolder {
    const char *labels, *group, *partition;
} OtoDatasetFolder;
OtoDataset *oto_dataset_folder(const char *folder, OtoDatasetFolder options);
#define oto_dataset_folder(folder, ...)                                                                                \
    oto_dataset_folder(folder, OTO_OPTIONS(OtoDatasetFolder, (.labels = "{}/%"), __VA_ARGS__))

/* GTZAN (Tzanetakis & Cook 2002): FOLDER[/genres or /genres_original]/GENRE/GENRE.NNNNN.wav or .au. The set has no
 * artists, and whole albums: with Sturm's fault-filtered lists train_filtered.txt, valid_filtered.txt,
 * test_filtered.txt in FOLDER these are the partitions; with an artists.csv (file, artist) there the groups. */
OtoDataset *oto_dataset_gtzan(const char *folder);
/* NSynth (Engel et al. 2017): FOLDER/nsynth-{train,valid,test}/examples.json and audio/. Class: the family; group: the
 * instrument; partitions are the makers', who share no instrument. */
OtoDataset *oto_dataset_nsynth(const char *folder);
/* MAESTRO 2 or 3 (Hawthorne et al. 2019): FOLDER/maestro-v3.0.0.csv and what it names. Class: the composer; group: the
 * piece (composer and title); partitions are the makers', who share no piece. The MIDI files alone will do. */
OtoDataset *oto_dataset_maestro(const char *folder);
/* MagnaTagATune (Law et al. 2009): FOLDER/annotations_final.csv, clip_info_final.csv and the folders 0 to f. Classes
 * are the tags, many for an item; group: the artist; partitions as everybody has them: folders 0 to b, c, d to f. */
OtoDataset *oto_dataset_magnatagatune(const char *folder);
/* MUSDB18-HQ (Rafii et al. 2019): FOLDER/{train,test}/ARTIST - TITLE/{mixture,drums,bass,other,vocals}.wav. Group: the
 * artist; the 14 tracks that the musdb package takes for validation are that partition. Refuses the compressed
 * MUSDB18 (.stem.mp4) with how to convert it. */
OtoDataset *oto_dataset_musdb18(const char *folder);
/* Groove MIDI (Gillick et al. 2019): FOLDER/info.csv and what it names. Class: the style before its '/'; group: the
 * drummer; partitions are the makers'. */
OtoDataset *oto_dataset_groove(const char *folder);

/* The items of one partition; those with these indices, int64 (item). Classes and groups keep their numbers. */
OtoDataset *oto_dataset_partition(OtoDataset *set, OtoPartition partition);
OtoDataset *oto_dataset_select(OtoDataset *set, OtoTensor *indices);

/* int64 (item): the classes, the groups. Refuse a set in which an item has none. */
OtoTensor *oto_dataset_labels(OtoDataset *set);
OtoTensor *oto_dataset_groups(OtoDataset *set);
/* (item, class): 1 where a tag holds; of a set with one class for each item, one-hot. */
OtoTensor *oto_dataset_tags(OtoDataset *set);

/* "GTZAN: 1000 items, 10 classes, 443 train, 197 validation, 290 test"; free() it. */
char *oto_dataset_describe(OtoDataset *set);
/* The line above, how many items each class has, and the first items; free() it. */
char *oto_dataset_text(OtoDataset *set);
void oto_dataset_print(OtoDataset *set);

#endif
