#include "kernel/debugger.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/adapter.h"
#include "kernel/dap.h"
#include "kernel/display.h"
#include "kernel/log.h"
#include "kernel/sources.h"

enum {
    PATIENCE = 15000,          /* milliseconds for the adapter to answer */
    LEAVING = 2000,            /* and to let a process go */
    AUTOMATIC_STEPS = 50,      /* through code that is nobody's cell, before the program is let run */
    VARIABLES_SHOWN = 60,      /* of the session, while a cell is stopped */
    SESSION_SCOPE = 1000000000 /* the reference of the session's variables; the adapter's own are small */
};

struct job {
    struct job *next;
    enum { JOB_REQUEST, JOB_ATTACH, JOB_DETACH, JOB_END } kind;
    struct message message; /* of a request */
};

struct debugger {
    struct kernel *kernel;
    struct cell_debugger hooks;
    pthread_t thread;
    int wake; /* an eventfd: there are jobs */
    pthread_mutex_t lock;
    pthread_cond_t done; /* a job of the session's thread has been done */

    /* Under the lock. */
    struct job *first, **end;
    bool on;
    bool waiting;      /* the session's thread waits for attach or detach */
    int pid;           /* the process to attach to */
    json_t *variables; /* the session's, as [{name, type, address}] */
    bool watching;

    struct sources *sources; /* has a lock of its own */

    /* Of the thread. */
    struct adapter *adapter; /* started and initialised ahead, or watching */
    json_t *breakpoints;     /* file -> list of breakpoints as the client set them */
    json_t *waiting_events;  /* came while an answer was awaited */
    bool at_crashes;         /* stop where a cell is about to die */
    bool configured;         /* the watched process runs, and what it does is news */
    bool crashed;            /* it has stopped at its crash already */
    json_int_t stopped;      /* the thread that is stopped, 0: none */
    int steps;               /* gone by themselves since it last was stopped */
};

/* ---- the conversation with the adapter ---- */

/* Sends a request and waits for its answer; events that come first are kept. NULL when the adapter is gone or silent:
 * then it is given up. The caller's. */
static json_t *ask(struct debugger *debugger, const char *command, json_t *arguments) {
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
    json_t *answer = ask(debugger, command, arguments);
    bool success = json_is_true(json_object_get(answer, "success"));
    json_decref(answer);
    return success;
}

/* An adapter takes a while to start, so the next one is started ahead. */
static void prepare_adapter(struct debugger *debugger) {
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

static void publish(struct debugger *debugger, json_t *event) {
    kernel_publish(debugger->kernel, NULL, "debug_event", event, NULL);
}

/* ---- breakpoints ---- */

static json_t *breakpoints_request(const char *file, json_t *list) {
    return json_pack("{s:{s:s}, s:O}", "source", "path", file, "breakpoints", list);
}

static bool has_breakpoints(const struct debugger *debugger) {
    const char *file;
    json_t *list;
    json_object_foreach(debugger->breakpoints, file, list) if (json_array_size(list) > 0) return true;
    return false;
}

/* Every death of a cell passes through this function of the worker. */
static bool tell_crashes(struct debugger *debugger) {
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
                     "SIGCHLD SIGUSR1 SIGUSR2 SIGPIPE SIGTERM SIGINT SIGHUP SIGRTMIN SIGRTMIN+5");
}

