#include "autograder/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/deadline.h"
#include "autograder/job.h"
#include "autograder/measure.h"
#include "autograder/watch.h"
#include "kernel/engine/text.h"

enum { RESTARTS_MAX = 3, TICK_MILLISECONDS = 50 };
/* Wall seconds that the grader waits beyond a cell's own limit before it ends the sandbox from outside: the engine
 * normally stops the cell itself. Starting includes building the precompiled header once. */
static const double grace_seconds = 5, starting_seconds = 60;

/* One run of the sandbox, which may be one of several of a notebook. */
struct conversation {
    const struct observe_request *request;
    struct observed *observed;
    bool *skip;   /* cells that ended an earlier sandbox */
    int ended;    /* how many */
    bool careful; /* there is a way back from a cell that fails; else the sandbox ends with it */
    struct sandbox sandbox;
    struct text incoming, outgoing;
    size_t sent;
    bool starved;        /* the machine had too little memory: what cells ended with says nothing */
    struct deadline end; /* of the notebook */
};

enum heard { HEARD_RECORD, HEARD_END, HEARD_LATE, HEARD_LIMIT, HEARD_NOISE };

/* ---- hearing and saying ---- */

/* Takes the next whole record out of what has arrived: 1, 0 when there is none yet, -1 when it is no record. */
static int take(struct conversation *talk, struct oto_record *record) {
    uint32_t length;
    const char *why;
    if (talk->incoming.length < 4) return 0;
    memcpy(&length, talk->incoming.data, 4);
    if (length > JOB_RECORD_MAX) return -1;
    long used = oto_record_parse(record, (const unsigned char *)talk->incoming.data, talk->incoming.length, &why);
    if (used <= 0) return (int)used;
    memmove(talk->incoming.data, talk->incoming.data + used, talk->incoming.length - (size_t)used);
    talk->incoming.length -= (size_t)used;
    return 1;
}

/* Moves bytes both ways until a record is there, a limit is passed or deadline comes. limit NULL: nobody watches. */
static enum heard hear(struct conversation *talk, struct oto_record *record, const struct deadline *deadline,
                       const char **limit) {
    double next_look = monotonic_seconds() + 0.25;
    for (;;) {
        int taken = take(talk, record);
        if (taken) return taken > 0 ? HEARD_RECORD : HEARD_NOISE;
        bool more = talk->sent < talk->outgoing.length;
        struct pollfd ends[2] = {{.fd = talk->sandbox.from, .events = POLLIN},
                                 {.fd = more ? talk->sandbox.to : -1, .events = POLLOUT}};
        poll(ends, 2, TICK_MILLISECONDS);
        if (more && ends[1].revents) {
            ssize_t n = write(talk->sandbox.to, talk->outgoing.data + talk->sent, talk->outgoing.length - talk->sent);
            if (n > 0)
                talk->sent += (size_t)n;
            else if (errno != EAGAIN && errno != EINTR)
                return HEARD_END;
            if (talk->sent == talk->outgoing.length) {
                text_clear(&talk->outgoing);
                talk->sent = 0;
            }
        }
        if (ends[0].revents) {
            char block[1 << 16];
            ssize_t n = read(talk->sandbox.from, block, sizeof block);
            if (n == 0) return HEARD_END;
            if (n > 0) {
                text_add_n(&talk->incoming, block, (size_t)n);
                continue;
            }
        }
        double now = monotonic_seconds();
        if (deadline_is_past(deadline) || deadline_is_past(&talk->end)) return HEARD_LATE;
        if (limit && now > next_look) {
            next_look = now + 0.05;
            if ((*limit = watch(&talk->sandbox, talk->request->limits))) return HEARD_LIMIT;
        }
    }
}

/* ---- which cells ---- */

static bool may_observe(const struct cell *cell) {
    return cell->role == ROLE_TEST || cell->role == ROLE_PLAIN;
}

