#include "autograder/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "autograder/group.h"
#include "autograder/installation.h"
#include "autograder/sandbox_command.h"
#include "autograder/syscalls.h"
#include "kernel/engine/reserve.h"
#include "kernel/engine/text.h"

const struct sandbox_limits sandbox_defaults = {
    .cell_seconds = 10,
    .notebook_seconds = 120,
    .cell_memory = 512ll << 20,
    .memory = 3ll << 30,
    .disk = 64ll << 20,
    .output = 1ll << 20,
    .processes = 64,
    .files = 20000,
};

/* User ids that Debian gives to nobody. */
enum { FIRST_SLOT_USER = 64000, LAST_SLOT_USER = 65500, SLOTS_MAX = 256 };

double monotonic_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- starting ---- */

/* May a user without rights go down this path? */
static bool others_reach(const char *path) {
    char *partial = must_copy(path);
    struct stat status;
    bool reach = true;
    for (char *at = partial + 1; reach; at++) {
        if (*at != '/' && *at) continue;
        char rest = *at;
        *at = '\0';
        reach = stat(partial, &status) == 0 && (!S_ISDIR(status.st_mode) || (status.st_mode & S_IXOTH));
        *at = rest;
        if (!rest) break;
    }
    free(partial);
    return reach;
}

bool sandbox_takes_own_user(const char *files) {
    bool reach = geteuid() == 0 && (!files || others_reach(files));
    for (const char *const *folder = installation_folders(); *folder; folder++) reach = reach && others_reach(*folder);
    return reach && (!installation_data() || others_reach(installation_data()));
}

/* The user id of a slot's sandboxes. Other graders may run on this machine at the same time, so an id belongs to the
 * process that has bound a socket of its name; the kernel gives it back when the process ends. */
static id_t slot_user(int slot) {
    static id_t users[SLOTS_MAX];
    if (slot >= SLOTS_MAX) return (id_t)(LAST_SLOT_USER - slot % SLOTS_MAX);
    for (id_t user = FIRST_SLOT_USER; !users[slot] && user <= LAST_SLOT_USER - SLOTS_MAX; user++) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "oto-grade user %u", (unsigned)user);
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0) break;
        if (bind(fd, (const struct sockaddr *)&name,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0)
            users[slot] = user;
        else
            close(fd);
    }
    if (!users[slot]) users[slot] = (id_t)(LAST_SLOT_USER - slot);
    return users[slot];
}

enum { LIMITS = 5 };

/* What the kernel enforces on each process of a sandbox. */
static void limits_for(const struct sandbox_limits *limits, struct stand_by_limit list[LIMITS]) {
    const rlim_t seconds = (rlim_t)limits->notebook_seconds + 1, processes = (rlim_t)limits->processes,
                 bytes = (rlim_t)limits->disk;
    list[0] = (struct stand_by_limit){RLIMIT_CORE, {0, 0}};
    list[1] = (struct stand_by_limit){RLIMIT_NPROC, {processes, processes}};
    list[2] = (struct stand_by_limit){RLIMIT_CPU, {seconds, seconds + 1}};
    list[3] = (struct stand_by_limit){RLIMIT_FSIZE, {bytes, bytes}};
    list[4] = (struct stand_by_limit){RLIMIT_NOFILE, {256, 256}};
    /* Where we may have less ourselves (ulimit), nobody may give a sandbox more. */
    for (int i = 0; i < LIMITS; i++) {
        struct rlimit ours, *limit = &list[i].limit;
        if (getrlimit((__rlimit_resource_t)list[i].resource, &ours) < 0) continue;
        if (limit->rlim_max > ours.rlim_max) limit->rlim_max = ours.rlim_max;
        if (limit->rlim_cur > limit->rlim_max) limit->rlim_cur = limit->rlim_max;
    }
}

/* What becomes the sandbox's descriptors 2 to 7, of those that are ours now; -1: none. */
struct ends {
    int errors, input, output, filter, parser, compiler;
};

/* In the child: the parent reads why from errors. */
[[noreturn]] static void refuse(const struct ends *ends, const char *why) {
    (void)!write(ends->errors, why, strlen(why));
    _exit(122);
}

/* In the child, between vfork and exec, where the memory is the parent's: only system calls. user is 0 or the one to
 * become, which comes first, because the kernel does not count root's processes against a limit. */
