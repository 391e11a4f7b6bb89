#include "kernel/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/adapter.h"
#include "kernel/debugger.h"
#include "kernel/log.h"

#define OTO_VERSION "0.1.0"

/* ---- sending ---- */

void kernel_publish(struct kernel *kernel, const struct message *parent, const char *type, json_t *content,
                    json_t *metadata) {
    char topic[128];
    snprintf(topic, sizeof topic, "%s.%s", kernel->topic, type);
    outbox_post(kernel->outbox, wire_compose(kernel->wire, CHANNEL_IOPUB, topic, parent, type, content, metadata));
    json_decref(content);
    json_decref(metadata);
}

void kernel_reply(struct kernel *kernel, const struct message *message, const char *type, json_t *content,
                  json_t *metadata) {
    outbox_post(kernel->outbox, wire_compose(kernel->wire, message->channel, NULL, message, type, content, metadata));
    json_decref(content);
    json_decref(metadata);
}

static void publish_status(struct kernel *kernel, const struct message *parent, const char *state) {
    kernel_publish(kernel, parent, "status", json_pack("{s:s}", "execution_state", state), NULL);
}

/* ---- the content of a request ---- */

__attribute__((format(printf, 2, 3))) static bool wrong(struct request *request, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(request->problem, sizeof request->problem, format, arguments);
    va_end(arguments);
    return false;
}

bool request_text(struct request *request, const char *name, const char **text, size_t *size) {
    const json_t *field = json_object_get(request->message->content, name);
    if (!json_is_string(field))
        return wrong(request, "content.%s is %s", name, field == NULL ? "missing" : "not a string");
    *text = json_string_value(field);
    *size = json_string_length(field);
    return true;
}

bool request_flag(struct request *request, const char *name, bool otherwise, bool *flag) {
    const json_t *field = json_object_get(request->message->content, name);
    *flag = field == NULL || json_is_null(field) ? otherwise : json_is_true(field);
    return field == NULL || json_is_null(field) || json_is_boolean(field) ||
           wrong(request, "content.%s is not a boolean", name);
}

bool request_integer(struct request *request, const char *name, json_int_t otherwise, json_int_t *integer) {
    const json_t *field = json_object_get(request->message->content, name);
    *integer = json_is_integer(field) ? json_integer_value(field) : otherwise;
    return field == NULL || json_is_null(field) || json_is_integer(field) ||
           wrong(request, "content.%s is not an integer", name);
}

/* ---- short handlers ---- */

static json_t *kernel_info_answer(struct request *request) {
    bool debugger = adapter_available();
    json_t *features = json_pack("[s]", "kernel subshells");
    if (debugger) json_array_append_new(features, json_string("debugger"));
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s}, s:s, s:b, s:o, s:[{s:s, s:s}]}", "status",
                     "ok", "protocol_version", "5.5", "implementation", "oto", "implementation_version", OTO_VERSION,
                     "language_info", "name", "c", "version", "C23", "mimetype", "text/x-csrc", "file_extension", ".c",
                     "pygments_lexer", "c", "codemirror_mode", "text/x-csrc", "banner",
                     "Oto " OTO_VERSION ": C in a notebook. %magic lists the commands, %help name explains a name.",
                     "debugger", (int)debugger, "supported_features", features, "help_links", "text", "C reference",
                     "url", "https://en.cppreference.com/w/c");
}

static json_t *comm_info_answer(struct request *request) {
    const char *target;
    size_t size;
    const json_t *field = json_object_get(request->message->content, "target_name");
    if (field != NULL && !json_is_null(field) && !request_text(request, "target_name", &target, &size)) return NULL;
    return json_pack("{s:s, s:{}}", "status", "ok", "comms");
}

/* No target lives in this kernel, so every comm is closed again, as the protocol asks. */
static json_t *comm_open_answer(struct request *request) {
    const char *id;
    size_t size;
    if (request_text(request, "comm_id", &id, &size))
        kernel_publish(request->kernel, request->message, "comm_close", json_pack("{s:s, s:{}}", "comm_id", id, "data"),
                       NULL);
    return NULL;
}

