/* session: what a running notebook has. Internal to the engine; hosts see cell.h. */
#ifndef OTO_SESSION_H
#define OTO_SESSION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "kernel/engine/build.h"
#include "kernel/engine/cell.h"
#include "kernel/engine/interruption.h"
#include "kernel/engine/learned.h"
#include "kernel/engine/loaded.h"
#include "kernel/engine/names.h"
#include "kernel/engine/parse.h"
#include "kernel/engine/process.h"
#include "kernel/engine/toolchain.h"
#include "kernel/engine/words.h"

struct cell_text {
    int number;
    char *source;
};

struct session {
    pthread_mutex_t lock;             /* held by whoever works with the session, from the engine's door on */
    bool worker_busy;                 /* a cell's code runs: the lock is free, but the worker answers no questions */
    struct interruption interruption; /* of the cell that runs; from any thread, without the lock */
    const struct toolchain *toolchain;
    struct session_options options;
    char *working_directory; /* what options point at */
    struct words environment;
    struct process *process;
    struct builder *builder;
    struct learned learned; /* since it was last asked for */
    struct parser *parser;
    struct flavour flavours[MODE_COUNT];
    char *precompiled[MODE_COUNT];
    struct program_flavour {
        char *key; /* mode and flags */
        struct flavour flavour;
        unsigned long used;
    } *program_flavours[16]; /* those used last; NULL where there is none */
    unsigned long program_flavour_clock;
    struct names names;
    struct names headers;   /* a set: what the prelude declares: "o x", "t x" a tag, "y x" also a type's name */
    char **prelude_headers; /* what #include finds there already, as "stdio.h" */
    size_t prelude_header_count, prelude_header_capacity;
    struct loaded units;
    struct cell_text *cells;
    size_t cell_count, cell_capacity;
    int next_unit;
    enum mode mode;
    bool settings_held;                     /* session_hold_settings */
    struct words extra_flags;               /* %cflags */
    struct header flag_headers[MODE_COUNT]; /* that were precompiled for such flags */
    char **folders; /* where %cd went, the present one last: headers of the user's own may lie in each */
    size_t folder_count, folder_capacity;
    struct header_words *header_words[2]; /* of header_words.c */
    char *folder_before;                  /* what %cd - goes back to, or NULL */
    char *libraries;                      /* %ldflags, one a line */
    int first_unit;                       /* of the last cell: what rolling it back forgets */
    bool can_undo, undo_is_names;         /* undo_is_names: the last cell only named things; no process ran */
    bool evaluating;                      /* an expression of the client's, not a cell, is running */
    bool debugged;                        /* the host's debugger watches the running cell */
    pthread_t opener;
    bool opened;  /* the opener has been joined */
    bool watched; /* there is a caretaker */
    pthread_t caretaker;
    pthread_cond_t changed; /* for the caretaker, with the lock: the three below */
    struct timespec last_used;
    bool resting, closing;
    char *open_error;
};

/* Around all work with the session: takes the lock, and wakes what rests. */
void session_enter(struct session *session);
void session_leave(struct session *session);
/* From now on the session rests when it idles. */
void session_watch_idleness(struct session *session);
void session_end_idleness(struct session *session);
/* Around the time in which a cell's code runs: the lock is free, the worker is not. */
void session_step_aside(struct session *session);
void session_step_back(struct session *session);
/* Waits until compiler and worker are up; false when they are not, with the session's open_error. */
bool session_ready(struct session *session);
const char *session_cell_source(const struct session *session, int number);
/* The flavour of a mode, made when first used. NULL with *error. */
struct flavour *session_flavour(struct session *session, enum mode mode, char **error);
/* The flavour of programs with these flags besides the session's own. NULL with *error. It lives until 16 others
 * have been asked for. */
const struct flavour *session_program_flavour(struct session *session, enum mode mode, const char *const *flags,
                                              char **error);
/* To be called when extra_flags changed. */
void session_flags_changed(struct session *session);
/* Where the session is now, which code may have changed; malloc'd. */
char *session_folder(const struct session *session);
/* Headers of the user's own may lie there from now on; takes the path over. */
void session_change_folder(struct session *session, char *folder);
/* The known name next to an unknown one: the session's, then the headers'; NULL when none is near. */
const char *session_nearest(const struct session *session, const char *name);
/* Forgets everything: a new worker, no names. */
bool session_reset(struct session *session, char **error);

#endif
