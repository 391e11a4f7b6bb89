/* questions: what the engine (kernel/engine/parse.c) asks oto-parser. The answers: facts as facts_pack writes them;
 * for each name of a completion or scope its name, type and signature; a declaration and its comment; declarations as
 * printed; for each name of a header the name and its space. */
#ifndef OTO_PARSER_QUESTIONS_H
#define OTO_PARSER_QUESTIONS_H

#include "kernel/engine/pack.h"

enum question_kind {
    QUESTION_FACTS,
    QUESTION_COMPLETION,
    QUESTION_SCOPE,
    QUESTION_DECLARATION,
    QUESTION_PRINT,
    QUESTION_HEADER_NAMES
};

struct question {
    enum question_kind kind;
    const char *const *flags; /* of the command clang, NULL-terminated */
    const char *text;
    size_t length;
    size_t place;       /* of facts and printing: from where on; else the offset that is asked about */
    size_t to;          /* of printing: up to where */
    const char *prefix; /* of facts: of parts; of completion: what was typed */
};

void question_pack(const struct question *question, struct text *out);
/* Its strings are malloc'd, or point into what is read. False when it is none. */
bool question_unpack(struct packed *in, struct question *question);
void question_free(struct question *question);

#endif
