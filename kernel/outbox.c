#include "kernel/outbox.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/log.h"

struct outbox {
    pthread_mutex_t lock;
    pthread_cond_t room;
    pthread_t owner;
    struct parcel *first, **end;
    size_t bytes;
    int holds;  /* how many threads have more to post at once */
    bool woken; /* the owner has been told, and has not come yet */
    bool closed;
    int event;
};

struct outbox *outbox_new(void) {
    struct outbox *outbox = calloc(1, sizeof *outbox);
    if (outbox == NULL) return NULL;
    outbox->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (outbox->event < 0) {
        free(outbox);
        return NULL;
    }
    pthread_mutex_init(&outbox->lock, NULL);
    pthread_cond_init(&outbox->room, NULL);
    outbox->owner = pthread_self();
    outbox->end = &outbox->first;
    return outbox;
}

void outbox_free(struct outbox *outbox) {
    if (outbox == NULL) return;
    for (struct parcel *parcel = outbox_take(outbox); parcel != NULL;) {
        struct parcel *next = parcel->next;
        free(parcel);
        parcel = next;
    }
    close(outbox->event);
    pthread_cond_destroy(&outbox->room);
    pthread_mutex_destroy(&outbox->lock);
    free(outbox);
}

/* With the lock held. The owner comes by itself before it waits again. */
static void wake_owner(struct outbox *outbox) {
    if (outbox->woken || outbox->first == NULL || pthread_equal(pthread_self(), outbox->owner)) return;
    outbox->woken = true;
    /* An eventfd refuses only when its counter is full, and then the owner is being woken already. */
    uint64_t one = 1;
    (void)!write(outbox->event, &one, sizeof one);
}

void outbox_hold(struct outbox *outbox) {
    pthread_mutex_lock(&outbox->lock);
    outbox->holds++;
    pthread_mutex_unlock(&outbox->lock);
}

void outbox_release(struct outbox *outbox) {
    pthread_mutex_lock(&outbox->lock);
    if (--outbox->holds == 0) wake_owner(outbox);
    pthread_mutex_unlock(&outbox->lock);
}

void outbox_post(struct outbox *outbox, struct parcel *parcel) {
    if (parcel == NULL) {
        log_line("out of memory: a message was not sent");
        return;
    }
    bool patient = !pthread_equal(pthread_self(), outbox->owner);
    pthread_mutex_lock(&outbox->lock);
    while (patient && !outbox->closed && outbox->bytes > OUTBOX_BYTES_MAX) {
        wake_owner(outbox);
        pthread_cond_wait(&outbox->room, &outbox->lock);
    }
    if (outbox->closed) {
        pthread_mutex_unlock(&outbox->lock);
        free(parcel);
        return;
    }
    parcel->next = NULL;
    *outbox->end = parcel;
    outbox->end = &parcel->next;
    outbox->bytes += parcel->size;
    if (outbox->holds == 0) wake_owner(outbox);
    pthread_mutex_unlock(&outbox->lock);
}

void outbox_close(struct outbox *outbox) {
    pthread_mutex_lock(&outbox->lock);
    outbox->closed = true;
    pthread_cond_broadcast(&outbox->room);
    pthread_mutex_unlock(&outbox->lock);
}

int outbox_descriptor(const struct outbox *outbox) {
    return outbox->event;
}

struct parcel *outbox_take(struct outbox *outbox) {
    pthread_mutex_lock(&outbox->lock);
    uint64_t events;
    if (outbox->woken) (void)!read(outbox->event, &events, sizeof events);
    outbox->woken = false;
    struct parcel *all = outbox->first;
    outbox->first = NULL;
    outbox->end = &outbox->first;
    outbox->bytes = 0;
    pthread_cond_broadcast(&outbox->room);
    pthread_mutex_unlock(&outbox->lock);
    return all;
}
