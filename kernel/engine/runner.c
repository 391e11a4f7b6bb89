#include "kernel/engine/code.h"
#include "kernel/engine/debug.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/death.h"
#include "kernel/engine/finding.h"
#include "kernel/engine/parse.h"
#include "kernel/engine/report.h"
#include "kernel/engine/symbolize.h"
#include "kernel/engine/text.h"

/* Looks while the process dies: its code must be known by then, though LOADED came only a moment before. */
struct look {
    struct session *session;
    struct run_result *result;
    const struct object *object;
    struct sighting *sighting;
    int unit, cell;
    bool transient, fast, remembered;
};

static void remember_loaded(struct look *look) {
    if (look->remembered || !look->result->loaded.kind) return;
    loaded_add(&look->session->units, look->unit, look->cell, !look->transient, look->fast, look->object,
               &look->result->loaded);
    look->remembered = true;
}

static void look_at_fault(void *context, const struct oto_record *fault, pid_t pid) {
    struct look *look = context;
    remember_loaded(look);
    sighting_look(look->sighting, fault, pid);
}

/* A display of that text, which is freed; nothing for NULL. */
static void show_text(const struct cell_host *host, char *text) {
    struct oto_record display;
    if (text && host && host->record) {
        oto_record_begin(&display, OTO_RECORD_DISPLAY);
        oto_record_text(&display, "text/plain", text);
        host->record(host->context, &display);
        oto_record_free(&display);
    }
    free(text);
}

/* "work, play": each function once that a stopped thread ran. */
static char *thread_functions(const struct session *session, const struct run_result *result) {
    struct text names = {};
    for (size_t i = 0; i < result->thread_function_count; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++) again |= result->thread_functions[k] == result->thread_functions[i];
        struct place place;
        if (again || !symbolize(session, result->thread_functions[i], NULL, &place)) continue;
        if (place.function) text_format(&names, "%s%s", names.length ? ", " : "", place.function);
        place_free(&place);
    }
    return text_take(&names);
}

static char *threads_text(const struct session *session, const struct run_result *result) {
    bool one = result->threads == 1;
    char *names = thread_functions(session, result);
    char *text = must_format("warning: %d thread%s%s%s%s still ran when the cell ended and %s stopped: join threads "
                             "before the cell ends",
                             result->threads, one ? "" : "s", *names ? " (" : "", names, *names ? ")" : "",
                             one ? "was" : "were");
    free(names);
    return text;
}

enum code_end object_run(struct session *session, const struct code *code, const struct object *object,
                         struct run_request *request, const struct cell_host *host, bool *begun,
                         struct cell_outcome *outcome) {
    struct run_result result = {};
    struct sighting sighting = {.session = session, .number = code->number};
    struct look look = {
        session, &result, object, &sighting, request->unit, code->number, request->transient, code->mode == MODE_FAST,
        false};
    enum begin_end begin =
        *begun ? BEGIN_DONE : process_begin(session->process, &session->options.limits, debug_is_on(session));
    if (begin == BEGIN_REFUSED) {
        outcome_fail(outcome, "StartError",
                     must_copy("the system gives no process for the cell; nothing of it ran: end processes that are no "
                               "longer needed, and run it again"));
        return CODE_FAILED;
    }
    if (begin == BEGIN_LOST) {
        outcome_fail(
            outcome, "Signal",
            must_copy(
                "the process that held the session was killed: its names and values are gone, run the cells again"));
        return CODE_FAILED;
    }
    *begun = true;
    if (!session->evaluating) debug_attach(session);
    request->debug = debug_is_on(session);
    request->object = object->bytes;
    request->size = object->size;
    if (!request->libraries) request->libraries = session->libraries;
    /* a program that a debugger has stopped may wait */
    request->time_limit = session->debugged ? 0 : (double)session->options.limits.time / 1000;
    result.look = look_at_fault;
    result.look_context = &look;
    session_step_aside(session);
    process_run(session->process, request, host, &result);
    session_step_back(session);
    remember_loaded(&look);
    enum code_end end = result.end == RUN_EXITED ? CODE_EXITED : CODE_DONE;
    if (result.end != RUN_RETURNED && result.end != RUN_EXITED) {
        report_run(session, &result, &sighting, code->number, outcome);
        end = result.end == RUN_INTERRUPTED ? CODE_STOPPED : CODE_FAILED;
    }
    if (result.threads > 0) show_text(host, threads_text(session, &result));
    show_text(host, findings_text(session, &result, code->number));
    sighting_free(&sighting);
    run_result_free(&result);
    return end;
}

void show_warnings(struct session *session, const struct facts *facts, int number, const struct cell_host *host) {
    show_text(host, report_warnings(session, facts->diagnostics, facts->diagnostic_count, number));
}
