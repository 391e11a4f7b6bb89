/* The layers as the program in the sandbox finds them. oto-grade has this table, too: for their names. */
#include "autograder/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "autograder/job.h"

void layers_namespace(const char *kind, char name[64]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
    ssize_t length = readlink(path, name, 63);
    name[length > 0 ? length : 0] = '\0';
}

/* Is the namespace known, and none of those outside? */
static bool has_own_namespace(const struct oto_record *asked, const char *kind) {
    char name[64];
    bool own, told = false;
    layers_namespace(kind, name);
    own = *name != '\0';
    for (size_t i = 0; i < asked->count; i++) {
        const struct oto_field *field = &asked->fields[i];
        if (strcmp(field->name, "outside") != 0 || field->type != 's') continue;
        told |= strncmp(field->data, kind, strlen(kind)) == 0;
        own &= strcmp(field->data, name) != 0;
    }
    return own && told;
}

/* None to use, none to hand on, none to take up again. */
static bool has_no_capabilities(const struct oto_record *, const char *) {
    static const char *const sets[] = {"\nCapInh:\t", "\nCapPrm:\t", "\nCapEff:\t", "\nCapBnd:\t", "\nCapAmb:\t"};
    char text[8192];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[length > 0 ? length : 0] = '\0';
    bool none = true;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const char *set = strstr(text, sets[i]);
        none &= set && strtoull(set + strlen(sets[i]), NULL, 16) == 0;
    }
    return none;
}

static bool gains_no_privileges(const struct oto_record *, const char *) {
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool is_refused(long result) {
    return result < 0 && errno == ENOSYS;
}

/* Calls that would do nothing, or fail in another way, without the filter. */
static bool has_filtered_calls(const struct oto_record *, const char *) {
    return is_refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)) && is_refused(syscall(SYS_unshare, 0)) &&
           is_refused(syscall(SYS_setns, -1, 0)) && is_refused(syscall(SYS_ptrace, PTRACE_ATTACH, 0, 0, 0)) &&
           is_refused(syscall(SYS_mount, NULL, NULL, NULL, 0, NULL)) && is_refused(syscall(SYS_bpf, 0, NULL, 0));
}

/* A device that the mounts show and the file modes leave to all. */
static bool has_landlocked_files(const struct oto_record *, const char *) {
    int device = open("/dev/zero", O_WRONLY | O_CLOEXEC);
    if (device >= 0) close(device);
    return device < 0 && errno == EACCES;
}

/* bubblewrap's own process in the sandbox has the same user, and stands outside the rules. */
static bool has_landlocked_signals(const struct oto_record *, const char *) {
    return kill(1, 0) < 0 && errno == EPERM;
}

static bool has_read_only_system(const struct oto_record *, const char *) {
    static const char *const places[] = {"/oto-layer", "/usr/oto-layer", "/dev/oto-layer"};
    static const char *const settings[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches",
                                           "/proc/sysrq-trigger"};
    bool refused = true;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int fd = open(places[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        refused &= fd < 0;
        if (fd < 0) continue;
        close(fd);
        unlink(places[i]);
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        int fd = open(settings[i], O_WRONLY | O_CLOEXEC);
        refused &= fd < 0;
        if (fd >= 0) close(fd);
    }
    return refused;
}

/* Limits that are set, and that cannot be raised. */
static bool has_limits(const struct oto_record *, const char *) {
    static const int limited[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_CORE};
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    bool held = true;
    for (size_t i = 0; i < sizeof limited / sizeof *limited; i++) {
        struct rlimit limit;
        held &= getrlimit((unsigned)limited[i], &limit) == 0 && limit.rlim_max != RLIM_INFINITY &&
                setrlimit((unsigned)limited[i], &none) < 0;
    }
    return held;
}

/* Another process of the same user reads neither this one's memory nor its descriptors. */
static bool is_closed_to_others(const struct oto_record *, const char *) {
    static const char *const files[] = {"mem", "environ", "fd/4"};
    pid_t child = fork();
    if (child == 0) {
        int opened = 0;
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
            char path[64];
            snprintf(path, sizeof path, "/proc/%d/%s", (int)getppid(), files[i]);
            opened += open(path, O_RDONLY | O_CLOEXEC) >= 0;
        }
        _exit(opened ? 1 : 0);
    }
    int status = 1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The machine's users and their files are not in sight. An installation below one of these folders makes them appear,
 * in the sandbox's own tree and with nothing else in them. */
static bool has_little_in_sight(const struct oto_record *, const char *) {
    static const char *const places[] = {"/etc/passwd", "/etc/shadow", "/home", "/root", "/var", "/run", "/sys"};
    struct stat tree, place;
    bool hidden = stat("/", &tree) == 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        hidden &= stat(places[i], &place) < 0 || place.st_dev == tree.st_dev;
    return hidden;
}

const struct layer layers[LAYERS] = {
    {"user namespace", true, has_own_namespace, "user"},
    {"process namespace", true, has_own_namespace, "pid"},
    {"network namespace", true, has_own_namespace, "net"},
    {"IPC namespace", true, has_own_namespace, "ipc"},
    {"mount namespace", true, has_own_namespace, "mnt"},
    {"host-name namespace", false, has_own_namespace, "uts"},
    {"only system and installation in sight", true, has_little_in_sight, NULL},
    {"read-only system", true, has_read_only_system, NULL},
    {"no capabilities", true, has_no_capabilities, NULL},
    {"no new privileges", true, gains_no_privileges, NULL},
    {"system calls from a list (seccomp)", true, has_filtered_calls, NULL},
    {"Landlock: files", false, has_landlocked_files, NULL},
    {"Landlock: signals", false, has_landlocked_signals, NULL},
    {"limits that cannot be raised (rlimits)", true, has_limits, NULL},
    {"the program that runs cells is closed to them", true, is_closed_to_others, NULL},
};

void layers_try(const struct oto_record *asked, int landlock, struct oto_record *answer) {
    oto_record_begin(answer, JOB_TRIED);
    for (size_t i = 0; i < LAYERS; i++) oto_record_integer(answer, "holds", layers[i].holds(asked, layers[i].what));
    oto_record_integer(answer, "landlock", landlock);
}
