/* lifetime: one rule for every value that the library makes (tensors, note lists, MIDI files).
 *
 * A value lives until oto_free(value), or until the end of the oto_scope it was made in; outside any scope it lives as
 * long as the session or program. Nobody has to free anything. A value that was freed is remembered: to use it is an
 * error that says so, not a crash.
 *
 *     oto_scope {                                  // everything made inside is freed at the closing brace,
 *         OtoTensor *S = oto_stft(song);           // also after break, return and goto
 *         loudest = oto_keep(oto_magnitude(S));    // but for what oto_keep hands to the world outside
 *     }
 */
#ifndef OTO_LIFETIME_H
#define OTO_LIFETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum OtoKind {
    OTO_NOT_A_VALUE, /* any other pointer, NULL too */
    OTO_FREED,       /* was a value */
    OTO_TENSOR,      /* OtoTensor */
    OTO_NOTES,       /* OtoNotes */
    OTO_MIDI,        /* OtoMidi */
    OTO_SCORE,       /* OtoScore */
    OTO_TABLE,       /* OtoTable */
    OTO_LABELS,      /* OtoLabels */
    OTO_DATASET,     /* OtoDataset */
    OTO_LAYER,       /* OtoLayer */
    OTO_OPTIMIZER,   /* OtoOptimizer */
    OTO_RUN,         /* OtoRun */
    OTO_CACHE,       /* OtoCache */
    OTO_FIT,         /* OtoFit */
    OTO_HELD         /* of oto_hold */
} OtoKind;

/* What a pointer points at. Any pointer may be asked about; nothing is dereferenced that is not the library's. */
OtoKind oto_kind(const void *value);

/* Frees a value now. NULL is fine; a pointer that is no value, or was freed before, is an error. */
void oto_free(void *value);

/* Bytes and number of the values alive. */
int64_t oto_bytes_alive(void);
int64_t oto_values_alive(void);

typedef struct OtoScope {
    int depth;
    bool open;
} OtoScope;
OtoScope oto_scope_begin(void);
void oto_scope_end(OtoScope *scope);
#define oto_scope                                                                                                      \
    for (OtoScope oto_this_scope __attribute__((cleanup(oto_scope_end))) = oto_scope_begin(); oto_this_scope.open;     \
         oto_this_scope.open = false)

/* Moves a value out of the innermost scope into the one around it, and returns it. Outside any scope: it also survives
 * oto_step, which ends what the step before has written down. */
void *oto_keep_value(void *value);
#define oto_keep(value) ((typeof(value))oto_keep_value(value))

/* ---- for the library's own files ---- */

enum { OTO_VALUE_SIZE_MAX = 448 };
/* A zeroed value of a kind. release (or NULL) frees what it owns. bytes is what it owns, for the accounting. */
void *oto_value_new(OtoKind kind, size_t size, void (*release)(void *value));
void oto_value_owns(void *value, int64_t bytes);
/* Puts what is no value (a block of malloc, a document of another library) into the innermost scope, whose end calls
 * release(thing): also when a refusal has left it. Returns thing. */
void *oto_hold(void *thing, void (*release)(void *thing));
/* Takes a value out of every scope: it belongs to another value now, whose release frees it. Returns it. */
void *oto_value_adopt(void *value);
/* Each value gets the next mark when it enters a scope. Those of the innermost scope (outside any: those in none) with
 * from < mark <= to for which chosen says so are freed, but for what oto_keep has kept. */
uint64_t oto_value_mark(void);
int oto_scope_depth(void);
void oto_scope_free_between(uint64_t from, uint64_t to, bool (*chosen)(OtoKind kind, void *value));
/* Refuses unless value is alive and of this kind, saying what it is instead. */
void oto_check_value(const char *operation, const char *argument, const void *value, OtoKind kind);

#endif
