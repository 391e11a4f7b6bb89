/* execute_request: one cell through the engine's door, what it shows on iopub, what it came to in the reply. */
#include <stdlib.h>
#include <string.h>

#include "kernel/display.h"
#include "kernel/log.h"
#include "kernel/request.h"

/* A cell that is running, for the callbacks of the engine. */
struct running {
    struct kernel *kernel;
    const struct message *message;
    int number; /* by which errors name the cell: of one that is not counted, the next cell's */
    bool silent, allow_stdin;
    json_t *payload;    /* list */
    json_t *unfinished; /* display.h */
};

static void on_stream(void *context, int which, const char *bytes, size_t size) {
    struct running *running = context;
    stream_write(running->kernel->stream, which, bytes, size);
}

/* Text of the engine, which may quote a program's bytes. */
static json_t *text(const char *bytes) {
    return wire_text(bytes == NULL ? "" : bytes, bytes == NULL ? 0 : strlen(bytes));
}

static void on_record(void *context, const struct oto_record *record) {
    struct running *running = context;
    if (running->silent) return;
    if (record->kind == OTO_RECORD_DISPLAY && oto_record_get_integer(record, "page", 0) == 1) {
        /* A text to be read beside the notebook, such as help: the client opens its pager. */
        json_array_append_new(running->payload, json_pack("{s:s, s:o, s:i}", "source", "page", "data",
                                                          display_bundle(record), "start", 0));
        return;
    }
    if (oto_record_get_integer(record, "replace", 0) == 1) {
        const char *source = oto_record_get_text(record, "text/plain", "");
        json_array_append_new(running->payload, json_pack("{s:s, s:o, s:b}", "source", "set_next_input", "text",
                                                          text(source), "replace", 1));
        return;
    }
    stream_flush(running->kernel->stream);
    display_record(running->kernel, running->message, record);
    display_note_unfinished(running->unfinished, record);
}

static char *on_input(void *context, const char *prompt, bool secret) {
    struct running *running = context;
    if (!running->allow_stdin) return NULL;
    stream_flush(running->kernel->stream);
    return input_ask(running->kernel, running->message, prompt, secret);
}

static json_t *error_content(const struct cell_outcome *outcome) {
    json_t *traceback = json_array();
    for (size_t i = 0; i < outcome->traceback_count; i++) json_array_append_new(traceback, text(outcome->traceback[i]));
    return json_pack("{s:o, s:o, s:o}", "ename", text(outcome->ename), "evalue", text(outcome->evalue), "traceback",
                     traceback);
}

static void keep_bundle(void *context, const struct oto_record *record) {
    json_t **bundle = context;
    *bundle = display_bundle(record);
}

static json_t *evaluate(struct session *session, const char *expression) {
    struct cell_outcome outcome = {0};
    json_t *bundle = NULL, *answer;
    if (session_evaluate(session, expression, keep_bundle, &bundle, &outcome)) {
        if (bundle == NULL) bundle = json_pack("{s:s}", "text/plain", ""); /* a void expression */
        answer = json_pack("{s:s, s:o, s:{}}", "status", "ok", "data", bundle, "metadata");
    } else {
        json_decref(bundle);
        answer = error_content(&outcome);
        json_object_set_new(answer, "status", json_string("error"));
        cell_outcome_free(&outcome);
    }
    return answer;
}

static json_t *bad_expression(const char *why) {
    return json_pack("{s:s, s:s, s:s, s:[]}", "status", "error", "ename", "BadRequest", "evalue", why, "traceback");
}

/* The answers to user_expressions, by their names. Values that are no C text are errors of their own. */
static json_t *evaluate_all(struct request *request, const json_t *expressions) {
    json_t *answers = json_object();
    const char *name;
    json_t *expression;
    json_object_foreach((json_t *)expressions, name, expression) {
        const char *source = json_string_value(expression);
        json_t *answer = source == NULL ? bad_expression("the expression is not a string")
                         : strlen(source) < json_string_length(expression)
                             ? bad_expression("the expression holds a NUL byte")
                             : evaluate(request->session, source);
        json_object_set_new(answers, name, answer);
    }
    return answers;
}

/* What was printed since the last cell belongs to that one: it left a program running. */
static void publish_leftovers(struct kernel *kernel, struct session *session) {
    struct running earlier = {.kernel = kernel};
    struct cell_host host = {.context = &earlier, .stream = on_stream};
    stream_begin(kernel->stream, kernel->last_cell.header_text.data == NULL ? NULL : &kernel->last_cell);
    session_drain(session, &host);
    stream_end(kernel->stream);
}

