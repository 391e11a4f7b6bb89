#include "autograder/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "autograder/files.h"
#include "autograder/group.h"
#include "autograder/installation.h"
#include "autograder/syscalls.h"
#include "autograder/truth.h"
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
enum { FIRST_SLOT_USER = 64000, LAST_SLOT_USER = 65500, SLOTS_MAX = 256, INSIDE_USER = 1000 };

double monotonic_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- the command line ---- */

struct command {
    char **words;
    size_t count, capacity;
};

static void say(struct command *command, const char *word) {
    ARRAY_ADD(command->words, command->count, command->capacity) = word ? must_copy(word) : NULL;
}

#define SAY(command, ...)                                                                                              \
    for (const char *const *word = (const char *const[]){__VA_ARGS__, NULL}; *word; word++) say(command, *word)

static void say_number(struct command *command, const char *option, int64_t number) {
    char *text = must_format("%lld", (long long)number);
    SAY(command, option, text);
    free(text);
}

static void command_free(struct command *command) {
    for (size_t i = 0; i < command->count; i++) free(command->words[i]);
    free(command->words);
}

/* /bin, /lib and their like are links into /usr on Debian 12; a folder of its own is shown as one. */
static void show_system(struct command *command) {
    static const char *const links[] = {"/bin", "/sbin", "/lib", "/lib64", "/lib32"};
    static const char *const settings[] = {"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
                                           "/etc/alternatives", "/etc/localtime"};
    SAY(command, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char target[PATH_MAX];
        ssize_t length = readlink(links[i], target, sizeof target - 1);
        if (length > 0) {
            target[length] = '\0';
            SAY(command, "--symlink", target, links[i]);
        } else {
            SAY(command, "--ro-bind-try", links[i], links[i]);
        }
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        SAY(command, "--ro-bind-try", settings[i], settings[i]);
}

/* Settings of the machine, which some kernels let root's user id change even where it has no capabilities. */
static void protect_settings(struct command *command) {
    static const char *const settings[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",      "/proc/bus",
                                           "/proc/fs",  "/proc/driver",        "/proc/pressure", "/proc/mtrr"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        SAY(command, "--ro-bind-try", settings[i], settings[i]);
}

static bool is_shipped(const char *name) {
    const char *dot = strrchr(name, '.');
    return !dot || (!is_truth_folder(name) && strcmp(dot, ".ipynb") != 0 && strcmp(dot, ".expected") != 0 &&
                    strcmp(dot, ".db") != 0);
}

static void show_files(struct command *command, const char *folder, char type) {
    size_t count;
    char **names = folder_list(folder, type, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_shipped(names[i])) continue;
        char *from = must_format("%s/%s", folder, names[i]), *to = must_format("/exercise/%s", names[i]);
        SAY(command, "--ro-bind", from, to);
        free(from);
        free(to);
    }
    names_free(names, count);
}

static void build_command(struct command *command, const char *files, const struct sandbox_limits *limits,
                          int seccomp) {
    SAY(command, "bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
        "--unshare-cgroup-try", "--disable-userns", "--hostname", "oto", "--cap-drop", "ALL", "--new-session",
        "--die-with-parent", "--clearenv");
    say_number(command, "--uid", INSIDE_USER);
    say_number(command, "--gid", INSIDE_USER);
    SAY(command, "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", "/exercise", "--setenv",
        "TMPDIR", "/tmp", "--setenv", "LANG", "C.UTF-8", "--setenv", "OPENBLAS_NUM_THREADS", "1");
    show_system(command);
    say_number(command, "--size", limits->disk);
    SAY(command, "--tmpfs", "/tmp");
    say_number(command, "--size", limits->disk);
    SAY(command, "--tmpfs", "/exercise");
    for (const char *const *folder = installation_folders(); *folder; folder++)
        SAY(command, "--ro-bind", *folder, *folder);
    SAY(command, "--setenv", "OTO_ROOT", installation_root());
    /* Notebooks reach the course's recordings as ../data. */
    if (installation_data()) SAY(command, "--ro-bind", installation_data(), "/data");
    if (files) {
        show_files(command, files, 'f');
        show_files(command, files, 'd');
    }
    SAY(command, "--proc", "/proc");
    protect_settings(command);
    SAY(command, "--dev", "/dev");
    say_number(command, "--size", limits->disk);
    SAY(command, "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/exercise");
    say_number(command, "--seccomp", seccomp);
    SAY(command, "--", installation_inside());
    say(command, NULL);
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

/* In the child, between fork and exec: only system calls. user is 0 or the one to become, which comes first, because
 * the kernel does not count root's processes against a limit. */
static void become(id_t user, const int ends[3], int seccomp, const struct sandbox_limits *limits,
                   const struct group *group) {
    const struct rlimit none = {0, 0};
    const struct rlimit processes = {(rlim_t)limits->processes, (rlim_t)limits->processes};
    const struct rlimit seconds = {(rlim_t)limits->notebook_seconds + 1, (rlim_t)limits->notebook_seconds + 2};
    const struct rlimit file = {(rlim_t)limits->disk, (rlim_t)limits->disk};
    const struct rlimit open_files = {256, 256};
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, NULL);
    setpgid(0, 0);
    if (group && !group_enter(group)) {
        static const char complaint[] = "its control group does not take it in";
        (void)!write(ends[2], complaint, sizeof complaint - 1);
        _exit(122);
    }
    /* Out of the way of 0..4 and the filter first: the descriptors may be any of these numbers. */
    int input = fcntl(ends[0], F_DUPFD, 20), output = fcntl(ends[1], F_DUPFD, 20), errors = fcntl(ends[2], F_DUPFD, 20);
    int filter = fcntl(seccomp, F_DUPFD, 20), null = open("/dev/null", O_RDWR);
    if (input < 0 || output < 0 || errors < 0 || filter < 0 || null < 0) _exit(125);
    if (dup2(null, 0) < 0 || dup2(errors, 1) < 0 || dup2(errors, 2) < 0 || dup2(input, 3) < 0 || dup2(output, 4) < 0 ||
        dup2(filter, 5) < 0)
        _exit(125);
    if (syscall(SYS_close_range, 6, ~0u, 0) < 0) _exit(125);
    if (user) {
        if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, user, user, user) < 0 ||
            syscall(SYS_setresuid, user, user, user) < 0)
            _exit(124);
    }
    if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_NPROC, &processes) < 0 ||
        setrlimit(RLIMIT_CPU, &seconds) < 0 || setrlimit(RLIMIT_FSIZE, &file) < 0 ||
        setrlimit(RLIMIT_NOFILE, &open_files) < 0)
        _exit(123);
}

