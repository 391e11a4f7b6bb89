#include "kernel/parser/questions.h"

#include <stdlib.h>

void question_pack(const struct question *question, struct text *out) {
    size_t count = 0;
    while (question->flags[count]) count++;
    pack_number(out, question->kind);
    pack_number(out, (int64_t)count);
    for (size_t i = 0; i < count; i++) pack_string(out, question->flags[i]);
    pack_bytes(out, question->text, question->length);
    pack_number(out, (int64_t)question->place);
    pack_number(out, (int64_t)question->to);
    pack_string(out, question->prefix);
}

bool question_unpack(struct packed *in, struct question *question) {
    *question = (struct question){.kind = (enum question_kind)unpack_number(in)};
    size_t count = unpack_count(in, sizeof(int64_t));
    char **flags = must_allocate((count + 1) * sizeof *flags);
    for (size_t i = 0; i < count; i++) flags[i] = unpack_string(in);
    question->flags = (const char *const *)flags;
    question->text = unpack_bytes(in, &question->length);
    question->place = (size_t)unpack_number(in);
    question->to = (size_t)unpack_number(in);
    question->prefix = unpack_string(in);
    return !in->broken;
}

void question_free(struct question *question) {
    for (const char *const *flag = question->flags; *flag; flag++) free((char *)*flag);
    free((void *)question->flags);
    free((char *)question->prefix);
}
