#include "autograder/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/files.h"
#include "kernel/engine/text.h"

enum { SHARD_SUBMISSIONS = 20, SHARDS_MAX = 1000, LIST_MAX_BYTES = 64 << 20 };

/* How many submissions a shard holds: so few that the last shard does not keep all others waiting, so many that
 * starting one costs little beside them. */
static size_t shard_size(size_t submissions) {
    size_t eighth = submissions / 8 > 1 ? submissions / 8 : 1;
    size_t least = (submissions + SHARDS_MAX - 1) / SHARDS_MAX,
           most = least > SHARD_SUBMISSIONS ? least : SHARD_SUBMISSIONS;
    return eighth < most ? eighth : most;
}

char *shards_folder(const struct course *course) {
    return must_format("%s/shards", course->root);
}

static char *file_of(const char *folder, int shard, const char *ending) {
    return must_format("%s/%d.%s", folder, shard, ending);
}

static void add_line(struct text *list, const struct course *course, const struct submission *submission) {
    text_format(list, "%s\t%s\n", submission->student, course->assignments[submission->assignment].name);
}

static void remove_files(const char *folder, int shard, const char *const *endings) {
    for (; *endings; endings++) {
        char *path = file_of(folder, shard, *endings);
        unlink(path);
        free(path);
    }
}

/* A task that Slurm ran twice may have ended after the merge: its N.done would say that this shard is graded. N.db
 * stays, for somebody may have it open. */
static bool write_list(const char *folder, int shard, struct text *list, char **error) {
    static const char *const left[] = {"done", NULL};
    char *path = file_of(folder, shard, "list");
    remove_files(folder, shard, left);
    bool written = file_write(path, text_c(list), list->length, error);
    free(path);
    text_clear(list);
    return written;
}

bool shards_write(const char *folder, const struct course *course, const struct submission *submissions,
                  const bool *chosen, size_t count, char **error) {
    struct text list = {};
    size_t all = 0, held = 0;
    for (size_t i = 0; i < count; i++) all += chosen[i];
    size_t most = shard_size(all);
    bool written = true;
    int shard = 0;
    for (size_t i = 0; i < count && written; i++) {
        if (!chosen[i]) continue;
        add_line(&list, course, &submissions[i]);
        if (++held < most) continue;
        written = write_list(folder, shard++, &list, error);
        held = 0;
    }
    if (held && written) written = write_list(folder, shard, &list, error);
    text_free(&list);
    return written;
}

static int compare(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

int *shards_present(const char *folder, size_t *count) {
    size_t files, capacity = 0;
    char **names = folder_list(folder, 'f', &files);
    int *shards = NULL;
    *count = 0;
    for (size_t i = 0; i < files; i++) {
        char *end;
        long number = strtol(names[i], &end, 10);
        if (end != names[i] && strcmp(end, ".list") == 0 && number >= 0 && number <= SHARDS_MAX)
            ARRAY_ADD(shards, *count, capacity) = (int)number;
    }
    names_free(names, files);
    if (shards) qsort(shards, *count, sizeof *shards, compare);
    return shards;
}

bool shard_is_done(const char *folder, int shard) {
    char *path = file_of(folder, shard, "done");
    bool done = access(path, F_OK) == 0;
    free(path);
    return done;
}

/* The list goes last: without it the shard is not there. */
static void remove_shard(const char *folder, int shard) {
    static const char *const all[] = {"db", "db-journal", "log", "done", "list", NULL};
    remove_files(folder, shard, all);
}

bool shard_merge(const char *folder, int shard, struct gradebook *book, size_t by_verdict[3], char **error) {
    char *path = file_of(folder, shard, "db"), *why = NULL;
    bool merged = gradebook_merge(book, path, by_verdict, &why);
    if (merged)
        remove_shard(folder, shard);
    else
        *error = must_format("%s: %s", path, why);
    free(why);
    free(path);
    return merged;
}

void shards_end(const char *folder) {
    static const char *const names[] = {"known.db", "known.db-journal", "job.sh", "lock"};
    size_t count;
    free(shards_present(folder, &count));
    for (size_t i = 0; i < sizeof names / sizeof *names && !count; i++) {
        char *path = must_format("%s/%s", folder, names[i]);
        unlink(path);
        free(path);
    }
    if (!count) rmdir(folder);
}

/* ---- on the node ---- */

bool shard_choose(const char *stem, const struct course *course, struct submission *submissions, size_t *count,
                  char **error) {
    size_t size, kept = 0;
    char *path = must_format("%s.list", stem), *read = file_read(path, LIST_MAX_BYTES, &size, error);
    char *list = read ? must_format("\n%s", read) : NULL;
    struct text line = {};
    for (size_t i = 0; list && i < *count; i++) {
        text_clear(&line);
        text_add(&line, "\n");
        add_line(&line, course, &submissions[i]);
        if (strstr(list, text_c(&line)))
            submissions[kept++] = submissions[i];
        else
            submission_free(&submissions[i]);
    }
    if (list) *count = kept;
    text_free(&line);
    free(list);
    free(read);
    free(path);
    return !*error;
}

bool shard_finish(const char *stem, char **error) {
    char *path = must_format("%s.done", stem);
    bool written = file_write(path, "", 0, error);
    free(path);
    return written;
}
