#include "kernel/worker/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/worker/formatting.h"
#include "kernel/worker/scalar.h"
#include "kernel/worker/timing.h"
#include "lib/record/record.h"

enum { WHOLE_ARRAY = 100, SHOWN_AT_EACH_END = 10, DEEPEST = 60 };

/* p{int *}, with the pointer at address. */
static void format_pointer(struct formatting *f, uintptr_t address) {
    uintptr_t pointer = 0;
    if (!formatting_expect(f, '{')) return;
    bool readable = formatting_fetch(f, &pointer, address, sizeof pointer);
    if (readable && pointer) formatting_text(f, "(");
    formatting_escaped(f, "}", readable && pointer);
    if (readable && pointer)
        formatting_print(f, ") 0x%llx", (unsigned long long)pointer);
    else if (readable)
        formatting_text(f, "NULL");
    formatting_expect(f, '}');
}

/* A pointer to characters; prefix: of a literal of wide ones, or NUL. */
static void format_text(struct formatting *f, uintptr_t address, char prefix) {
    uintptr_t pointer = 0;
    if (!formatting_fetch(f, &pointer, address, sizeof pointer) || f->silent) return;
    if (!pointer)
        formatting_text(f, "NULL");
    else if (prefix)
        quoted_wide_string(f, pointer, prefix);
    else
        quoted_string(f, pointer);
}

/* ---- compounds ---- */

static void format(struct formatting *f, uintptr_t address, int array_depth);

/* The size in bytes of the type that is described next, which is not taken. */
static size_t size_of_next(struct formatting *f) {
    const char *at = f->type, kind = *at;
    switch (kind) {
    case 'c':
    case 'b':
        return 1;
    case 's':
    case 'p':
    case 'w':
    case 'F':
        return sizeof(void *);
    case 'z':
        f->type++;
        size_t part = size_of_next(f);
        f->type = at;
        return 2 * part;
    case 'k':
        f->type += f->type[1] ? 3 : 1; /* the letters of kLi4 */
        break;
    case 'n':
    case 'N':
        f->type++;
        formatting_number(f);
        if (!formatting_expect(f, '+')) return 0;
        break;
    case 'a': {
        f->type++;
        size_t count = formatting_number(f), total = 0;
        if (!formatting_expect(f, '[') || __builtin_mul_overflow(count, size_of_next(f), &total)) f->failed = true;
        f->type = at;
        return total;
    }
    case '\0':
        f->failed = true;
        return 0;
    default:
        f->type++;
    }
    size_t size = formatting_number(f);
    f->type = at;
    return size;
}

static void skip_type(struct formatting *f) {
    bool silent = f->silent;
    f->silent = true;
    format(f, 0, -1);
    f->silent = silent;
}

/* An array of characters that holds a NUL is text. False: it holds none, or cannot be read. */
static bool format_characters(struct formatting *f, uintptr_t address, size_t count, const char *element) {
    if (!count || f->silent || f->failed) return false;
    if (*element == 'c') return quoted_array(f, address, count);
    return *element == 'k' && element[1] && quoted_wide_array(f, address, count, element[1]);
}

/* a12[c] */
static bool is_array_of_characters(const char *type) {
    type += 1 + strspn(type + 1, "0123456789");
    return type[0] == '[' && (type[1] == 'c' || type[1] == 'k');
}

