#include "kernel/engine/parse.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/content_cache.h"
#include "kernel/parser/questions.h"

enum { CACHE_BYTES = 8 << 20 };

struct parser {
    const struct toolchain *toolchain;
    struct service *service; /* or NULL: it rests */
    struct stop_wish (*stop)(void *context);
    void *context;
    struct content_cache *cache; /* of facts, packed */
    struct learned *learned;     /* or NULL */
};

static void release_text(void *text) {
    text_free(text);
    free(text);
}

void parser_warm(struct parser *parser) {
    char *error = NULL;
    if (parser->service) return;
    parser->service = service_start((char *const[]){parser->toolchain->parser, NULL}, NULL, &error);
    free(error); /* asking will say it */
}

void parser_rest(struct parser *parser) {
    service_stop(parser->service);
    parser->service = NULL;
}

struct parser *parser_open(const struct toolchain *toolchain, struct service *ready, struct learned *learned,
                           struct stop_wish (*stop)(void *context), void *context) {
    struct parser *parser = must_allocate(sizeof *parser);
    parser->toolchain = toolchain;
    parser->service = ready;
    parser->learned = learned;
    parser->stop = stop;
    parser->context = context;
    parser->cache = content_cache_open(CACHE_BYTES, release_text);
    parser_warm(parser);
    return parser;
}

void parser_close(struct parser *parser) {
    if (!parser) return;
    parser_rest(parser);
    content_cache_close(parser->cache);
    free(parser);
}

/* Asks; the answer, or why there is none, is in *answer. */
static enum service_end ask(struct parser *parser, const struct question *question, struct text *answer) {
    struct stop_wish stop = {.wake = -1};
    struct text packed = {};
    enum service_end end = SERVICE_DIED;
    if (parser->stop) stop = parser->stop(parser->context);
    question_pack(question, &packed);
    /* one that died may have been killed while it waited: a second tries what the first could not */
    for (int attempt = 0; attempt < 2 && end == SERVICE_DIED; attempt++) {
        text_clear(answer);
        parser_warm(parser);
        if (!parser->service) {
            text_format(answer, "the parser cannot be started: %s", parser->toolchain->parser);
            continue;
        }
        end = service_ask(parser->service, packed.data, packed.length, &stop, answer);
        if (end != SERVICE_ANSWERED) parser_rest(parser);
    }
    text_free(&packed);
    return end;
}

static struct packed reading(const struct text *text) {
    return (struct packed){text_c(text), text_c(text) + text->length, false};
}

static void remember(struct parser *parser, struct content_key key, struct text *facts) {
    content_cache_add(parser->cache, key, facts, sizeof *facts + facts->capacity);
}

void parser_teach(struct parser *parser, struct content_key key, const char *bytes, size_t size) {
    struct text *facts = must_allocate(sizeof *facts);
    text_add_n(facts, bytes, size);
    remember(parser, key, facts);
}

void parse_text(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t from,
                const char *part_prefix, struct facts *facts) {
    struct question question = {QUESTION_FACTS, flags, text, length, from, 0, part_prefix};
    struct content_key key = content_key_with(content_key(flags, text, length), from);
    bool lasts = !content_may_change(flags, text, length);
    const struct text *known = lasts ? content_cache_find(parser->cache, key) : NULL;
    if (known) {
        facts_unpack(&(struct packed){known->data, known->data + known->length, false}, facts);
        return;
    }
    struct text *answer = must_allocate(sizeof *answer);
    enum service_end end = ask(parser, &question, answer);
    if (end == SERVICE_ANSWERED &&
        facts_unpack(&(struct packed){text_c(answer), text_c(answer) + answer->length, false}, facts)) {
        if (lasts && facts->end == PARSED) {
            learned_add(parser->learned, LEARNED_FACTS, key, text_c(answer), answer->length);
            remember(parser, key, answer);
            return;
        }
    } else {
        *facts = (struct facts){
            .end = end == SERVICE_STOPPED ? PARSE_STOPPED : PARSE_FAILED,
            .why = must_copy(end == SERVICE_ANSWERED ? "the parser's answer is broken" : text_c(answer))};
    }
    release_text(answer);
}

char *parse_print(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t from,
                  size_t to) {
    struct text answer = {};
    char *printed = NULL;
    if (ask(parser, &(struct question){QUESTION_PRINT, flags, text, length, from, to, ""}, &answer) ==
        SERVICE_ANSWERED) {
        struct packed in = reading(&answer);
        printed = unpack_string(&in);
    }
    text_free(&answer);
    return printed ? printed : must_copy("");
}

bool parser_accepts(struct parser *parser, const char *const *flags) {
    struct facts facts;
    parse_text(parser, flags, "\n", 1, 1, "", &facts);
    bool sound = facts.end == PARSED;
    for (size_t i = 0; i < facts.diagnostic_count; i++) sound &= facts.diagnostics[i].severity != SEVERITY_ERROR;
    facts_free(&facts);
    return sound;
}

/* Calls back for each of the names that a question is answered with. */
static void visit_names(struct parser *parser, const struct question *question,
                        void (*visit)(void *, const char *name, const char *type, const char *signature),
                        void *context) {
    struct text answer = {};
    if (ask(parser, question, &answer) == SERVICE_ANSWERED) {
        for (struct packed in = reading(&answer); in.at < in.end && !in.broken;) {
            char *name = unpack_string(&in), *type = unpack_string(&in), *signature = unpack_string(&in);
            if (!in.broken && name && type && signature) visit(context, name, type, signature);
            free(name);
            free(type);
            free(signature);
        }
    }
    text_free(&answer);
}

void parse_complete(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t offset,
                    const char *prefix, size_t prefix_length,
                    void (*visit)(void *, const char *name, const char *type, const char *signature), void *context) {
    char *wanted = must_copy_n(prefix, prefix_length);
    visit_names(parser, &(struct question){QUESTION_COMPLETION, flags, text, length, offset, 0, wanted}, visit,
                context);
    free(wanted);
}

void parse_scope(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t offset,
                 void (*visit)(void *, const char *name, const char *type, const char *signature), void *context) {
    visit_names(parser, &(struct question){QUESTION_SCOPE, flags, text, length, offset, 0, ""}, visit, context);
}

char *parse_declaration_at(struct parser *parser, const char *const *flags, const char *text, size_t length,
                           size_t offset, char **comment) {
    struct text answer = {};
    char *declaration = NULL;
    *comment = NULL;
    if (ask(parser, &(struct question){QUESTION_DECLARATION, flags, text, length, offset, 0, ""}, &answer) ==
        SERVICE_ANSWERED) {
        struct packed in = reading(&answer);
        declaration = unpack_string(&in);
        *comment = unpack_string(&in);
    }
    text_free(&answer);
    return declaration;
}

void parse_header_names(struct parser *parser, const char *const *flags,
                        void (*visit)(void *, const char *name, char space), void *context) {
    struct text answer = {};
    if (ask(parser, &(struct question){QUESTION_HEADER_NAMES, flags, "", 0, 0, 0, ""}, &answer) == SERVICE_ANSWERED) {
        for (struct packed in = reading(&answer); in.at < in.end && !in.broken;) {
            char *name = unpack_string(&in);
            char space = (char)unpack_number(&in);
            if (!in.broken && name) visit(context, name, space);
            free(name);
        }
    }
    text_free(&answer);
}