static void attach(struct debugger *debugger) {
    bool good = false;
    if (has_breakpoints(debugger) || debugger->at_crashes) {
        prepare_adapter(debugger);
        good = tell(debugger, "attach", attach_request(debugger->pid));
        const char *file;
        json_t *list;
        json_object_foreach(debugger->breakpoints, file, list) if (good) good =
            tell(debugger, "setBreakpoints", breakpoints_request(file, list));
        good = good && tell_crashes(debugger);
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

static void let_go(struct debugger *debugger) {
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
    if (stopped != 0) publish(debugger, dap_continued(stopped));
}

/* ---- what happens in a watched cell ---- */

static json_t *frames_of(struct debugger *debugger, json_int_t thread, json_t **answer) {
    *answer =
        ask(debugger, "stackTrace", json_pack("{s:I, s:i, s:i}", "threadId", thread, "startFrame", 0, "levels", 256));
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
    json_t *frames = frames_of(debugger, thread, &answer);
    const char *command = way_on(debugger, body, frames);
    json_decref(answer);
    if (command == NULL) {
        debugger->steps = 0;
        debugger->stopped = thread;
        json_object_set_new(body, "allThreadsStopped", json_true());
        publish(debugger, json_incref(event));
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
        publish(debugger, json_incref(event));
}

static void handle_events(struct debugger *debugger) {
    while (json_array_size(debugger->waiting_events) > 0) {
        json_t *event = json_incref(json_array_get(debugger->waiting_events, 0));
        json_array_remove(debugger->waiting_events, 0);
        on_event(debugger, event);
        json_decref(event);
    }
}

static void receive_events(struct debugger *debugger) {
    for (json_t *message; debugger->adapter != NULL && (message = adapter_receive(debugger->adapter, 0)) != NULL;) {
        if (dap_is(message, "event")) json_array_append(debugger->waiting_events, message);
        json_decref(message);
        handle_events(debugger);
    }
    if (debugger->adapter != NULL && adapter_gone(debugger->adapter)) let_go(debugger);
}

/* ---- the client's requests: about cells as texts ---- */

static json_t *answer_info(struct debugger *debugger, const json_t *request) {
    json_t *list = json_array(), *breakpoints;
    const char *file;
    json_object_foreach(debugger->breakpoints, file, breakpoints)
        json_array_append_new(list, json_pack("{s:s, s:O}", "source", file, "breakpoints", breakpoints));
    json_t *threads = debugger->stopped == 0 ? json_array() : json_pack("[I]", debugger->stopped);
    pthread_mutex_lock(&debugger->lock);
    bool on = debugger->on;
    pthread_mutex_unlock(&debugger->lock);
    return dap_success(request, json_pack("{s:b, s:s, s:I, s:s, s:s, s:o, s:o, s:b, s:[s], s:b}", "isStarted", (int)on,
                                          "hashMethod", "Murmur2", "hashSeed", (json_int_t)sources_seed(),
                                          "tmpFilePrefix", sources_prefix(debugger->sources), "tmpFileSuffix",
                                          sources_suffix(), "breakpoints", list, "stoppedThreads", threads,
                                          "richRendering", 0, "exceptionPaths", "Crashes", "copyToGlobals", 0));
}

static json_t *answer_initialize(struct debugger *debugger, const json_t *request) {
    if (!adapter_available())
        return dap_failure(request, "there is no lldb-dap-19 on this machine: install the package lldb-19");
    if (!sources_open(debugger->sources))
        return dap_failure(request, "cannot make a folder for the cells' sources: is the temporary folder full?");
    prepare_adapter(debugger);
    pthread_mutex_lock(&debugger->lock);
    debugger->on = true;
    pthread_mutex_unlock(&debugger->lock);
    return dap_success(request,
                       json_pack("{s:b, s:b, s:b, s:b, s:b, s:[{s:s, s:s, s:b}]}", "supportsConfigurationDoneRequest",
                                 1, "supportsConditionalBreakpoints", 1, "supportsHitConditionalBreakpoints", 1,
                                 "supportsEvaluateForHovers", 1, "supportsSetVariable", 1, "exceptionBreakpointFilters",
                                 "filter", "crash", "label", "Crashes", "default", 0));
}

static json_t *answer_attach(struct debugger *debugger, const json_t *request) {
    publish(debugger, json_pack("{s:i, s:s, s:s}", "seq", 0, "type", "event", "event", "initialized"));
    return dap_success(request, NULL);
}

static json_t *answer_dump_cell(struct debugger *debugger, const json_t *request) {
    const char *code = json_string_value(json_object_get(json_object_get(request, "arguments"), "code"));
    if (code == NULL) return dap_failure(request, "arguments.code is not a string");
    char *file = sources_store(debugger->sources, code);
    json_t *answer = file == NULL ? dap_failure(request, "the cell's source cannot be written to the temporary folder")
                                  : dap_success(request, json_pack("{s:s}", "sourcePath", file));
    free(file);
    return answer;
}

static json_t *answer_source(struct debugger *debugger, const json_t *request) {
    const json_t *source = json_object_get(json_object_get(request, "arguments"), "source");
    const char *file = json_string_value(json_object_get(source, "path"));
    char *text = file == NULL ? NULL : sources_read(debugger->sources, file);
    json_t *answer = text == NULL ? dap_failure(request, "that source is no cell's")
                                  : dap_success(request, json_pack("{s:s}", "content", text));
    free(text);
    return answer;
}

static json_t *answer_set_breakpoints(struct debugger *debugger, const json_t *request) {
    const json_t *arguments = json_object_get(request, "arguments");
    const char *file = json_string_value(json_object_get(json_object_get(arguments, "source"), "path"));
    json_t *list = json_object_get(arguments, "breakpoints");
    if (file == NULL || (list != NULL && !json_is_array(list)))
        return dap_failure(request, "arguments.source.path or arguments.breakpoints is missing");
    json_t *own = list == NULL ? json_array() : json_incref(list);
    json_object_set_new(debugger->breakpoints, file, own);
    if (debugger->configured) {
        json_t *answer = ask(debugger, "setBreakpoints", breakpoints_request(file, own));
        if (answer != NULL) return dap_as_answer(answer, request);
    }
    json_t *verified = json_array(), *breakpoint;
    size_t i;
    json_array_foreach(own, i, breakpoint)
        json_array_append_new(verified, json_pack("{s:b, s:O*, s:{s:s}}", "verified", 1, "line",
                                                  json_object_get(breakpoint, "line"), "source", "path", file));
    return dap_success(request, json_pack("{s:o}", "breakpoints", verified));
}

static json_t *answer_set_exceptions(struct debugger *debugger, const json_t *request) {
    const json_t *filters = json_object_get(json_object_get(request, "arguments"), "filters");
    size_t i;
    json_t *filter;
    debugger->at_crashes = false;
    json_array_foreach(filters, i, filter) {
        const char *name = json_string_value(filter);
        /* the client offers what debugInfo names as exceptionPaths, or the filter itself */
        if (name != NULL && (!strcmp(name, "crash") || !strcmp(name, "Crashes"))) debugger->at_crashes = true;
    }
    if (debugger->configured) tell_crashes(debugger);
    return dap_success(request, json_pack("{s:[]}", "breakpoints"));
}

static json_t *answer_done(struct debugger *debugger, const json_t *request) {
    return dap_success(request, NULL);
}

static json_t *answer_modules(struct debugger *debugger, const json_t *request) {
    return dap_success(request, json_pack("{s:[], s:i}", "modules", "totalModules", 0));
}

static json_t *answer_disconnect(struct debugger *debugger, const json_t *request) {
    let_go(debugger);
    json_object_clear(debugger->breakpoints);
    debugger->at_crashes = false;
    pthread_mutex_lock(&debugger->lock);
    debugger->on = false;
    pthread_mutex_unlock(&debugger->lock);
    return dap_success(request, NULL);
}

/* ---- the client's requests: about a program that runs or is stopped ---- */

static json_t *forward(struct debugger *debugger, const json_t *request, json_t *arguments) {
    const char *command = json_string_value(json_object_get(request, "command"));
    json_t *answer = ask(debugger, command, arguments);
    return answer == NULL ? dap_failure(request, "the debug adapter has ended") : dap_as_answer(answer, request);
}

static json_t *arguments_of(const json_t *request) {
    return json_deep_copy(json_object_get(request, "arguments"));
}

static json_t *answer_threads(struct debugger *debugger, const json_t *request) {
    if (debugger->configured) return forward(debugger, request, arguments_of(request));
    return dap_success(request, json_pack("{s:[]}", "threads"));
}

static json_t *answer_stack(struct debugger *debugger, const json_t *request) {
    json_t *answer = forward(debugger, request, arguments_of(request)), *body = json_object_get(answer, "body");
    json_t *kept = json_array(), *frame;
    size_t i;
    json_array_foreach(json_object_get(body, "stackFrames"), i, frame) {
        if (!sources_has_frame(debugger->sources, frame)) continue;
        dap_plain_name(frame);
        json_array_append(kept, frame);
    }
    if (body != NULL) {
        json_object_set_new(body, "totalFrames", json_integer((json_int_t)json_array_size(kept)));
        json_object_set(body, "stackFrames", kept);
    }
    json_decref(kept);
    return answer;
}

static json_t *answer_scopes(struct debugger *debugger, const json_t *request) {
    json_t *answer = forward(debugger, request, arguments_of(request)), *body = json_object_get(answer, "body");
    const json_t *frame = json_object_get(json_object_get(request, "arguments"), "frameId");
    json_t *kept = json_array(), *scope;
    size_t i;
    json_array_foreach(json_object_get(body, "scopes"), i, scope) if (dap_has(scope, "name", "Locals"))
        json_array_append(kept, scope);
    /* the reference says of which frame: the expressions are evaluated there */
    json_array_append_new(kept, json_pack("{s:s, s:I, s:b}", "name", "Session", "variablesReference",
                                          (json_int_t)SESSION_SCOPE + json_integer_value(frame), "expensive", 0));
    if (body != NULL) json_object_set(body, "scopes", kept);
    json_decref(kept);
    return answer;
}

/* One of the session's variables, as the program has it now; NULL when the adapter cannot tell. */
static json_t *session_variable(struct debugger *debugger, const json_t *variable, json_int_t frame) {
    const char *name, *type;
    json_int_t address;
    if (json_unpack((json_t *)variable, "{s:s, s:s, s:I}", "name", &name, "type", &type, "address", &address) != 0)
        return NULL;
    char *expression;
    if (asprintf(&expression, "*(__typeof__(%s) *)0x%llx", type, (long long)address) < 0) return NULL;
    json_t *answer = ask(debugger, "evaluate",
                         json_pack("{s:s, s:I, s:s}", "expression", expression, "frameId", frame, "context", "watch"));
    json_t *body = json_object_get(answer, "body");
    json_t *shown =
        json_is_true(json_object_get(answer, "success"))
            ? json_pack("{s:s, s:s, s:O*, s:O*}", "name", name, "type", type, "value", json_object_get(body, "result"),
                        "variablesReference", json_object_get(body, "variablesReference"))
            : NULL;
    free(expression);
    json_decref(answer);
    return shown;
}

static json_t *session_variables_now(struct debugger *debugger, json_int_t frame) {
    json_t *list = json_array(), *variable;
    size_t i;
    json_array_foreach(debugger->variables, i, variable) {
        if (i >= VARIABLES_SHOWN) break;
        json_t *shown = session_variable(debugger, variable, frame);
        if (shown != NULL) json_array_append_new(list, shown);
    }
    return list;
}

static json_t *answer_variables(struct debugger *debugger, const json_t *request) {
    const json_t *of = json_object_get(json_object_get(request, "arguments"), "variablesReference");
    if (json_integer_value(of) >= SESSION_SCOPE)
        return dap_success(request, json_pack("{s:o}", "variables",
                                              session_variables_now(debugger, json_integer_value(of) - SESSION_SCOPE)));
    json_t *answer = forward(debugger, request, arguments_of(request)), *body = json_object_get(answer, "body");
    json_t *kept = json_array(), *variable;
    size_t i;
    json_array_foreach(json_object_get(body, "variables"), i, variable) if (!dap_begins(variable, "name", "oto_"))
        json_array_append(kept, variable);
    if (body != NULL) json_object_set(body, "variables", kept);
    json_decref(kept);
    return answer;
}

/* An expression, never a command of the adapter's. */
static json_t *answer_evaluate(struct debugger *debugger, const json_t *request) {
    json_t *arguments = arguments_of(request);
    if (arguments != NULL) json_object_set_new(arguments, "context", json_string("watch"));
    return forward(debugger, request, arguments);
}

static json_t *answer_move(struct debugger *debugger, const json_t *request) {
    json_int_t thread = debugger->stopped;
    debugger->stopped = 0;
    json_t *answer = forward(debugger, request, arguments_of(request));
    if (thread != 0) publish(debugger, dap_continued(thread));
    return answer;
}

static json_t *answer_forwarded(struct debugger *debugger, const json_t *request) {
    return forward(debugger, request, arguments_of(request));
}

/* While a cell runs, or is stopped where it has no frame yet to look from, nothing is known. */
static json_t *answer_inspect(struct debugger *debugger, const json_t *request) {
    json_t *variables = NULL, *answer;
    if (debugger->stopped != 0) {
        const json_t *top = json_array_get(frames_of(debugger, debugger->stopped, &answer), 0);
        if (top != NULL) variables = session_variables_now(debugger, json_integer_value(json_object_get(top, "id")));
        json_decref(answer);
    }
    return dap_success(request, json_pack("{s:o}", "variables", variables == NULL ? json_array() : variables));
}

static json_t *answer_rich(struct debugger *debugger, const json_t *request) {
    return dap_failure(request, "the cell is running: its variables are shown as text");
}

enum { ANY_TIME, WHEN_ON, WHEN_WATCHING, WHEN_STOPPED };

static const struct command {
    const char *name;
    int when;
    json_t *(*answer)(struct debugger *debugger, const json_t *request);
} commands[] = {
    {"debugInfo", ANY_TIME, answer_info},
    {"initialize", ANY_TIME, answer_initialize},
    {"attach", WHEN_ON, answer_attach},
    {"disconnect", ANY_TIME, answer_disconnect},
    {"dumpCell", WHEN_ON, answer_dump_cell},
    {"setBreakpoints", WHEN_ON, answer_set_breakpoints},
    {"setExceptionBreakpoints", WHEN_ON, answer_set_exceptions},
    {"configurationDone", WHEN_ON, answer_done},
    {"source", WHEN_ON, answer_source},
    {"modules", ANY_TIME, answer_modules},
    {"inspectVariables", ANY_TIME, answer_inspect},
    {"richInspectVariables", ANY_TIME, answer_rich},
    {"threads", WHEN_ON, answer_threads},
    {"pause", WHEN_WATCHING, answer_forwarded},
    {"stackTrace", WHEN_STOPPED, answer_stack},
    {"scopes", WHEN_STOPPED, answer_scopes},
    {"variables", WHEN_STOPPED, answer_variables},
    {"evaluate", WHEN_STOPPED, answer_evaluate},
    {"setVariable", WHEN_STOPPED, answer_forwarded},
    {"continue", WHEN_STOPPED, answer_move},
    {"next", WHEN_STOPPED, answer_move},
    {"stepIn", WHEN_STOPPED, answer_move},
    {"stepOut", WHEN_STOPPED, answer_move},
};

static json_t *answer_request(struct debugger *debugger, const json_t *request) {
    const char *name = json_string_value(json_object_get(request, "command"));
    if (name == NULL) return dap_failure(request, "content.command is not a string");
    pthread_mutex_lock(&debugger->lock);
    bool on = debugger->on;
    pthread_mutex_unlock(&debugger->lock);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command *command = &commands[i];
        if (strcmp(command->name, name) != 0) continue;
        if (command->when != ANY_TIME && !on)
            return dap_failure(request, "the debugger is not on: initialize comes first");
        if (command->when >= WHEN_WATCHING && !debugger->configured)
            return dap_failure(request, "no cell is being debugged: set a breakpoint and run one");
        if (command->when == WHEN_STOPPED && debugger->stopped == 0)
            return dap_failure(request, "the cell is running, not stopped");
        return command->answer(debugger, request);
    }
    return dap_failure(request, "this debugger does not know that command");
}

/* ---- the thread ---- */

static struct job *next_job(struct debugger *debugger) {
    pthread_mutex_lock(&debugger->lock);
    struct job *job = debugger->first;
    if (job != NULL && (debugger->first = job->next) == NULL) debugger->end = &debugger->first;
    pthread_mutex_unlock(&debugger->lock);
    return job;
}

static void session_may_go_on(struct debugger *debugger) {
    pthread_mutex_lock(&debugger->lock);
    debugger->watching = debugger->configured;
    debugger->waiting = false;
    pthread_cond_broadcast(&debugger->done);
    pthread_mutex_unlock(&debugger->lock);
}

/* False at the end. */
static bool do_job(struct debugger *debugger, struct job *job) {
    switch (job->kind) {
    case JOB_REQUEST:
        request_began(debugger->kernel, &job->message);
        request_done(debugger->kernel, &job->message, "debug_reply", answer_request(debugger, job->message.content));
        message_free(&job->message);
        break;
    case JOB_ATTACH:
        attach(debugger);
        session_may_go_on(debugger);
        break;
    case JOB_DETACH:
        let_go(debugger);
        session_may_go_on(debugger);
        pthread_mutex_lock(&debugger->lock);
        bool on = debugger->on;
        pthread_mutex_unlock(&debugger->lock);
        if (on) prepare_adapter(debugger);
        break;
    case JOB_END:
        let_go(debugger);
        return false;
    }
    return true;
}

static void *work(void *context) {
    struct debugger *debugger = context;
    for (bool going = true; going;) {
        struct pollfd watched[2] = {
            {.fd = debugger->wake, .events = POLLIN},
            {.fd = debugger->adapter == NULL ? -1 : adapter_descriptor(debugger->adapter), .events = POLLIN}};
        if (poll(watched, 2, -1) < 0 && errno != EINTR) break;
        uint64_t count;
        if (watched[0].revents != 0 && read(debugger->wake, &count, sizeof count) < 0 && errno != EAGAIN) break;
        for (struct job *job; going && (job = next_job(debugger)) != NULL; free(job)) {
            going = do_job(debugger, job);
            handle_events(debugger);
        }
        if (watched[1].revents != 0) receive_events(debugger);
    }
    return NULL;
}

static bool add_job(struct debugger *debugger, int kind, struct message *message) {
    struct job *job = calloc(1, sizeof *job);
    uint64_t one = 1;
    if (job == NULL) return false;
    job->kind = kind;
    if (message != NULL) {
        job->message = *message;
        memset(message, 0, sizeof *message);
    }
    pthread_mutex_lock(&debugger->lock);
    *debugger->end = job;
    debugger->end = &job->next;
    pthread_mutex_unlock(&debugger->lock);
    return write(debugger->wake, &one, sizeof one) == sizeof one || errno == EAGAIN; /* full: it is awake */
}

bool debugger_take(struct debugger *debugger, struct message *message) {
    return add_job(debugger, JOB_REQUEST, message);
}

/* ---- what the session asks ---- */

static bool hook_is_on(void *context) {
    struct debugger *debugger = context;
    pthread_mutex_lock(&debugger->lock);
    bool on = debugger->on;
    pthread_mutex_unlock(&debugger->lock);
    return on;
}

static char *hook_file(void *context, const char *source) {
    return sources_file(((struct debugger *)context)->sources, source);
}

/* Hands a job to the thread and waits until it is done. */
static bool hand_over(struct debugger *debugger, int kind) {
    pthread_mutex_lock(&debugger->lock);
    debugger->waiting = true;
    pthread_mutex_unlock(&debugger->lock);
    if (!add_job(debugger, kind, NULL)) return false;
    pthread_mutex_lock(&debugger->lock);
    while (debugger->waiting) pthread_cond_wait(&debugger->done, &debugger->lock);
    bool watching = debugger->watching;
    pthread_mutex_unlock(&debugger->lock);
    return watching;
}

static bool hook_attach(void *context, int pid, const struct session_variable *variables, size_t count) {
    struct debugger *debugger = context;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (variables[i].address != 0)
            json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name", variables[i].name, "type",
                                                  variables[i].type, "address", (json_int_t)variables[i].address));
    pthread_mutex_lock(&debugger->lock);
    json_decref(debugger->variables);
    debugger->variables = list;
    debugger->pid = pid;
    pthread_mutex_unlock(&debugger->lock);
    return hand_over(debugger, JOB_ATTACH);
}