static json_t *nothing(struct request *request) {
    return NULL;
}

static json_t *connect_answer(struct request *request) {
    const int *ports = request->kernel->connection->ports;
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i}", "status", "ok", "shell_port", ports[PORT_SHELL], "iopub_port",
                     ports[PORT_IOPUB], "stdin_port", ports[PORT_STDIN], "control_port", ports[PORT_CONTROL], "hb_port",
                     ports[PORT_HEARTBEAT]);
}

json_t *history_answer(struct request *request) {
    struct history *history = request->kernel->history;
    const char *kind, *pattern = "*";
    size_t size;
    bool output, unique, raw; /* raw: there is no other form of C */
    json_int_t session, start, stop, count;
    if (!request_text(request, "hist_access_type", &kind, &size) || !request_flag(request, "output", false, &output) ||
        !request_flag(request, "raw", true, &raw) || !request_flag(request, "unique", false, &unique) ||
        !request_integer(request, "session", 0, &session) || !request_integer(request, "start", 0, &start) ||
        !request_integer(request, "stop", 0, &stop) || !request_integer(request, "n", -1, &count))
        return NULL;
    const json_t *field = json_object_get(request->message->content, "pattern");
    if (field != NULL && !json_is_null(field) && !request_text(request, "pattern", &pattern, &size)) return NULL;
    json_t *rows = NULL;
    if (strcmp(kind, "range") == 0)
        rows = history_range(history, session, start, stop, output);
    else if (strcmp(kind, "tail") == 0)
        rows = history_tail(history, count, output);
    else if (strcmp(kind, "search") == 0)
        rows = history_search(history, pattern, count, unique, output);
    else
        wrong(request, "content.hist_access_type is \"%.40s\", not range, tail or search", kind);
    return rows == NULL ? NULL : json_pack("{s:s, s:o}", "status", "ok", "history", rows);
}

static json_t *interrupt_answer(struct request *request) {
    queue_interrupt(request->kernel->queue);
    return json_pack("{s:s}", "status", "ok");
}

static json_t *shutdown_answer(struct request *request) {
    bool restart;
    if (!request_flag(request, "restart", false, &restart)) return NULL;
    request->kernel->stopping = true;
    json_t *content = json_pack("{s:s, s:b}", "status", "ok", "restart", (int)restart);
    kernel_publish(request->kernel, request->message, "shutdown_reply", json_incref(content), NULL);
    return content;
}

static json_t *create_subshell_answer(struct request *request) {
    json_t *id = queue_subshell_create(request->kernel->queue);
    if (id == NULL) wrong(request, "out of memory");
    return id == NULL ? NULL : json_pack("{s:s, s:o}", "status", "ok", "subshell_id", id);
}

static json_t *delete_subshell_answer(struct request *request) {
    const char *id;
    size_t size;
    if (!request_text(request, "subshell_id", &id, &size)) return NULL;
    if (queue_subshell_remove(request->kernel->queue, id)) return json_pack("{s:s}", "status", "ok");
    wrong(request, "there is no subshell %.60s", id);
    return NULL;
}

static json_t *list_subshell_answer(struct request *request) {
    return json_pack("{s:s, s:o}", "status", "ok", "subshell_id", queue_subshell_list(request->kernel->queue));
}

/* ---- the table ---- */

enum {
    ON_SHELL = 1 << CHANNEL_SHELL,
    ON_CONTROL = 1 << CHANNEL_CONTROL,
    ENGINE = 8,    /* asks the engine, which may take a moment */
    CELL = 16,     /* runs in the session */
    NO_REPLY = 32, /* the protocol has no reply for it */
    URGENT = 64,   /* waits for nothing, not even its own shell */
    DEBUGGER = 128 /* the debugger's thread answers, unless it is about the session while no cell runs */
};

