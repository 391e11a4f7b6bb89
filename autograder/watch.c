#include "autograder/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "autograder/group.h"
#include "kernel/engine/text.h"

enum { DEPTH_MAX = 64, THREADS_MAX = 100000, MEMORY_FILES_MAX = 4096, HOLDINGS_MAX = 4096 };

struct tally {
    bool exact;
    long long bytes, threads;
    double seconds; /* of processors, also those of children that have ended */
    struct memory_file {
        dev_t device;
        ino_t inode;
    } *files; /* counted already: processes share them */
    size_t count, capacity;
};

/* A /proc file as text; "" when it cannot be read. */
static void read_proc(pid_t pid, const char *file, char text[4096]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, 4095);
    if (fd >= 0) close(fd);
    text[length > 0 ? length : 0] = '\0';
}

/* The number behind a key of a /proc file, or behind its first blank. */
static bool proc_number(pid_t pid, const char *file, const char *key, long long *number) {
    char text[4096];
    read_proc(pid, file, text);
    char *at = key ? strstr(text, key) : strchr(text, ' ');
    if (!at) return false;
    *number = strtoll(at + (key ? strlen(key) : 1), NULL, 10);
    return true;
}

/* User and system time of a process and of its children that were waited for: fields 14 to 17 of stat, behind a name
 * that may hold anything. */
struct processor_time {
    double own, of_children;
};

static struct processor_time processor_seconds(pid_t pid) {
    char text[4096];
    unsigned long long ticks[4] = {};
    read_proc(pid, "stat", text);
    const char *behind_name = strrchr(text, ')');
    if (!behind_name || sscanf(behind_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu",
                               &ticks[0], &ticks[1], &ticks[2], &ticks[3]) != 4)
        return (struct processor_time){};
    double tick = 1 / (double)sysconf(_SC_CLK_TCK);
    return (struct processor_time){tick * (double)(ticks[0] + ticks[1]), tick * (double)(ticks[2] + ticks[3])};
}

static bool is_new(struct tally *tally, const struct stat *status) {
    for (size_t i = 0; i < tally->count; i++)
        if (tally->files[i].inode == status->st_ino && tally->files[i].device == status->st_dev) return false;
    if (tally->count < MEMORY_FILES_MAX)
        ARRAY_ADD(tally->files, tally->count, tally->capacity) =
            (struct memory_file){.device = status->st_dev, .inode = status->st_ino};
    return true;
}

/* Files of memfd_create are in no folder, and in no process's memory before they are mapped. */
static void add_memory_files(pid_t pid, struct tally *tally) {
    static const char mark[] = "/memfd:";
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *descriptors = opendir(path);
    for (struct dirent *entry; descriptors && (entry = readdir(descriptors));) {
        char target[sizeof mark];
        struct stat status;
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target);
        if (length < (ssize_t)strlen(mark) || memcmp(target, mark, strlen(mark)) != 0) continue;
        if (fstatat(dirfd(descriptors), entry->d_name, &status, 0) == 0 && is_new(tally, &status))
            tally->bytes += (long long)status.st_blocks * 512;
    }
    if (descriptors) closedir(descriptors);
}

/* Calls look for a process and all below it, and goes below those for which it says so. */
static void visit(pid_t pid, int depth, bool (*look)(pid_t pid, void *sum), void *sum) {
    char path[64];
    int child;
    if (depth > DEPTH_MAX || !look(pid, sum)) return;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "re");
    while (children && fscanf(children, "%d", &child) == 1) visit(child, depth + 1, look, sum);
    if (children) fclose(children);
}

/* Bytes shared between a session and its snapshots count once (Pss), which costs more to ask; resident bytes are asked
 * first. */
static bool add_process(pid_t pid, void *sum) {
    struct tally *tally = sum;
    long long number;
    if (tally->threads > THREADS_MAX) return false;
    if (tally->exact && proc_number(pid, "smaps_rollup", "\nPss:", &number))
        tally->bytes += number << 10;
    else if (proc_number(pid, "statm", NULL, &number))
        tally->bytes += number * sysconf(_SC_PAGESIZE);
    if (proc_number(pid, "status", "\nThreads:", &number)) tally->threads += number;
    struct processor_time time = processor_seconds(pid);
    tally->seconds += time.own + time.of_children;
    add_memory_files(pid, tally);
    return true;
}

