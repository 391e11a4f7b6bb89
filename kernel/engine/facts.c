#include "kernel/engine/facts.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

static void diagnostic_free(struct diagnostic *diagnostic) {
    free(diagnostic->file);
    free(diagnostic->message);
    free(diagnostic->option);
    for (size_t i = 0; i < diagnostic->fix_count; i++) free(diagnostic->fixes[i].replacement);
    free(diagnostic->fixes);
    for (size_t i = 0; i < diagnostic->note_count; i++) diagnostic_free(&diagnostic->notes[i]);
    free(diagnostic->notes);
}

void facts_free(struct facts *facts) {
    for (size_t i = 0; i < facts->count; i++) {
        free(facts->list[i].name);
        free(facts->list[i].declaration);
        free(facts->list[i].meaning);
        for (size_t k = 0; k < facts->list[i].refer_count; k++) free(facts->list[i].refers[k]);
        free(facts->list[i].refers);
        type_free(&facts->list[i].type);
    }
    for (size_t i = 0; i < facts->diagnostic_count; i++) diagnostic_free(&facts->diagnostics[i]);
    free(facts->list);
    free(facts->diagnostics);
    free(facts->skipped);
    free(facts->why);
    *facts = (struct facts){};
}

static void pack_diagnostic(const struct diagnostic *d, struct text *out) {
    pack_number(out, d->severity);
    pack_string(out, d->file);
    pack_number(out, d->line);
    pack_number(out, d->column);
    pack_number(out, (int64_t)d->offset);
    pack_number(out, d->in_system_header);
    pack_string(out, d->message);
    pack_string(out, d->option);
    pack_number(out, (int64_t)d->fix_count);
    for (size_t i = 0; i < d->fix_count; i++) {
        pack_number(out, d->fixes[i].line);
        pack_number(out, d->fixes[i].column);
        pack_number(out, d->fixes[i].end_column);
        pack_string(out, d->fixes[i].replacement);
    }
    pack_number(out, (int64_t)d->note_count);
    for (size_t i = 0; i < d->note_count; i++) pack_diagnostic(&d->notes[i], out);
}

static void unpack_diagnostic(struct packed *in, struct diagnostic *d) {
    d->severity = (enum severity)unpack_number(in);
    d->file = unpack_string(in);
    d->line = (int)unpack_number(in);
    d->column = (int)unpack_number(in);
    d->offset = (size_t)unpack_number(in);
    d->in_system_header = unpack_number(in);
    d->message = unpack_string(in);
    d->option = unpack_string(in);
    d->fix_count = unpack_count(in, 4 * sizeof(int64_t));
    d->fixes = must_allocate(d->fix_count * sizeof *d->fixes);
    for (size_t i = 0; i < d->fix_count; i++) {
        d->fixes[i].line = (int)unpack_number(in);
        d->fixes[i].column = (int)unpack_number(in);
        d->fixes[i].end_column = (int)unpack_number(in);
        d->fixes[i].replacement = unpack_string(in);
    }
    d->note_count = unpack_count(in, 10 * sizeof(int64_t));
    d->notes = must_allocate(d->note_count * sizeof *d->notes);
    for (size_t i = 0; i < d->note_count; i++) unpack_diagnostic(in, &d->notes[i]);
}

static void pack_fact(const struct fact *fact, struct text *out) {
    pack_number(out, fact->kind);
    pack_number(out, (int64_t)fact->offset);
    pack_number(out, (int64_t)fact->start);
    pack_number(out, (int64_t)fact->end);
    pack_string(out, fact->name);
    pack_string(out, fact->declaration);
    type_pack(&fact->type, out);
    pack_string(out, fact->meaning);
    pack_number(out, fact->is_extern);
    pack_number(out, fact->is_definition);
    pack_number(out, fact->space);
    pack_number(out, fact->statements);
    pack_number(out, (int64_t)fact->refer_count);
    for (size_t i = 0; i < fact->refer_count; i++) pack_string(out, fact->refers[i]);
}

static void unpack_fact(struct packed *in, struct fact *fact) {
    fact->kind = (enum fact_kind)unpack_number(in);
    fact->offset = (size_t)unpack_number(in);
    fact->start = (size_t)unpack_number(in);
    fact->end = (size_t)unpack_number(in);
    fact->name = unpack_string(in);
    fact->declaration = unpack_string(in);
    type_unpack(in, &fact->type);
    fact->meaning = unpack_string(in);
    fact->is_extern = unpack_number(in);
    fact->is_definition = unpack_number(in);
    fact->space = (char)unpack_number(in);
    fact->statements = (unsigned)unpack_number(in);
    fact->refer_count = fact->refer_capacity = unpack_count(in, sizeof(int64_t));
    fact->refers = must_allocate(fact->refer_count * sizeof *fact->refers);
    for (size_t i = 0; i < fact->refer_count; i++) fact->refers[i] = unpack_string(in);
}

void facts_pack(const struct facts *facts, struct text *out) {
    pack_number(out, facts->end);
    pack_string(out, facts->why);
    pack_number(out, (int64_t)facts->count);
    for (size_t i = 0; i < facts->count; i++) pack_fact(&facts->list[i], out);
    pack_number(out, (int64_t)facts->diagnostic_count);
    for (size_t i = 0; i < facts->diagnostic_count; i++) pack_diagnostic(&facts->diagnostics[i], out);
    pack_number(out, (int64_t)facts->skipped_count);
    for (size_t i = 0; i < facts->skipped_count; i++) {
        pack_number(out, (int64_t)facts->skipped[i].start);
        pack_number(out, (int64_t)facts->skipped[i].end);
    }
}

bool facts_unpack(struct packed *in, struct facts *facts) {
    *facts = (struct facts){.end = (enum parse_end)unpack_number(in)};
    facts->why = unpack_string(in);
    facts->count = facts->capacity = unpack_count(in, 8 * sizeof(int64_t));
    facts->list = must_allocate(facts->count * sizeof *facts->list);
    for (size_t i = 0; i < facts->count; i++) unpack_fact(in, &facts->list[i]);
    facts->diagnostic_count = facts->diagnostic_capacity = unpack_count(in, 10 * sizeof(int64_t));
    facts->diagnostics = must_allocate(facts->diagnostic_count * sizeof *facts->diagnostics);
    for (size_t i = 0; i < facts->diagnostic_count; i++) unpack_diagnostic(in, &facts->diagnostics[i]);
    facts->skipped_count = unpack_count(in, 2 * sizeof(int64_t));
    facts->skipped = must_allocate(facts->skipped_count * sizeof *facts->skipped);
    for (size_t i = 0; i < facts->skipped_count; i++) {
        facts->skipped[i].start = (size_t)unpack_number(in);
        facts->skipped[i].end = (size_t)unpack_number(in);
    }
    if (in->broken) facts_free(facts);
    return !in->broken;
}