static void become(id_t user, const struct ends *ends, const struct sandbox_limits *limits, const struct group *group) {
    struct stand_by_limit list[LIMITS];
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, NULL);
    setpgid(0, 0);
    if (group && !group_enter(group)) refuse(ends, "its control group does not take it in");
    /* Out of the way of 0 to 7 first: the descriptors may be any of these numbers. */
    const int from[] = {ends->errors, ends->errors, ends->input,   ends->output,
                        ends->filter, ends->parser, ends->compiler};
    enum { FIRST = 1, COUNT = sizeof from / sizeof *from };
    int moved[COUNT], null = open("/dev/null", O_RDWR);
    if (null < 0) _exit(125);
    for (int i = 0; i < COUNT; i++)
        if ((moved[i] = from[i] < 0 ? -1 : fcntl(from[i], F_DUPFD, 20)) < 0 && from[i] >= 0)
            refuse(ends, "too few files may be open (ulimit -n)");
    if (dup2(null, 0) < 0) _exit(125);
    int last = 0;
    for (int i = 0; i < COUNT; i++) {
        if (moved[i] < 0) continue;
        last = FIRST + i;
        if (dup2(moved[i], last) < 0) _exit(125);
    }
    if (syscall(SYS_close_range, last + 1, ~0u, 0) < 0) _exit(125);
    if (user) {
        if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, user, user, user) < 0 ||
            syscall(SYS_setresuid, user, user, user) < 0)
            refuse(ends, "it cannot take its own user id");
    }
    limits_for(limits, list);
    /* For a user id that others have too, the number of processes would be that of all; oto-inside sets it where only
     * those of the sandbox count. */
    for (int i = 0; i < LIMITS; i++)
        if ((user || list[i].resource != RLIMIT_NPROC) &&
            setrlimit((__rlimit_resource_t)list[i].resource, &list[i].limit) < 0)
            refuse(ends, "its limits cannot be set");
}

static void close_all(const int *fds, int count) {
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0) close(fds[i]);
}

/* ---- who is in it ---- */

/* The children of a process, up to so many; returns their number. */
static int children_of(pid_t pid, pid_t *list, int most) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "re");
    while (children && count < most && fscanf(children, "%d", &list[count]) == 1) count++;
    if (children) fclose(children);
    return count;
}

pid_t sandbox_first(const struct sandbox *sandbox) {
    pid_t first;
    return children_of(sandbox->pid, &first, 1) ? first : 0;
}

/* ---- a parser and a compiler from the reserve ---- */

static struct reserve *reserve; /* or NULL: it cannot be had */

static void close_reserve(void) {
    reserve_close(reserve);
}

static void open_reserve(void) {
    struct words environment = sandbox_environment();
    char *error = NULL;
    reserve = reserve_open("/exercise", environment.list, &error);
    words_free(&environment);
    free(error); /* each sandbox starts its own then */
    if (reserve) atexit(close_reserve);
}

static void make_sockets(struct sandbox *sandbox, struct ends *ends) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int parser[2], compiler[2];
    pthread_once(&once, open_reserve);
    if (!reserve || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, parser) < 0) return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, compiler) < 0) {
        close_all(parser, 2);
        return;
    }
    ends->parser = parser[1];
    ends->compiler = compiler[1];
    sandbox->services[0] = parser[0];
    sandbox->services[1] = compiler[0];
}

const char *sandbox_services(const struct sandbox *sandbox) {
    return sandbox->services[0] >= 0 ? reserve_flags(reserve) : NULL;
}

void sandbox_send_services(struct sandbox *sandbox, const struct sandbox_limits *limits) {
    if (sandbox->services[0] < 0) return;
    struct stand_by_order order = {.filter = sandbox->filter, .user = sandbox->user, .limit_count = LIMITS};
    static_assert((int)LIMITS <= (int)STAND_BY_LIMITS && (int)GROUP_CONTROLLERS == (int)STAND_BY_GROUPS);
    limits_for(limits, order.limits);
    if (sched_getaffinity(0, sizeof order.processors, &order.processors) < 0) CPU_ZERO(&order.processors);
    for (int i = 0; i < STAND_BY_GROUPS; i++)
        order.groups[i] = sandbox->group ? group_entrances(sandbox->group)[i] : -1;
    pid_t first = sandbox_first(sandbox);
    order.sandbox = first ? pidfd_open(first, 0) : -1;
    /* Where it fails the sockets come to their end with ours, and the sandbox starts its own. */
    int pipe[2] = {-1, -1};
    if (order.sandbox >= 0 && pipe2(pipe, O_CLOEXEC | O_NONBLOCK) == 0) {
        sandbox->told = pipe[0];
        order.told = pipe[1];
        reserve_send(reserve, &order, sandbox->services[0], sandbox->services[1]);
    }
    close_all((int[]){order.sandbox, pipe[1], sandbox->services[0], sandbox->services[1], sandbox->filter}, 5);
    sandbox->services[0] = sandbox->services[1] = sandbox->filter = -1;
}

