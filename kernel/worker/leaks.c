#include "kernel/worker/leaks.h"

#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Everything from a pipe until its writers are gone. */
static char *read_text(int fd) {
    size_t used = 0, capacity = 4096;
    char *text = malloc(capacity);
    while (text) {
        if (capacity - used < 2048) {
            char *grown = realloc(text, capacity *= 2);
            if (!grown) break;
            text = grown;
        }
        ssize_t got = read(fd, text + used, capacity - used - 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            text[used] = '\0';
            return text;
        }
        used += (size_t)got;
    }
    free(text);
    return NULL;
}

/* By a host in whose sandbox they cannot be found. */
static bool is_turned_off(void) {
    const char *options = getenv("ASAN_OPTIONS");
    return options && strstr(options, "detect_leaks=0");
}

char *leaks_report(void) {
    int ends[2], status = 0;
    if (is_turned_off()) return strdup("leaks cannot be looked for here");
    if (pipe(ends) < 0) return NULL;
    /* The check stops the process and may end it, so a child does it: its memory is the same. */
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        __sanitizer_set_death_callback(NULL);
        __sanitizer_set_report_fd((void *)(intptr_t)ends[1]);
        _exit(__lsan_do_recoverable_leak_check() ? 1 : 0);
    }
    close(ends[1]);
    char *text = child > 0 ? read_text(ends[0]) : NULL;
    close(ends[0]);
    if (child < 0) return strdup("leaks cannot be looked for: no process for it");
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (text && WIFEXITED(status) && WEXITSTATUS(status) == 0) text[0] = '\0';
    return text;
}
