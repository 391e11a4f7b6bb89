#include "autograder/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/files.h"

enum { JOBS_MAX = 256 };
enum kind { TEXT, NUMBER, FLAG };

struct option {
    const char *name;
    enum kind kind;
    void *value;
    bool *given;
};

static bool take_value(const struct option *option, const char *value) {
    char *end;
    if (option->given) *option->given = true;
    if (option->kind == TEXT) {
        *(const char **)option->value = value;
        return true;
    }
    errno = 0;
    *(int64_t *)option->value = strtoll(value, &end, 10);
    if (errno == ERANGE) {
        fprintf(stderr, "oto-grade: %s %s: the number is too large or too small\n", option->name, value);
        return false;
    }
    if (*value && !*end) return true;
    fprintf(stderr, "oto-grade: %s wants a whole number, not \"%s\"\n", option->name, value);
    return false;
}

/* Is name among the words of takes? */
static bool is_taken(const char *takes, const char *name) {
    size_t length = strlen(name);
    for (const char *at = takes; (at = strstr(at, name)); at += length)
        if ((at == takes || at[-1] == ' ') && (!at[length] || at[length] == ' ')) return true;
    return false;
}

/* When nobody says how many: all of a machine's processors, of which it may have more than --jobs takes. */
static int64_t usual_jobs(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : processors;
}

/* Numbers that may not be just any; false when one is said to be out of range. */
static bool take_numbers(struct options *options, int64_t jobs, int64_t port, bool has_mutants) {
    if (jobs < 1 || jobs > JOBS_MAX) {
        fprintf(stderr, "oto-grade: --jobs wants a number from 1 to %d\n", JOBS_MAX);
        return false;
    }
    if (has_mutants && (options->mutants < 1 || options->mutants > 10000)) {
        fprintf(stderr, "oto-grade: --mutants wants a number from 1 to 10000\n");
        return false;
    }
    if (port < 0 || port > 65535) {
        fprintf(stderr, "oto-grade: --port wants a number from 0 (a free one) to 65535\n");
        return false;
    }
    options->jobs = (int)jobs;
    options->port = (int)port;
    return true;
}

static bool names_are_safe(const struct options *options) {
    const char *const names[] = {options->assignment, options->student};
    for (int i = 0; i < 2; i++) {
        if (!names[i] || name_is_safe(names[i])) continue;
        fprintf(stderr, "oto-grade: \"%s\" is no name of a folder in the course\n", names[i]);
        return false;
    }
    return true;
}

bool options_read(struct options *options, const char *takes, int count, char **words) {
    int64_t jobs = usual_jobs(), port = 0;
    bool has_mutants = false;
    *options = (struct options){.course = ".", .passed = (const char *const *)words + count};
    const struct option known[] = {
        {"--course", TEXT, &options->course, NULL},
        {"--assignment", TEXT, &options->assignment, NULL},
        {"--student", TEXT, &options->student, NULL},
        {"-o", TEXT, &options->output, NULL},
        {"--language", TEXT, &options->language, NULL},
        {"--full", TEXT, &options->full, NULL},
        {"--to", TEXT, &options->to, NULL},
        {"--from", TEXT, &options->from, NULL},
        {"--jobs", NUMBER, &jobs, NULL},
        {"--port", NUMBER, &port, NULL},
        {"--seed", NUMBER, &options->seed, &options->has_seed},
        {"--mutants", NUMBER, &options->mutants, &has_mutants},
        {"--json", FLAG, &options->json, NULL},
        {"--again", FLAG, &options->again, NULL},
        {"--check", FLAG, &options->check, NULL},
        {"--anonymous", FLAG, &options->anonymous, NULL},
        {"--unprotected", FLAG, &options->unprotected, NULL},
        {"--slurm", FLAG, &options->slurm, NULL},
        {"--shard", TEXT, &options->shard, NULL},
    };
    for (int i = 0; i < count; i++) {
        const struct option *option = NULL;
        if (strcmp(words[i], "--") == 0) {
            options->passed = (const char *const *)words + i + 1;
            break;
        }
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strcmp(words[i], known[k].name) == 0) option = &known[k];
        if (option && !is_taken(takes, option->name)) {
            fprintf(stderr, "oto-grade: this command does not take %s (oto-grade help)\n", option->name);
            return false;
        } else if (option && option->kind == FLAG) {
            *(bool *)option->value = true;
        } else if (option && i + 1 < count) {
            if (!take_value(option, words[++i])) return false;
        } else if (option) {
            fprintf(stderr, "oto-grade: %s wants a %s behind it\n", words[i],
                    option->kind == NUMBER ? "whole number" : "value");
            return false;
        } else if (words[i][0] == '-' || options->file) {
            fprintf(stderr, "oto-grade: \"%s\" is not understood here (oto-grade help)\n", words[i]);
            return false;
        } else {
            options->file = words[i];
        }
    }
    if (*options->passed && !options->slurm) {
        fprintf(stderr, "oto-grade: what stands behind -- is for sbatch, with --slurm\n");
        return false;
    }
    return take_numbers(options, jobs, port, has_mutants) && names_are_safe(options);
}

bool options_read_course(struct options *options, const char *takes, int count, char **words) {
    if (!options_read(options, takes, count, words)) return false;
    if (options->file)
        fprintf(stderr,
                "oto-grade: \"%s\" is not understood here: each value stands behind its option (oto-grade help)\n",
                options->file);
    return !options->file;
}

int complain_and_free(char *error) {
    fprintf(stderr, "oto-grade: %s\n", error ? error : "unknown error");
    free(error);
    return 2;
}
