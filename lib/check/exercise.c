#include "lib/check/exercise.h"

#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/check/check.h"
#include "lib/check/compare.h"
#include "lib/check/expected.h"
#include "lib/check/verdicts.h"
#include "lib/show/bundle.h"
#include "lib/show/progress.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

static struct {
    bool loaded; /* expectations */
    uint64_t seed;
    struct oto_expected expected;
} exercise;
static struct oto_cell_checks cell;

uint64_t oto_exercise_seed(void) {
    return exercise.seed;
}

/* The seed the environment asks for, or otherwise. */
static uint64_t seed_of_environment(uint64_t otherwise) {
    const char *text = getenv("OTO_SEED");
    if (!text || !*text) return otherwise;
    char *end;
    errno = 0;
    uint64_t seed = strtoull(text, &end, 10);
    if (errno || *end || *text == '-')
        oto_refuse("oto_exercise", "the environment's OTO_SEED is \"%s\", which is no whole number", text);
    return seed;
}

static void need_stem(const char *name) {
    oto_check_text("oto_exercise", "name", name);
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    if (length == 0 || name[length] || length > 100)
        oto_refuse("oto_exercise", "\"%.120s\" is no exercise's name; it looks like 01_sound", name);
}

/* Reads NAME.expected. A file that is not there is no error: then checks show what they saw. */
static void load(const char *name) {
    char path[128], *why = NULL;
    snprintf(path, sizeof path, "%s.expected", name);
    if (access(path, F_OK)) {
        struct oto_bundle note = {0};
        if (asprintf(&note.text,
                     "%s: there is no %s in this folder, so checks show what they see and compare it with nothing",
                     name, path) < 0)
            note.text = NULL;
        if (oto_host() >= 0)
            oto_bundle_send(&note, OTO_RECORD_DISPLAY);
        else if (note.text)
            printf("%s\n", note.text);
        if (oto_host() < 0) free(note.text);
        return;
    }
    if (oto_expected_read(&exercise.expected, path, &why)) {
        char reason[400];
        snprintf(reason, sizeof reason, "%s", why ? why : "no memory is left");
        free(why);
        oto_refuse("oto_exercise", "%s; get a fresh copy of the exercise's files", reason);
    }
    exercise.loaded = true;
}

void oto_exercise(const char *name) {
    need_stem(name);
    oto_verdicts_clear(&cell); /* its lines point into the expectations */
    oto_expected_free(&exercise.expected);
    exercise.loaded = false;
    if (!oto_show_is_blind()) load(name);
    exercise.seed = seed_of_environment((uint64_t)exercise.expected.seed);
    if (exercise.loaded && exercise.seed != (uint64_t)exercise.expected.seed) {
        oto_expected_free(&exercise.expected); /* they hold for another seed */
        exercise.loaded = false;
    }
    oto_seed(exercise.seed);
}

/* What was seen, in a few words. */
static char *words_for(const struct oto_record *record) {
    struct oto_observation seen;
    const char *why = "";
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    if (!oto_observation_read(&seen, record, &why))
        fprintf(out, "observed something unreadable: %s", why);
    else if (seen.problem)
        fprintf(out, "observed nothing: %s", seen.problem);
    else if (seen.type == OTO_OBSERVED_NULL)
        fputs("observed NULL", out);
    else if (seen.type == OTO_OBSERVED_TEXT) {
        fputs("observed ", out);
        oto_quote(out, seen.data, seen.count, 200);
    } else if (seen.rank == 0 && seen.count == 1) {
        fputs("observed ", out);
        oto_write_element(out, &seen, 0, 7);
    } else {
        fputs("observed shape (", out);
        for (size_t axis = 0; axis < seen.rank; axis++) fprintf(out, "%s%" PRId64, axis ? ", " : "", seen.shape[axis]);
        fputc(')', out);
    }
    fprintf(out, "; %s",
            exercise.loaded ? "the exercise expects no check of this name" : "there is nothing to compare it with");
    return fclose(out) ? NULL : text;
}

static bool ran_before(const char *name) {
    for (size_t i = 0; i < cell.count; i++)
        if (!strcmp(cell.lines[i].name, name)) return true;
    return false;
}

/* A repeated name spoils the check that it repeats: one of them cannot stand for both. */
static void fail_repeated(const char *name) {
    for (size_t i = 0; i < cell.count; i++)
        if (!strcmp(cell.lines[i].name, name) && cell.lines[i].state != OTO_CHECK_UNKNOWN) {
            cell.lines[i].state = OTO_CHECK_FAILED;
            cell.lines[i].earned = 0;
        }
}

/* A verdict's message, with what was measured and the rules that only the grader can decide; malloc'd, or NULL. */
static char *whole_message(const struct oto_verdict *verdict, const struct oto_observation *expected) {
    char *text = NULL;
    const char *forbid = expected->forbid ? expected->forbid : "",
               *require = expected->require ? expected->require : "";
    int length = asprintf(&text, "%s%s%s%s%s%s%s", verdict->message ? verdict->message : "",
                          verdict->figures ? "; " : "", verdict->figures ? verdict->figures : "",
                          *forbid ? "; the grader sees to it that you do not use " : "", forbid,
                          *require ? "; the grader sees to it that you use " : "", require);
    return length < 0 ? NULL : text;
}

