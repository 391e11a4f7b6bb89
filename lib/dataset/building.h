/* building: how loaders put a data set together. Not for students. */
#ifndef OTO_DATASET_BUILDING_H
#define OTO_DATASET_BUILDING_H

#include "dataset.h"

/* An item as a loader finds it. Texts are copied. */
struct oto_found {
    OtoItem item;              /* without label and group */
    const char *label, *group; /* names, or NULL */
};

struct oto_building {
    const char *operation, *folder, *name, *grouping;
    struct oto_found *found;
    int64_t count, capacity, missing;
    char **fixed_classes; /* the classes when they are not those of the items: tags; or NULL */
    int64_t fixed_class_count;
};

/* A data set to be: lives until the end of the innermost scope. Refuses a folder that is not there. */
struct oto_building *oto_building_new(const char *operation, const char *folder, const char *name,
                                      const char *grouping);
/* Adds an item, unless it has neither sound nor MIDI: then it is counted as missing. */
void oto_building_add(struct oto_building *building, struct oto_found found);
/* Sorts by name, numbers classes and groups. Refuses an empty set; hint says where its files were looked for. */
OtoDataset *oto_building_finish(struct oto_building *building, const char *hint);

/* FOLDER/a/b, for a file that must not be there; and the same, or NULL when there is no such file. In the keeping of
 * the innermost scope. */
char *oto_path(const char *folder, const char *a, const char *b);
char *oto_path_if_there(const char *folder, const char *a, const char *b);
/* The paths, below a folder, of all files in it, sorted; *count of them, in the keeping of the innermost scope. Hidden
 * files are passed over, and what lies deeper than 32 folders. */
char **oto_files_below(const char *operation, const char *folder, int64_t *count);
/* train, training; valid, validation, val, dev; test, testing. OTO_NO_PARTITION for anything else. */
OtoPartition oto_partition_of(const char *word);
/* Text in the keeping of the innermost scope. */
char *oto_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
