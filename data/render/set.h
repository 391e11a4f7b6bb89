/* set: one of the course's data sets, as a list of tasks that can be done in any order, and in part. Paths are relative
 * to the folder that all sets are built in, which is where the program works. */
#ifndef SET_H
#define SET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct set {
    const char *name; /* also of its folder */
    int64_t (*count)(void);
    /* The file that task i writes last: where it is, the task is done. free() it. */
    char *(*target)(int64_t i);
    /* Does task i; false after a message. */
    bool (*make)(int64_t i);
    /* Writes labels.csv: a line of names, then one for each sound. */
    void (*describe)(FILE *to);
};

extern const struct set notes_set, techniques_set, styles_set, stems_set, melodies_set, piano_set, drums_set, loops_set;

#endif