static struct tally tally_of(struct sandbox *sandbox, bool exact) {
    struct tally tally = {.exact = exact};
    pid_t guests[SANDBOX_GUESTS_MAX];
    visit(sandbox->pid, 0, add_process, &tally);
    for (int left = sandbox_guests(sandbox, guests); left-- > 0;) visit(guests[left], 0, add_process, &tally);
    free(tally.files);
    return tally;
}

/* ---- readings around calls that are measured ---- */

/* Services that were sent in are left out: no call that is measured runs in them, and one that is ended by an answer
 * must not take the time that it has used out of the sum. */

/* By the process's own clock, which counts nanoseconds and all of its threads; that of children which were waited for
 * is told in ticks only. */
static bool add_seconds(pid_t pid, void *sum) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0)
        *(double *)sum += (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
    *(double *)sum += processor_seconds(pid).of_children;
    return true;
}

double watch_seconds(const struct sandbox *sandbox) {
    double seconds = sandbox->group ? group_seconds(sandbox->group) : -1;
    if (seconds >= 0) return seconds;
    seconds = 0;
    visit(sandbox->pid, 0, add_seconds, &seconds);
    return seconds;
}

double watch_resolution(const struct sandbox *sandbox) {
    return sandbox->group && group_seconds(sandbox->group) >= 0 ? 0.02 : 0.1;
}

/* "5" makes what the process holds now the most that it has held. Where that is refused (only root may do it to a
 * process that others cannot look into), what it grows by is told only beyond the most that it has held before. */
static bool forget_most_held(pid_t pid, void *) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return true;
    (void)!write(fd, "5", 1);
    close(fd);
    return true;
}

static bool add_holding(pid_t pid, void *sum) {
    struct holdings *holdings = sum;
    long long now, most;
    if (!proc_number(pid, "status", "\nVmRSS:", &now) || !proc_number(pid, "status", "\nVmHWM:", &most)) return true;
    if (holdings->count < HOLDINGS_MAX)
        ARRAY_ADD(holdings->list, holdings->count, holdings->capacity) =
            (struct holding){.pid = pid, .now = now << 10, .most = most << 10};
    return true;
}

void watch_forget_most(const struct sandbox *sandbox) {
    visit(sandbox->pid, 0, forget_most_held, NULL);
}

struct holdings watch_holdings(const struct sandbox *sandbox) {
    struct holdings holdings = {};
    visit(sandbox->pid, 0, add_holding, &holdings);
    return holdings;
}

struct growth holdings_growth(const struct holdings *before, const struct holdings *after) {
    struct growth growth = {};
    for (size_t i = 0; i < after->count; i++) {
        struct holding is = after->list[i], was = {};
        for (size_t k = 0; k < before->count; k++)
            if (before->list[k].pid == is.pid) was = before->list[k];
        if (is.most > was.most) growth.most += is.most - was.most;
        if (is.now > was.now) growth.left += is.now - was.now;
    }
    return growth;
}

/* Files of no size take memory too. The folders are looked at through the first process in the sandbox. */
static long long count_files(const struct sandbox *sandbox) {
    static const char *const folders[] = {"tmp", "exercise", "dev/shm"};
    char path[96];
    long long count = 0;
    pid_t first = sandbox_first(sandbox);
    for (size_t i = 0; first && i < sizeof folders / sizeof *folders; i++) {
        struct statvfs status;
        snprintf(path, sizeof path, "/proc/%d/root/%s", first, folders[i]);
        if (statvfs(path, &status) == 0) count += (long long)(status.f_files - status.f_ffree);
    }
    return count;
}

const char *watch_struck(const struct sandbox *sandbox) {
    return sandbox->group ? group_struck(sandbox->group) : NULL;
}

bool watch_starved(const struct sandbox *sandbox) {
    return sandbox->group && group_starved(sandbox->group);
}

const char *watch(struct sandbox *sandbox, const struct sandbox_limits *limits) {
    struct tally tally = tally_of(sandbox, false);
    const char *struck = watch_struck(sandbox);
    if (struck) return struck;
    if (tally.threads > limits->processes + SANDBOX_OWN_PROCESSES) return "processes";
    double seconds = sandbox->group ? group_seconds(sandbox->group) : -1;
    if (fmax(seconds, tally.seconds) > 2 * limits->notebook_seconds) return "processor time";
    if (count_files(sandbox) > limits->files) return "files";
    return tally.bytes > limits->memory && tally_of(sandbox, true).bytes > limits->memory ? "memory" : NULL;
}
