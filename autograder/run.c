/* oto-grade run: grades what is in submitted/, in parallel, into the gradebook. */
#include "autograder/commands.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/course.h"
#include "autograder/crew.h"
#include "autograder/escape.h"
#include "autograder/exercise.h"
#include "autograder/files.h"
#include "autograder/given.h"
#include "autograder/grade.h"
#include "autograder/gone.h"
#include "autograder/gradebook.h"
#include "autograder/installation.h"
#include "autograder/layers.h"
#include "autograder/measure.h"
#include "autograder/moment.h"
#include "autograder/options.h"
#include "autograder/sandbox.h"
#include "autograder/shard.h"
#include "autograder/slurm.h"
#include "kernel/engine/text.h"

enum {
    TRIES_MAX = 3, /* of a submission when the sandbox fails */
    TIMESTAMP_MAX_BYTES = 200
};

struct yardstick {
    struct exercise exercise;
    struct expectation expectation;
    int64_t seed;
    bool open;
};

struct run {
    const struct options *options;
    struct course course;
    struct gradebook book;
    struct gradebook known; /* of a shard: what the command that made it knew, of the solutions and of earlier scores */
    bool *chosen;           /* where others grade: what is left for them, by submission; NULL: it is graded here */
    pthread_mutex_t lock;   /* of the gradebook and the counts */
    struct yardstick *yardsticks;
    struct submission *submissions;
    size_t submission_count, by_verdict[3], unchanged;
    size_t tests_run, tests_stayed; /* of what was graded here */
    bool all_read;                  /* of what was handed in, nothing was closed to us */
    bool again;                     /* grade what did not change, too */
    char *unprotected; /* layers of the sandbox that are missing here, as the user said they may be; or NULL */
    struct progress progress;
    char *error; /* of the gradebook: ends the run */
};

static volatile bool stop;
/* For the first signal; another ends the program, whose running cells may take minutes. */
static void on_interrupt(int signal) {
    static const char told[] = "\noto-grade: ends when what runs now has ended; interrupted once more, at once\n";
    (void)!write(2, told, sizeof told - 1);
    stop = true;
}