static void hook_detach(void *context) {
    hand_over(context, JOB_DETACH);
}

const struct cell_debugger *debugger_hooks(struct debugger *debugger) {
    return &debugger->hooks;
}

/* ---- while no cell runs ---- */

bool debugger_wants_session(const struct message *message) {
    return dap_has(message->content, "command", "inspectVariables") ||
           dap_has(message->content, "command", "richInspectVariables");
}

static void keep_bundle(void *context, const struct oto_record *record) {
    json_t **bundle = context;
    *bundle = display_bundle(record);
}

static json_t *inspect_rich(struct request *request) {
    const json_t *content = request->message->content;
    const char *name = json_string_value(json_object_get(json_object_get(content, "arguments"), "variableName"));
    struct cell_outcome outcome = {0};
    json_t *bundle = NULL, *answer;
    bool known = name != NULL && request->session != NULL &&
                 session_evaluate(request->session, name, keep_bundle, &bundle, &outcome) && bundle != NULL;
    if (known)
        answer = dap_success(content, json_pack("{s:O, s:{}}", "data", bundle, "metadata"));
    else
        answer = dap_failure(content, "there is no variable of that name");
    json_decref(bundle);
    cell_outcome_free(&outcome);
    return answer;
}

json_t *debugger_inspect(struct request *request) {
    const json_t *content = request->message->content;
    if (dap_has(content, "command", "richInspectVariables")) return inspect_rich(request);
    struct session_variable *variables = NULL;
    size_t count = request->session == NULL ? 0 : session_variables(request->session, true, &variables);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *value = variables[i].value == NULL ? "" : variables[i].value;
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:i}", "name", variables[i].name, "type", variables[i].type,
                                        "value", wire_text(value, strlen(value)), "variablesReference", 0));
    }
    variables_free(variables, count);
    return dap_success(content, json_pack("{s:o}", "variables", list));
}

