#include "kernel/engine/stand_by.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/landlock.h"
#include "kernel/engine/service.h"

/* Four descriptors and the groups', in that order; what is not there is left out. */
enum { FIXED = 4, DESCRIPTORS_MAX = FIXED + STAND_BY_GROUPS };

union control {
    char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    struct cmsghdr header;
};

bool stand_by_order(int orders, const struct stand_by_order *order) {
    int sent[DESCRIPTORS_MAX] = {order->socket, order->sandbox, order->filter, order->told}, count = FIXED;
    for (int i = 0; i < STAND_BY_GROUPS; i++)
        if (order->groups[i] >= 0) sent[count++] = order->groups[i];
    union control control = {};
    struct iovec part = {.iov_base = (void *)order, .iov_len = sizeof *order};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN((size_t)count * sizeof(int))};
    memcpy(CMSG_DATA(header), sent, (size_t)count * sizeof(int));
    ssize_t n;
    while ((n = sendmsg(orders, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return n == sizeof *order;
}

/* Its descriptors are ours then. */
static bool receive(struct stand_by_order *order) {
    union control control = {};
    struct iovec part = {.iov_base = order, .iov_len = sizeof *order};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t n;
    while ((n = recvmsg(SERVICE_SOCKET, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    struct cmsghdr *header = n == sizeof *order ? CMSG_FIRSTHDR(&message) : NULL;
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len < CMSG_LEN(FIXED * sizeof(int))) return false;
    int received[DESCRIPTORS_MAX], count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int)), next = FIXED;
    memcpy(received, CMSG_DATA(header), (size_t)count * sizeof(int));
    order->socket = received[0];
    order->sandbox = received[1];
    order->filter = received[2];
    order->told = received[3];
    for (int i = 0; i < STAND_BY_GROUPS; i++)
        order->groups[i] = order->groups[i] >= 0 && next < count ? received[next++] : -1;
    return true;
}

static void forget(const struct stand_by_order *order) {
    close(order->socket);
    close(order->sandbox);
    close(order->filter);
    close(order->told);
    for (int i = 0; i < STAND_BY_GROUPS; i++)
        if (order->groups[i] >= 0) close(order->groups[i]);
}

/* ---- in the child ---- */

/* From outside, as long as that can be done. */
static bool take_limits(const struct stand_by_order *order) {
    for (int i = 0; i < STAND_BY_GROUPS; i++)
        if (order->groups[i] >= 0 && write(order->groups[i], "0", 1) != 1) return false;
    uid_t user = order->user;
    if (user && (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, user, user, user) < 0 ||
                 syscall(SYS_setresuid, user, user, user) < 0))
        return false;
    for (int i = 0; i < order->limit_count; i++)
        if (setrlimit(order->limits[i].resource, &order->limits[i].limit) < 0) return false;
    if (CPU_COUNT(&order->processors)) sched_setaffinity(0, sizeof order->processors, &order->processors);
    return true;
}

/* The user namespace gives all rights in it, and the others want some. */
static bool enter(const struct stand_by_order *order) {
    return setns(order->sandbox, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                                     CLONE_NEWUTS | CLONE_NEWCGROUP) == 0;
}

static bool give_up_rights(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[2] = {};
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability) < 0) return false;
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 && syscall(SYS_capset, &header, none) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool confine(void) {
    char *error;
    int landlock = landlock_confine(&error);
    free(error);
    return landlock >= 0;
}

static bool filter_calls(int file) {
    struct stat status;
    if (fstat(file, &status) < 0 || status.st_size <= 0 ||
        status.st_size > BPF_MAXINSNS * (off_t)sizeof(struct sock_filter))
        return false;
    size_t size = (size_t)status.st_size;
    struct sock_filter *program = malloc(size);
    const struct sock_fprog filter = {.len = (unsigned short)(size / sizeof *program), .filter = program};
    bool done = program && pread(file, program, size, 0) == (ssize_t)size &&
                syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
    free(program);
    return done;
}

/* The descriptors that stay: 0 to 2 are the sandbox's own, then the socket and, for a moment, the filter. */
enum { KEPT_FILTER = SERVICE_SOCKET + 1 };

static bool keep_only(const struct stand_by_order *order) {
    /* out of the way first: they may be any of these numbers */
    int socket = fcntl(order->socket, F_DUPFD, 20), filter = fcntl(order->filter, F_DUPFD, 20);
    int null = open("/dev/null", O_RDWR);
    return socket >= 0 && filter >= 0 && null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
           dup2(socket, SERVICE_SOCKET) >= 0 && dup2(filter, KEPT_FILTER) >= 0 &&
           syscall(SYS_close_range, KEPT_FILTER + 1, ~0u, 0) == 0;
}

/* A child of the child is the first to be in the process namespace. Whatever fails ends it: the socket's other end sees
 * that. */
static void go(const struct stand_by_order *order, const char *folder) {
    signal(SIGCHLD, SIG_DFL);
    if (!take_limits(order) || !enter(order)) _exit(SERVICE_CRASHED);
    pid_t child = fork();
    if (child) _exit(child < 0 || write(order->told, &child, sizeof child) < 0 ? SERVICE_CRASHED : SERVICE_DONE);
    bool confined = setsid() >= 0 && prctl(PR_SET_DUMPABLE, 0) == 0 && give_up_rights() && chdir(folder) == 0 &&
                    keep_only(order) && confine() && filter_calls(KEPT_FILTER);
    if (!confined) _exit(SERVICE_CRASHED);
    close(KEPT_FILTER);
}

void stand_by(const char *folder) {
    /* The children's parents end at once. Nobody else may have to reap them: the sandbox ends when all are reaped. */
    signal(SIGCHLD, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (struct stand_by_order order; receive(&order);) {
        pid_t child = fork();
        if (child == 0) {
            go(&order, folder);
            return;
        }
        forget(&order);
    }
    _exit(SERVICE_DONE);
}
