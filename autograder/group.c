#include "autograder/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/text.h"

enum { SLOTS_MAX = 256, TRIES_MAX = 20 };
#define PREFIX "oto-grade-"

/* One of the kernel's hierarchies: our own group in it, below which those of sandboxes are made. */
struct hierarchy {
    char *own; /* NULL: not usable */
    bool unified;
    const char *why; /* it is not usable */
};

struct group {
    char *paths[GROUP_CONTROLLERS];                        /* NULL where there is none; two controllers may share one */
    int folders[GROUP_CONTROLLERS];                        /* open and locked; -1 */
    int entrances[GROUP_CONTROLLERS];                      /* the files that take processes in; -1 */
    int64_t memory;                                        /* bytes that it may hold */
    long long oom_kills, ooms, refused_forks, nanoseconds; /* before the sandbox that uses it now */
};

static const char *const names[GROUP_CONTROLLERS] = {"memory", "pids", "cpuacct"};
static struct hierarchy hierarchies[GROUP_CONTROLLERS];
static struct group *slots[SLOTS_MAX];
static pthread_once_t found = PTHREAD_ONCE_INIT;
static pid_t maker; /* a fork of ours that ends leaves our groups alone */

/* ---- files of a group ---- */

/* "" when it cannot be read. */
static void read_file(int folder, const char *name, char text[4096]) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, 4095);
    if (fd >= 0) close(fd);
    text[length > 0 ? length : 0] = '\0';
}

static bool write_file(int folder, const char *name, const char *text) {
    int fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return written;
}

static bool write_number(int folder, const char *name, int64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return write_file(folder, name, text);
}

/* The number behind a key at the start of a line; key "": the first of the file. */
static long long number_in(int folder, const char *name, const char *key) {
    char text[4096];
    read_file(folder, name, text);
    size_t length = strlen(key);
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0) return strtoll(line + length, NULL, 10);
    }
    return 0;
}

/* ---- making and removing ---- */

static void group_free(struct group *group) {
    for (int i = 0; i < GROUP_CONTROLLERS; i++) {
        if (group->entrances[i] >= 0) close(group->entrances[i]);
        if (group->folders[i] >= 0) close(group->folders[i]);
        free(group->paths[i]);
    }
    free(group);
}

/* The last of a sandbox's processes may still be on its way out. */
static void remove_folder(const char *path) {
    for (int i = 0; i < TRIES_MAX && rmdir(path) < 0 && errno == EBUSY; i++) usleep(2000);
}

static void remove_groups(void) {
    if (getpid() != maker) return;
    for (int slot = 0; slot < SLOTS_MAX; slot++) {
        if (!slots[slot]) continue;
        for (int i = 0; i < GROUP_CONTROLLERS; i++)
            if (slots[slot]->paths[i]) remove_folder(slots[slot]->paths[i]);
        group_free(slots[slot]);
        slots[slot] = NULL;
    }
}

/* Open and locked by us, so that no sweep takes it; -1: it is another's, or gone. */
static int open_locked(const char *path) {
    struct stat opened, there;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &opened) == 0 && stat(path, &there) == 0 &&
        opened.st_ino == there.st_ino)
        return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* What graders left that are no more. */
static void sweep(const char *own) {
    DIR *folder = opendir(own);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0) continue;
        char *path = must_format("%s/%s", own, entry->d_name);
        int fd = open_locked(path);
        if (fd >= 0) {
            rmdir(path);
            close(fd);
        }
        free(path);
    }
    if (folder) closedir(folder);
}

/* A folder of our own below a hierarchy's, open in *folder; NULL with errno. */
static char *make_folder(const char *own, const char *name, int *folder) {
    for (int i = 0; i < TRIES_MAX; i++) {
        char *path = must_format("%s/" PREFIX "%s.%d", own, name, i);
        bool made = mkdir(path, 0755) == 0;
        int error = errno;
        *folder = made ? open_locked(path) : -1;
        if (*folder >= 0) return path;
        free(path);
        errno = error;
        if (!made && error != EEXIST) return NULL;
    }
    return NULL;
}

