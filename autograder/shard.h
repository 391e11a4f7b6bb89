/* shard: a part of a run's submissions, graded on another node. Shard N of a course is
 *
 *     COURSE/shards/N.list    its submissions: a line "STUDENT<tab>ASSIGNMENT" each
 *     COURSE/shards/N.db      a gradebook of its own, which only the shard's node writes
 *     COURSE/shards/N.done    is there when all of the list is in it
 *     COURSE/shards/known.db  a gradebook with what the solutions observed and earlier scores, for all shards
 *
 * A node that dies leaves N.db as it was after the last submission, and the next goes on from there. When a shard has
 * been merged into the course's gradebook, its files go; when none is left, so does the folder. */
#ifndef GRADER_SHARD_H
#define GRADER_SHARD_H

#include <stdbool.h>
#include <stddef.h>

#include "autograder/course.h"
#include "autograder/gradebook.h"

/* COURSE/shards; the caller frees it. */
char *shards_folder(const struct course *course);
/* Writes the lists of so many submissions, of which those with chosen[i] are meant. */
bool shards_write(const char *folder, const struct course *course, const struct submission *submissions,
                  const bool *chosen, size_t count, char **error);
/* The numbers of the shards that are there, ascending (caller frees). */
int *shards_present(const char *folder, size_t *count);

bool shard_is_done(const char *folder, int shard);
/* Merges a shard that is done, and removes its files. */
bool shard_merge(const char *folder, int shard, struct gradebook *book, size_t by_verdict[3], char **error);
/* Removes the folder when no shard is left in it. */
void shards_end(const char *folder);

/* On the node: keeps of *submissions those in STEM.list. */
bool shard_choose(const char *stem, const struct course *course, struct submission *submissions, size_t *count,
                  char **error);
/* On the node: all of the list is in STEM.db. */
bool shard_finish(const char *stem, char **error);

#endif
