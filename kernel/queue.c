#include "kernel/queue.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

#include "kernel/debugger.h"
#include "kernel/request.h"

enum worker { CELLS, QUESTIONS, WORKER_COUNT };

struct task {
    struct task *next;
    struct message message;
    enum worker worker;
    bool aborted, running;
    bool interrupted, over; /* of a cell: interrupted before it ran; its code runs no more */
};

struct queue {
    struct kernel *kernel;
    pthread_t threads[WORKER_COUNT];
    pthread_mutex_t lock;
    pthread_cond_t change[WORKER_COUNT]; /* a task of that worker may have become ready */
    struct task *first, **end;           /* waiting and running ones, in order of arrival */
    bool stopping, session_opened;
    json_t *subshells; /* list of ids; only the thread that owns the sockets looks at it */
};

static bool same_shell(const struct message *message, const char *subshell) {
    if (message->subshell == NULL || subshell == NULL) return message->subshell == subshell;
    return strcmp(message->subshell, subshell) == 0;
}

static bool is_ready(const struct queue *queue, const struct task *task) {
    for (const struct task *before = queue->first; before != task; before = before->next)
        if (same_shell(&before->message, task->message.subshell)) return false;
    return true;
}

/* The debugger's requests on control take turns with cells, but are none. */
static bool is_cell(const struct task *task) {
    return task->worker == CELLS && task->message.channel == CHANNEL_SHELL;
}

/* With the lock held: the worker's next task, or NULL. */
static struct task *next_task(const struct queue *queue, enum worker worker) {
    for (struct task *task = queue->first; task != NULL; task = task->next)
        if (task->worker == worker && is_ready(queue, task)) return task;
    return NULL;
}

static void task_free(struct task *task) {
    message_free(&task->message);
    free(task);
}

/* With the lock held: what stood behind it in its shell may be ready now. */
static void remove_task(struct queue *queue, struct task *task) {
    struct task **place = &queue->first;
    while (*place != task) place = &(*place)->next;
    *place = task->next;
    if (queue->end == &task->next) queue->end = place;
    for (int worker = 0; worker < WORKER_COUNT; worker++) pthread_cond_signal(&queue->change[worker]);
    task_free(task);
}

/* With the lock held: stops the cell that runs, also when it waits for a line. */
static void stop_running(struct queue *queue) {
    struct session *session = atomic_load(&queue->kernel->session);
    if (session != NULL) session_interrupt(session);
    input_cancel(queue->kernel->input);
}

/* With the lock held. */
static void begin_task(struct queue *queue, struct task *task) {
    task->running = true;
    if (!is_cell(task)) return;
    input_begin(queue->kernel->input);
    if (task->interrupted) stop_running(queue);
}

static void work(struct queue *queue, enum worker worker) {
    pthread_mutex_lock(&queue->lock);
    while (!queue->stopping) {
        struct task *task = queue->session_opened ? next_task(queue, worker) : NULL;
        if (task == NULL) {
            pthread_cond_wait(&queue->change[worker], &queue->lock);
            continue;
        }
        begin_task(queue, task);
        bool aborted = task->aborted;
        pthread_mutex_unlock(&queue->lock);
        request_run(queue->kernel, &task->message, aborted);
        pthread_mutex_lock(&queue->lock);
        remove_task(queue, task);
    }
    pthread_mutex_unlock(&queue->lock);
}

static void open_session(struct queue *queue) {
    struct session_options options = {.limits = queue->kernel->limits,
                                      .debugger = debugger_hooks(queue->kernel->debugger)};
    char *problem = NULL;
    struct session *session = session_open(&options, &problem);
    queue->kernel->session_problem = problem;
    atomic_store(&queue->kernel->session, session);
    pthread_mutex_lock(&queue->lock);
    queue->session_opened = true;
    pthread_cond_signal(&queue->change[QUESTIONS]);
    pthread_mutex_unlock(&queue->lock);
}

static void *answer_questions(void *argument) {
    work(argument, QUESTIONS);
    return NULL;
}

static void *run_cells(void *argument) {
    struct queue *queue = argument;
    open_session(queue);
    work(queue, CELLS);
    pthread_join(queue->threads[QUESTIONS], NULL); /* it may be asking the session */
    struct session *session = atomic_exchange(&queue->kernel->session, NULL);
    if (session != NULL) session_close(session);
    return NULL;
}

