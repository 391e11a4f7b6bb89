/* child: runs a drawing program on what is written to its standard input, through pipes; no shell, no file. */
#ifndef OTO_CHILD_H
#define OTO_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/* What a program made of its input. */
struct oto_child {
    bool missing;       /* there is no such program */
    unsigned char *out; /* its standard output, malloc'd and ended by '\0', or NULL when it failed */
    size_t size;        /* bytes of out */
    char *said;         /* its standard error, malloc'd, or NULL */
    char *why;          /* of one that failed: a malloc'd sentence, or NULL when memory ran out */
};

/* Starts arguments[0] (NULL ends the list), as `program` when that is not NULL, feeds it size bytes and reads what it
 * writes until it ends. One that takes longer than 60 s is ended. */
struct oto_child oto_child(const char *program, const char *const arguments[], const void *input, size_t size);

#endif