static const struct handler {
    const char *type, *reply;
    json_t *(*answer)(struct request *request);
    int flags;
} handlers[] = {
    {"execute_request", "execute_reply", execute_answer, ON_SHELL | CELL},
    {"complete_request", "complete_reply", complete_answer, ON_SHELL | ENGINE},
    {"inspect_request", "inspect_reply", inspect_answer, ON_SHELL | ENGINE},
    {"is_complete_request", "is_complete_reply", is_complete_answer, ON_SHELL | ENGINE},
    {"history_request", "history_reply", history_answer, ON_SHELL},
    {"kernel_info_request", "kernel_info_reply", kernel_info_answer, ON_SHELL | ON_CONTROL},
    {"connect_request", "connect_reply", connect_answer, ON_SHELL | ON_CONTROL},
    {"comm_info_request", "comm_info_reply", comm_info_answer, ON_SHELL},
    {"comm_open", NULL, comm_open_answer, ON_SHELL | NO_REPLY},
    {"comm_msg", NULL, nothing, ON_SHELL | NO_REPLY},
    {"comm_close", NULL, nothing, ON_SHELL | NO_REPLY},
    {"shutdown_request", "shutdown_reply", shutdown_answer, ON_SHELL | ON_CONTROL | URGENT},
    {"debug_request", "debug_reply", debugger_inspect, ON_CONTROL | DEBUGGER},
    {"interrupt_request", "interrupt_reply", interrupt_answer, ON_CONTROL},
    {"create_subshell_request", "create_subshell_reply", create_subshell_answer, ON_CONTROL},
    {"delete_subshell_request", "delete_subshell_reply", delete_subshell_answer, ON_CONTROL},
    {"list_subshell_request", "list_subshell_reply", list_subshell_answer, ON_CONTROL},
};

static const struct handler *find_handler(const struct message *message) {
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (strcmp(handlers[i].type, message->type) == 0 && (handlers[i].flags & 1 << message->channel))
            return &handlers[i];
    return NULL;
}

/* ---- answering ---- */

static json_t *problem_content(struct request *request, const struct handler *handler) {
    log_line("%s: %s", handler->type, request->problem);
    /* The problem may quote the request, cut anywhere. */
    json_t *content = json_pack("{s:s, s:s, s:o, s:[]}", "status", "error", "ename", "BadRequest", "evalue",
                                wire_text(request->problem, strlen(request->problem)), "traceback");
    if (handler->flags & CELL)
        json_object_set_new(content, "execution_count", json_integer(atomic_load(&request->kernel->execution_count)));
    return content;
}

/* When the cell began and how it ended: clients record it in notebooks. */
static json_t *cell_metadata(const struct request *request, const json_t *content) {
    return json_pack("{s:s, s:s}", "started", request->started, "status",
                     json_string_value(json_object_get(content, "status")));
}

/* Sends the reply, or the error when the request had a problem. */
static void conclude(struct request *request, const struct handler *handler, json_t *content) {
    if (handler->flags & CELL) queue_cell_over(request->kernel->queue, request->message);
    if (request->problem[0] != '\0') content = problem_content(request, handler);
    outbox_hold(request->kernel->outbox);
    if (handler->flags & NO_REPLY)
        json_decref(content);
    else
        kernel_reply(request->kernel, request->message, handler->reply, content,
                     handler->flags & CELL ? cell_metadata(request, content) : NULL);
    publish_status(request->kernel, request->message, "idle");
    outbox_release(request->kernel->outbox);
}

/* busy, the answer, idle: in this order for every request, whichever thread answers it. */
static void answer(struct kernel *kernel, const struct handler *handler, const struct message *message,
                   struct session *session) {
    struct request request = {.kernel = kernel, .message = message, .session = session};
    wire_date(request.started);
    outbox_hold(kernel->outbox);
    publish_status(kernel, message, "busy");
    if (!(handler->flags & CELL)) outbox_release(kernel->outbox); /* a cell's input goes with it */
    conclude(&request, handler, handler->answer(&request));
}

