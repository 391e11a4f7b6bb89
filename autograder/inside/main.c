/* oto-inside, the inner program: runs cells in the engine and tells what they observed. It runs in the same sandbox as
 * the student's code, so nothing it says is believed without a check; it only has to be hard to disturb. A program of
 * its own, because every sandbox starts one: loading what oto-grade links takes 4 ms more. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "autograder/job.h"
#include "autograder/layers.h"
#include "kernel/engine/cell.h"
#include "kernel/engine/landlock.h"
#include "kernel/engine/text.h"
#include "lib/record/record.h"

struct inside {
    struct session *session;
    struct oto_record opening; /* its texts are the worker's environment, which starts behind session_open */
    const char *variables[32];
    struct session_services services; /* that were sent in */
    struct text output;               /* of the running cell */
    size_t output_limit, printed;
    bool interrupted;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void on_stream(void *context, int which, const char *bytes, size_t size) {
    struct inside *inside = context;
    size_t room = inside->output_limit > inside->printed ? inside->output_limit - inside->printed : 0;
    text_add_n(&inside->output, bytes, size < room ? size : room);
    inside->printed += size;
    /* A cell that goes on printing long after nobody listens is stopped. */
    if (inside->printed > 64 * inside->output_limit && !inside->interrupted) {
        inside->interrupted = true;
        session_interrupt(inside->session);
    }
}

static void on_record(void *context, const struct oto_record *record) {
    if (record->kind == OTO_RECORD_OBSERVATION && oto_record_send(JOB_OUTPUT, record) < 0 && errno == EPIPE) _exit(1);
}

/* What the grader answers goes to the check that waits. */
static void on_measure(void *, const struct oto_record *at, struct oto_record *answer) {
    struct oto_record said;
    if (oto_record_send(JOB_OUTPUT, at) < 0 || oto_record_receive(JOB_INPUT, &said) != 1) _exit(1);
    oto_record_integer(answer, "calls", oto_record_get_integer(&said, "calls", 0));
    oto_record_free(&said);
}

static void add_lossy(struct oto_record *record, const char *name, const char *text) {
    if (text) oto_record_text(record, name, text);
}

/* The engine advises to raise a limit; here nobody can. Cuts that from a text of ours. */
static void drop_raising(char *text) {
    static const char *const advice[] = {", or raise it with %config ", ": raise it with %config "};
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        for (char *at; (at = strstr(text, advice[i]));) {
            char *behind = at + strlen(advice[i]);
            behind += strspn(behind, "abcdefghijklmnopqrstuvwxyz_");
            memmove(at, behind, strlen(behind) + 1);
        }
}

/* Where something lies in memory is different in each run and tells nobody anything, and grading twice gives the same
 * bytes: an address, of twelve digits, is shown as 0x…. */
static void drop_addresses(char *text) {
    static const char mark[] = "…";
    enum { ADDRESS_DIGITS = 12 };
    for (char *at = text; (at = strstr(at, "0x"));) {
        at += 2;
        if (strspn(at, "0123456789abcdef") != ADDRESS_DIGITS) continue;
        memcpy(at, mark, strlen(mark));
        memmove(at + strlen(mark), at + ADDRESS_DIGITS, strlen(at + ADDRESS_DIGITS) + 1);
    }
}

/* What one cell uses, as a set: a thousand calls of one function are one line. */
struct uses {
    struct text names; /* each between newlines */
    bool is_cut;
};

static void add_use(void *context, const char *name, int cell) {
    struct uses *uses = context;
    char *line = cell ? must_format("\n%s@%d\n", name, cell) : must_format("\n%s\n", name);
    bool fits = uses->names.length + strlen(line) <= USES_MAX;
    if (!fits)
        uses->is_cut = true;
    else if (!strstr(text_c(&uses->names), line))
        text_add(&uses->names, line);
    free(line);
}

static bool send_done(int number, const struct inside *inside, struct cell_outcome *outcome, double seconds) {
    struct oto_record done;
    struct text traceback = {};
    for (size_t i = 0; i < outcome->traceback_count && traceback.length < 1 << 16; i++) {
        text_add(&traceback, outcome->traceback[i]);
        text_add(&traceback, "\n");
    }
    char *const told[] = {traceback.length ? traceback.data : NULL, outcome->evalue};
    for (size_t i = 0; i < 2; i++) {
        if (!told[i]) continue;
        drop_raising(told[i]);
        drop_addresses(told[i]);
    }
    bool limit = inside->interrupted;
    oto_record_begin(&done, JOB_DONE);
    oto_record_integer(&done, "number", number);
    oto_record_integer(&done, "error", outcome->status == CELL_ERROR || limit);
    add_lossy(&done, "ename", limit ? "OutputLimit" : outcome->ename);
    add_lossy(&done, "evalue", limit ? "The cell printed without end and was stopped." : outcome->evalue);
    oto_record_text(&done, "traceback", text_c(&traceback));
    oto_record_text_n(&done, "output", text_c(&inside->output), inside->output.length);
    oto_record_real(&done, "seconds", seconds);
    oto_record_integer(&done, "exited", outcome->exited);
    oto_record_integer(&done, "spoilt", outcome->spoilt);
    struct uses uses = {};
    session_uses(inside->session, number, add_use, &uses);
    if (uses.is_cut) text_format(&uses.names, "\n%s\n", USES_CUT);
    oto_record_text_n(&done, "uses", text_c(&uses.names), uses.names.length);
    text_free(&uses.names);
    size_t size;
    char *learned = session_learned(inside->session, &size);
    if (learned) oto_record_bytes(&done, "learned", learned, size);
    free(learned);
    bool sent = oto_record_send(JOB_OUTPUT, &done) == 0;
    oto_record_free(&done);
    text_free(&traceback);
    return sent;
}