/* ---- beginning and end ---- */

struct debugger *debugger_new(struct kernel *kernel) {
    struct debugger *debugger = calloc(1, sizeof *debugger);
    if (debugger == NULL) return NULL;
    debugger->kernel = kernel;
    debugger->hooks = (struct cell_debugger){debugger, hook_is_on, hook_file, hook_attach, hook_detach};
    debugger->end = &debugger->first;
    debugger->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    debugger->sources = sources_new();
    debugger->breakpoints = json_object();
    debugger->waiting_events = json_array();
    pthread_mutex_init(&debugger->lock, NULL);
    pthread_cond_init(&debugger->done, NULL);
    bool good = debugger->wake >= 0 && debugger->sources != NULL && debugger->breakpoints != NULL &&
                debugger->waiting_events != NULL && pthread_create(&debugger->thread, NULL, work, debugger) == 0;
    if (good) return debugger;
    debugger->kernel = NULL; /* no thread to end */
    debugger_free(debugger);
    return NULL;
}

void debugger_free(struct debugger *debugger) {
    if (debugger == NULL) return;
    if (debugger->kernel != NULL && add_job(debugger, JOB_END, NULL)) pthread_join(debugger->thread, NULL);
    for (struct job *job; (job = next_job(debugger)) != NULL; free(job)) message_free(&job->message);
    if (debugger->wake >= 0) close(debugger->wake);
    sources_free(debugger->sources);
    json_decref(debugger->breakpoints);
    json_decref(debugger->waiting_events);
    json_decref(debugger->variables);
    pthread_cond_destroy(&debugger->done);
    pthread_mutex_destroy(&debugger->lock);
    free(debugger);
}
