/* cursor: what stands at a place of a cell, as far as tokens tell. Pure, but for the session's magics. */
#ifndef OTO_CURSOR_H
#define OTO_CURSOR_H

#include "kernel/engine/session.h"

enum cursor_place {
    PLACE_NAME,      /* an expression or declaration may stand here */
    PLACE_TAG,       /* behind struct, union or enum */
    PLACE_MEMBER,    /* behind . or -> */
    PLACE_LABEL,     /* behind goto */
    PLACE_STRING,    /* inside "..." */
    PLACE_INCLUDE,   /* inside the name of #include */
    PLACE_DIRECTIVE, /* the word behind # */
    PLACE_CONDITION, /* behind #if, #ifdef, #undef and the like */
    PLACE_NOTHING    /* a comment, a character, a number */
};

struct cursor {
    char *view;        /* the cell without what is no C */
    size_t length, at; /* of the view; the cursor */
    size_t start, end; /* of the word that the cursor is in or behind; equal when there is none */
    size_t begin;      /* of a string or an #include: what follows the opening quote */
    enum cursor_place place;
};

struct cursor cursor_find(struct session *session, const char *source, size_t length, size_t at);
void cursor_free(struct cursor *cursor);

/* Where the expression in front of a . or -> begins: names, members, calls, subscripts. */
size_t cursor_expression(const struct cursor *cursor);
/* Calls back for each label of the cell. */
void cursor_labels(const struct cursor *cursor,
                   void (*visit)(void *, const char *name, const char *type, const char *signature), void *context);
/* The function whose arguments the cursor is in: where its name begins and ends. False: in none. */
bool cursor_call(const struct cursor *cursor, size_t *start, size_t *end);

#endif
