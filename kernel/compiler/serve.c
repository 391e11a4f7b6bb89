#include "kernel/compiler/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/compiler/answer.h"
#include "kernel/engine/service.h"

/* The child that compiles, and the one that waits for the next unit; 0: none. */
static pid_t working, waiting;

static bool code_is_there; /* in this process, and so in the children that it forks */

static int own_memory = -1; /* /proc/self/mem, which a process that is not dumpable may not open */

void serve_privately(void) {
    own_memory = open("/proc/self/mem", O_WRONLY | O_CLOEXEC);
    prctl(PR_SET_DUMPABLE, 0);
}

/* Does touch to each part of the program that nobody writes; false when one fails. */
static bool for_code(bool (*touch)(void *start, size_t size)) {
    extern const ElfW(Ehdr) __ehdr_start; /* the linker's; the program lies where it says */
    const ElfW(Phdr) *parts = (const ElfW(Phdr) *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);
    bool done = true;
    for (int i = 0; i < __ehdr_start.e_phnum; i++)
        if (parts[i].p_type == PT_LOAD && !(parts[i].p_flags & PF_W))
            done &= touch((void *)parts[i].p_vaddr, parts[i].p_memsz);
    return done;
}

static bool touch_code(void *start, size_t size) {
    return madvise(start, size, MADV_POPULATE_READ) == 0;
}

/* The page tables of a file's pages go to a child only where the mapping has a page of its own as well: so one is made,
 * by writing what stands there. */
static bool touch_code_for_children(void *start, size_t size) {
    return pwrite(own_memory, start, 1, (off_t)(uintptr_t)start) == 1 && touch_code(start, size);
}

/* Touches ahead the memory that a compilation will: half of its time would else be page faults, one after the other. */
static void touch_ahead(void) {
    enum { ROOM = 3 << 20 };
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (!code_is_there) for_code(touch_code);
    /* the heap grows once, and keeps what it has */
    mallopt(M_MMAP_THRESHOLD, 2 * ROOM);
    mallopt(M_TRIM_THRESHOLD, 2 * ROOM);
    void *volatile room = malloc(ROOM);
    free(room);
    uintptr_t top = (uintptr_t)sbrk(0) & -page, heap = (top - mallinfo2().arena + page - 1) & -page;
    madvise((void *)heap, top - heap, MADV_POPULATE_WRITE);
}

static void limit(void) {
    const struct rlimit none = {0, 0}, seconds = {SERVICE_SECONDS, SERVICE_SECONDS + 1};
    const struct rlimit bytes = {(rlim_t)SERVICE_MEGABYTES << 20, (rlim_t)SERVICE_MEGABYTES << 20};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &seconds);
    setrlimit(RLIMIT_DATA, &bytes);
}

/* In a child: waits for a unit. Ends the process when none comes any more. */
static struct bytes take(int socket, int taken, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(SERVICE_DONE);
    struct pollfd asked = {.fd = socket, .events = POLLIN};
    if (poll(&asked, 1, 0) == 0) touch_ahead();
    uint64_t size;
    if (!service_receive(socket, &size, sizeof size)) _exit(SERVICE_DONE);
    limit();
    char *text = malloc(size + 1);
    if (!text) _exit(SERVICE_OUT_OF_MEMORY);
    if (!service_receive(socket, text, size) || write(taken, "", 1) != 1) _exit(SERVICE_DONE);
    close(taken);
    text[size] = '\0';
    return (struct bytes){text, size};
}

/* Reaps the child that worked; the whole server ends with it when it ended badly, for its reply will never come. */
static void reap(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    working = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SERVICE_DONE) return;
    int reason = WIFEXITED(status) && WEXITSTATUS(status) == SERVICE_OUT_OF_MEMORY ? SERVICE_OUT_OF_MEMORY
                 : WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU              ? SERVICE_OUT_OF_TIME
                                                                                   : SERVICE_CRASHED;
    if (waiting) kill(waiting, SIGKILL);
    while (wait(NULL) > 0 || errno == EINTR) {
    }
    service_give_up(reason);
}

/* Until there is something to read. A child that ends its work meanwhile is reaped. */
static void await(int readable) {
    int ended = working ? pidfd_open(working, 0) : -1;
    for (bool ready = false; !ready;) {
        struct pollfd watched[2] = {{.fd = readable, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
        if (poll(watched, 2, -1) < 0) continue;
        if (watched[1].revents) {
            reap(working);
            close(ended);
            ended = -1;
        }
        ready = watched[0].revents;
    }
    if (ended >= 0) close(ended);
}

/* Until the waiting child has a unit; then it is the one that works. */
static void await_taking(int taken) {
    char byte;
    await(taken);
    bool has_unit = read(taken, &byte, 1) == 1;
    if (working) reap(working);
    working = waiting;
    waiting = 0;
    if (has_unit) return;
    reap(working);
    _exit(SERVICE_DONE); /* the engine is gone */
}

/* Until a unit is there; ends the process when none comes any more. */
static void await_unit(int socket) {
    char byte;
    await(socket);
    if (working) reap(working);
    if (recv(socket, &byte, 1, MSG_PEEK) <= 0) _exit(SERVICE_DONE);
}

struct bytes serve_next(int socket, bool thrifty) {
    pid_t self = getpid();
    for (bool first = true;; first = false) {
        if (thrifty) await_unit(socket);
        /* not before the first unit, which would wait for it */
        if (!thrifty && !first && own_memory >= 0) {
            code_is_there = for_code(touch_code_for_children);
            close(own_memory);
            own_memory = -1;
        }
        int taken[2];
        if (pipe(taken) < 0) service_give_up(SERVICE_CRASHED);
        pid_t child = fork();
        if (child < 0) service_give_up(SERVICE_OUT_OF_MEMORY);
        if (child == 0) {
            close(taken[0]);
            return take(socket, taken[1], self);
        }
        waiting = child;
        close(taken[1]);
        await_taking(taken[0]);
        close(taken[0]);
    }
}

bool serve_reply(int socket, const struct compiled *compiled) {
    struct compiler_answer answer = {compiled->succeeded, compiled->object.size};
    uint64_t size = sizeof answer + compiled->object.size + compiled->said.size;
    return service_transmit(socket, &size, sizeof size) && service_transmit(socket, &answer, sizeof answer) &&
           service_transmit(socket, compiled->object.data, compiled->object.size) &&
           service_transmit(socket, compiled->said.data, compiled->said.size);
}
