/* stand_by: a service that has read everything is forked, and the child goes on in a sandbox that another process has
 * made: each start there would cost processor time (oto-parser 16 ms before its first question, oto-compiler 8).
 *
 * The service itself is no part of any sandbox: it has seen nothing but the installation's own headers, and takes
 * orders from the program that started it alone. The child is in the sandbox, with no rights, before it reads a
 * question. */
#ifndef OTO_STAND_BY_H
#define OTO_STAND_BY_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { STAND_BY_GROUPS = 3, STAND_BY_LIMITS = 5 };

struct stand_by_limit {
    int resource;
    struct rlimit limit;
};

/* Where a child is to go, and as whom. */
struct stand_by_order {
    int socket;                  /* that it is to serve */
    int sandbox;                 /* a pidfd: of a process whose namespaces are the sandbox's */
    int filter;                  /* of system calls: a file with the program of a BPF */
    int told;                    /* a pipe: the child's process id, as it is outside, is written there */
    int groups[STAND_BY_GROUPS]; /* cgroup.procs of control groups to enter; -1: none */
    uid_t user;                  /* user and group id to take before; 0: those that the service has */
    struct stand_by_limit limits[STAND_BY_LIMITS];
    int limit_count;
    cpu_set_t processors; /* to run on; none: any */
};

/* Orders a child from the service whose SERVICE_SOCKET is the other end of `orders`. False, with errno, when it cannot
 * be told; whether the child then comes into the sandbox is seen by its answers: end of file on the socket when it did
 * not. */
bool stand_by_order(int orders, const struct stand_by_order *order);

/* In the service, which is not dumpable and has one thread: waits for orders on SERVICE_SOCKET. Returns in a child,
 * inside the sandbox and without rights, whose SERVICE_SOCKET is the one that it is to serve; its working directory is
 * `folder`, and it has no other descriptors but 0 to 2, which are /dev/null. The service itself stays inside, and exits
 * when no order can come any more. */
void stand_by(const char *folder);

#endif
