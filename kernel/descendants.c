#include "kernel/descendants.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS_MAX = 200 }; /* of 5 ms: a process in uninterruptible sleep is left to the system */

/* The parent of a process, or 0 when there is no such process. */
static pid_t parent_of(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    int parent = 0;
    /* The name in parentheses may hold anything, so the last one counts. */
    char line[512];
    size_t size = fread(line, 1, sizeof line - 1, file);
    line[size] = '\0';
    fclose(file);
    for (size_t i = size; i-- > 0;)
        if (line[i] == ')') {
            if (sscanf(line + i + 1, " %*c %d", &parent) != 1) parent = 0;
            break;
        }
    return parent;
}

/* Sends SIGKILL to the children of a process after their own children; false when it has none. */
static bool kill_below(pid_t ancestor, pid_t spared) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) return false;
    bool any = false;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        pid_t process = (pid_t)atoi(entry->d_name);
        if (process <= 0 || process == spared || parent_of(process) != ancestor) continue;
        any = true;
        kill(process, SIGSTOP); /* so that it starts no new ones meanwhile */
        kill_below(process, spared);
        kill(process, SIGKILL);
    }
    closedir(processes);
    return any;
}

void descendants_kill(pid_t spared) {
    for (int round = 0; round < ROUNDS_MAX && kill_below(getpid(), spared); round++) {
        while (waitpid(-1, NULL, WNOHANG) > 0) continue;
        usleep(5000);
    }
}
