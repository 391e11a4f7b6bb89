/* service: a process that answers questions over a socket: the compilers, the parser. A question that it cannot answer
 * ends it alone.
 *
 * Questions and answers are blocks of bytes, each with its size (8 bytes, this machine's order) before it. Where there
 * is no answer, the reason stands in the place of the size (service_give_up), or the file ends: then it crashed. */
#ifndef OTO_SERVICE_H
#define OTO_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/engine/text.h"

enum { SERVICE_SOCKET = 3 }; /* the descriptor that a service is started with */

/* Exit statuses of a service, and reasons for which it gives no answer; anything else is a crash. */
enum { SERVICE_DONE = 0, SERVICE_OUT_OF_MEMORY = 40, SERVICE_OUT_OF_TIME = 41, SERVICE_CRASHED = 42 };

/* What one question may take. */
enum { SERVICE_SECONDS = 120, SERVICE_MEGABYTES = 2048 };

struct service;

enum service_end {
    SERVICE_ANSWERED,
    SERVICE_STOPPED, /* as the caller wished */
    SERVICE_LIMIT,   /* the question needs more time or memory than it may */
    SERVICE_DIED     /* the service itself failed, on this question or before */
};

/* Looked at while a question is open, whenever wake can be read: is it to be stopped? wake -1: it never is. */
struct stop_wish {
    int wake;
    bool (*wished)(void *context);
    void *context;
};

/* Starts the program arguments[0]; NULL with *error. Returns before it has loaded anything. environment:
 * NULL-terminated, and the service starts in the root folder; or NULL: both are this process's. */
struct service *service_start(char *const *arguments, char *const *environment, char **error);
/* One that somebody else has started, at the other end of a socket, which is the service's then. It ends with the
 * socket; one that is busy for ever stays until whoever started it ends it. */
struct service *service_adopt(int socket);
/* Asks, and adds the answer to *answer; or says in one sentence for the user why there is none. Unless it ends with
 * SERVICE_ANSWERED the service is good for nothing but service_stop. */
enum service_end service_ask(struct service *service, const char *question, size_t size, const struct stop_wish *stop,
                             struct text *answer);
void service_stop(struct service *service);
/* Where questions go, for a service that is not asked but ordered (stand_by.h). */
int service_socket(const struct service *service);

/* The other side. False at the end of file; size: of the block that follows. */
bool service_receive(int socket, void *to, size_t size);
bool service_transmit(int socket, const void *from, size_t size);
/* Says on SERVICE_SOCKET that there will be no answer, and ends the process. A signal's handler may call it. */
[[noreturn]] void service_give_up(int reason);

#endif
