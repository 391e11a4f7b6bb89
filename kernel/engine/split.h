/* split: a cell's source into items, in order. Pure: it looks at tokens and asks which names are types or macros; what
 * a doubtful item really is, the parser says later (parse.h). */
#ifndef OTO_SPLIT_H
#define OTO_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

enum item_kind {
    ITEM_DIRECTIVE,
    ITEM_FUNCTION,    /* a definition, with its body */
    ITEM_DECLARATION, /* ends in ; (or should) */
    ITEM_STATEMENT,
    ITEM_EXPRESSION, /* the last item, an expression without ; : the cell's result */
    ITEM_EMPTY       /* a lone ; */
};

struct item {
    enum item_kind kind;
    size_t start, end; /* bytes of the source; end lies behind the ; or } */
    size_t body;       /* of a function: its { ; otherwise 0 */
    int line;          /* of start, from 1 */
    int column;        /* of start, in bytes from 0 */
};

struct items {
    struct item *list;
    size_t count, capacity;
    bool open;  /* the source ends inside a string, comment, bracket or conditional: it is incomplete */
    bool stray; /* a closing bracket that nothing opened, or a string that its line does not end */
};

struct name_oracle {
    void *context;
    bool (*is_type)(void *context, const char *name, size_t length);
    bool (*is_macro)(void *context, const char *name, size_t length);
    /* Of a macro: what it stands for ends with ; or }. */
    bool (*ends_item)(void *context, const char *name, size_t length);
};

void split_cell(const char *source, size_t length, const struct name_oracle *oracle, struct items *items);
void items_free(struct items *items);

#endif
