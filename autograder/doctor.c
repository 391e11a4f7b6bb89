/* oto-grade doctor: tries out what this machine enforces around a student's code, and says it. */
#include "autograder/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/installation.h"
#include "autograder/notebook.h"
#include "autograder/observe.h"
#include "autograder/options.h"
#include "kernel/engine/text.h"

/* Cells that try to get out. Each must fail (an error) to count as enforced. */
static const struct attempt {
    const char *what, *source;
} attempts[] = {
    {"no network", "#include <sys/socket.h>\nif (socket(AF_INET, SOCK_STREAM, 0) < 0) abort();"},
    {"system folders are read-only", "{ FILE *f = fopen(\"/usr/oto-doctor\", \"w\"); if (!f) abort(); }"},
    {"no user names", "{ FILE *f = fopen(\"/etc/passwd\", \"r\"); if (!f) abort(); }"},
    {"no new namespaces", "#include <sched.h>\nif (unshare(CLONE_NEWUSER) < 0) abort();"},
    {"no tracing of other processes",
     "#include <sys/ptrace.h>\nif (ptrace(PTRACE_ATTACH, getppid(), 0, 0) < 0) abort();"},
    {"the number of processes is limited", "{ int failed = 0; for (int i = 0; i < 200 && !failed; i++) { pid_t p = "
                                           "fork(); if (p == 0) { sleep(1); _exit(0); } failed = p < 0; }"
                                           " if (failed) abort(); }"},
    {"files are limited in size",
     "#include <signal.h>\n{ signal(SIGXFSZ, SIG_IGN); FILE *f = fopen(\"/tmp/big\", \"w\"); if (!f || fseek(f, 200 << "
     "20, SEEK_SET) || fputc(1, f) < 0 || fflush(f)) abort(); }"},
    {"time is limited", "for (volatile unsigned i = 0;; i++) {}"},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static char *notebook_text(void) {
    json_t *cells = json_array();
    for (int i = -1; i < ATTEMPTS; i++)
        json_array_append_new(cells, json_pack("{s:s, s:s, s:{}, s:[]}", "cell_type", "code", "source",
                                               i < 0 ? "1 + 1" : attempts[i].source, "metadata", "outputs"));
    json_t *notebook =
        json_pack("{s:i, s:i, s:{}, s:o}", "nbformat", 4, "nbformat_minor", 5, "metadata", "cells", cells);
    char *text = json_dumps(notebook, 0);
    json_decref(notebook);
    return text;
}

static int print(const struct observed *observed) {
    int missing = 0;
    bool works = !observed->cells[0].failed;
    printf("%-6s cells run in the sandbox%s%s\n", works ? "yes" : "NO", works ? "" : ": ",
           works ? "" : observed->cells[0].evalue);
    for (int i = 0; works && i < ATTEMPTS; i++) {
        bool enforced = observed->cells[i + 1].failed;
        printf("%-6s %s\n", enforced ? "yes" : "NO", attempts[i].what);
        missing += !enforced;
    }
    bool own_user = sandbox_takes_own_user(NULL);
    printf("%-6s each sandbox has a user id of its own%s\n", own_user ? "yes" : "no",
           own_user    ? ""
           : geteuid() ? " (only root can give it one)"
                       : " (other users may not read the installation)");
    if (works && !missing)
        puts("untrusted work can be graded here");
    else
        puts("do not grade untrusted work here");
    return works && !missing ? 0 : 1;
}

int command_doctor(int count, char **words) {
    struct options options;
    struct notebook notebook;
    struct observed observed;
    char *error = NULL;
    if (!options_read_course(&options, count, words)) return 2;
    signal(SIGPIPE, SIG_IGN);
    if (!installation_find(&error)) return complain_and_free(error);
    char *text = notebook_text();
    bool parsed = notebook_parse(&notebook, "doctor", text ? text : "", text ? strlen(text) : 0, &error);
    free(text);
    if (!parsed) return complain_and_free(error);
    struct sandbox_limits limits = sandbox_defaults;
    limits.cell_seconds = 3;
    const struct observe_request request = {.notebook = &notebook, .limits = &limits};
    int status = 1;
    if (observe(&request, &observed, &error)) {
        status = print(&observed);
        observed_free(&observed);
    } else {
        printf("%-6s cells run in the sandbox: %s\n", "NO", error);
        puts("do not grade untrusted work here");
        free(error);
    }
    notebook_free(&notebook);
    return status;
}
