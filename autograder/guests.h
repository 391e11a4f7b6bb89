/* guests: who is connected to oto-grade serve. Other users of the machine can connect too, and send nothing: whoever
 * comes when the house is full takes the place of the idlest, and of one that never showed the token before any other.
 */
#ifndef GRADER_GUESTS_H
#define GRADER_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUESTS_MAX = 32 };

struct guest {
    int socket;
    bool let_in;   /* it has asked for something with the token */
    int64_t heard; /* when it came or last did so, on a clock that goes on */
};

struct guests {
    struct guest all[GUESTS_MAX];
    size_t count;
};

/* Notes who came. The socket of the guest that has to go for it, already forgotten here; or -1. */
int guests_enter(struct guests *guests, int socket, int64_t now);
/* It has asked for something, with the token. */
void guests_hear(struct guests *guests, int socket, int64_t now);
/* Forgets it, if it is still known. */
void guests_leave(struct guests *guests, int socket);

#endif