static bool run_cell(struct inside *inside, const struct oto_record *job) {
    const struct cell_host host = {.context = inside, .stream = on_stream, .record = on_record, .measure = on_measure};
    const struct oto_field *source = oto_record_find(job, "source");
    struct cell_outcome outcome = {};
    int number = (int)oto_record_get_integer(job, "number", 0);
    size_t known_size = 0;
    const void *known = oto_record_get_bytes(job, "known", &known_size);
    if (known) session_teach(inside->session, known, known_size);
    session_hold_settings(inside->session, oto_record_get_integer(job, "answer", 0) != 0);
    text_clear(&inside->output);
    inside->printed = 0;
    inside->interrupted = false;
    double started = now();
    cell_run(inside->session, source ? source->data : "", source ? source->size : 0, number, &host, &outcome);
    if (inside->interrupted) session_forget_interrupt(inside->session); /* else the next cell pays for it */
    bool sent = send_done(number, inside, &outcome, now() - started);
    cell_outcome_free(&outcome);
    return sent;
}

static bool open_session(struct inside *inside) {
    const struct oto_record *job = &inside->opening;
    size_t count = 0;
    for (size_t i = 0; i < job->count && count < 31; i++)
        if (strcmp(job->fields[i].name, "variable") == 0) inside->variables[count++] = job->fields[i].data;
    struct limits limits = limits_default;
    if (oto_record_get_integer(job, "memory", 0) > 0) limits.memory = oto_record_get_integer(job, "memory", 0);
    limits.time = (int64_t)(oto_record_get_real(job, "seconds", 0) * 1000);
    limits.output = 0; /* what is printed is counted here */
    inside->services = (struct session_services){JOB_PARSER, JOB_COMPILER, oto_record_get_text(job, "services", NULL)};
    const struct session_options options = {.limits = limits,
                                            .most = limits,
                                            .environment = inside->variables,
                                            .numbered = true,
                                            .thrifty = true,
                                            .services = inside->services.flags ? &inside->services : NULL,
                                            .learns = oto_record_get_integer(job, "learn", 0) != 0,
                                            .no_snapshots = oto_record_get_integer(job, "careful", 0) == 0};
    char *error = NULL;
    struct oto_record answer;
    inside->output_limit = (size_t)oto_record_get_integer(job, "output", 1 << 20);
    inside->session = session_open(&options, &error);
    oto_record_begin(&answer, inside->session ? JOB_READY : JOB_FAILED);
    if (error) oto_record_text(&answer, "message", error);
    bool sent = oto_record_send(JOB_OUTPUT, &answer) == 0;
    oto_record_free(&answer);
    free(error);
    return sent && inside->session;
}

static bool send_failure(const char *why) {
    struct oto_record answer;
    oto_record_begin(&answer, JOB_FAILED);
    oto_record_text(&answer, "message", why);
    bool sent = oto_record_send(JOB_OUTPUT, &answer) == 0;
    oto_record_free(&answer);
    return sent;
}

static bool try_layers(const struct oto_record *job, int landlock) {
    struct oto_record answer;
    layers_try(job, landlock, &answer);
    bool sent = oto_record_send(JOB_OUTPUT, &answer) == 0;
    oto_record_free(&answer);
    return sent;
}

/* The sandbox has a user namespace of its own, so that only its own processes count, whoever has its user id outside.
 */
static bool limit_processes(const char *word) {
    char *end = "";
    long processes = word ? strtol(word, &end, 10) : 0;
    const struct rlimit limit = {(rlim_t)processes, (rlim_t)processes};
    return processes > 0 && !*end && setrlimit(RLIMIT_NPROC, &limit) == 0;
}

int main(int argc, char **argv) {
    struct inside inside = {};
    struct oto_record job;
    bool going = true;
    /* The worker has our user id: it must neither read our memory nor reach our descriptors through /proc. */
    if (argc != 2 || !limit_processes(argv[1]) || prctl(PR_SET_DUMPABLE, 0) < 0 ||
        fcntl(JOB_INPUT, F_SETFD, FD_CLOEXEC) < 0 || fcntl(JOB_OUTPUT, F_SETFD, FD_CLOEXEC) < 0) {
        fprintf(stderr, "oto-inside: is started by `oto-grade run`, with its job on descriptor %d\n", JOB_INPUT);
        return 2;
    }
    /* These are not always there. */
    fcntl(JOB_PARSER, F_SETFD, FD_CLOEXEC);
    fcntl(JOB_COMPILER, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    char *error;
    int landlock = landlock_confine(&error);
    if (landlock < 0) {
        send_failure(error);
        free(error);
        return 2;
    }
    while (going && oto_record_receive(JOB_INPUT, &job) == 1) {
        if (job.kind == JOB_OPEN && !inside.session) {
            inside.opening = job;
            going = open_session(&inside);
            continue;
        }
        if (job.kind == JOB_TRY && !inside.session)
            going = try_layers(&job, landlock);
        else if (job.kind == JOB_CELL && inside.session)
            going = run_cell(&inside, &job);
        else
            going = false;
        oto_record_free(&job);
    }
    if (inside.session) session_close(inside.session);
    oto_record_free(&inside.opening);
    text_free(&inside.output);
    return 0;
}
