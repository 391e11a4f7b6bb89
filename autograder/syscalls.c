#include "autograder/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/engine/text.h"

/* What a C program, clang, ld and the sanitizers need, group by group. Not here, on purpose: ptrace, mount and its
 * family, setns, unshare, bpf, io_uring, keyctl, perf_event_open, userfaultfd, socket, process_vm_writev, kexec,
 * modules, clocks. process_vm_readv is here because the engine reads a dying worker's locals; it is itself not
 * dumpable. */
static const char *const allowed[] = {
    /* files */
    "read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat openat2 creat close "
    "close_range "
    "lseek stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 getdents getdents64 getcwd "
    "chdir "
    "fchdir rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir readlink "
    "readlinkat chmod fchmod fchmodat umask utimensat truncate ftruncate fallocate fadvise64 readahead fsync fdatasync "
    "sync_file_range copy_file_range sendfile splice tee flock getxattr lgetxattr fgetxattr listxattr",
    /* descriptors */
    "dup dup2 dup3 fcntl pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait "
    "epoll_pwait eventfd eventfd2 signalfd4 timerfd_create timerfd_settime timerfd_gettime memfd_create inotify_init1 "
    "inotify_add_watch inotify_rm_watch",
    /* memory */
    "brk mmap munmap mremap mprotect madvise msync mincore mlock munlock membarrier process_vm_readv",
    /* processes and threads */
    "fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo "
    "pidfd_open pidfd_send_signal getpid getppid gettid getpgid getpgrp setpgid getsid setsid getuid geteuid getgid "
    "getegid getresuid getresgid getgroups capget prctl arch_prctl set_tid_address set_robust_list get_robust_list "
    "futex "
    "futex_waitv rseq sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler "
    "sched_get_priority_max sched_get_priority_min getpriority getrusage prlimit64 getrlimit setrlimit times getcpu",
    /* signals and time */
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack restart_syscall "
    "pause alarm getitimer setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete nanosleep "
    "clock_nanosleep clock_gettime clock_getres gettimeofday time",
    /* the machine, and giving up more rights */
    "uname sysinfo getrandom landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    /* Socket pairs: pipes between processes of the sandbox. Not sendmsg: a descriptor on its way through a socket is in
     * no process, where nobody counts what it holds. */
    "sendto recvfrom shutdown getsockname getsockopt setsockopt",
};

static bool allow(scmp_filter_ctx filter, const char *name) {
    int number = seccomp_syscall_resolve_name(name);
    /* A name of another architecture (open on arm64) resolves to a pseudo number, which libseccomp passes over. */
    return number == __NR_SCMP_ERROR || seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) == 0 || number < 0;
}

static bool allow_group(scmp_filter_ctx filter, const char *names, char **error) {
    bool allowed_all = true;
    for (const char *at = names; allowed_all && *at;) {
        size_t length = strcspn(at, " ");
        char *name = must_copy_n(at, length);
        allowed_all = allow(filter, name);
        if (!allowed_all) *error = must_format("the seccomp filter does not take \"%s\"", name);
        free(name);
        at += length + strspn(at + length, " ");
    }
    return allowed_all;
}

/* Calls that are harmless with some arguments only. */
static bool allow_conditionally(scmp_filter_ctx filter) {
    const uint64_t namespaces =
        CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0)) ==
               0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TCGETS, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1, SCMP_A0(SCMP_CMP_EQ, 0xffffffff, 0)) ==
               0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
                            SCMP_A0(SCMP_CMP_EQ, ADDR_NO_RANDOMIZE, 0)) == 0;
}

/* The filter as BPF; takes a millisecond. */
static int build(char **error) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    bool built = filter != NULL;
    for (size_t i = 0; built && i < sizeof allowed / sizeof *allowed; i++)
        built = allow_group(filter, allowed[i], error);
    if (built && !allow_conditionally(filter)) {
        built = false;
        *error = must_format("the seccomp filter does not take its conditional rules");
    }
    int fd = built ? memfd_create("seccomp", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1;
    if (fd < 0 || seccomp_export_bpf(filter, fd) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
        if (!*error) *error = must_format("the seccomp filter cannot be built: %s", strerror(errno));
        if (fd >= 0) close(fd);
        fd = -1;
    }
    if (filter) seccomp_release(filter);
    return fd;
}

int syscalls_filter(char **error) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int built = -1;
    char path[40];
    pthread_mutex_lock(&lock);
    if (built < 0) built = build(error);
    pthread_mutex_unlock(&lock);
    if (built < 0) return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", built);
    int fd = open(path, O_RDONLY | O_CLOEXEC); /* each reads from its own start */
    if (fd < 0) *error = must_format("the seccomp filter cannot be opened: %s", strerror(errno));
    return fd;
}
