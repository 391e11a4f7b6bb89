/* Who works with the session holds its lock; and when nobody has for a while, the session gives back what only work
 * needs: compilers and parser. The next one to come brings them up again. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <time.h>

#include "kernel/engine/session.h"

enum { REST_AFTER_SECONDS = 20 };

static struct timespec now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static void rest(struct session *session) {
    builder_rest(session->builder);
    if (session->parser) parser_rest(session->parser);
    malloc_trim(0);
    session->resting = true;
}

static void *take_care(void *context) {
    struct session *session = context;
    pthread_mutex_lock(&session->lock);
    while (!session->closing) {
        struct timespec until = session->last_used;
        until.tv_sec += REST_AFTER_SECONDS;
        /* until it is closed or used, or has not been used for so long */
        if (session->resting)
            pthread_cond_wait(&session->changed, &session->lock);
        else if (pthread_cond_clockwait(&session->changed, &session->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT &&
                 now().tv_sec - session->last_used.tv_sec >= REST_AFTER_SECONDS)
            rest(session);
    }
    pthread_mutex_unlock(&session->lock);
    return NULL;
}

void session_watch_idleness(struct session *session) {
    session->last_used = now();
    session->watched = !pthread_create(&session->caretaker, NULL, take_care, session);
}

void session_end_idleness(struct session *session) {
    if (!session->watched) return;
    pthread_mutex_lock(&session->lock);
    session->closing = true;
    pthread_cond_signal(&session->changed);
    pthread_mutex_unlock(&session->lock);
    pthread_join(session->caretaker, NULL);
}

void session_enter(struct session *session) {
    pthread_mutex_lock(&session->lock);
    if (!session->resting) return;
    session->resting = false;
    pthread_cond_signal(&session->changed);
    if (session->parser) parser_warm(session->parser);
    if (session->flavours[session->mode].parse_flags) builder_warm(session->builder, &session->flavours[session->mode]);
}

void session_leave(struct session *session) {
    session->last_used = now();
    pthread_mutex_unlock(&session->lock);
}

void session_step_aside(struct session *session) {
    session->worker_busy = true;
    session_leave(session);
}

void session_step_back(struct session *session) {
    session_enter(session);
    session->worker_busy = false;
}
