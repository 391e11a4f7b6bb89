#include "kernel/guard.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/log.h"

enum {
    ROUNDS_MAX = 200, /* of 5 ms */
    FILES_MAX = 8
};

/* Whether the process was started with this NAME=VALUE. The environment is what it was at its exec, so the kernel and
 * its guard do not carry the mark themselves. */
static bool carries(const char *process, const char *mark) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/environ", process);
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    char *entry = NULL;
    size_t capacity = 0;
    bool found = false;
    while (!found && getdelim(&entry, &capacity, '\0', file) > 0) found = strcmp(entry, mark) == 0;
    free(entry);
    fclose(file);
    return found;
}

/* Kills all that carry the mark; false when there was none. */
static bool sweep(const char *mark) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) return false;
    bool any = false;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]) && carries(entry->d_name, mark))
            any = kill((pid_t)atoi(entry->d_name), SIGKILL) == 0 || any;
    closedir(processes);
    return any;
}

/* A file to remove: another one may have taken its name meanwhile. */
struct file {
    dev_t device;
    ino_t number;
    char *path;
};

static void remove_file(const struct file *file) {
    struct stat status;
    if (lstat(file->path, &status) == 0 && status.st_dev == file->device && status.st_ino == file->number)
        unlink(file->path);
}

/* What the kernel says until its end: paths, each with its NUL. */
static size_t listen_to_kernel(int kernel_end, struct file *files) {
    size_t count = 0, capacity = 0;
    char *path = NULL;
    FILE *words = fdopen(kernel_end, "r");
    char byte;
    while (words == NULL && read(kernel_end, &byte, 1) > 0) continue;
    while (words != NULL && getdelim(&path, &capacity, '\0', words) > 0) {
        struct stat status;
        if (count == FILES_MAX || lstat(path, &status) != 0) continue;
        files[count++] = (struct file){status.st_dev, status.st_ino, path};
        path = NULL;
        capacity = 0;
    }
    return count;
}

[[noreturn]] static void guard(int kernel_end, const char *mark) {
    static struct file files[FILES_MAX];
    setsid(); /* signals for the kernel's group are not for the guard */
    prctl(PR_SET_NAME, "oto-guard");
    int nothing = open("/dev/null", O_RDWR);
    for (int i = 0; i <= STDERR_FILENO; i++) dup2(nothing, i); /* whoever reads the kernel's output shall see its end */
    size_t count = listen_to_kernel(kernel_end, files);
    for (size_t i = 0; i < count; i++) remove_file(&files[i]);
    for (int round = 0; round < ROUNDS_MAX && sweep(mark); round++) usleep(5000);
    _exit(0);
}

static int guard_end = -1; /* stays open as long as the kernel lives */
static pid_t guard_id;

bool guard_start(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char mark[100];
    snprintf(mark, sizeof mark, "OTO_KERNEL=%ld.%lld.%09ld", (long)getpid(), (long long)now.tv_sec, now.tv_nsec);
    int ends[2];
    if (setenv("OTO_KERNEL", strchr(mark, '=') + 1, 1) != 0 || pipe2(ends, O_CLOEXEC) != 0) return false;
    pid_t process = fork();
    if (process == 0) {
        close(ends[1]);
        guard(ends[0], mark);
    }
    close(ends[0]);
    guard_end = ends[1];
    guard_id = process;
    return process > 0;
}

pid_t guard_process(void) {
    return guard_id;
}

void guard_remember(const char *path) {
    size_t size = strlen(path) + 1;
    if (write(guard_end, path, size) != (ssize_t)size) log_line("%s may be left behind: %s", path, strerror(errno));
}
