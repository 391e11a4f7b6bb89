#include "autograder/guests.h"

/* GUESTS_MAX when nobody has this socket. */
static size_t place_of(const struct guests *guests, int socket) {
    for (size_t i = 0; i < guests->count; i++)
        if (guests->all[i].socket == socket) return i;
    return GUESTS_MAX;
}

static bool is_idler(const struct guest *one, const struct guest *other) {
    return one->let_in != other->let_in ? other->let_in : one->heard < other->heard;
}

static int dismiss_idlest(struct guests *guests) {
    size_t idlest = 0;
    for (size_t i = 1; i < guests->count; i++)
        if (is_idler(&guests->all[i], &guests->all[idlest])) idlest = i;
    int socket = guests->all[idlest].socket;
    guests_leave(guests, socket);
    return socket;
}

int guests_enter(struct guests *guests, int socket, int64_t now) {
    int gone = guests->count == GUESTS_MAX ? dismiss_idlest(guests) : -1;
    guests->all[guests->count++] = (struct guest){.socket = socket, .heard = now};
    return gone;
}

void guests_hear(struct guests *guests, int socket, int64_t now) {
    size_t place = place_of(guests, socket);
    if (place == GUESTS_MAX) return;
    guests->all[place].let_in = true;
    guests->all[place].heard = now;
}

void guests_leave(struct guests *guests, int socket) {
    size_t place = place_of(guests, socket);
    if (place < GUESTS_MAX) guests->all[place] = guests->all[--guests->count];
}
