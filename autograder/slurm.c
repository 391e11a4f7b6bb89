#include "autograder/slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "autograder/files.h"
#include "autograder/installation.h"
#include "autograder/shard.h"
#include "kernel/engine/text.h"
#include "kernel/engine/words.h"

enum {
    SUBMISSIONS_MAX = 4, /* of one shard to Slurm */
    MISSED_MAX = 3,      /* looks at the queue in a row that do not find a shard before it counts as lost */
};

/* ---- Slurm's programs ---- */

/* Runs a program; what it says goes to *said, both its streams. False with *error when it cannot be run or fails. */
static bool run_program(struct words *words, struct text *said, char **error) {
    extern char **environ;
    posix_spawn_file_actions_t actions;
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        *error = must_format("no pipe for %s: %s", words->list[0], strerror(errno));
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    int failed = posix_spawnp(&pid, words->list[0], &actions, NULL, words->list, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    char block[4096];
    for (ssize_t n; !failed && ((n = read(ends[0], block, sizeof block)) > 0 || (n < 0 && errno == EINTR));)
        if (n > 0) text_add_n(said, block, (size_t)n);
    close(ends[0]);
    while (!failed && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    while (said->length && said->data[said->length - 1] == '\n') said->data[--said->length] = '\0';
    if (failed) *error = must_format("%s: %s (is Slurm installed here?)", words->list[0], strerror(failed));
    if (!failed && status)
        *error = must_format("%s: %s", words->list[0], said->length ? text_c(said) : "failed without a word");
    return !*error;
}

/* The job array has the course's own name, by which another command finds it. */
static char *job_name(const struct slurm *slurm) {
    char hash[65];
    content_hash(slurm->course->root, strlen(slurm->course->root), hash);
    return must_format("oto-grade-%.12s", hash);
}

/* A word of the shell that means the text itself. */
static void add_quoted(struct text *script, const char *word) {
    text_add(script, " '");
    for (; *word; word++) {
        if (*word == '\'')
            text_add(script, "'\\''");
        else
            text_add_n(script, word, 1);
    }
    text_add(script, "'");
}

static bool write_script(const struct slurm *slurm, const char *folder, const char *path, char **error) {
    struct text script = {};
    char *root = must_format("OTO_ROOT=%s", installation_root());
    text_add(&script, "#!/bin/sh\nexec env");
    add_quoted(&script, root);
    add_quoted(&script, installation_program());
    text_add(&script, " run --course");
    add_quoted(&script, slurm->course->root);
    text_add(&script, " --shard");
    add_quoted(&script, folder);
    text_add(&script, "/\"$SLURM_ARRAY_TASK_ID\" --jobs \"${SLURM_CPUS_PER_TASK:-1}\"");
    if (slurm->seed) text_format(&script, " --seed %lld", (long long)*slurm->seed);
    if (slurm->unprotected) text_add(&script, " --unprotected");
    text_add(&script, "\n");
    bool written = file_write(path, text_c(&script), script.length, error);
    text_free(&script);
    free(root);
    return written;
}

/* indexes: "0,1,5" */
static bool submit(const struct slurm *slurm, const char *folder, const char *indexes, char **error) {
    char *script = must_format("%s/job.sh", folder), *name = job_name(slurm);
    struct words words = {};
    struct text said = {};
    bool done = write_script(slurm, folder, script, error);
    if (done) {
        words_add(&words, "sbatch");
        words_add(&words, "--open-mode=append");
        words_take(&words, must_format("--output=%s/%%a.log", folder));
        words_take(&words, must_format("--chdir=%s", slurm->course->root));
        words_add_all(&words, slurm->passed);
        /* What follows is not the user's to change. */
        words_add(&words, "--requeue");
        words_take(&words, must_format("--job-name=%s", name));
        words_take(&words, must_format("--array=%s", indexes));
        words_add(&words, script);
        done = run_program(&words, &said, error);
    }
    words_free(&words);
    text_free(&said);
    free(script);
    free(name);
    return done;
}

/* Marks the shards that wait or run. */
static bool look(const struct slurm *slurm, bool *alive, size_t most, char **error) {
    struct words words = {};
    struct text said = {};
    char *name = job_name(slurm);
    static const char *const fixed[] = {"squeue", "--noheader", "--array", "--me", "--format=%K"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) words_add(&words, fixed[i]);
    words_take(&words, must_format("--name=%s", name));
    bool done = run_program(&words, &said, error);
    for (const char *at = text_c(&said); done && *at; at += strcspn(at, "\n"), at += *at == '\n') {
        char *end;
        long index = strtol(at, &end, 10);
        if (end != at && index >= 0 && (size_t)index < most) alive[index] = true;
    }
    words_free(&words);
    text_free(&said);
    free(name);
    return done;
}

/* ---- the shards, until all are merged ---- */

struct waiting {
    int number;
    int submitted, missed;
    bool merged;
};

size_t slurm_merged(const struct slurm *slurm) {
    return slurm->by_verdict[0] + slurm->by_verdict[1] + slurm->by_verdict[2];
}

static bool merge_done(struct slurm *slurm, const char *folder, struct waiting *shards, size_t count, size_t *left,
                       char **error) {
    for (size_t i = 0; i < count; i++) {
        if (shards[i].merged || !shard_is_done(folder, shards[i].number)) continue;
        size_t before = slurm_merged(slurm);
        if (!shard_merge(folder, shards[i].number, slurm->book, slurm->by_verdict, error)) return false;
        shards[i].merged = true;
        --*left;
        char *what = must_format("shard %d", shards[i].number);
        progress_steps(slurm->progress, slurm_merged(slurm) - before, what);
        free(what);
    }
    return true;
}

/* Submits what is neither done nor in the queue. */
static bool submit_lost(struct slurm *slurm, const char *folder, struct waiting *shards, size_t count,
                        const bool *alive, char **error) {
    struct text indexes = {};
    for (size_t i = 0; i < count && !*error; i++) {
        struct waiting *shard = &shards[i];
        if (shard->merged || alive[shard->number]) {
            shard->missed = 0;
            continue;
        }
        if (shard->submitted && ++shard->missed < MISSED_MAX) continue;
        if (shard->submitted == SUBMISSIONS_MAX)
            *error = must_format("shard %d was submitted %d times and is not done; %s/%d.log says what happened; the "
                                 "same command tries again",
                                 shard->number, SUBMISSIONS_MAX, folder, shard->number);
        text_format(&indexes, indexes.length ? ",%d" : "%d", shard->number);
        shard->submitted++;
        shard->missed = 0;
    }
    bool good = !*error && (!indexes.length || submit(slurm, folder, text_c(&indexes), error));
    text_free(&indexes);
    return good;
}

static bool wait_for(struct slurm *slurm, const char *folder, struct waiting *shards, size_t count, char **error) {
    size_t left = count, most = (size_t)shards[count - 1].number + 1;
    bool *alive = must_allocate(most * sizeof *alive), told = false, answered = false;
    while (left && !*slurm->stop && !*error) {
        char *why = NULL;
        memset(alive, 0, most * sizeof *alive);
        /* The queue first: what leaves it now has written what it did before. */
        bool seen = look(slurm, alive, most, &why);
        if (!merge_done(slurm, folder, shards, count, &left, error)) break;
        answered |= seen;
        if (seen)
            submit_lost(slurm, folder, shards, count, alive, error);
        else if (!answered) /* a controller that starts again is waited for, not one that is nowhere */
            *error = must_format("%s; --slurm wants a machine on which sbatch and squeue work (%s keeps what is to be "
                                 "graded; the same command goes on)",
                                 why, folder);
        else if (!told)
            fprintf(stderr, "oto-grade: %s; waiting on\n", why);
        told = !seen;
        free(why);
        if (left && !*slurm->stop) nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
    free(alive);
    if (left && !*error) {
        char *name = job_name(slurm);
        *error = must_format("interrupted: Slurm goes on grading, and the same command collects the scores (scancel "
                             "--name=%s ends it)",
                             name);
        free(name);
    }
    return !*error;
}

bool slurm_grade(struct slurm *slurm, char **error) {
    char *folder = shards_folder(slurm->course), *path = must_format("%s/lock", folder);
    size_t count;
    int *numbers = shards_present(folder, &count);
    struct waiting *shards = must_allocate((count + 1) * sizeof *shards);
    for (size_t i = 0; i < count; i++) shards[i].number = numbers[i];
    int lock = count ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (count && (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0))
        *error = must_format("%s: %s (does another command wait for the same shards?)", path, strerror(errno));
    else if (count)
        wait_for(slurm, folder, shards, count, error);
    if (!*error) shards_end(folder);
    if (lock >= 0) close(lock);
    free(shards);
    free(numbers);
    free(path);
    free(folder);
    return !*error;
}
