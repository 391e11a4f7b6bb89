#include "mma.h"
#include "file.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs a program to its end, what it says going to a file; whether it ended well. PYTHONHASHSEED: MMA is in Python,
 * whose sets would otherwise be in another order in every run. */
static bool run(char *const words[], const char *log) {
    static char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "PYTHONHASHSEED=0", "LC_ALL=C.UTF-8",
                                  "HOME=/nonexistent", NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) out_of_memory();
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t child;
    int error = posix_spawnp(&child, words[0], &actions, NULL, words, environment), status = 1;
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0) waitpid(child, &status, 0);
    return error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool run_mma(const char *song, const char *path) {
    char *source = text_of("%s.mma", path), *log = text_of("%s.log", path), *beside = path_beside(path);
    bool written = write_text(source, song, strlen(song));
    if (written && !run((char *[]){"mma", "-f", beside, source, NULL}, log)) {
        fprintf(stderr, "data: mma could not play %s (what it said is in %s)\n", source, log);
        free(source);
        free(log);
        return put_in_place(beside, path, false);
    }
    if (written) {
        unlink(source);
        unlink(log);
    }
    free(source);
    free(log);
    return put_in_place(beside, path, written);
}