static void close_all(const int *fds, int count) {
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0) close(fds[i]);
}

bool sandbox_start(struct sandbox *sandbox, int slot, const char *files, const struct sandbox_limits *limits,
                   char **error) {
    int pipes[6] = {-1, -1, -1, -1, -1, -1};
    *sandbox = (struct sandbox){.to = -1, .from = -1, .errors = -1};
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
    struct command command = {};
    build_command(&command, files, limits, 5);
    int ends[3] = {pipes[0], pipes[3], pipes[5]};
    id_t user = sandbox_takes_own_user(files) ? slot_user(slot) : 0;
    sandbox->started = monotonic_seconds();
    sandbox->group = group_for(slot, limits);
    sandbox->pid = fork();
    if (sandbox->pid == 0) {
        become(user, ends, seccomp, limits, sandbox->group);
        /* Process 1 of the sandbox keeps bwrap's own environment where /proc shows it: it gets none of ours. */
        execvpe("bwrap", command.words, (char *const[]){"PATH=/usr/local/bin:/usr/bin:/bin", NULL});
        _exit(127);
    }
    if (sandbox->pid < 0) *error = must_format("the sandbox cannot be started: %s", strerror(errno));
    command_free(&command);
    close_all(ends, 3);
    close(seccomp);
    sandbox->to = pipes[1];
    sandbox->from = pipes[2];
    sandbox->errors = pipes[4];
    if (sandbox->pid < 0) {
        close_all((int[]){sandbox->to, sandbox->from, sandbox->errors}, 3);
        sandbox->pid = 0;
        return false;
    }
    return true;
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
static void kill_all(pid_t bwrap) {
    char path[64];
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", bwrap, bwrap);
    FILE *children = fopen(path, "re");
    while (children && fscanf(children, "%d", &child) == 1) kill(child, SIGKILL);
    if (children) fclose(children);
    if (is_gone(bwrap, 5)) return;
    kill(bwrap, SIGKILL);
    while (waitpid(bwrap, NULL, 0) < 0 && errno == EINTR) {
    }
}

char *sandbox_end(struct sandbox *sandbox) {
    struct text said = {};
    if (sandbox->to >= 0) close(sandbox->to);
    if (sandbox->from >= 0) close(sandbox->from);
    if (sandbox->pid > 0) kill_all(sandbox->pid);
    if (sandbox->errors >= 0) {
        char block[4096];
        ssize_t length;
        fcntl(sandbox->errors, F_SETFL, O_NONBLOCK);
        while (said.length < 1 << 14 && (length = read(sandbox->errors, block, sizeof block)) > 0)
            text_add_n(&said, block, (size_t)length);
        close(sandbox->errors);
    }
    *sandbox = (struct sandbox){.to = -1, .from = -1, .errors = -1};
    return said.length ? text_take(&said) : must_copy("");
}