static void remember_cell(struct kernel *kernel, const struct running *running) {
    message_free(&kernel->last_cell);
    if (!running->silent && !message_as_parent(running->message, &kernel->last_cell))
        log_line("out of memory: what cell %d prints from now on is lost", atomic_load(&kernel->execution_count));
}

/* The cell runs. Without an engine the outcome says why there is none. */
static void run(struct request *request, const char *source, size_t size, struct running *running,
                struct cell_outcome *outcome) {
    struct kernel *kernel = request->kernel;
    if (request->session == NULL) {
        const char *why = kernel->session_problem == NULL ? "it did not start" : kernel->session_problem;
        char *sentence = NULL;
        if (asprintf(&sentence, "no cell can run: %s", why) < 0) sentence = NULL;
        *outcome = (struct cell_outcome){.status = CELL_ERROR, .ename = strdup("EngineError"), .evalue = sentence};
        return;
    }
    struct cell_host host = {.context = running, .stream = on_stream, .record = on_record, .input = on_input};
    publish_leftovers(kernel, request->session);
    remember_cell(kernel, running);
    stream_begin(kernel->stream, running->silent ? NULL : running->message);
    cell_run(request->session, source, size, running->number, &host, outcome);
    stream_end(kernel->stream);
    display_stop_unfinished(kernel, running->message, running->unfinished);
}

/* What an execute_request asks for. */
struct wish {
    const char *source;
    size_t size;
    bool silent, store_history, allow_stdin, stop_on_error;
    const json_t *expressions;
};

static bool read_wish(struct request *request, struct wish *wish) {
    wish->expressions = json_object_get(request->message->content, "user_expressions");
    if (!request_text(request, "code", &wish->source, &wish->size) ||
        !request_flag(request, "silent", false, &wish->silent) ||
        !request_flag(request, "store_history", true, &wish->store_history) ||
        !request_flag(request, "allow_stdin", false, &wish->allow_stdin) ||
        !request_flag(request, "stop_on_error", true, &wish->stop_on_error))
        return false;
    if (wish->silent) wish->store_history = false;
    if (wish->expressions == NULL || json_is_null(wish->expressions) || json_is_object(wish->expressions)) return true;
    snprintf(request->problem, sizeof request->problem, "content.user_expressions is not an object");
    return false;
}

/* Counts the cell, if it counts, and shows it to all clients. Returns its number. */
static int announce(struct request *request, const struct wish *wish) {
    struct kernel *kernel = request->kernel;
    int count = atomic_load(&kernel->execution_count) + wish->store_history;
    atomic_store(&kernel->execution_count, count);
    if (!wish->silent)
        kernel_publish(
            kernel, request->message, "execute_input",
            json_pack("{s:o, s:i}", "code", json_stringn_nocheck(wish->source, wish->size), "execution_count", count),
            NULL);
    if (wish->store_history) history_add(kernel->history, count, wish->source, wish->size);
    return count;
}

json_t *execute_answer(struct request *request) {
    struct kernel *kernel = request->kernel;
    struct wish wish;
    bool good = read_wish(request, &wish);
    int count = good ? announce(request, &wish) : 0;
    outbox_release(kernel->outbox); /* held since `busy` */
    if (!good) return NULL;

    struct running running = {.kernel = kernel,
                              .message = request->message,
                              .number = wish.store_history ? count : count + 1,
                              .silent = wish.silent,
                              .allow_stdin = wish.allow_stdin,
                              .payload = json_array(),
                              .unfinished = json_object()};
    struct cell_outcome outcome = {0};
    run(request, wish.source, wish.size, &running, &outcome);
    json_t *reply;
    if (outcome.status == CELL_OK)
        reply = json_pack("{s:s, s:o}", "status", "ok", "user_expressions", evaluate_all(request, wish.expressions));
    else {
        reply = error_content(&outcome);
        if (!wish.silent) kernel_publish(kernel, request->message, "error", json_deep_copy(reply), NULL);
        json_object_set_new(reply, "status", json_string("error"));
        json_object_set_new(reply, "user_expressions", json_object());
        /* Before the reply: what the client sends after it must not be aborted. */
        if (wish.stop_on_error && !wish.silent) queue_abort(kernel->queue, request->message->subshell);
    }
    cell_outcome_free(&outcome);
    json_decref(running.unfinished);
    json_object_set_new(reply, "payload", running.payload);
    json_object_set_new(reply, "execution_count", json_integer(count));
    return reply;
}