int sandbox_guests(struct sandbox *sandbox, pid_t pids[SANDBOX_GUESTS_MAX]) {
    int count = 0;
    pid_t pid;
    while (sandbox->guest_count < SANDBOX_GUESTS_MAX && sandbox->told >= 0 &&
           read(sandbox->told, &pid, sizeof pid) == sizeof pid)
        sandbox->guests[sandbox->guest_count++] = (typeof(sandbox->guests[0])){pid, pidfd_open(pid, 0)};
    for (int i = 0; i < sandbox->guest_count; i++) {
        struct pollfd ended = {.fd = sandbox->guests[i].process, .events = POLLIN};
        if (ended.fd >= 0 && poll(&ended, 1, 0) == 0) pids[count++] = sandbox->guests[i].pid;
    }
    return count;
}

/* ---- the start ---- */

static const struct sandbox nothing = {
    .to = -1, .from = -1, .errors = -1, .services = {-1, -1}, .filter = -1, .told = -1};

bool sandbox_start(struct sandbox *sandbox, int slot, const char *files, const struct sandbox_limits *limits,
                   char **error) {
    int pipes[6] = {-1, -1, -1, -1, -1, -1};
    *sandbox = nothing;
    *error = NULL;
    int seccomp = syscalls_filter(error);
    if (seccomp < 0) return false;
    for (int i = 0; i < 3; i++)
        if (pipe2(pipes + 2 * i, O_CLOEXEC) < 0) {
            *error = must_format("no pipe for the sandbox: %s", strerror(errno));
            close_all(pipes, 6);
            close(seccomp);
            return false;
        }
    struct words command = sandbox_command(files, limits, 5);
    struct ends ends = {pipes[5], pipes[0], pipes[3], seccomp, -1, -1};
    sandbox->user = sandbox_takes_own_user(files) ? slot_user(slot) : 0;
    sandbox->started = monotonic_seconds();
    sandbox->group = group_for(slot, limits);
    sandbox->filter = seccomp;
    make_sockets(sandbox, &ends);
    sandbox->pid = vfork();
    if (sandbox->pid == 0) {
        become(sandbox->user, &ends, limits, sandbox->group);
        /* Process 1 of the sandbox keeps bwrap's own environment where /proc shows it: it gets none of ours. */
        execvpe("bwrap", command.list, (char *const[]){"PATH=/usr/local/bin:/usr/bin:/bin", NULL});
        _exit(127);
    }
    words_free(&command);
    close_all((int[]){ends.errors, ends.input, ends.output, ends.parser, ends.compiler}, 5);
    sandbox->to = pipes[1];
    sandbox->from = pipes[2];
    sandbox->errors = pipes[4];
    if (sandbox->pid > 0) return true;
    *error = must_format("the sandbox cannot be started: %s", strerror(errno));
    sandbox->pid = 0;
    free(sandbox_end(sandbox));
    return false;
}

/* ---- the end ---- */

/* Has bwrap ended within so many seconds? */
static bool is_gone(pid_t pid, double seconds) {
    for (double end = monotonic_seconds() + seconds;;) {
        pid_t found = waitpid(pid, NULL, WNOHANG);
        if (found == pid || (found < 0 && errno != EINTR)) return true;
        if (monotonic_seconds() > end) return false;
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
}

/* Killing pid 1 of the namespace kills everything in it, and bwrap, its parent, ends when all of it is reaped: the next
 * sandbox of this slot finds no leftovers that count against its limits. */
static void kill_all(const struct sandbox *sandbox) {
    pid_t first = sandbox_first(sandbox);
    if (first) kill(first, SIGKILL);
    if (is_gone(sandbox->pid, 5)) return;
    kill(sandbox->pid, SIGKILL);
    while (waitpid(sandbox->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

char *sandbox_end(struct sandbox *sandbox) {
    struct text said = {};
    close_all(
        (int[]){sandbox->to, sandbox->from, sandbox->services[0], sandbox->services[1], sandbox->filter, sandbox->told},
        6);
    for (int i = 0; i < sandbox->guest_count; i++) close_all(&sandbox->guests[i].process, 1);
    if (sandbox->pid > 0) kill_all(sandbox);
    if (sandbox->errors >= 0) {
        char block[4096];
        ssize_t length;
        fcntl(sandbox->errors, F_SETFL, O_NONBLOCK);
        while (said.length < 1 << 14 && (length = read(sandbox->errors, block, sizeof block)) > 0)
            text_add_n(&said, block, (size_t)length);
        close(sandbox->errors);
    }
    *sandbox = nothing;
    return said.length ? text_take(&said) : must_copy("");
}
