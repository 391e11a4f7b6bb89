/* What a client asks of the debugger, as a table from command to answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/adapter.h"
#include "kernel/dap.h"
#include "kernel/watch.h"

enum {
    VARIABLES_SHOWN = 60,      /* of the session, while a cell is stopped */
    SESSION_SCOPE = 1000000000 /* the reference of the session's variables; the adapter's own are small */
};

/* ---- about cells as texts ---- */

static json_t *answer_info(struct debugger *debugger, const json_t *request) {
    json_t *list = json_array(), *breakpoints;
    const char *file;
    json_object_foreach(debugger->breakpoints, file, breakpoints)
        json_array_append_new(list, json_pack("{s:s, s:O}", "source", file, "breakpoints", breakpoints));
    json_t *threads = debugger->stopped == 0 ? json_array() : json_pack("[I]", debugger->stopped);
    bool on = debugger_is_on(debugger);
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
    watch_prepare(debugger);
    debugger_switch(debugger, true);
    return dap_success(request,
                       json_pack("{s:b, s:b, s:b, s:b, s:b, s:[{s:s, s:s, s:b}]}", "supportsConfigurationDoneRequest",
                                 1, "supportsConditionalBreakpoints", 1, "supportsHitConditionalBreakpoints", 1,
                                 "supportsEvaluateForHovers", 1, "supportsSetVariable", 1, "exceptionBreakpointFilters",
                                 "filter", "crash", "label", "Crashes", "default", 0));
}

static json_t *answer_attach(struct debugger *debugger, const json_t *request) {
    watch_publish(debugger, json_pack("{s:i, s:s, s:s}", "seq", 0, "type", "event", "event", "initialized"));
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
        json_t *answer = watch_ask(debugger, "setBreakpoints", watch_breakpoints(file, own));
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
    if (debugger->configured) watch_set_crashes(debugger);
    return dap_success(request, json_pack("{s:[]}", "breakpoints"));
}

static json_t *answer_done(struct debugger *debugger, const json_t *request) {
    return dap_success(request, NULL);
}

static json_t *answer_modules(struct debugger *debugger, const json_t *request) {
    return dap_success(request, json_pack("{s:[], s:i}", "modules", "totalModules", 0));
}

static json_t *answer_disconnect(struct debugger *debugger, const json_t *request) {
    watch_let_go(debugger);
    json_object_clear(debugger->breakpoints);
    debugger->at_crashes = false;
    debugger_switch(debugger, false);
    return dap_success(request, NULL);
}

/* ---- about a program that runs or is stopped ---- */

static json_t *forward(struct debugger *debugger, const json_t *request, json_t *arguments) {
    const char *command = json_string_value(json_object_get(request, "command"));
    json_t *answer = watch_ask(debugger, command, arguments);
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
    json_t *answer =
        watch_ask(debugger, "evaluate",
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
    if (thread != 0) watch_publish(debugger, dap_continued(thread));
    return answer;
}

static json_t *answer_forwarded(struct debugger *debugger, const json_t *request) {
    return forward(debugger, request, arguments_of(request));
}

/* While a cell runs, or is stopped where it has no frame yet to look from, nothing is known. */
static json_t *answer_inspect(struct debugger *debugger, const json_t *request) {
    json_t *variables = NULL, *answer;
    if (debugger->stopped != 0) {
        const json_t *top = json_array_get(watch_frames(debugger, debugger->stopped, &answer), 0);
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

json_t *debug_answer(struct debugger *debugger, const json_t *request) {
    const char *name = json_string_value(json_object_get(request, "command"));
    if (name == NULL) return dap_failure(request, "content.command is not a string");
    bool on = debugger_is_on(debugger);
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
