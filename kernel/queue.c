#include "kernel/queue.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

#include "kernel/request.h"

struct task {
    struct task *next;
    struct message message;
    bool aborted;
};

struct queue {
    struct kernel *kernel;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct task *first, **end;
    struct task *running;
    bool stopping;
    json_t *subshells; /* list of ids; only the thread that owns the sockets looks at it */
};

static bool same_shell(const struct message *message, const char *subshell) {
    if (message->subshell == NULL || subshell == NULL) return message->subshell == subshell;
    return strcmp(message->subshell, subshell) == 0;
}

static void open_session(struct kernel *kernel) {
    struct session_options options = {0};
    char *problem = NULL;
    struct session *session = session_open(&options, &problem);
    kernel->session_problem = problem;
    atomic_store(&kernel->session, session);
}

static void task_free(struct task *task) {
    message_free(&task->message);
    free(task);
}

static void *work(void *argument) {
    struct queue *queue = argument;
    open_session(queue->kernel);
    pthread_mutex_lock(&queue->lock);
    while (!queue->stopping) {
        struct task *task = queue->first;
        if (task == NULL) {
            pthread_cond_wait(&queue->more, &queue->lock);
            continue;
        }
        queue->first = task->next;
        if (queue->first == NULL) queue->end = &queue->first;
        queue->running = task;
        bool aborted = task->aborted;
        pthread_mutex_unlock(&queue->lock);
        request_run(queue->kernel, &task->message, aborted);
        pthread_mutex_lock(&queue->lock);
        queue->running = NULL;
        task_free(task);
    }
    pthread_mutex_unlock(&queue->lock);
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
    pthread_cond_init(&queue->more, NULL);
    if (queue->subshells != NULL && pthread_create(&queue->thread, NULL, work, queue) == 0) return queue;
    queue_free(queue);
    return NULL;
}

bool queue_stop(struct queue *queue, double seconds) {
    pthread_mutex_lock(&queue->lock);
    queue->stopping = true;
    pthread_cond_signal(&queue->more);
    pthread_mutex_unlock(&queue->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    double whole, part = modf(seconds + (double)until.tv_nsec * 1e-9, &whole);
    until.tv_sec += (time_t)whole;
    until.tv_nsec = (long)(part * 1e9);
    return pthread_timedjoin_np(queue->thread, NULL, &until) == 0;
}

void queue_free(struct queue *queue) {
    while (queue->first != NULL) {
        struct task *task = queue->first;
        queue->first = task->next;
        task_free(task);
    }
    json_decref(queue->subshells);
    pthread_cond_destroy(&queue->more);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool queue_add(struct queue *queue, struct message *message) {
    struct task *task = malloc(sizeof *task);
    if (task == NULL) return false;
    *task = (struct task){.message = *message};
    memset(message, 0, sizeof *message);
    pthread_mutex_lock(&queue->lock);
    *queue->end = task;
    queue->end = &task->next;
    pthread_cond_signal(&queue->more);
    pthread_mutex_unlock(&queue->lock);
    return true;
}

bool queue_busy(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    bool busy = queue->running != NULL || queue->first != NULL;
    pthread_mutex_unlock(&queue->lock);
    return busy;
}

bool queue_has(struct queue *queue, const char *subshell) {
    pthread_mutex_lock(&queue->lock);
    bool has = queue->running != NULL && same_shell(&queue->running->message, subshell);
    for (struct task *task = queue->first; task != NULL && !has; task = task->next)
        has = same_shell(&task->message, subshell);
    pthread_mutex_unlock(&queue->lock);
    return has;
}

void queue_abort(struct queue *queue, const char *subshell) {
    pthread_mutex_lock(&queue->lock);
    for (struct task *task = queue->first; task != NULL; task = task->next)
        if (same_shell(&task->message, subshell)) task->aborted = true;
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
