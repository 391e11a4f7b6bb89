#include "kernel/worker/input.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/worker/interrupt.h"
#include "kernel/worker/output.h"
#include "lib/record/record.h"

static FILE *host; /* the stream that asks */
static char *line; /* what the host answered */
static size_t length, used;
static bool ended; /* no input any more in this cell */
static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;

static void drop_line(void) {
    free(line);
    line = NULL;
    length = used = 0;
}

/* Waits until the answer can be read, or an interrupt says that nobody wants it any more. */
static bool wait_for_answer(void) {
    struct pollfd commands = {.fd = worker.commands, .events = POLLIN};
    while (!oto_interrupted()) {
        int ready = poll(&commands, 1, -1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
    errno = EINTR;
    return false;
}

/* Asks for a line. 1: it is there; 0: there is no more; -1: interrupted. */
static int ask(const char *prompt, bool secret) {
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_INPUT);
    oto_record_text(&record, "prompt", prompt ? prompt : "");
    oto_record_integer(&record, "secret", secret);
    int sent = oto_record_send(worker.records, &record);
    oto_record_free(&record);
    if (sent < 0) return 0;
    for (;;) {
        if (!wait_for_answer()) return errno == EINTR ? -1 : 0;
        if (oto_record_receive(worker.commands, &record) <= 0) return 0;
        bool answer = record.kind == OTO_RECORD_ANSWER;
        const struct oto_field *text = oto_record_find(&record, "line");
        if (answer && text && text->type == 's' && text->size) {
            drop_line();
            line = malloc(text->size);
            if (line) memcpy(line, text->data, length = text->size);
        }
        oto_record_free(&record);
        if (answer) return line ? 1 : 0;
    }
}

ssize_t input_read(void *bytes, size_t size) {
    ssize_t result = 0;
    if (!size) return 0;
    if (!output_input_is_host()) return read(STDIN_FILENO, bytes, size);
    pthread_mutex_lock(&asking);
    if (used == length && !ended) {
        drop_line();
        int got = ask("", false);
        if (got == 0) ended = true;
        if (got < 0) result = -1;
    }
    if (result == 0 && used < length) {
        result = (ssize_t)(size < length - used ? size : length - used);
        memcpy(bytes, line + used, (size_t)result);
        used += (size_t)result;
    }
    pthread_mutex_unlock(&asking);
    if (result < 0) errno = EINTR;
    return result;
}

char *input_secret(const char *prompt) {
    static char *answer;
    static size_t room;
    if (answer) explicit_bzero(answer, room);
    free(answer);
    pthread_mutex_lock(&asking);
    drop_line();
    bool asked = !ended && ask(prompt, true) > 0;
    size_t size = !asked ? 0 : line[length - 1] == '\n' ? length - 1 : length;
    answer = malloc(room = size + 1);
    if (answer) {
        memcpy(answer, asked ? line : "", size);
        answer[size] = '\0';
    }
    drop_line();
    pthread_mutex_unlock(&asking);
    return answer;
}

static ssize_t read_cookie(void *cookie, char *bytes, size_t size) {
    return input_read(bytes, size);
}

bool input_open(void) {
    FILE *stream = fopencookie(NULL, "r", (cookie_io_functions_t){.read = read_cookie});
    if (!stream) return false;
    stdin = host = stream;
    return true;
}

bool input_is_host(const FILE *stream) {
    return stream == host;
}

void input_end(void) {
    ended = true;
    drop_line();
    __fpurge(host);
}

void input_reset(void) {
    pthread_mutex_init(&asking, NULL); /* a cell that was left while it asked held it */
    ended = false;
    drop_line();
    stdin = host;
    __fpurge(stdin);
    clearerr(stdin);
}
