/* formatting: a value's text in the making, and the description (value.h) that is being read for it. */
#ifndef OTO_WORKER_FORMATTING_H
#define OTO_WORKER_FORMATTING_H

#include "kernel/worker/worker.h"

/* How much of a text is shown; what is longer is cut. */
enum { LONGEST_TEXT = 20000 };

/* The text so far and the description still to be read. */
struct formatting {
    char *text;
    size_t size, capacity;
    const char *type;
    bool silent; /* the description is only skipped */
    bool failed; /* malformed, or no memory */
    int depth;
};

#pragma GCC visibility push(hidden)

extern const char formatting_unreadable[];

/* Text: nothing is added while silent or failed. */
void formatting_put(struct formatting *f, const char *bytes, size_t size);
void formatting_text(struct formatting *f, const char *text);
[[gnu::format(printf, 2, 3)]] void formatting_print(struct formatting *f, const char *format, ...);
/* Reads a value's bytes; false, and said so in the text, when they are not there. */
bool formatting_fetch(struct formatting *f, void *to, uintptr_t address, size_t size);

/* The description: each takes its part, or fails the formatting. */
bool formatting_expect(struct formatting *f, char c);
uint64_t formatting_number(struct formatting *f);
/* The bytes up to an unescaped stop character, which is not taken; put into the text when shown. */
void formatting_escaped(struct formatting *f, const char *stops, bool shown);

/* Characters as C writes them (quoted.c). A character between quotes of that kind: */
void quoted_character(struct formatting *f, unsigned char c, char quote, bool digit_follows);
void quoted_bytes(struct formatting *f, const unsigned char *bytes, size_t size);
/* The text at address, as much of it as can be read; prefix: L, u or U of a literal of such characters. */
void quoted_string(struct formatting *f, uintptr_t address);
void quoted_wide_string(struct formatting *f, uintptr_t address, char prefix);
/* An array of count characters up to its NUL. False, with nothing written: it holds none, or cannot be read. */
bool quoted_array(struct formatting *f, uintptr_t address, size_t count);
bool quoted_wide_array(struct formatting *f, uintptr_t address, size_t count, char prefix);

#pragma GCC visibility pop
#endif