static bool share_folder(struct group *group, int controller) {
    for (int i = 0; i < controller; i++) {
        if (!hierarchies[i].own || !group->paths[i] || strcmp(hierarchies[i].own, hierarchies[controller].own) != 0)
            continue;
        group->folders[controller] = fcntl(group->folders[i], F_DUPFD_CLOEXEC, 0);
        return true;
    }
    return false;
}

/* A group in each of the hierarchies that are usable; NULL when one cannot be made. */
static struct group *make_group(const char *name) {
    struct group *group = must_allocate(sizeof *group);
    bool made = true;
    for (int i = 0; i < GROUP_CONTROLLERS; i++) group->folders[i] = group->entrances[i] = -1;
    for (int i = 0; i < GROUP_CONTROLLERS && made; i++) {
        const struct hierarchy *hierarchy = &hierarchies[i];
        if (!hierarchy->own || share_folder(group, i)) continue;
        group->paths[i] = make_folder(hierarchy->own, name, &group->folders[i]);
        if (!group->paths[i]) break;
        /* A thread that moves itself waits for nobody; version 2 takes whole processes only. */
        group->entrances[i] =
            openat(group->folders[i], hierarchy->unified ? "cgroup.procs" : "tasks", O_WRONLY | O_CLOEXEC);
        made = group->entrances[i] >= 0;
    }
    for (int i = 0; i < GROUP_CONTROLLERS; i++) made = made && (!hierarchies[i].own || group->folders[i] >= 0);
    if (made) return group;
    for (int i = 0; i < GROUP_CONTROLLERS; i++)
        if (group->paths[i]) remove_folder(group->paths[i]);
    group_free(group);
    return NULL;
}

bool group_enter(const struct group *group) {
    for (int i = 0; i < GROUP_CONTROLLERS; i++)
        if (group->entrances[i] >= 0 && write(group->entrances[i], "0", 1) != 1) return false;
    return true;
}

const int *group_entrances(const struct group *group) {
    return group->entrances;
}

/* ---- what is usable ---- */

/* Controllers of version 2 reach our children when no process is beside them, but for the machine's first group, which
 * has no type. So we go into one of them ourselves, where the group is ours alone; a group that others are in stays as
 * it is: some controllers could be had there, and its children would take in no process any more. */
static bool delegate(const char *own, const char *controller) {
    char text[4096], *end, *add = must_format("+%s", controller);
    int folder = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC), self = -1;
    read_file(folder, "cgroup.subtree_control", text);
    bool has = group_lists(text, strlen(text), controller);
    read_file(folder, "cgroup.controllers", text);
    if (!has && group_lists(text, strlen(text), controller)) {
        read_file(folder, "cgroup.procs", text);
        bool free_of_processes = !*text || faccessat(folder, "cgroup.type", F_OK, 0) < 0;
        if (!free_of_processes && strtol(text, &end, 10) == getpid() && strcmp(end, "\n") == 0) {
            char *path = make_folder(own, "self", &self); /* stays open, and locked, until we end */
            free_of_processes = path && write_file(self, "cgroup.procs", "0");
            free(path);
        }
        has = free_of_processes && write_file(folder, "cgroup.subtree_control", add);
    }
    if (folder >= 0) close(folder);
    free(add);
    return has;
}

/* Of a group of version 2. What counts processor time there is in each group, but what cannot be passed on is not ours
 * to make groups in. */
static bool is_ours(const struct hierarchy *hierarchy, enum group_controller controller) {
    if (access(hierarchy->own, W_OK) < 0) return false;
    if (controller == GROUP_PROCESSOR) return hierarchies[GROUP_PROCESSES].own != NULL;
    return delegate(hierarchy->own, names[controller]);
}

