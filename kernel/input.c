#include "kernel/input.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/request.h"

struct input {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool waiting, cancelled;
    char *line;
};

struct input *input_new(void) {
    struct input *input = calloc(1, sizeof *input);
    if (input == NULL) return NULL;
    pthread_mutex_init(&input->lock, NULL);
    pthread_cond_init(&input->change, NULL);
    return input;
}

void input_free(struct input *input) {
    if (input == NULL) return;
    pthread_cond_destroy(&input->change);
    pthread_mutex_destroy(&input->lock);
    free(input->line);
    free(input);
}

void input_begin(struct input *input) {
    pthread_mutex_lock(&input->lock);
    input->cancelled = false;
    pthread_mutex_unlock(&input->lock);
}

char *input_ask(struct kernel *kernel, const struct message *message, const char *prompt, bool secret) {
    struct input *input = kernel->input;
    pthread_mutex_lock(&input->lock);
    input->waiting = !input->cancelled;
    bool asks = input->waiting;
    pthread_mutex_unlock(&input->lock);
    if (!asks) return NULL;
    json_t *content = json_pack("{s:s, s:b}", "prompt", prompt == NULL ? "" : prompt, "password", (int)secret);
    outbox_post(kernel->outbox,
                wire_compose(kernel->wire, CHANNEL_STDIN, NULL, message, "input_request", content, NULL));
    json_decref(content);
    pthread_mutex_lock(&input->lock);
    while (input->line == NULL && !input->cancelled) pthread_cond_wait(&input->change, &input->lock);
    char *line = input->line;
    input->line = NULL;
    input->waiting = false;
    pthread_mutex_unlock(&input->lock);
    return line;
}

bool input_answer(struct input *input, const char *line) {
    pthread_mutex_lock(&input->lock);
    bool wanted = input->waiting && input->line == NULL && !input->cancelled;
    if (wanted) {
        input->line = strdup(line);
        input->cancelled = input->line == NULL;
        pthread_cond_signal(&input->change);
    }
    pthread_mutex_unlock(&input->lock);
    return wanted;
}

void input_cancel(struct input *input) {
    pthread_mutex_lock(&input->lock);
    input->cancelled = true;
    pthread_cond_signal(&input->change);
    pthread_mutex_unlock(&input->lock);
}