static void format_array(struct formatting *f, uintptr_t address, int array_depth) {
    size_t count = formatting_number(f);
    if (f->failed || !formatting_expect(f, '[')) return;
    const char *element = f->type;
    size_t size = size_of_next(f);
    bool done = format_characters(f, address, count, element), cut = count > WHOLE_ARRAY;
    bool rows = *element == 'a' && array_depth >= 0 && !is_array_of_characters(element);
    if (f->failed) return;
    if (!done) formatting_text(f, "{");
    for (size_t i = 0; i < count && !done && !f->failed && !f->silent; i++) {
        if (cut && i == SHOWN_AT_EACH_END) {
            formatting_text(f, ", ...");
            i = count - SHOWN_AT_EACH_END;
        }
        if (i) formatting_text(f, ",");
        if (i && rows) { /* rows of a matrix stand below each other */
            formatting_text(f, "\n");
            for (int space = 0; space <= array_depth; space++) formatting_text(f, " ");
        } else if (i) {
            formatting_text(f, " ");
        }
        f->type = element;
        format(f, address + i * size, array_depth < 0 ? -1 : array_depth + 1);
    }
    if (!done) formatting_text(f, "}");
    if (!done && cut) formatting_print(f, " (%zu elements)", count);
    f->type = element;
    skip_type(f);
    formatting_expect(f, ']');
}

/* One member of r24{x@0:f8;flags@12#3+5:u4}. */
static void format_member(struct formatting *f, uintptr_t address) {
    bool named = *f->type != '@';
    if (named) formatting_text(f, ".");
    formatting_escaped(f, "@", true);
    if (named) formatting_text(f, " = ");
    if (!formatting_expect(f, '@')) return;
    address += formatting_number(f);
    if (*f->type != '#') {
        if (formatting_expect(f, ':')) format(f, address, -1);
        return;
    }
    f->type++;
    size_t bit = formatting_number(f);
    if (!formatting_expect(f, '+')) return;
    size_t width = formatting_number(f);
    if (formatting_expect(f, ':')) scalar_format_bits(f, address, bit, width);
}

static void format_record(struct formatting *f, uintptr_t address) {
    formatting_number(f);
    if (f->failed || !formatting_expect(f, '{')) return;
    formatting_text(f, "{");
    for (bool first = true; !f->failed && *f->type && *f->type != '}'; first = false) {
        if (!first) formatting_text(f, ", ");
        format_member(f, address);
        if (*f->type == ';')
            f->type++;
        else if (*f->type != '}')
            f->failed = true;
    }
    formatting_text(f, "}");
    formatting_expect(f, '}');
}

/* array_depth: how many arrays enclose this value when nothing but arrays does; otherwise -1. */
static void format(struct formatting *f, uintptr_t address, int array_depth) {
    if (f->failed || ++f->depth > DEEPEST) {
        f->failed = true;
        return;
    }
    if (!scalar_format(f, address)) {
        char kind = *f->type;
        if (kind) f->type++;
        switch (kind) {
        case 's':
            format_text(f, address, '\0');
            break;
        case 'w':
            if (*f->type && strchr("LuU", *f->type))
                format_text(f, address, *f->type++);
            else
                f->failed = true;
            break;
        case 'p':
            format_pointer(f, address);
            break;
        case 'F':
            if (!formatting_expect(f, '{')) break;
            formatting_escaped(f, "}", true);
            formatting_expect(f, '}');
            break;
        case 'v':
            break;
        case 'a':
            format_array(f, address, array_depth);
            break;
        case 'r':
            format_record(f, address);
            break;
        default:
            f->failed = true;
        }
    }
    f->depth--;
}

char *value_format(const void *address, const char *type) {
    struct formatting f = {.type = type};
    format(&f, (uintptr_t)address, 0);
    formatting_put(&f, "", 0);
    if (!f.failed && *f.type == '\0') return f.text;
    free(f.text);
    return NULL;
}

void oto_cell_result(const void *address, const char *type) {
    struct oto_record record;
    if (worker_is_forked_child() || !strcmp(type, "v")) return;
    timing_result();
    int error = errno; /* the cell's */
    char *text = value_format(address, type);
    oto_record_begin(&record, OTO_RECORD_RESULT);
    oto_record_text(&record, "text/plain", text ? text : "<a value that cannot be shown>");
    free(text);
    oto_record_send(worker.records, &record);
    oto_record_free(&record);
    errno = error;
}
