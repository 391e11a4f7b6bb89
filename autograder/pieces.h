/* pieces: a stretch of C as tokens with operators whole, each bracket's other end, and what an operator does: enough to
 * change one of them without a parser. Types are told by their look, so a guess may be wrong; the compiler has the last
 * word on what is made of it. Pure. */
#ifndef GRADER_PIECES_H
#define GRADER_PIECES_H

#include <stdbool.h>
#include <stddef.h>

enum piece_kind {
    PIECE_WORD,
    PIECE_INTEGER, /* decimal */
    PIECE_REAL,
    PIECE_BINARY, /* an operator between two operands, a comma, a ? or : */
    PIECE_SIGN,   /* + or - before an operand */
    PIECE_UNARY,  /* * or & before an operand */
    PIECE_OTHER
};

#define NO_PIECE ((size_t)-1)

struct piece {
    enum piece_kind kind;
    size_t from, to; /* bytes of the source */
    size_t partner;  /* of a bracket, or NO_PIECE */
    size_t opener;   /* the bracket it stands in, or NO_PIECE */
};

struct pieces {
    const char *source; /* borrowed */
    struct piece *list;
    size_t count, capacity;
};

/* Of the bytes from ... to-1; comments and directives are left out. Release with pieces_free. */
struct pieces pieces_of(const char *source, size_t from, size_t to);
void pieces_free(struct pieces *pieces);

/* A place behind the end is nothing: false, and '\0' for its first byte. */
bool piece_is(const struct pieces *pieces, size_t i, const char *text);
bool piece_is_one_of(const struct pieces *pieces, size_t i, const char *const *texts);
char piece_byte(const struct pieces *pieces, size_t i);
/* A C type's keyword, or a name as types of the library and of the exercises have it: int64_t, OtoTensor. */
bool piece_is_type(const struct pieces *pieces, size_t i);
/* if, for, while, switch */
bool piece_is_control(const struct pieces *pieces, size_t i);
/* Is the ) at close the end of a cast? */
bool piece_is_cast(const struct pieces *pieces, size_t close);

#endif