static bool is_run(const struct observe_request *request, const struct cell *cell) {
    bool left_out = request->left_out && request->left_out[cell - request->notebook->cells];
    return cell->code && !left_out && (request->demos || !cell->demo) && cell->role != ROLE_WRONG &&
           cell->role != ROLE_RIGHT && cell->role != ROLE_TASK;
}

/* ---- a sandbox, from its start to its end ---- */

static void ask_open(struct conversation *talk) {
    struct oto_record open;
    const struct sandbox_limits *limits = talk->request->limits;
    char *seed = must_format("OTO_SEED=%lld", (long long)talk->request->seed);
    oto_record_begin(&open, JOB_OPEN);
    oto_record_real(&open, "seconds", limits->cell_seconds);
    oto_record_integer(&open, "memory", limits->cell_memory);
    oto_record_integer(&open, "output", limits->output);
    if (talk->request->learn) oto_record_integer(&open, "learn", 1);
    if (talk->careful) oto_record_integer(&open, "careful", 1);
    if (sandbox_services(&talk->sandbox)) oto_record_text(&open, "services", sandbox_services(&talk->sandbox));
    oto_record_text(&open, "variable", seed);
    oto_record_text(&open, "variable", "OTO_GRADING=1");
    /* No leaks are looked for: that needs ptrace, and to prepare for it is a sixth of a worker's start. Where memory is
     * measured, what was freed is not counted as held: all but a mebibyte of it goes back at once. */
    oto_record_text(&open, "variable",
                    measures_memory(talk->request->notebook)
                        ? "ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
                        : "ASAN_OPTIONS=detect_leaks=0");
    record_add_to(&talk->outgoing, &open);
    oto_record_free(&open);
    free(seed);
}

static void ask_cell(struct conversation *talk, size_t index) {
    struct oto_record job;
    const struct cell *cell = &talk->request->notebook->cells[index];
    oto_record_begin(&job, JOB_CELL);
    oto_record_integer(&job, "number", (int64_t)index + 1);
    oto_record_text_n(&job, "source", cell->source, cell->length);
    if (cell->role == ROLE_ANSWER) oto_record_integer(&job, "answer", 1);
    const struct observed *known = talk->request->known;
    if (known && index < known->count && known->cells[index].learned)
        oto_record_bytes(&job, "known", known->cells[index].learned, known->cells[index].learned_size);
    record_add_to(&talk->outgoing, &job);
    oto_record_free(&job);
}

static void answer_measure(struct conversation *talk, struct measuring *measuring, const struct oto_record *at) {
    struct oto_record answer;
    int64_t calls = measure_at(measuring, at);
    oto_record_begin(&answer, OTO_RECORD_ANSWER);
    oto_record_integer(&answer, "calls", calls);
    record_add_to(&talk->outgoing, &answer);
    oto_record_free(&answer);
}

static bool start(struct conversation *talk, char **error) {
    struct oto_record answer;
    if (!sandbox_start(&talk->sandbox, talk->request->slot, talk->request->files, talk->request->limits, error))
        return false;
    fcntl(talk->sandbox.to, F_SETFL, O_NONBLOCK);
    fcntl(talk->sandbox.from, F_SETFL, O_NONBLOCK);
    ask_open(talk);
    talk->end = deadline_in(talk->request->limits->notebook_seconds);
    if (talk->request->whole && talk->request->whole->at < talk->end.at) talk->end = *talk->request->whole;
    struct deadline deadline = deadline_in(starting_seconds);
    /* Nothing of a student's runs yet, and a sandbox in the making still has the machine's files in sight. */
    enum heard heard = hear(talk, &answer, &deadline, NULL);
    bool ready = heard == HEARD_RECORD && answer.kind == JOB_READY;
    if (heard == HEARD_RECORD && !ready)
        *error = must_format("the engine does not start in the sandbox: %s",
                             oto_record_get_text(&answer, "message", "no message"));
    if (heard == HEARD_RECORD) oto_record_free(&answer);
    if (ready) {
        sandbox_send_services(&talk->sandbox, talk->request->limits);
        return true;
    }
    char *said = sandbox_end(&talk->sandbox);
    if (!*error) *error = must_format("the sandbox does not start: %s", *said ? said : "no message");
    free(said);
    return false;
}

