#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/engine/process_parts.h"

double process_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bool channel_send(struct process *process, struct oto_record *record) {
    bool ok = oto_record_send(process->commands, record) == 0;
    oto_record_free(record);
    return ok;
}

bool channel_send_plain(struct process *process, int kind) {
    struct oto_record record;
    oto_record_begin(&record, kind);
    return channel_send(process, &record);
}

/* Passes on what the cell printed; false when nothing was there. */
bool channel_pump(struct process *process, int which, const struct cell_host *host) {
    char chunk[65536];
    ssize_t n = read(process->outputs[which], chunk, sizeof chunk);
    if (n > 0 && host && host->stream) host->stream(host->context, which + 1, chunk, (size_t)n);
    return n > 0;
}

void channel_drain(struct process *process, const struct cell_host *host) {
    for (int which = 0; which < 2; which++) {
        /* at most what a pipe can hold: a child that prints on for ever must not keep us here */
        for (int i = 0; i < 64 && channel_pump(process, which, host); i++);
    }
}

/* The next record, if one is complete. What the cell printed before it is passed on before it, and what it prints after
 * it comes later, because the worker waits until a display has left the pipe: so the order is drain, then read. */
enum arrival channel_next(struct process *process, struct oto_record *record, const struct cell_host *host) {
    for (;;) {
        const char *why;
        long used =
            oto_record_parse(record, (const unsigned char *)text_c(&process->pending), process->pending.length, &why);
        if (used > 0) {
            memmove(process->pending.data, process->pending.data + used, process->pending.length - (size_t)used);
            process->pending.length -= (size_t)used;
            return ARRIVED;
        }
        if (used < 0) {
            text_clear(&process->pending); /* no records: student code wrote on the descriptor */
            return SPOILT;
        }
        /* only what is there before the drain may be read after it: what it shall follow is in the pipes by then */
        struct pollfd there = {process->records, POLLIN, 0};
        int ready = poll(&there, 1, 0);
        if (ready == 0) return NOTHING_YET;
        if (ready < 0 && errno == EINTR) continue;
        channel_drain(process, host);
        char chunk[65536];
        ssize_t n = read(process->records, chunk, sizeof chunk);
        if (n > 0)
            text_add_n(&process->pending, chunk, (size_t)n);
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && errno == EAGAIN)
            return NOTHING_YET;
        else
            return ENDED;
    }
}

/* Waits until a record of one of the kinds comes (0 ends the list), handling all others; false when the worker is gone
 * or nothing came in time. What is printed meanwhile stays in the pipes when there is no host to take it. */
bool channel_await(struct process *process, struct oto_record *record, const int *kinds, const struct cell_host *host,
                   double seconds) {
    double deadline = process_now() + seconds;
    for (;;) {
        enum arrival arrival = channel_next(process, record, host);
        if (arrival == ENDED || arrival == SPOILT) return false;
        if (arrival == ARRIVED) {
            for (const int *kind = kinds; *kind; kind++)
                if (record->kind == *kind) return true;
            oto_record_free(record);
            continue;
        }
        double left = deadline - process_now();
        if (left <= 0) return false;
        struct pollfd watched[3] = {
            {process->records, POLLIN, 0}, {process->outputs[0], POLLIN, 0}, {process->outputs[1], POLLIN, 0}};
        poll(watched, host ? 3 : 1, left > 1 ? 1000 : (int)(left * 1000) + 1);
        for (int which = 0; host && which < 2; which++)
            if (watched[1 + which].revents & POLLIN) channel_pump(process, which, host);
    }
}

void process_drain(struct process *process, const struct cell_host *host) {
    channel_drain(process, host);
}
