#include "kernel/watch.h"

#include <errno.h>
#include <string.h>

#include "kernel/adapter.h"
#include "kernel/dap.h"
#include "kernel/log.h"

enum {
    PATIENCE = 15000,    /* milliseconds for the adapter to answer */
    LEAVING = 2000,      /* and to let a process go */
    AUTOMATIC_STEPS = 50 /* through code that is nobody's cell, before the program is let run */
};

/* ---- the conversation with the adapter ---- */

/* Sends a request and waits for its answer; events that come first are kept. NULL when the adapter is gone or silent:
 * then it is given up. The caller's. */
json_t *watch_ask(struct debugger *debugger, const char *command, json_t *arguments) {
    if (debugger->adapter == NULL) {
        json_decref(arguments);
        return NULL;
    }
    json_int_t sequence = adapter_send(debugger->adapter, command, arguments);
    for (json_t *message; sequence != 0 && (message = adapter_receive(debugger->adapter, PATIENCE)) != NULL;) {
        if (dap_is_response_to(message, sequence)) return message;
        if (dap_is(message, "event"))
            json_array_append_new(debugger->waiting_events, message);
        else
            json_decref(message);
    }
    log_line("the debug adapter does not answer %s: it is given up", command);
    adapter_stop(debugger->adapter);
    debugger->adapter = NULL;
    return NULL;
}

/* The same, for requests of which only the success counts. */
static bool tell(struct debugger *debugger, const char *command, json_t *arguments) {
    json_t *answer = watch_ask(debugger, command, arguments);
    bool success = json_is_true(json_object_get(answer, "success"));
    json_decref(answer);
    return success;
}

/* An adapter takes a while to start, so the next one is started ahead. */
void watch_prepare(struct debugger *debugger) {
    if (debugger->adapter != NULL) return;
    debugger->adapter = adapter_start();
    if (debugger->adapter == NULL) {
        log_line("cannot start the debug adapter: %s", strerror(errno));
        return;
    }
    tell(debugger, "initialize",
         json_pack("{s:s, s:b, s:b, s:s, s:b}", "adapterID", "oto", "linesStartAt1", 1, "columnsStartAt1", 1,
                   "pathFormat", "path", "sourceInitFile", 0));
}

static void drop_adapter(struct debugger *debugger) {
    adapter_stop(debugger->adapter);
    debugger->adapter = NULL;
    json_array_clear(debugger->waiting_events);
    debugger->configured = false;
    debugger->stopped = 0;
}

void watch_publish(struct debugger *debugger, json_t *event) {
    kernel_publish(debugger->kernel, NULL, "debug_event", event, NULL);
}

/* ---- breakpoints ---- */

json_t *watch_breakpoints(const char *file, json_t *list) {
    return json_pack("{s:{s:s}, s:O}", "source", "path", file, "breakpoints", list);
}

static bool has_breakpoints(const struct debugger *debugger) {
    const char *file;
    json_t *list;
    json_object_foreach(debugger->breakpoints, file, list) if (json_array_size(list) > 0) return true;
    return false;
}

/* Every death of a cell passes through this function of the worker. */
bool watch_set_crashes(struct debugger *debugger) {
    return tell(debugger, "setFunctionBreakpoints",
                debugger->at_crashes ? json_pack("{s:[{s:s}]}", "breakpoints", "name", "fault_begin")
                                     : json_pack("{s:[]}", "breakpoints"));
}

/* ---- watching a cell ---- */

/* The signals belong to the worker, which turns them into errors; stepping stays in cells. */
static json_t *attach_request(int pid) {
    return json_pack("{s:i, s:b, s:[s, s, s, s], s:[s]}", "pid", pid, "stopOnEntry", 0, "initCommands",
                     "settings set plugin.jit-loader.gdb.enable on",
                     "settings set target.process.thread.step-avoid-libraries oto-worker libc.so.6 libm.so.6",
                     "settings set target.inline-breakpoint-strategy always",
                     "settings set target.max-string-summary-length 200", "postRunCommands",
                     "process handle -s false -n false -p true SIGSEGV SIGBUS SIGFPE SIGILL SIGABRT SIGTRAP SIGALRM "
                     "SIGCHLD SIGUSR1 SIGUSR2 SIGPIPE SIGTERM SIGINT SIGHUP SIGRTMIN SIGRTMIN+13");
}

