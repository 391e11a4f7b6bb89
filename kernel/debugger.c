#include "kernel/debugger.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/adapter.h"
#include "kernel/dap.h"
#include "kernel/display.h"
#include "kernel/watch.h"

bool debugger_is_on(struct debugger *debugger) {
    pthread_mutex_lock(&debugger->lock);
    bool on = debugger->on;
    pthread_mutex_unlock(&debugger->lock);
    return on;
}

void debugger_switch(struct debugger *debugger, bool on) {
    pthread_mutex_lock(&debugger->lock);
    debugger->on = on;
    pthread_mutex_unlock(&debugger->lock);
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
        request_done(debugger->kernel, &job->message, "debug_reply", debug_answer(debugger, job->message.content));
        message_free(&job->message);
        break;
    case JOB_ATTACH:
        watch_attach(debugger);
        session_may_go_on(debugger);
        break;
    case JOB_DETACH:
        watch_let_go(debugger);
        session_may_go_on(debugger);
        if (debugger_is_on(debugger)) watch_prepare(debugger);
        break;
    case JOB_END:
        watch_let_go(debugger);
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
            watch_handle_events(debugger);
        }
        if (watched[1].revents != 0) watch_receive_events(debugger);
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
    return debugger_is_on(context);
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