static void judge(const struct oto_record *observed) {
    const char *name = oto_record_get_text(observed, "name", "");
    const struct oto_expectation *expectation = exercise.loaded ? oto_expected_find(&exercise.expected, name) : NULL;
    if (!expectation) {
        char *words = words_for(observed);
        oto_verdicts_add(
            &cell, (struct oto_line_of_check){.name = (char *)name, .message = words, .state = OTO_CHECK_UNKNOWN});
        free(words);
        return;
    }
    bool hidden = expectation->view.hidden, repeated = ran_before(name);
    struct oto_verdict verdict = oto_compare(&expectation->record, observed);
    if (repeated) fail_repeated(name);
    char *message = whole_message(&verdict, &expectation->view);
    struct oto_line_of_check line = {.name = (char *)name,
                                     .message = repeated ? (char *)"this check ran more than once in this cell"
                                                : hidden ? (char *)"a hidden check"
                                                         : message,
                                     .hint = hidden || repeated ? NULL : (char *)expectation->view.hint,
                                     .earned = repeated ? 0 : verdict.score,
                                     .state = verdict.passed && !repeated ? OTO_CHECK_PASSED : OTO_CHECK_FAILED,
                                     .expectation = expectation};
    oto_verdicts_add(&cell, line);
    if (line.state == OTO_CHECK_FAILED && !hidden && !repeated)
        oto_verdicts_illustrate(&cell, &expectation->view, observed);
    free(message);
    oto_verdict_free(&verdict);
}

void oto_exercise_judge(const struct oto_record *observed) {
    if (observed->failed) oto_refuse("oto_check", "no memory is left for what the check saw");
    if (oto_host() >= 0) oto_record_send(oto_host(), observed);
    if (!oto_show_is_blind()) judge(observed);
}

void oto_library_cell_begin(void) {
    oto_left_by_jump();
    oto_verdicts_clear(&cell);
    oto_progress_cell_begin();
    if (oto_show_is_blind()) fesetenv(FE_DFL_ENV); /* how one answer rounds is nothing to the other parts' */
}

/* The graded cell that the checks of this cell belong to, or NULL. */
static const char *graded_cell(void) {
    for (size_t i = 0; i < cell.count; i++)
        if (cell.lines[i].expectation && *cell.lines[i].expectation->grade_id)
            return cell.lines[i].expectation->grade_id;
    return NULL;
}

struct tally {
    double points, passed, total; /* passed and total: weights */
};

/* The share that the check of that name earned: 0 where it did not run. */
static double earned_by(const char *name) {
    for (size_t i = 0; i < cell.count; i++)
        if (!strcmp(cell.lines[i].name, name)) return cell.lines[i].earned;
    return 0;
}

/* Weights of all checks that the solution made in that cell; one that did not run failed, and gets a line that says so.
 */
static struct tally tally_of(const char *grade_id) {
    struct tally tally = {0};
    for (size_t i = 0; i < exercise.expected.count; i++) {
        const struct oto_expectation *check = &exercise.expected.checks[i];
        if (strcmp(check->grade_id, grade_id)) continue;
        tally.points = check->points;
        tally.total += check->view.weight;
        tally.passed += earned_by(check->view.name) * check->view.weight;
        if (!ran_before(check->view.name))
            oto_verdicts_add(&cell, (struct oto_line_of_check){.name = (char *)check->view.name,
                                                               .message = (char *)"this check did not run",
                                                               .state = OTO_CHECK_FAILED,
                                                               .expectation = check});
    }
    return tally;
}

static void send_points(const struct tally *tally) {
    struct oto_bundle bundle = {0};
    double earned = oto_cell_points(tally->points, tally->passed, tally->total);
    if (asprintf(&bundle.text, "%.15g", earned) < 0) bundle.text = NULL;
    if (asprintf(&bundle.html, "<b>%.4g of %.4g points</b>", earned, tally->points) < 0) bundle.html = NULL;
    oto_bundle_send(&bundle, OTO_RECORD_RESULT);
}

static void send_failure(void) {
    char *message = NULL;
    const struct oto_line_of_check *first = NULL;
    for (size_t i = 0; i < cell.count && !first; i++)
        if (cell.lines[i].state == OTO_CHECK_FAILED) first = &cell.lines[i];
    if (!first || asprintf(&message, "none of the checks of this cell passed; the first is \"%s\": %s%s%s", first->name,
                           first->message, first->hint ? "; hint: " : "", first->hint ? first->hint : "") < 0)
        message = NULL;
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_REFUSAL);
    oto_record_text(&record, "message", message ? message : "none of the checks of this cell passed");
    oto_record_text(&record, "ename", "CheckFailed");
    oto_record_send(oto_host(), &record);
    oto_record_free(&record);
    free(message);
}

bool oto_check_cell_end(void) {
    oto_progress_cell_end();
    const char *grade_id = oto_host() >= 0 && exercise.loaded ? graded_cell() : NULL;
    if (!grade_id) return false;
    struct tally tally = tally_of(grade_id);
    if (tally.total <= 0 || tally.passed >= tally.total) return false;
    if (tally.passed > 0) {
        send_points(&tally);
        return false;
    }
    send_failure();
    return true;
}