/* How the run of one cell ended. CELL_FAILED: it took the session with it, and is run again where there is a way back.
 */
enum cell_end { CELL_ENDED, CELL_ENDED_SANDBOX, CELL_FAILED };

static const char *limit_name(const char *what) {
    static const char *const names[][2] = {{"memory", "MemoryLimit"},
                                           {"processes", "ProcessLimit"},
                                           {"files", "FileLimit"},
                                           {"processor time", "TimeLimit"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(what, names[i][0]) == 0) return names[i][1];
    return "Limit";
}

/* The cell took the session with it: once there was a way back it is not tried another time, whatever the sandbox says.
 */
static enum cell_end took_session(const struct conversation *talk) {
    return talk->careful ? CELL_ENDED_SANDBOX : CELL_FAILED;
}

/* By its JOB_DONE. A cell that ran until its time was over is not made to do so again. */
static enum cell_end end_of(const struct conversation *talk, const struct oto_record *done) {
    if (!oto_record_get_integer(done, "spoilt", 0)) return CELL_ENDED;
    bool late = strcmp(oto_record_get_text(done, "ename", ""), "TimeLimit") == 0;
    return late ? CELL_ENDED_SANDBOX : took_session(talk);
}

static void fail_by_limit(struct observed_cell *cell, const char *what) {
    observed_fail(cell, limit_name(what), must_format("The cell used more %s than the exercise allows.", what));
}

/* Is there room for one more observation, with what the grader already holds of all cells? */
static bool has_room(const struct observed *observed, const struct oto_record *record) {
    size_t bytes = record->storage_size;
    for (size_t i = 0; i < observed->count; i++) bytes += observed->cells[i].bytes;
    return bytes <= JOB_NOTEBOOK_BYTES_MAX;
}

/* A cell that runs. */
struct attempt {
    const struct cell *cell;
    struct observed_cell *into; /* gets what is seen of it */
    bool counts;                /* else an earlier sandbox has finished it: it runs for what it leaves behind */
    struct measuring measuring;
    enum cell_end end;
};

/* What the program in the sandbox says while the cell runs. True: that was the last of it. */
static bool hear_of(struct conversation *talk, struct attempt *attempt, struct oto_record *record) {
    bool wanted = attempt->counts && may_observe(attempt->cell), done = record->kind == JOB_DONE;
    bool kept = record->kind == OTO_RECORD_OBSERVATION && wanted && has_room(talk->observed, record) &&
                observed_keep(attempt->into, record);
    if (record->kind == OTO_RECORD_MEASURE) answer_measure(talk, &attempt->measuring, record);
    if (done) {
        attempt->end = end_of(talk, record);
        if (attempt->counts) observed_end(attempt->into, record, (size_t)talk->request->limits->output);
        if (wanted && talk->request->learn) observed_learn(attempt->into, record);
    }
    if (!kept) oto_record_free(record);
    return done;
}

/* How the cell ended that nothing more was heard of. */
static void note_silence(const struct conversation *talk, struct attempt *attempt, enum heard heard) {
    if (heard == HEARD_LATE)
        observed_fail(attempt->into, "TimeLimit",
                      deadline_is_past(&talk->end)
                          ? must_format("The notebook took more than %g s.", talk->end.seconds)
                          : must_format("The cell took more than %g s.", talk->request->limits->cell_seconds));
    if (heard != HEARD_END && heard != HEARD_NOISE) return;
    attempt->end = took_session(talk);
    observed_fail(attempt->into, "Killed",
                  must_copy(heard == HEARD_END ? "The cell ended the program that runs the notebook."
                                               : "The cell wrote into the grader's own descriptor."));
}

static enum cell_end run_cell(struct conversation *talk, size_t index) {
    const struct observed *known = talk->request->known;
    struct observed_cell *cell = &talk->observed->cells[index], again = {};
    struct attempt attempt = {.cell = &talk->request->notebook->cells[index],
                              .into = cell->ran ? &again : cell,
                              .counts = !cell->ran,
                              .measuring = {.sandbox = &talk->sandbox,
                                            .solution = known && index < known->count ? &known->cells[index] : NULL},
                              .end = CELL_ENDED_SANDBOX};
    struct deadline deadline = deadline_in(talk->request->limits->cell_seconds + grace_seconds);
    const char *limit = NULL;
    ask_cell(talk, index);
    for (bool done = false; !done;) {
        struct oto_record record;
        enum heard heard = hear(talk, &record, &deadline, &limit);
        done = heard != HEARD_RECORD || hear_of(talk, &attempt, &record);
        if (heard != HEARD_RECORD) note_silence(talk, &attempt, heard);
    }
    /* Where the kernel killed a process for what the sandbox holds, the cell may have ended in any way. */
    if (!limit) limit = watch_struck(&talk->sandbox);
    if (limit) fail_by_limit(attempt.into, limit);
    talk->starved = !limit && watch_starved(&talk->sandbox);
    if (limit || talk->starved) attempt.end = CELL_ENDED_SANDBOX;
    measure_end(&attempt.measuring, attempt.into);
    if (attempt.end == CELL_FAILED && attempt.counts) {
        observed_cell_free(cell);
        *cell = (struct observed_cell){};
    }
    observed_cell_free(&again);
    return attempt.end;
}

/* Runs what is left. True when all has run; else a sandbox more is needed. */
static bool run_cells(struct conversation *talk) {
    const struct notebook *notebook = talk->request->notebook;
    for (size_t i = 0; i < notebook->count; i++) {
        if (!is_run(talk->request, &notebook->cells[i]) || talk->skip[i]) continue;
        enum cell_end end = run_cell(talk, i);
        if (end == CELL_ENDED) continue;
        talk->skip[i] = end == CELL_ENDED_SANDBOX;
        talk->ended += talk->skip[i];
        talk->careful = true;
        return false;
    }
    return true;
}

static bool is_over(const struct observe_request *request) {
    return request->whole && deadline_is_past(request->whole);
}

static void fail_unreached(const struct conversation *talk, struct observed_cell *cell) {
    if (talk->ended > RESTARTS_MAX)
        observed_fail(
            cell, "NotRun",
            must_format("Earlier cells ended the notebook %d times, so it was not run to here.", RESTARTS_MAX + 1));
    else
        observed_fail(cell, "TimeLimit",
                      must_format("The notebook took more than %g s.", talk->request->whole->seconds));
}

bool observe(const struct observe_request *request, struct observed *observed, char **error) {
    size_t count = request->notebook->count;
    *observed = (struct observed){.count = count, .cells = must_allocate(count * sizeof *observed->cells)};
    *error = NULL;
    struct conversation talk = {
        .request = request, .observed = observed, .skip = must_allocate(count * sizeof *talk.skip)};
    bool all = false;
    talk.careful = request->careful;
    while (!all && talk.ended <= RESTARTS_MAX && !is_over(request)) {
        text_clear(&talk.incoming);
        text_clear(&talk.outgoing);
        talk.sent = 0;
        if (!start(&talk, error)) break;
        all = run_cells(&talk);
        free(sandbox_end(&talk.sandbox));
        if (!talk.starved) continue;
        *error = must_copy("the machine has too little memory: the kernel killed a process that held less than it may");
        break;
    }
    for (size_t i = 0; i < count; i++)
        if (!all && is_run(request, &request->notebook->cells[i]) && !observed->cells[i].ran)
            fail_unreached(&talk, &observed->cells[i]);
    text_free(&talk.incoming);
    text_free(&talk.outgoing);
    free(talk.skip);
    if (*error) observed_free(observed);
    return !*error;
}
