/* A grammar of JSON, one function a rule: true when the rule matched and the reader stands behind it. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/flaw.h"

struct reader {
    const char *text, *at, *end;
    int depth;
    char *flaw;
};

/* The first complaint counts. Always false. */
__attribute__((format(printf, 2, 3))) static bool complain(struct reader *reader, const char *format, ...) {
    if (reader->flaw) return false;
    char *what = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&what, format, arguments) < 0) what = NULL;
    va_end(arguments);
    size_t line = 1, column = 1;
    for (const char *c = reader->text; c < reader->at; c++) {
        line += *c == '\n';
        column = *c == '\n' ? 1 : column + 1;
    }
    if (asprintf(&reader->flaw, "line %zu, column %zu: %s", line, column, what ? what : "it is not JSON") < 0)
        reader->flaw = strdup("it is not JSON");
    free(what);
    return false;
}

static void skip_space(struct reader *reader) {
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at) reader->at++;
}

/* The next character that is no space, or NUL at the end. */
static char peek(struct reader *reader) {
    skip_space(reader);
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool expected(struct reader *reader, const char *what) {
    if (reader->at >= reader->end) return complain(reader, "the text ends where %s should follow", what);
    unsigned char found = (unsigned char)*reader->at;
    return isprint(found) ? complain(reader, "'%c' stands where %s should follow", found, what)
                          : complain(reader, "byte 0x%02X stands where %s should follow", found, what);
}

static bool escape(struct reader *reader) {
    reader->at++;
    if (reader->at < reader->end && *reader->at == 'u') {
        for (int i = 1; i <= 4; i++)
            if (reader->end - reader->at <= i || !isxdigit((unsigned char)reader->at[i]))
                return complain(reader, "\\u needs four hexadecimal digits");
        reader->at += 5;
        return true;
    }
    if (reader->at >= reader->end || !*reader->at || !strchr("\"\\/bfnrt", *reader->at))
        return complain(reader, "a \\ in a string must be followed by one of \" \\ / b f n r t u");
    reader->at++;
    return true;
}

static bool string(struct reader *reader) {
    if (peek(reader) == '\'') return complain(reader, "strings and names stand between double quotes in JSON");
    if (peek(reader) != '"') return expected(reader, "a name in double quotes");
    for (reader->at++; reader->at < reader->end && *reader->at != '"';) {
        if ((unsigned char)*reader->at < 0x20)
            return complain(reader,
                            "byte 0x%02X stands in a string; write it as \\n, \\t or \\u%04x, and close each "
                            "string with a quote",
                            (unsigned char)*reader->at, (unsigned char)*reader->at);
        if (*reader->at != '\\')
            reader->at++;
        else if (!escape(reader))
            return false;
    }
    if (reader->at >= reader->end) return complain(reader, "the text ends inside a string");
    reader->at++;
    return true;
}

static bool digits(struct reader *reader) {
    if (reader->at >= reader->end || !isdigit((unsigned char)*reader->at)) return expected(reader, "a digit");
    while (reader->at < reader->end && isdigit((unsigned char)*reader->at)) reader->at++;
    return true;
}

static bool number(struct reader *reader) {
    if (*reader->at == '-') reader->at++;
    bool zero = reader->at < reader->end && *reader->at == '0';
    if (zero && reader->end - reader->at > 1 && isdigit((unsigned char)reader->at[1]))
        return complain(reader, "a number in JSON does not begin with 0");
    if (!digits(reader)) return false;
    if (reader->at < reader->end && *reader->at == '.') {
        reader->at++;
        if (!digits(reader)) return false;
    }
    if (reader->at < reader->end && (*reader->at == 'e' || *reader->at == 'E')) {
        reader->at++;
        if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-')) reader->at++;
        return digits(reader);
    }
    return true;
}

static bool word(struct reader *reader) {
    static const char *const words[] = {"true", "false", "null"};
    size_t length = 0, left = (size_t)(reader->end - reader->at);
    while (length < left && isalpha((unsigned char)reader->at[length])) length++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (length != strlen(words[i]) || memcmp(reader->at, words[i], length)) continue;
        reader->at += length;
        return true;
    }
    return complain(reader,
                    "%.*s is not JSON; there are true, false and null (write null for NaN and infinity), "
                    "numbers, and strings in double quotes",
                    length < 20 ? (int)length : 20, reader->at);
}

static bool value(struct reader *reader);

/* The members of an object or the elements of an array, up to close. */
static bool list(struct reader *reader, char close, bool named) {
    if (++reader->depth > OTO_JSON_DEPTH)
        return complain(reader, "more than %d brackets are open here; display a flatter structure", OTO_JSON_DEPTH);
    reader->at++;
    if (peek(reader) != close)
        for (;;) {
            if (named) {
                if (!string(reader)) return false;
                if (peek(reader) != ':') return expected(reader, "a colon and a value");
                reader->at++;
            }
            if (!value(reader)) return false;
            if (peek(reader) == close) break;
            if (reader->at >= reader->end || *reader->at != ',')
                return expected(reader, close == '}' ? "a comma or }" : "a comma or ]");
            reader->at++;
            if (peek(reader) == close) return complain(reader, "a comma stands before the closing %c", close);
        }
    reader->at++;
    reader->depth--;
    return true;
}

static bool value(struct reader *reader) {
    char next = peek(reader);
    if (next == '{') return list(reader, '}', true);
    if (next == '[') return list(reader, ']', false);
    if (next == '"' || next == '\'') return string(reader);
    if (next == '-' || isdigit((unsigned char)next)) return number(reader);
    if (isalpha((unsigned char)next)) return word(reader);
    return expected(reader, "a value");
}

char *oto_flaw_json(const char *text, size_t size) {
    struct reader reader = {.text = text, .at = text, .end = text + size};
    if (value(&reader) && (skip_space(&reader), reader.at < reader.end)) expected(&reader, "the end of the text");
    return reader.flaw;
}