static const char *not_ours(void) {
#define SAYS "the group of this process is not its own to divide"
    if (access("/run/systemd/system", F_OK) < 0) return SAYS;
    return geteuid() ? SAYS "; systemd-run --user --scope -p Delegate=yes oto-grade ... starts it in one that is"
                     : SAYS "; systemd-run --scope -p Delegate=yes oto-grade ... starts it in one that is";
#undef SAYS
}

/* Why a hierarchy that is there cannot be used, or NULL. */
static const char *obstacle(const struct hierarchy *hierarchy, enum group_controller controller) {
    if (hierarchy->unified) return is_ours(hierarchy, controller) ? NULL : not_ours();
    if (access(hierarchy->own, W_OK) < 0) return "the group of this process may not be changed";
    if (controller != GROUP_MEMORY) return NULL;
    int folder = open(hierarchy->own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool inherits = folder >= 0 && number_in(folder, "memory.use_hierarchy", "") == 1;
    if (folder >= 0) close(folder);
    return inherits ? NULL : "groups of this machine do not count in those above them";
}

/* May a process go in? */
static bool is_open(const struct group *group) {
    pid_t child = fork();
    if (child == 0) _exit(group_enter(group) ? 0 : 1);
    int status = 1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static char *read_all(const char *path) {
    struct text all = {};
    char block[4096];
    size_t length;
    FILE *file = fopen(path, "re");
    while (file && (length = fread(block, 1, sizeof block, file)) > 0) text_add_n(&all, block, length);
    if (file) fclose(file);
    return all.length ? text_take(&all) : must_copy("");
}

static void give_up(struct hierarchy *hierarchy, const char *why) {
    free(hierarchy->own);
    hierarchy->own = NULL;
    hierarchy->why = why;
}

static char *name_of(const char *what) {
    return must_format("%d-%s", (int)maker, what);
}

static void find_hierarchies(void) {
    char *groups = read_all("/proc/self/cgroup"), *mounts = read_all("/proc/self/mountinfo");
    maker = getpid();
    for (int i = 0; i < GROUP_CONTROLLERS; i++) {
        struct hierarchy *hierarchy = &hierarchies[i];
        hierarchy->own = group_place(groups, mounts, names[i], &hierarchy->unified);
        const char *why = hierarchy->own ? obstacle(hierarchy, i) : "no hierarchy of the kernel's is in sight here";
        if (why) give_up(hierarchy, why);
        if (!why) sweep(hierarchy->own);
    }
    free(groups);
    free(mounts);
    char *name = name_of("try");
    struct group *group = make_group(name);
    if (!group || !is_open(group))
        for (int i = 0; i < GROUP_CONTROLLERS; i++)
            if (hierarchies[i].own)
                give_up(&hierarchies[i], group ? "no process may be moved into a group" : "no group may be made");
    for (int i = 0; group && i < GROUP_CONTROLLERS; i++)
        if (group->paths[i]) remove_folder(group->paths[i]);
    if (group) group_free(group);
    free(name);
    atexit(remove_groups);
}

bool group_has(enum group_controller controller, const char **why) {
    pthread_once(&found, find_hierarchies);
    *why = hierarchies[controller].why;
    return hierarchies[controller].own != NULL;
}

/* ---- limits and counts ---- */

/* Files in the sandbox's folders are memory of its group as well, and have their own limit. */
static bool limit_memory(int folder, bool unified, int64_t bytes) {
    if (unified) {
        write_file(folder, "memory.swap.max", "0"); /* these two: where the kernel has them */
        write_file(folder, "memory.oom.group", "1");
        return write_number(folder, "memory.max", bytes);
    }
    /* With swap it is never less than without, also in between. */
    write_file(folder, "memory.memsw.limit_in_bytes", "-1");
    bool set = write_number(folder, "memory.limit_in_bytes", bytes);
    write_number(folder, "memory.memsw.limit_in_bytes", bytes);
    return set;
}

static long long oom_kills(const struct group *group) {
    bool unified = hierarchies[GROUP_MEMORY].unified;
    return number_in(group->folders[GROUP_MEMORY], unified ? "memory.events" : "memory.oom_control", "oom_kill ");
}

/* How often the group's own limit was reached: version 2 tells. */
static long long ooms(const struct group *group) {
    return hierarchies[GROUP_MEMORY].unified ? number_in(group->folders[GROUP_MEMORY], "memory.events", "oom ") : 0;
}

/* Version 1 counts it in memory.failcnt, which newer kernels leave at 0; it does keep the most that was held. */
static bool was_full(const struct group *group) {
    if (hierarchies[GROUP_MEMORY].unified) return ooms(group) > group->ooms;
    return number_in(group->folders[GROUP_MEMORY], "memory.max_usage_in_bytes", "") >=
           group->memory - group->memory / 64;
}

static long long refused_forks(const struct group *group) {
    return number_in(group->folders[GROUP_PROCESSES], "pids.events", "max ");
}

static long long nanoseconds(const struct group *group) {
    if (hierarchies[GROUP_PROCESSOR].unified)
        return 1000 * number_in(group->folders[GROUP_PROCESSOR], "cpu.stat", "usage_usec ");
    return number_in(group->folders[GROUP_PROCESSOR], "cpuacct.usage", "");
}

/* What is still on its way out of the last sandbox must not be counted as the next one's. */
static void await_empty(const struct group *group) {
    enum { LOOKS = 500 };
    for (int i = 0; i < GROUP_CONTROLLERS; i++) {
        char text[4096] = "";
        for (int look = 0; group->paths[i] && look < LOOKS; look++) {
            read_file(group->folders[i], "cgroup.procs", text);
            if (!*text) break;
            usleep(2000);
        }
    }
}

struct group *group_for(int slot, const struct sandbox_limits *limits) {
    pthread_once(&found, find_hierarchies);
    bool any = false;
    for (int i = 0; i < GROUP_CONTROLLERS; i++) any |= hierarchies[i].own != NULL;
    if (!any || slot >= SLOTS_MAX) return NULL;
    if (!slots[slot]) {
        char *number = must_format("%d", slot), *name = name_of(number);
        slots[slot] = make_group(name);
        free(number);
        free(name);
    }
    struct group *group = slots[slot];
    if (!group) return NULL;
    await_empty(group);
    int memory = group->folders[GROUP_MEMORY], processes = group->folders[GROUP_PROCESSES];
    group->memory = limits->memory + 3 * limits->disk;
    if (memory >= 0 && !limit_memory(memory, hierarchies[GROUP_MEMORY].unified, group->memory)) return NULL;
    if (processes >= 0 && !write_number(processes, "pids.max", limits->processes + SANDBOX_OWN_PROCESSES)) return NULL;
    if (memory >= 0) {
        if (!hierarchies[GROUP_MEMORY].unified) write_file(memory, "memory.max_usage_in_bytes", "0");
        group->oom_kills = oom_kills(group);
        group->ooms = ooms(group);
    }
    if (processes >= 0) group->refused_forks = refused_forks(group);
    if (group->folders[GROUP_PROCESSOR] >= 0) group->nanoseconds = nanoseconds(group);
    return group;
}

static bool lost_a_process(const struct group *group) {
    return group->folders[GROUP_MEMORY] >= 0 && oom_kills(group) > group->oom_kills;
}

bool group_starved(const struct group *group) {
    return lost_a_process(group) && !was_full(group);
}

const char *group_struck(const struct group *group) {
    if (lost_a_process(group) && was_full(group)) return "memory";
    if (group->folders[GROUP_PROCESSES] >= 0 && refused_forks(group) > group->refused_forks) return "processes";
    return NULL;
}

double group_seconds(const struct group *group) {
    if (group->folders[GROUP_PROCESSOR] < 0) return -1;
    return 1e-9 * (double)(nanoseconds(group) - group->nanoseconds);
}
