/* oto-grade doctor: tries out what this machine enforces around a student's code, and says it. */
#include "autograder/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/group.h"
#include "autograder/installation.h"
#include "autograder/layers.h"
#include "autograder/notebook.h"
#include "autograder/observe.h"
#include "autograder/options.h"
#include "kernel/engine/landlock.h"
#include "kernel/engine/text.h"

/* Limits that only a cell runs into. Each cell must end in an error, the last in that of the watch. */
static const struct attempt {
    const char *what, *source, *error;
} attempts[] = {
    {"the size of a file is limited",
     "#include <signal.h>\n{ signal(SIGXFSZ, SIG_IGN); FILE *f = fopen(\"/tmp/big\", \"w\"); if (!f || fseek(f, 200 << "
     "20, SEEK_SET) || fputc(1, f) < 0 || fflush(f)) abort(); }",
     NULL},
    {"the number of processes is limited",
     "{ int failed = 0; for (int i = 0; i < 200 && !failed; i++) { pid_t p = fork(); if (p == 0) { sleep(1); _exit(0); "
     "} failed = p < 0; } if (failed) abort(); }",
     NULL},
    {"the memory of a cell is limited",
     "{ volatile char *all = malloc(400 << 20); memset((char *)all, 1, 400 << 20); }", NULL},
    {"the time of a cell is limited", "%config time_limit 2\nfor (volatile unsigned i = 0;; i++) {}", NULL},
    {"the memory of all processes together is watched",
     "%config time_limit 30\nfor (int i = 0; i < 8; i++) if (fork() == 0) { char *part = malloc(100 << 20); if (part) "
     "memset(part, 1, 100 << "
     "20); for (;;) sleep(1); }\nfor (;;) sleep(1);",
     "MemoryLimit"},
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

static void say(const char *answer, const char *what, const char *more) {
    printf("%-6s %s%s%s\n", answer, what, *more ? ": " : "", more);
}

/* The number of layers that matter and are missing. */
static int say_layers(const struct layers_held *held) {
    int missing = 0;
    for (size_t i = 0; i < LAYERS; i++) {
        bool lacks = layers[i].matters && !held->holds[i];
        say(held->holds[i] ? "yes" : lacks ? "NO" : "no", layers[i].name, "");
        missing += lacks;
    }
    char *version = must_format(held->landlock ? "version %d of its interface" : "this kernel has none switched on",
                                held->landlock);
    say(held->landlock >= LANDLOCK_WITH_PORTS ? "yes" : "no", "Landlock: TCP ports, as the kernel says", version);
    free(version);
    return missing;
}

static int say_limits(const struct observed *observed) {
    int missing = 0;
    bool works = !observed->cells[0].failed;
    say(works ? "yes" : "NO", "cells run in the sandbox", works ? "" : observed->cells[0].evalue);
    for (int i = 0; works && i < ATTEMPTS; i++) {
        const struct observed_cell *cell = &observed->cells[i + 1];
        bool enforced =
            cell->failed && (!attempts[i].error || (cell->ename && !strcmp(cell->ename, attempts[i].error)));
        say(enforced ? "yes" : "NO", attempts[i].what, "");
        missing += !enforced;
    }
    return works ? missing : 1;
}

static void say_user(void) {
    bool own_user = sandbox_takes_own_user(NULL);
    say(own_user ? "yes" : "no", "each sandbox has a user id of its own",
        own_user    ? ""
        : geteuid() ? "only root can give it one"
                    : "other users may not read the installation");
}

static void say_groups(void) {
    static const char *const what[GROUP_CONTROLLERS] = {[GROUP_MEMORY] = "memory in a control group",
                                                        [GROUP_PROCESSES] = "processes in a control group",
                                                        [GROUP_PROCESSOR] = "processor time in a control group"};
    for (int i = 0; i < GROUP_CONTROLLERS; i++) {
        const char *why;
        bool has = group_has(i, &why);
        char *more = has ? must_copy("") : must_format("%s; it is added up from outside, every 50 ms", why);
        say(has ? "yes" : "no", what[i], more);
        free(more);
    }
}

static int try_limits(char **error) {
    struct notebook notebook;
    struct observed observed;
    char *text = notebook_text();
    bool parsed = notebook_parse(&notebook, "doctor", text ? text : "", text ? strlen(text) : 0, error);
    free(text);
    if (!parsed) return 1;
    struct sandbox_limits limits = sandbox_defaults;
    limits.cell_seconds = 30; /* enough for all but the one that lowers it */
    limits.cell_memory = 256ll << 20;
    limits.memory = 500ll << 20;
    const struct observe_request request = {.notebook = &notebook, .limits = &limits};
    int missing = 1;
    if (observe(&request, &observed, error)) {
        missing = say_limits(&observed);
        observed_free(&observed);
    }
    notebook_free(&notebook);
    return missing;
}

int command_doctor(int count, char **words) {
    struct options options;
    struct layers_held held;
    char *error = NULL;
    if (!options_read_course(&options, "", count, words)) return 2;
    signal(SIGPIPE, SIG_IGN);
    if (!installation_find(&error)) return complain_and_free(error);
    int missing = 1;
    if (layers_ask(NULL, &held, &error)) missing = say_layers(&held) + try_limits(&error);
    if (error) say("NO", "cells run in the sandbox", error);
    free(error);
    say_user();
    say_groups();
    puts(missing ? "do not grade untrusted work here" : "untrusted work can be graded here");
    return missing ? 1 : 0;
}
