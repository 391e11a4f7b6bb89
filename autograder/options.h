/* options: what all commands take. */
#ifndef GRADER_OPTIONS_H
#define GRADER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *course, *assignment, *student;    /* --course DIR (default "."), --assignment NAME, --student NAME */
    const char *output;                           /* -o FOLDER */
    const char *language;                         /* --language CODE */
    const char *full;                             /* --full FOLDER */
    const char *to;                               /* --to FORMAT */
    const char *from;                             /* --from FILE */
    const char *file;                             /* what stands without an option, at most one */
    int jobs;                                     /* --jobs N (default: the processors) */
    int port;                                     /* --port N (default 0: a free one) */
    int64_t seed;                                 /* --seed N */
    int64_t mutants;                              /* --mutants N (0: none are asked for) */
    bool has_seed, json, again, check, anonymous; /* --json, --again, --check, --anonymous */
    bool slurm;                                   /* --slurm */
    const char *shard;                            /* --shard STEM: a shard of such a run, on its node (shard.h) */
    const char *const *passed;                    /* the words behind --, up to a NULL */
    bool unprotected;                             /* --unprotected: grade though a layer of the sandbox is missing */
};

/* Reads the words behind a command that takes these options, named one behind the other with a space between them;
 * another command's would quietly do nothing. False after a message on stderr. */
bool options_read(struct options *options, const char *takes, int count, char **words);

/* The same for a command about a course, which takes no word without an option. */
bool options_read_course(struct options *options, const char *takes, int count, char **words);

/* Prints error to stderr as oto-grade's and frees it. Returns 2, the exit status for bad input. */
int complain_and_free(char *error);

/* Exit statuses: 0 all well; 1 the answer is no (a stale release, a failed lint, submissions that were not graded);
 * 2 bad input or usage; 3 out of memory. */

#endif
