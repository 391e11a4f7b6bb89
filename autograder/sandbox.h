/* sandbox: one program inside bubblewrap. It sees the system's read-only /usr, the installation of Oto, the files the
 * exercise ships, a /tmp and an /exercise of its own, and two descriptors; no network, no other process, nothing of the
 * course. There is no way to run it without: what cannot be sandboxed is not run. */
#ifndef GRADER_SANDBOX_H
#define GRADER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox_limits {
    double cell_seconds;     /* wall time of one cell */
    double notebook_seconds; /* wall time of the whole notebook, CPU time of any one process, half that of all */
    int64_t cell_memory;     /* bytes that a cell may hold, as the engine limits it */
    int64_t memory;          /* bytes of all processes of the sandbox together */
    int64_t disk;            /* bytes of /tmp and of /exercise, and of any one file */
    int64_t output;          /* bytes a cell may print */
    int processes;           /* processes and threads */
    int files;               /* files and folders in /tmp, /exercise and /dev/shm */
};

extern const struct sandbox_limits sandbox_defaults;

/* Processes and threads that a sandbox has besides those that a notebook may start. */
enum { SANDBOX_OWN_PROCESSES = 16 };

enum { SANDBOX_GUESTS_MAX = 2 };

struct group;

struct sandbox {
    pid_t pid;    /* of bwrap; 0: not running */
    int to, from; /* we write to its descriptor 3 and read from its descriptor 4 */
    int errors;   /* its stderr: bwrap's own complaints, and nothing that counts */
    double started;
    struct group *group; /* that its processes are in, or NULL (group.h) */
    uid_t user;          /* that was taken to start it; 0: none */
    int services[2];     /* sockets that a parser and a compiler shall serve; -1: the sandbox starts its own */
    int filter;          /* of system calls, as long as services are to come; -1: none */
    int told;            /* where their process ids come; -1: nobody comes */
    struct {
        pid_t pid;
        int process; /* a pidfd */
    } guests[SANDBOX_GUESTS_MAX];
    int guest_count;
};

/* Starts oto-inside in a sandbox. slot (0, 1, ...) tells sandboxes apart that run at the same time: as root
 * each slot gets a user id of its own. files is a folder whose visible files (no notebooks, no expectations) appear
 * read-only in /exercise; or NULL. False with a malloc'd *error: then nothing runs. */
bool sandbox_start(struct sandbox *sandbox, int slot, const char *files, const struct sandbox_limits *limits,
                   char **error);

/* The flags of the parser and the compiler that the sandbox is to have from the reserve (reserve.h): "inside" reaches
 * them by JOB_PARSER and JOB_COMPILER. NULL: it starts its own. */
const char *sandbox_services(const struct sandbox *sandbox);
/* Sends these services in, once the program inside has spoken. */
void sandbox_send_services(struct sandbox *sandbox, const struct sandbox_limits *limits);

/* The first process in the sandbox, bwrap's child; 0: there is none. */
pid_t sandbox_first(const struct sandbox *sandbox);
/* Its processes that are no descendants of bwrap: those of the services that were sent in. Returns their number. */
int sandbox_guests(struct sandbox *sandbox, pid_t pids[SANDBOX_GUESTS_MAX]);

/* Does a sandbox that shows these files run as a user of its own? Only then the kernel limits its processes; otherwise
 * watch.h does, a moment later. It wants to be started as root, and an installation that others may read. */
bool sandbox_takes_own_user(const char *files);

/* Ends every process inside and returns what bwrap said on stderr (malloc'd, possibly ""). */
char *sandbox_end(struct sandbox *sandbox);

/* Seconds of a clock that never goes back. */
double monotonic_seconds(void);

#endif