void watch_attach(struct debugger *debugger) {
    bool good = false;
    if (has_breakpoints(debugger) || debugger->at_crashes) {
        watch_prepare(debugger);
        good = tell(debugger, "attach", attach_request(debugger->pid));
        const char *file;
        json_t *list;
        json_object_foreach(debugger->breakpoints, file, list) if (good) good =
            tell(debugger, "setBreakpoints", watch_breakpoints(file, list));
        good = good && watch_set_crashes(debugger);
        json_array_clear(debugger->waiting_events); /* of the attaching itself */
        good = good && tell(debugger, "configurationDone", NULL);
        if (!good) {
            log_line("the debugger could not attach to the cell: it runs without");
            drop_adapter(debugger);
        }
    }
    debugger->configured = good;
    debugger->crashed = false;
    debugger->stopped = 0;
    debugger->steps = 0;
}

void watch_let_go(struct debugger *debugger) {
    json_int_t stopped = debugger->stopped;
    json_int_t sequence =
        debugger->configured ? adapter_send(debugger->adapter, "disconnect", json_pack("{s:b}", "terminateDebuggee", 0))
                             : 0;
    for (json_t *message; sequence != 0 && (message = adapter_receive(debugger->adapter, LEAVING)) != NULL;) {
        bool answered = dap_is_response_to(message, sequence);
        json_decref(message);
        if (answered) break;
    }
    drop_adapter(debugger);
    if (stopped != 0) watch_publish(debugger, dap_continued(stopped));
}

/* ---- what happens in a watched cell ---- */

json_t *watch_frames(struct debugger *debugger, json_int_t thread, json_t **answer) {
    *answer = watch_ask(debugger, "stackTrace",
                        json_pack("{s:I, s:i, s:i}", "threadId", thread, "startFrame", 0, "levels", 256));
    return json_object_get(json_object_get(*answer, "body"), "stackFrames");
}

/* Outside of all cells a crash stops, once; a step goes on until it is in one again: the command, or NULL when this is
 * a place to stop. */
static const char *way_on(struct debugger *debugger, const json_t *stop, const json_t *frames) {
    const json_t *top = json_array_get(frames, 0);
    if (sources_has_frame(debugger->sources, top)) return NULL;
    if (dap_has(stop, "reason", "breakpoint")) {
        bool again = debugger->crashed;
        debugger->crashed = true;
        return again ? "continue" : NULL;
    }
    if (!dap_has(stop, "reason", "step")) return NULL;
    const char *between = dap_between_parts(top);
    if (between != NULL) return between;
    size_t i;
    json_t *frame;
    json_array_foreach(frames, i, frame) if (sources_has_frame(debugger->sources, frame)) return "stepOut";
    return "continue";
}

static void on_stopped(struct debugger *debugger, json_t *event) {
    json_t *body = json_object_get(event, "body"), *answer;
    json_int_t thread = json_integer_value(json_object_get(body, "threadId"));
    json_t *frames = watch_frames(debugger, thread, &answer);
    const char *command = way_on(debugger, body, frames);
    json_decref(answer);
    if (command == NULL) {
        debugger->steps = 0;
        debugger->stopped = thread;
        json_object_set_new(body, "allThreadsStopped", json_true());
        watch_publish(debugger, json_incref(event));
        return;
    }
    if (++debugger->steps > AUTOMATIC_STEPS) command = "continue";
    tell(debugger, command, json_pack("{s:I}", "threadId", thread));
}

static void on_event(struct debugger *debugger, json_t *event) {
    if (!debugger->configured) return;
    if (dap_has(event, "event", "stopped"))
        on_stopped(debugger, event);
    else if (dap_has(event, "event", "breakpoint"))
        watch_publish(debugger, json_incref(event));
}

void watch_handle_events(struct debugger *debugger) {
    while (json_array_size(debugger->waiting_events) > 0) {
        json_t *event = json_incref(json_array_get(debugger->waiting_events, 0));
        json_array_remove(debugger->waiting_events, 0);
        on_event(debugger, event);
        json_decref(event);
    }
}

void watch_receive_events(struct debugger *debugger) {
    for (json_t *message; debugger->adapter != NULL && (message = adapter_receive(debugger->adapter, 0)) != NULL;) {
        if (dap_is(message, "event")) json_array_append(debugger->waiting_events, message);
        json_decref(message);
        watch_handle_events(debugger);
    }
    if (debugger->adapter != NULL && adapter_gone(debugger->adapter)) watch_let_go(debugger);
}
