#include "kernel/stream.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/log.h"
#include "kernel/request.h"
#include "kernel/unicode.h"

struct stream {
    struct kernel *kernel;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t gathered; /* on the monotonic clock */
    bool stopping;

    const struct message *parent;
    int which; /* the stream that the gathered bytes belong to */
    char *bytes;
    size_t size, capacity;
    struct {
        char bytes[4];
        size_t size;
    } rest[3];            /* by stream: the beginning of a sequence whose end has not come */
    struct timespec last; /* when a message was sent */
};

static double since(const struct timespec *then) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) * 1e3 + (double)(now.tv_nsec - then->tv_nsec) * 1e-6;
}

static void publish(struct stream *stream, int which, const char *text, size_t size) {
    const char *name = which == 2 ? "stderr" : "stdout";
    struct kernel *kernel = stream->kernel;
    char topic[128];
    snprintf(topic, sizeof topic, "%s.stream.%s", kernel->topic, name);
    struct frame content = wire_stream_content(name, text, size);
    outbox_post(kernel->outbox,
                wire_compose_text(kernel->wire, CHANNEL_IOPUB, topic, stream->parent, "stream", content, NULL));
    free((void *)content.data);
    clock_gettime(CLOCK_MONOTONIC, &stream->last);
}

/* With the lock held: sends what was gathered, but for a sequence that is still open. */
static void send_gathered(struct stream *stream) {
    if (stream->size == 0) return;
    size_t length, rest;
    char *text = unicode_repair(stream->bytes, stream->size, &length, &rest);
    if (text == NULL) {
        log_line("out of memory: %zu bytes of output were lost", stream->size);
        stream->size = 0;
        return;
    }
    stream->rest[stream->which].size = rest;
    memcpy(stream->rest[stream->which].bytes, stream->bytes + stream->size - rest, rest);
    stream->size = 0;
    if (length > 0) publish(stream, stream->which, text, length);
    free(text);
}

static bool gather(struct stream *stream, const char *bytes, size_t size) {
    if (stream->size + size > stream->capacity) {
        size_t capacity = 2 * stream->capacity > stream->size + size ? 2 * stream->capacity : stream->size + size;
        char *larger = realloc(stream->bytes, capacity);
        if (larger == NULL) return false;
        stream->bytes = larger;
        stream->capacity = capacity;
    }
    memcpy(stream->bytes + stream->size, bytes, size);
    stream->size += size;
    return true;
}

/* Sends what a quiet program left behind when nobody else comes to do it. */
static void *keep_prompt(void *argument) {
    struct stream *stream = argument;
    pthread_mutex_lock(&stream->lock);
    while (!stream->stopping) {
        if (stream->size == 0) {
            pthread_cond_wait(&stream->gathered, &stream->lock);
            continue;
        }
        struct timespec due = stream->last;
        due.tv_nsec += STREAM_INTERVAL * 1000000;
        due.tv_sec += due.tv_nsec / 1000000000;
        due.tv_nsec %= 1000000000;
        if (since(&stream->last) >= STREAM_INTERVAL)
            send_gathered(stream);
        else
            pthread_cond_timedwait(&stream->gathered, &stream->lock, &due);
    }
    pthread_mutex_unlock(&stream->lock);
    return NULL;
}

struct stream *stream_start(struct kernel *kernel) {
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) return NULL;
    stream->kernel = kernel;
    stream->which = 1;
    pthread_mutex_init(&stream->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&stream->gathered, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&stream->thread, NULL, keep_prompt, stream) == 0) return stream;
    free(stream);
    return NULL;
}

void stream_stop(struct stream *stream) {
    pthread_mutex_lock(&stream->lock);
    stream->stopping = true;
    pthread_cond_signal(&stream->gathered);
    pthread_mutex_unlock(&stream->lock);
    pthread_join(stream->thread, NULL);
    pthread_cond_destroy(&stream->gathered);
    pthread_mutex_destroy(&stream->lock);
    free(stream->bytes);
    free(stream);
}

void stream_begin(struct stream *stream, const struct message *parent) {
    pthread_mutex_lock(&stream->lock);
    stream->parent = parent;
    memset(stream->rest, 0, sizeof stream->rest);
    pthread_mutex_unlock(&stream->lock);
}

void stream_write(struct stream *stream, int which, const char *bytes, size_t size) {
    if (which != 2) which = 1;
    pthread_mutex_lock(&stream->lock);
    if (stream->parent != NULL && size > 0) {
        if (which != stream->which) send_gathered(stream);
        stream->which = which;
        bool kept = true;
        if (stream->size == 0 && stream->rest[which].size > 0) {
            kept = gather(stream, stream->rest[which].bytes, stream->rest[which].size);
            stream->rest[which].size = 0;
        }
        kept = kept && gather(stream, bytes, size);
        if (!kept) log_line("out of memory: %zu bytes of output were lost", size);
        if (stream->size >= STREAM_MESSAGE || since(&stream->last) >= STREAM_INTERVAL)
            send_gathered(stream);
        else
            pthread_cond_signal(&stream->gathered);
    }
    pthread_mutex_unlock(&stream->lock);
}

void stream_flush(struct stream *stream) {
    pthread_mutex_lock(&stream->lock);
    if (stream->parent != NULL) send_gathered(stream);
    pthread_mutex_unlock(&stream->lock);
}

void stream_end(struct stream *stream) {
    pthread_mutex_lock(&stream->lock);
    if (stream->parent != NULL) {
        send_gathered(stream);
        for (int which = 1; which <= 2; which++) {
            size_t length;
            char *text = unicode_repair(stream->rest[which].bytes, stream->rest[which].size, &length, NULL);
            if (text != NULL && length > 0) publish(stream, which, text, length);
            free(text);
        }
    }
    stream->parent = NULL;
    stream->size = 0;
    pthread_mutex_unlock(&stream->lock);
}