static void answer_unknown_subshell(struct kernel *kernel, const struct handler *handler,
                                    const struct message *message) {
    struct request request = {.kernel = kernel, .message = message};
    wire_date(request.started);
    publish_status(kernel, message, "busy");
    wrong(&request, "there is no subshell %.60s", message->subshell);
    conclude(&request, handler, NULL);
}

static void answer_aborted(struct kernel *kernel, const struct handler *handler, const struct message *message) {
    struct request request = {.kernel = kernel, .message = message};
    wire_date(request.started);
    outbox_hold(kernel->outbox);
    publish_status(kernel, message, "busy");
    conclude(&request, handler,
             json_pack("{s:s, s:i}", "status", "aborted", "execution_count", atomic_load(&kernel->execution_count)));
    outbox_release(kernel->outbox);
}

void request_began(struct kernel *kernel, const struct message *message) {
    publish_status(kernel, message, "busy");
}

void request_done(struct kernel *kernel, const struct message *message, const char *type, json_t *content) {
    kernel_reply(kernel, message, type, content, NULL);
    publish_status(kernel, message, "idle");
}

void request_run(struct kernel *kernel, struct message *message, bool aborted) {
    const struct handler *handler = find_handler(message);
    if (aborted && (handler->flags & CELL))
        answer_aborted(kernel, handler, message);
    else
        answer(kernel, handler, message, atomic_load(&kernel->session));
}

/* A shell request is answered here and now unless its shell has others waiting, or it needs the engine. */
static bool must_queue(struct kernel *kernel, const struct handler *handler, const struct message *message) {
    if (handler->flags & DEBUGGER) return true;
    if (message->channel != CHANNEL_SHELL || (handler->flags & URGENT)) return false;
    return (handler->flags & (CELL | ENGINE)) || queue_has(kernel->queue, message->subshell);
}

/* Gives the message to the thread that is to answer it. */
static bool hand_on(struct kernel *kernel, const struct handler *handler, struct message *message) {
    if (!(handler->flags & DEBUGGER)) return queue_add(kernel->queue, message, handler->flags & CELL);
    bool idle = !queue_has_cell(kernel->queue);
    return idle && debugger_wants_session(message) ? queue_add(kernel->queue, message, true)
                                                   : debugger_take(kernel->debugger, message);
}

static void arrive_line(struct kernel *kernel, const struct message *message) {
    const char *line = json_string_value(json_object_get(message->content, "value"));
    if (strcmp(message->type, "input_reply") != 0 || line == NULL)
        log_line("dropped a stdin message: %s", line == NULL ? "content.value is not a string" : "not an input_reply");
    else if (!input_answer(kernel->input, line))
        log_line("dropped an input_reply: no cell waits for a line");
}

void request_arrive(struct kernel *kernel, struct message *message) {
    if (message->channel == CHANNEL_STDIN) {
        arrive_line(kernel, message);
        message_free(message);
        return;
    }
    const struct handler *handler = find_handler(message);
    if (handler == NULL) {
        log_line("dropped a %s message of unknown type %.80s",
                 message->channel == CHANNEL_CONTROL ? "control" : "shell", message->type);
        publish_status(kernel, message, "busy");
        publish_status(kernel, message, "idle");
    } else if (message->channel == CHANNEL_SHELL && message->subshell != NULL &&
               !queue_subshell_exists(kernel->queue, message->subshell)) {
        answer_unknown_subshell(kernel, handler, message);
    } else if (!must_queue(kernel, handler, message)) {
        answer(kernel, handler, message, NULL);
    } else if (hand_on(kernel, handler, message)) {
        return; /* another thread has it now */
    } else {
        log_line("out of memory: a %s was dropped", handler->type);
    }
    message_free(message);
}
