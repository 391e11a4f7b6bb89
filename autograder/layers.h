/* layers: what keeps a student's code in, and whether each of it holds on this machine. That is found by trying from
 * the inside, in a sandbox like any other, before anything of a student's runs in it. */
#ifndef GRADER_LAYERS_H
#define GRADER_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/record/record.h"

struct layer {
    const char *name;
    bool matters; /* without it, work of people one does not trust must not be graded */
    bool (*holds)(const struct oto_record *asked, const char *what); /* tries it */
    const char *what;                                                /* kind of namespace, or NULL */
};

enum { LAYERS = 15 };
extern const struct layer layers[LAYERS];

struct layers_held {
    bool holds[LAYERS];
    int landlock; /* the version of its interface, 0: the kernel has none */
};

/* Starts a sandbox that shows these files (sandbox.h), or none, and asks what holds in it. False with a malloc'd *error
 * when it does not start. */
bool layers_ask(const char *files, struct layers_held *held, char **error);

/* The names of the layers that matter and do not hold, with commas; malloc'd, or NULL when all hold. */
char *layers_missing(const struct layers_held *held);

/* This process's namespace of a kind as "net:[4026531840]", which tells namespaces apart; "" when it cannot be read. */
void layers_namespace(const char *kind, char name[64]);

/* Inside the sandbox: answers JOB_TRY. */
void layers_try(const struct oto_record *asked, int landlock, struct oto_record *answer);

#endif