struct queue *queue_start(struct kernel *kernel) {
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) return NULL;
    queue->kernel = kernel;
    queue->end = &queue->first;
    queue->subshells = json_array();
    pthread_mutex_init(&queue->lock, NULL);
    for (int worker = 0; worker < WORKER_COUNT; worker++) pthread_cond_init(&queue->change[worker], NULL);
    bool good =
        queue->subshells != NULL && pthread_create(&queue->threads[QUESTIONS], NULL, answer_questions, queue) == 0;
    if (good && pthread_create(&queue->threads[CELLS], NULL, run_cells, queue) == 0) return queue;
    return NULL; /* the process ends: a thread may still look at the queue */
}

bool queue_stop(struct queue *queue, double seconds) {
    pthread_mutex_lock(&queue->lock);
    queue->stopping = true;
    for (int worker = 0; worker < WORKER_COUNT; worker++) pthread_cond_signal(&queue->change[worker]);
    pthread_mutex_unlock(&queue->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    double whole, part = modf(seconds + (double)until.tv_nsec * 1e-9, &whole);
    until.tv_sec += (time_t)whole;
    until.tv_nsec = (long)(part * 1e9);
    return pthread_timedjoin_np(queue->threads[CELLS], NULL, &until) == 0;
}

void queue_free(struct queue *queue) {
    while (queue->first != NULL) {
        struct task *task = queue->first;
        queue->first = task->next;
        task_free(task);
    }
    json_decref(queue->subshells);
    for (int worker = 0; worker < WORKER_COUNT; worker++) pthread_cond_destroy(&queue->change[worker]);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool queue_add(struct queue *queue, struct message *message, bool is_cell) {
    struct task *task = malloc(sizeof *task);
    if (task == NULL) return false;
    *task = (struct task){.message = *message, .worker = is_cell ? CELLS : QUESTIONS};
    memset(message, 0, sizeof *message);
    pthread_mutex_lock(&queue->lock);
    *queue->end = task;
    queue->end = &task->next;
    pthread_cond_signal(&queue->change[task->worker]);
    pthread_mutex_unlock(&queue->lock);
    return true;
}

bool queue_has(struct queue *queue, const char *subshell) {
    pthread_mutex_lock(&queue->lock);
    bool has = false;
    for (struct task *task = queue->first; task != NULL && !has; task = task->next)
        has = same_shell(&task->message, subshell);
    pthread_mutex_unlock(&queue->lock);
    return has;
}

bool queue_has_cell(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    bool has = false;
    for (struct task *task = queue->first; task != NULL && !has; task = task->next) has = is_cell(task) && !task->over;
    pthread_mutex_unlock(&queue->lock);
    return has;
}

void queue_abort(struct queue *queue, const char *subshell) {
    pthread_mutex_lock(&queue->lock);
    for (struct task *task = queue->first; task != NULL; task = task->next)
        if (!task->running && same_shell(&task->message, subshell)) task->aborted = true;
    pthread_mutex_unlock(&queue->lock);
}

void queue_interrupt(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    struct task *running = NULL, *waiting = NULL;
    for (struct task *task = queue->first; task != NULL; task = task->next) {
        if (!is_cell(task) || task->over || task->aborted) continue;
        struct task **place = task->running ? &running : &waiting;
        if (*place == NULL) *place = task;
    }
    if (running != NULL)
        stop_running(queue);
    else if (waiting != NULL)
        waiting->interrupted = true;
    pthread_mutex_unlock(&queue->lock);
}

void queue_cell_over(struct queue *queue, const struct message *message) {
    pthread_mutex_lock(&queue->lock);
    struct task *task = queue->first;
    while (task != NULL && &task->message != message) task = task->next;
    struct session *session = atomic_load(&queue->kernel->session);
    if (task != NULL && session != NULL) session_forget_interrupt(session);
    if (task != NULL) task->over = true;
    pthread_mutex_unlock(&queue->lock);
}

json_t *queue_subshell_create(struct queue *queue) {
    uuid_t uuid;
    char text[UUID_STR_LEN];
    uuid_generate(uuid);
    uuid_unparse_lower(uuid, text);
    return json_array_append_new(queue->subshells, json_string(text)) == 0 ? json_string(text) : NULL;
}

static size_t subshell_index(struct queue *queue, const char *subshell) {
    size_t i = 0, count = json_array_size(queue->subshells);
    while (i < count && strcmp(json_string_value(json_array_get(queue->subshells, i)), subshell) != 0) i++;
    return i;
}

bool queue_subshell_exists(struct queue *queue, const char *subshell) {
    return subshell_index(queue, subshell) < json_array_size(queue->subshells);
}

bool queue_subshell_remove(struct queue *queue, const char *subshell) {
    queue_abort(queue, subshell);
    return json_array_remove(queue->subshells, subshell_index(queue, subshell)) == 0;
}

json_t *queue_subshell_list(struct queue *queue) {
    return json_copy(queue->subshells);
}
