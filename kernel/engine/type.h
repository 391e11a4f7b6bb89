/* type: what the engine needs to know of a C type: how to spell it again, and how to show a value of it. */
#ifndef OTO_TYPE_H
#define OTO_TYPE_H

#include <stdbool.h>

#include "kernel/engine/clang.h"
#include "kernel/engine/pack.h"

struct type {
    char *spelling;    /* fit for typeof(...) */
    char *unqualified; /* the same without const, volatile and _Atomic at the top */
    char *canonical;   /* typedefs resolved: two declarations with equal ones agree */
    char *shape;       /* the description that kernel/worker/value.h explains, NULL when there is none */
    char *element;     /* of an array: its elements' type */
    bool is_void, is_array, is_function, is_anonymous, is_error;
    bool is_library; /* the library knows how to show it: a pointer to a struct of its own, mostly */
    long long size;  /* bytes, or negative */
};

struct type type_of(CXType type, const char *declaration);
void type_free(struct type *type);
void type_pack(const struct type *type, struct text *out);
void type_unpack(struct packed *in, struct type *type);
/* "double[4]" and "d" -> "double d[4]", malloc'd. spelling: of a type, as clang writes it. */
char *type_declares(const char *spelling, const char *name);

#endif