static void mind_interrupts(void) {
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND | SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- what the solutions observe, from the gradebook's cache or afresh ---- */

static void expectation_key(const struct yardstick *yardstick, char key[65]) {
    char *where = measured_where(&yardstick->exercise.solution);
    char *what =
        must_format("2 %s %s %lld%s", installation_hash(), yardstick->exercise.hash, (long long)yardstick->seed, where);
    content_hash(what, strlen(what), key);
    free(what);
    free(where);
}

static bool expect(struct run *run, struct yardstick *yardstick, char **error) {
    char key[65];
    expectation_key(yardstick, key);
    if (gradebook_expectation(&run->book, key, &yardstick->expectation)) return true;
    if (run->known.database && gradebook_expectation(&run->known, key, &yardstick->expectation)) return true;
    return exercise_expect(&yardstick->exercise, yardstick->seed, 0, &yardstick->expectation, error) &&
           gradebook_store_expectation(&run->book, key, &yardstick->expectation, error);
}

static bool open_yardstick(struct run *run, size_t index, char **error) {
    const struct assignment *assignment = &run->course.assignments[index];
    struct yardstick *yardstick = &run->yardsticks[index];
    if (yardstick->open) return true;
    if (!exercise_open(&yardstick->exercise, assignment->path, assignment->folder, error)) return false;
    yardstick->open = true;
    yardstick->seed = run->options->has_seed ? run->options->seed : exercise_seed(&yardstick->exercise);
    return expect(run, yardstick, error);
}

/* ---- one submission ---- */

/* nbgrader's timestamp.txt beside the notebook: when it was handed in. False when there is none; one that cannot be
 * read would quietly make nobody late, so it is told. */
static bool handed_in_at(const struct submission *submission, int64_t *at) {
    const char *slash = strrchr(submission->path, '/');
    char *path = must_format("%.*s/timestamp.txt", (int)(slash - submission->path), submission->path), *why = NULL;
    size_t size;
    bool is_there = !submission->refused && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    char *text = is_there ? file_read(path, TIMESTAMP_MAX_BYTES, &size, &why) : NULL;
    bool known = text && moment_read(text, at);
    if (text && !known)
        why = must_format("%s: \"%.*s\" is no time like \"2026-10-09 23:59:00 UTC\"", path, (int)strcspn(text, "\r\n"),
                          text);
    if (is_there && !known) {
        struct text safe = {};
        escape_terminal(&safe, why, false);
        fprintf(stderr, "oto-grade: %s; the submission counts as handed in on time\n", text_c(&safe));
        text_free(&safe);
    }
    free(why);
    free(text);
    free(path);
    return known;
}

static void tell_beside(const struct run *run, const struct submission *submission, const char *beside) {
    struct text folder = {};
    escape_terminal(&folder, submission->student, false);
    text_format(&folder, "/%s", run->course.assignments[submission->assignment].name);
    fprintf(stderr, "oto-grade: submitted/%s: %s\n", text_c(&folder), beside);
    text_free(&folder);
}

/* The gradebook cannot be written: nothing more can be kept, so the run ends. */
static void end_run(struct run *run, char *error) {
    if (!run->error)
        run->error = error;
    else
        free(error);
    stop = true;
}

static size_t tests_of(const struct scored *scored) {
    size_t tests = 0;
    for (size_t i = 0; i < scored->count; i++) tests += scored->cells[i].role == ROLE_TEST;
    return tests;
}

/* at: when it was handed in, NULL where nobody knows; the same below. */
static void store(struct run *run, const struct submission *submission, const char *key, const struct graded *graded,
                  const int64_t *at) {
    const struct yardstick *yardstick = &run->yardsticks[submission->assignment];
    const struct assignment *assignment = &run->course.assignments[submission->assignment];
    char *error = NULL;
    pthread_mutex_lock(&run->lock);
    if (gradebook_store(&run->book, submission->student, assignment->name, assignment->notebook, key, yardstick->seed,
                        graded, at, &error))
        run->by_verdict[graded->verdict]++;
    else
        end_run(run, error);
    run->tests_run += tests_of(&graded->scored) - graded->stayed;
    run->tests_stayed += graded->stayed;
    pthread_mutex_unlock(&run->lock);
}

/* What was graded under protection counts without it, too; not the other way round. */
static bool is_graded(struct run *run, const struct submission *submission, const struct grade_request *request) {
    const char *assignment = run->course.assignments[submission->assignment].name;
    struct grade_request protected = *request;
    char key[65];
    grade_key(request, key);
    if (gradebook_has(&run->book, submission->student, assignment, key)) return true;
    if (!request->unprotected) return false;
    protected.unprotected = false;
    grade_key(&protected, key);
    return gradebook_has(&run->book, submission->student, assignment, key);
}

static bool is_unchanged(struct run *run, const struct submission *submission, const struct grade_request *request,
                         const int64_t *at) {
    const char *assignment = run->course.assignments[submission->assignment].name;
    char *error = NULL;
    if (run->again) return false;
    pthread_mutex_lock(&run->lock);
    bool unchanged = is_graded(run, submission, request);
    run->unchanged += unchanged;
    /* The same answers, perhaps handed in again. */
    if (unchanged && !gradebook_note_time(&run->book, submission->student, assignment, at, &error)) end_run(run, error);
    pthread_mutex_unlock(&run->lock);
    return unchanged;
}

/* What this student's tests gave before; nothing where all of it is to be found out again. */
static struct scored earlier_of(struct run *run, const struct submission *submission) {
    struct scored earlier = {};
    char *error = NULL;
    if (run->again) return earlier;
    pthread_mutex_lock(&run->lock);
    if (!gradebook_earlier(run->known.database ? &run->known : &run->book, submission->student,
                           run->course.assignments[submission->assignment].name, &earlier, &error))
        end_run(run, error);
    pthread_mutex_unlock(&run->lock);
    return earlier;
}

static void try_to_grade(struct run *run, const struct submission *submission, struct grade_request *request,
                         struct graded *graded) {
    struct scored earlier = earlier_of(run, submission);
    request->earlier = &earlier;
    /* Once in any case: what was not tried has no verdict to store. */
    for (int try = 0; try < TRIES_MAX && (!try || !stop); try++) {
        graded_free(graded);
        grade(request, graded);
        if (graded->verdict != INFRASTRUCTURE) break;
    }
    scored_free(&earlier);
}

static char *step_of(const struct submission *submission, const struct graded *graded) {
    if (graded->verdict != GRADED)
        return must_format("%s: %s: %s", submission->student, verdict_name(graded->verdict),
                           graded->message ? graded->message : "interrupted");
    size_t tests = tests_of(&graded->scored);
    char *again = graded->stayed ? must_format(", %zu of %zu tests run again", tests - graded->stayed, tests) : NULL;
    char *step = must_format("%s: %g of %g%s", submission->student, graded->scored.score, graded->scored.points,
                             again ? again : "");
    free(again);
    return step;
}

/* The lines for the student. notes: of what is in the notebook. */
static char *notes_of(const struct run *run, const char *beside, const char *notes) {
    struct text lines = {};
    if (beside) text_format(&lines, "%s\n", beside);
    text_add(&lines, notes);
    if (run->unprotected) text_format(&lines, "Graded without protection by: %s.\n", run->unprotected);
    return lines.length ? text_take(&lines) : must_copy("");
}

static void grade_one(void *context, size_t index, int slot) {
    struct run *run = context;
    const struct submission *submission = &run->submissions[index];
    const struct yardstick *yardstick = &run->yardsticks[submission->assignment];
    struct notebook prepared = {};
    struct graded graded = {};
    char key[65] = "", *notes = NULL, *message = NULL;
    bool readable =
        !submission->refused && grade_prepare(&yardstick->exercise, submission->path, &prepared, &notes, &message);
    char *step = NULL;
    int64_t moment;
    const int64_t *at = handed_in_at(submission, &moment) ? &moment : NULL;
    char *beside = course_beside(&run->course, submission);
    if (beside) tell_beside(run, submission, beside);
    if (!readable) {
        graded = (struct graded){.verdict = UNGRADABLE,
                                 .message = message ? message : must_copy(submission->refused),
                                 .notes = beside ? must_copy(beside) : NULL};
        store(run, submission, key, &graded, at);
        step = must_format("%s: ungradable: %s", submission->student, graded.message);
    } else {
        struct grade_request request = {.exercise = &yardstick->exercise,
                                        .expectation = &yardstick->expectation,
                                        .prepared = &prepared,
                                        .seed = yardstick->seed,
                                        .beside = beside,
                                        .slot = slot,
                                        .unprotected = run->unprotected != NULL};
        if (is_unchanged(run, submission, &request, at)) {
            step = must_format("%s: unchanged", submission->student);
        } else if (run->chosen) {
            run->chosen[index] = true;
        } else {
            try_to_grade(run, submission, &request, &graded);
            graded.notes = notes_of(run, beside, notes);
            grade_key(&request, key);
            store(run, submission, key, &graded, at);
            step = step_of(submission, &graded);
        }
    }
    if (step) progress_step(&run->progress, step);
    free(step);
    free(beside);
    free(notes);
    graded_free(&graded);
    notebook_free(&prepared);
}

/* ---- graded by Slurm ---- */

/* For all nodes: what the solutions observe, and the scores of before where they may stay. */
static bool write_known(struct run *run, const char *folder, char **error) {
    struct gradebook known = {};
    size_t by_verdict[3] = {};
    char *path = must_format("%s/known.db", folder), *scores = must_format("%s/gradebook.db", run->course.root),
         key[65];
    bool written = folder_make(folder, error) && gradebook_open(&known, path, error);
    for (size_t i = 0; i < run->course.count && written; i++) {
        if (!run->yardsticks[i].open) continue;
        expectation_key(&run->yardsticks[i], key);
        written = gradebook_store_expectation(&known, key, &run->yardsticks[i].expectation, error);
    }
    if (written && !run->again) written = gradebook_merge(&known, scores, by_verdict, error);
    gradebook_close(&known);
    free(scores);
    free(path);
    return written;
}

/* Looks through the submissions: what is left to do is in the shards then. */
static bool choose(struct run *run, const char *folder, char **error) {
    size_t left = 0;
    run->chosen = must_allocate(run->submission_count + 1);
    crew_run(run->submission_count, 1, grade_one, run, &stop);
    for (size_t i = 0; i < run->submission_count; i++) left += run->chosen[i];
    if (!left || stop) return true;
    size_t others;
    free(shards_present(folder, &others));
    if (others) {
        *error = must_format("%s: another command is grading this course; when it has ended, the same command does the "
                             "rest",
                             folder);
        return false;
    }
    return write_known(run, folder, error) &&
           shards_write(folder, &run->course, run->submissions, run->chosen, run->submission_count, error);
}

/* First collects what an earlier command has submitted. That may have been this very command, interrupted: so with
 * --again nothing is graded once more after it. */
static bool grade_by_slurm(struct run *run, char **error) {
    struct slurm slurm = {.course = &run->course,
                          .passed = run->options->passed,
                          .seed = run->options->has_seed ? &run->options->seed : NULL,
                          .unprotected = run->options->unprotected,
                          .stop = &stop,
                          .book = &run->book,
                          .progress = &run->progress};
    char *folder = shards_folder(&run->course);
    size_t earlier;
    free(shards_present(folder, &earlier));
    bool done = !earlier || slurm_grade(&slurm, error);
    if (earlier && run->again)
        fprintf(stderr, "oto-grade: these are the scores of an earlier command's jobs; what did not change is graded "
                        "again when --again is given once more\n");
    if (earlier) run->again = false;
    size_t collected = slurm_merged(&slurm);
    done = done && choose(run, folder, error) && slurm_grade(&slurm, error);
    /* What was just collected did not stay unchanged. */
    run->unchanged -= collected < run->unchanged ? collected : run->unchanged;
    for (int verdict = 0; verdict < 3; verdict++) run->by_verdict[verdict] += slurm.by_verdict[verdict];
    free(folder);
    return done;
}

/* ---- the command ---- */

static void close_run(struct run *run) {
    for (size_t i = 0; run->yardsticks && i < run->course.count; i++) {
        if (!run->yardsticks[i].open) continue;
        exercise_close(&run->yardsticks[i].exercise);
        expectation_free(&run->yardsticks[i].expectation);
    }
    free(run->yardsticks);
    free(run->chosen);
    free(run->unprotected);
    gradebook_close(&run->known);
    submissions_free(run->submissions, run->submission_count);
    gradebook_close(&run->book);
    course_close(&run->course);
}

/* Work of people one does not trust runs only where every layer that matters holds. */
static bool is_protected(struct run *run, char **error) {
    const char *folder = run->course.assignments[0].folder;
    struct layers_held held;
    if (geteuid() == 0 && !sandbox_takes_own_user(folder))
        fprintf(stderr,
                "oto-grade: other users may not read %s or the installation, so sandboxes have root's user id, though "
                "none of its rights\n",
                folder);
    if (!layers_ask(folder, &held, error)) return false;
    run->unprotected = layers_missing(&held);
    if (!run->unprotected || run->options->unprotected) return true;
    *error = must_format("this machine does not protect the grader by: %s (oto-grade doctor says more; --unprotected "
                         "grades work that you trust)",
                         run->unprotected);
    return false;
}

/* On a node of Slurm: which submissions are this shard's. */
static bool open_shard(struct run *run, char **error) {
    const char *stem = run->options->shard, *slash = strrchr(stem, '/');
    char *known = must_format("%.*s/known.db", slash ? (int)(slash - stem) : 1, slash ? stem : ".");
    bool opened = gradebook_open(&run->known, known, error);
    free(known);
    return opened && shard_choose(stem, &run->course, run->submissions, &run->submission_count, error);
}

static bool prepare(struct run *run, char **error) {
    const struct options *options = run->options;
    if (!installation_find(error) || !course_open(&run->course, options->course, options->assignment, error) ||
        !is_protected(run, error))
        return false;
    char *path =
        options->shard ? must_format("%s.db", options->shard) : must_format("%s/gradebook.db", run->course.root);
    bool opened = gradebook_open(&run->book, path, error);
    free(path);
    if (!opened) return false;
    run->again = options->again;
    run->yardsticks = must_allocate(run->course.count * sizeof *run->yardsticks);
    run->submissions = course_submissions(&run->course, options->student, &run->submission_count, &run->all_read);
    if (!options->assignment && !options->shard) course_tell_unknown(&run->course, options->student);
    if (options->shard && !open_shard(run, error)) return false;
    for (size_t i = 0; i < run->submission_count; i++)
        if (!open_yardstick(run, run->submissions[i].assignment, error)) return false;
    return true;
}

static void print_counts(const struct run *run) {
    printf(run->options->json ? "{\"graded\": %zu, \"unchanged\": %zu, \"ungradable\": %zu, \"infrastructure\": %zu"
                              : "graded %zu, unchanged %zu, ungradable %zu, infrastructure %zu",
           run->by_verdict[GRADED], run->unchanged, run->by_verdict[UNGRADABLE], run->by_verdict[INFRASTRUCTURE]);
    if (run->options->json)
        printf(", \"tests_run\": %zu, \"tests_unchanged\": %zu}", run->tests_run, run->tests_stayed);
    else if (run->tests_stayed)
        printf("; of the tests %zu run, %zu unchanged", run->tests_run, run->tests_stayed);
    putchar('\n');
}

static void tell_interrupted(const struct run *run) {
    size_t seen =
        run->by_verdict[GRADED] + run->unchanged + run->by_verdict[UNGRADABLE] + run->by_verdict[INFRASTRUCTURE];
    fprintf(stderr,
            "oto-grade: interrupted: %zu of %zu were looked at, and their scores stay; the same command%s goes "
            "on\n",
            seen, run->submission_count, run->options->again ? " without --again" : "");
}

int command_run(int count, char **words) {
    struct options options;
    struct run run = {.options = &options, .lock = PTHREAD_MUTEX_INITIALIZER};
    char *error = NULL;
    if (!options_read_course(
            &options, "--course --assignment --student --jobs --seed --again --json --unprotected --slurm --shard",
            count, words))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    options.jobs = crew_size(options.jobs);
    if (!prepare(&run, &error)) {
        close_run(&run);
        return complain_and_free(error);
    }
    /* Interrupted, it finishes nothing new; what is graded stays, and the next run goes on from there. */
    mind_interrupts();
    progress_start(&run.progress, run.submission_count, options.json);
    if (options.slurm)
        grade_by_slurm(&run, &run.error);
    else
        crew_run(run.submission_count, options.jobs, grade_one, &run, &stop);
    progress_end(&run.progress);
    if (options.shard && !stop && !run.error) shard_finish(options.shard, &run.error);
    if (stop && !run.error && !options.slurm) tell_interrupted(&run);
    if (!run.error) given_tell_lapsed(&run.book, options.assignment, options.student, &run.error);
    if (!run.error && run.all_read && !options.shard)
        gone_tell(&run.book, &run.course, run.submissions, run.submission_count, options.student, &run.error);
    if (run.unprotected) fprintf(stderr, "oto-grade: graded without protection by: %s\n", run.unprotected);
    bool nobody = !run.submission_count && !options.shard;
    if (nobody)
        fprintf(stderr, "oto-grade: nothing to grade lies in %s/submitted/%s/%s\n", run.course.root,
                options.student ? options.student : "STUDENT", options.assignment ? options.assignment : "ASSIGNMENT");
    print_counts(&run);
    bool all = !run.course.some_left_out && !(nobody && options.student) && !run.by_verdict[UNGRADABLE] &&
               !run.by_verdict[INFRASTRUCTURE] && !stop && !run.error;
    if (run.error) complain_and_free(run.error);
    close_run(&run);
    return all ? 0 : 1;
}
