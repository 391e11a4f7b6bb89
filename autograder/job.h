/* job: what the grader and the program in the sandbox say to each other: records on two descriptors.
 *
 *     grader -> inside    TRY; or OPEN, then a CELL at a time
 *     inside -> grader    TRIED; or READY or FAILED; for each cell any OTO_RECORD_OBSERVATION and OTO_RECORD_MEASURE,
 *                         each of these answered by OTO_RECORD_ANSWER before the cell goes on; then DONE
 *
 * The grader sends a cell when the one before it is done: what a hidden test looks like is not in the sandbox before it
 * runs. Whatever comes back is hostile input. */
#ifndef GRADER_JOB_H
#define GRADER_JOB_H

enum job_message {
    JOB_OPEN = 160, /* "seconds" d (wall time of a cell), "memory" i, "output" i (bytes), "variable" s: NAME=VALUE,
                       repeated; "learn" i: 1 when JOB_DONE shall hold "learned"; "careful" i: 1 when a cell that fails
                       shall leave the session as it was before, which takes a fork for each; "services" s: the flags
                       with which the services on JOB_PARSER and JOB_COMPILER were started */
    JOB_CELL, /* "number" i (as the user knows it), "source" s, "answer" i: 1 where a student wrote it, "known" b: what
               another run learned at this cell */
    JOB_TRY,  /* "outside" s, repeated: the namespaces of the grader, as layers.h tells them apart */

    JOB_READY = 176, /* - */
    JOB_FAILED,      /* "message" s: no session; nothing ran */
    JOB_DONE,  /* "number" i, "error" i (1: the cell failed), "ename" s, "evalue" s, "traceback" s, "output" s (what it
                  printed, cut at the limit), "seconds" d, "exited" i (1: it ended by exit(0)), "spoilt" i (1: the
                  session was not careful, and has ended with the cell), "uses" s (what the cell's code refers to, as
                  session_uses tells it: each name between newlines, with @NUMBER behind it when another cell has
                  defined it), "learned" b (what was parsed and compiled, as session_learned tells it) */
    JOB_TRIED, /* "holds" i, one for each layer in the order of layers.h; "landlock" i: the version of its interface */
};

/* Descriptors inside the sandbox; the last two where JOB_OPEN says so. 5 is bwrap's, for the filter of system calls. */
enum { JOB_INPUT = 3, JOB_OUTPUT = 4, JOB_PARSER = 6, JOB_COMPILER = 7 };

enum { USES_MAX = 1 << 18 /* bytes of a cell's uses */ };
/* The last of a cell's uses when there are more: no name of C. */
#define USES_CUT "(more)"

enum {
    JOB_RECORD_MAX = 100 << 20,        /* bytes of one record that the grader accepts */
    JOB_CELL_BYTES_MAX = 256 << 20,    /* bytes of all observations of a cell */
    JOB_CELL_RECORDS_MAX = 2000,       /* observations of a cell */
    JOB_NOTEBOOK_BYTES_MAX = 512 << 20 /* bytes of all observations of a notebook, which the grader holds at once */
};

#endif
