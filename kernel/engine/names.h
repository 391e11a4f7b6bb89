/* names: what a session has defined, and who uses whom.
 *
 * A definition never changes: defining a name again makes a new one, and the old one stays as long as something refers
 * to it. Each definition knows the text that declares it to a later translation unit and the definitions which that
 * text needs; emitting a closure sorted by number gives a valid file. */
#ifndef OTO_NAMES_H
#define OTO_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum definition_kind {
    DEFINED_VARIABLE,
    DEFINED_FUNCTION,
    DEFINED_PROTOTYPE, /* declared, not defined here: the linker's */
    DEFINED_TYPE,      /* typedef, struct, union, enum, constexpr: text to repeat */
    DEFINED_MACRO,
    DEFINED_INCLUDE,
    DEFINED_HEADER_NAME /* a type, constant or macro of a header of the user's own, as it was when its cell ran; no text
                         */
};

struct definition {
    enum definition_kind kind;
    int number;  /* index in names.list; an earlier one never needs a later one's text */
    char **keys; /* "o name" ordinary, "m name" macro, "t name" tag; "O name", "T name", "M name" of the user's headers;
                    the first is its own */
    size_t key_count;
    char *name;
    char *text;      /* declares it in a later unit */
    char *source;    /* as the user wrote it */
    char *comment;   /* documentation, or NULL */
    char *symbol;    /* x.3, or NULL */
    char *canonical; /* canonical type of a variable or function */
    char *spelling;  /* type as shown to the user; of a function its head: double f(double x) */
    char *shape;     /* value.h description of a variable, or NULL */
    char *meaning;   /* of a type, or of a variable's type: what it is, however written; NULL where nobody knows */
    long long size;  /* bytes, or negative */
    int *needs;      /* definitions that its text needs */
    size_t need_count;
    int *uses; /* of a function: definitions that its body refers to */
    size_t use_count;
    char **refers; /* of a function: the functions and variables that its body refers to, by name */
    size_t refer_count;
    unsigned statements; /* of a function: a set of enum statement (facts.h) */
    int *users;          /* definitions that need or use this one */
    size_t user_count, user_capacity;
    char **open; /* tags in its text that meant nothing then (struct s; struct s *p;): looked up when it is needed */
    size_t open_count;
    int cell, line, column; /* where it was written */
    int unit;               /* that it was compiled in */
    bool fast;
    int older; /* the version of this symbol before, that code may still refer to; -1: none */
    bool used; /* some function refers to it */
    bool live; /* at least one key still means this */
};

struct key {
    char *text;
    struct definition *definition; /* NULL: forgotten */
};

struct names {
    struct definition **list;
    size_t count, capacity;
    int *includes; /* the headers among them */
    size_t include_count, include_capacity;
    struct key *table; /* open addressing */
    size_t table_size, table_used;
    struct key *log; /* what keys meant before they were set since the last names_mark */
    size_t log_count, log_capacity, mark;
};

/* Definitions, as numbers, ascending: what a unit needs, for one. */
struct closure {
    int *list;
    size_t count, capacity;
};

struct definition *names_find(const struct names *names, const char *key);
struct definition *names_find_n(const struct names *names, char space, const char *name, size_t length);
/* Takes over a definition (its number is set); its keys mean it from now on. Those that lost a key may die. */
void names_add(struct names *names, struct definition *definition);
/* Sets what a definition's text needs and, of a function, what its body uses; the lists are copied. */
struct closure;
void names_link(struct names *names, struct definition *definition, const struct closure *needs,
                const struct closure *uses);
/* Makes a key mean a definition that is (or is not) in the list; NULL forgets it. */
void names_set(struct names *names, const char *key, struct definition *definition);
/* Makes room for so many keys at once. */
void names_reserve(struct names *names, size_t count);
/* A key means nothing any more (#undef). */
void names_forget(struct names *names, const char *key);
/* A cell is a transaction: after names_mark, names_roll_back takes back all that was added and forgotten since. */
void names_mark(struct names *names);
void names_roll_back(struct names *names);
/* The same from a point within the cell. */
struct names_point {
    size_t count, log_count;
};
struct names_point names_here(const struct names *names);
void names_return_to(struct names *names, struct names_point point);
/* Sets the log aside while something runs that will be rolled back in any case. */
struct names_log {
    struct key *list;
    size_t count, capacity, mark;
};
struct names_log names_take_log(struct names *names);
void names_restore_log(struct names *names, struct names_log log);
void names_clear(struct names *names);

struct definition *definition_new(enum definition_kind kind, const char *name);
void definition_key(struct definition *definition, char space, const char *name, size_t length);
/* Whether it is a type with a name of its own: a tag, or a typedef's; not constants alone. */
bool definition_is_named_type(const struct definition *definition);
/* Whether a function's body refers to the definition of that number. */
bool definition_uses(const struct definition *function, int number);
void definition_free(struct definition *definition);

/* Adds what the words of a text mean, and all that these need; meanings for which own() is true are left out. A macro's
 * body is looked up at its use; the word may mean a variable or a function beside. */
void closure_add_text(struct closure *closure, const struct names *names, const char *text, size_t length,
                      bool (*own)(void *, char space, const char *, size_t), void *context);
void closure_add(struct closure *closure, const struct names *names, const struct definition *definition);
/* Adds a number alone; false when it is there. */
bool closure_insert(struct closure *closure, int number);
bool closure_has(const struct closure *closure, int number);
void closure_free(struct closure *closure);

/* Whether a definition stands on a type that has been replaced since (a function: through a variable that it uses);
 * returns that type, or NULL. */
const struct definition *names_outdated(const struct names *names, const struct definition *definition);
/* The same of its own declaration alone. */
const struct definition *names_lost_need(const struct names *names, const struct definition *definition);

#endif
