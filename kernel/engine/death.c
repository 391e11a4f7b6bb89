#include "kernel/engine/death.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "kernel/engine/advice.h"
#include "kernel/engine/excerpt.h"
#include "kernel/engine/phrase.h"
#include "kernel/engine/report.h"

/* ---- what AddressSanitizer found ---- */

/* "12 bytes", "1 byte". */
static char *bytes_text(long long count) {
    return must_format("%lld byte%s", count, count == 1 || count == -1 ? "" : "s");
}

/* The object in question, as "grid (a variable of 12 bytes)". */
static char *object_text(const struct oto_record *fault) {
    const char *object = oto_record_get_text(fault, "object", "");
    const char *name = oto_record_get_text(fault, "name", "");
    char *bytes = bytes_text(oto_record_get_integer(fault, "extent", 0)), *text;
    const char *dot = strchr(name, '.');
    if (!strcmp(object, "heap"))
        text = must_format("a block of %s from malloc", bytes);
    else if (!strcmp(object, "literal"))
        text = must_format("a string literal of %s", bytes);
    else if (!strcmp(object, "global") && dot)
        text = must_format("%s (a static variable of %s in %.*s)", dot + 1, bytes, (int)(dot - name), name);
    else if (!strcmp(object, "global") && strncmp(name, "oto_", 4))
        text = must_format("%s (a variable of %s)", name, bytes);
    else if (!strcmp(object, "stack") && *name)
        text = must_format("%s (a local variable of %s)", name, bytes);
    else
        text = must_copy("any variable or block");
    free(bytes);
    return text;
}

/* Goes on behind "read of 4 bytes": " just past the end of grid (a variable of 12 bytes)". */
static char *position_text(const struct oto_record *fault) {
    const char *relation = oto_record_get_text(fault, "relation", "");
    long long distance = oto_record_get_integer(fault, "distance", 0);
    char *object = object_text(fault), *bytes = bytes_text(distance), *text;
    if (!strcmp(relation, "after"))
        text = distance ? must_format(", %s past the end of %s", bytes, object)
                        : must_format(" just past the end of %s", object);
    else if (!strcmp(relation, "before"))
        text = must_format(", %s before the start of %s", bytes, object);
    else if (!strcmp(relation, "inside"))
        text = distance ? must_format(", %s into %s", bytes, object) : must_format(" in %s", object);
    else
        text = must_format(" outside %s", object);
    free(object);
    free(bytes);
    return text;
}

static bool writes_text(const char *function) {
    static const char *const parts[] = {"str", "printf", "scanf", "gets", "wcs", "stpcpy", "puts"};
    for (size_t i = 0; function && i < sizeof parts / sizeof *parts; i++)
        if (strstr(function, parts[i])) return true;
    return false;
}

/* What to do about an access outside an object. */
static char *overflow_advice(const struct oto_record *fault, const struct sighting *sighting) {
    const char *relation = oto_record_get_text(fault, "relation", "");
    const char *access = oto_record_get_text(fault, "access", "");
    long long extent = oto_record_get_integer(fault, "extent", 0), size = oto_record_get_integer(fault, "size", 0);
    bool after = !strcmp(relation, "after"), by_library = sighting->called != NULL;
    if (!strcmp(relation, "before")) return must_copy("is an index negative?");
    if (by_library && writes_text(sighting->called) && !strcmp(access, "read"))
        return must_copy("does the text lack the '\\0' that ends it?");
    if (by_library && writes_text(sighting->called))
        return must_copy("the text needs more room: n characters take n + 1 bytes, with the '\\0' at the end");
    if (by_library) return must_copy("the size does not fit the array");
    if (after && size > 1 && extent >= size && extent % size == 0)
        return must_format("its last element of %lld bytes has the index %lld", size, extent / size - 1);
    if (after && extent < size)
        return must_format("one element of %lld bytes needs more room, as in malloc(n * sizeof *p)", size);
    if (after && extent % size)
        return must_format("there is room for %lld element%s of %lld bytes only, as n * sizeof *p tells", extent / size,
                           extent / size == 1 ? "" : "s", size);
    if (after) return must_format("the last index is %lld", extent - 1);
    return must_copy("is the index too large, or the pointer wrong?");
}

/* "write of 6 bytes by strcpy just past the end of b (a local variable of 4 bytes)". */
static char *access_text(const struct oto_record *fault, const struct sighting *sighting) {
    char *position = position_text(fault), *bytes = bytes_text(oto_record_get_integer(fault, "size", 0));
    char *text = must_format("%s of %s%s%s%s", oto_record_get_text(fault, "access", "access"), bytes,
                             sighting->called ? " by " : "", sighting->called ? sighting->called : "", position);
    free(position);
    free(bytes);
    return text;
}

static char *overflow_sentence(const struct oto_record *fault, const struct sighting *sighting, const char *what) {
    char *access = access_text(fault, sighting), *advice = overflow_advice(fault, sighting);
    char *sentence = must_format("%s: %s", access, advice);
    free(access);
    free(advice);
    return sentence;
}

/* Use of something that is over: what says how. */
static char *late_sentence(const struct oto_record *fault, const struct sighting *sighting, const char *what) {
    char *access = access_text(fault, sighting), *sentence = must_format("%s%s", access, what);
    free(access);
    return sentence;
}

static char *invalid_free_sentence(const struct oto_record *fault, const struct sighting *sighting, const char *what) {
    const char *object = oto_record_get_text(fault, "object", "");
    const char *function = sighting->called ? sighting->called : "free";
    const char *advice = "only what malloc, calloc or realloc returned can be freed";
    if (!strcmp(object, "literal"))
        return must_format("%s was given a string literal or a constant: %s", function, advice);
    if (!*object)
        return must_format(
            "%s was given an address that malloc did not return: is the pointer uninitialised, or was it "
            "moved?",
            function);
    char *thing = object_text(fault), *bytes = bytes_text(oto_record_get_integer(fault, "distance", 0)), *sentence;
    if (!strcmp(object, "heap"))
        sentence = must_format("%s was given an address %s into %s: give it the pointer that malloc returned", function,
                               bytes, thing);
    else
        sentence = must_format("%s was given %s: %s", function, thing, advice);
    free(thing);
    free(bytes);
    return sentence;
}

static char *overlap_sentence(const struct oto_record *fault, const struct sighting *sighting, const char *what) {
    const char *function = sighting->called ? sighting->called : "the function";
    return must_format("source and destination of %s overlap: use memmove, which allows it", function);
}

static char *fixed_sentence(const struct oto_record *fault, const struct sighting *sighting, const char *what) {
    return must_copy(what);
}

static const struct kind_row {
    const char *kind, *ename; /* kind: part of what the sanitizer calls it */
    char *(*sentence)(const struct oto_record *fault, const struct sighting *sighting, const char *what);
    const char *what;
} sanitizer_rows[] = {{"heap-buffer-overflow", "HeapBufferOverflow", overflow_sentence, NULL},
                      {"stack-buffer-overflow", "StackBufferOverflow", overflow_sentence, NULL},
                      {"stack-buffer-underflow", "StackBufferOverflow", overflow_sentence, NULL},
                      {"global-buffer-overflow", "GlobalBufferOverflow", overflow_sentence, NULL},
                      {"heap-use-after-free", "UseAfterFree", late_sentence,
                       " that was freed: do not use a pointer after free; set it to NULL"},
                      {"stack-use-after-return", "UseAfterReturn", late_sentence,
                       " of a function that has returned: return the value itself, or a block from malloc"},
                      {"stack-use-after-scope", "UseAfterScope", late_sentence,
                       " whose block { } has ended: declare it outside the block"},
                      {"double-free", "DoubleFree", fixed_sentence,
                       "the block was freed already: free each block once, and set the pointer to NULL"},
                      {"bad-free", "InvalidFree", invalid_free_sentence, NULL},
                      {"attempting free", "InvalidFree", invalid_free_sentence, NULL},
                      {"alloc-dealloc-mismatch", "InvalidFree", invalid_free_sentence, NULL},
                      {"malloc_usable_size", "InvalidFree", invalid_free_sentence, NULL},
                      {"param-overlap", "MemoryOverlap", overlap_sentence, NULL},
                      {"negative-size-param", "UndefinedBehavior", fixed_sentence,
                       "a negative size was given to a memory function: sizes are unsigned, so it became a huge one"},
                      {"stack-overflow", "StackOverflow", fixed_sentence,
                       "the stack ran out: too deep a recursion, or too large local arrays"},
                      {"use-after-poison", "UseAfterFree", late_sentence, ", in memory that may not be used any more"},
                      {"alignment", "UndefinedBehavior", fixed_sentence,
                       "the alignment is not one that the function takes: it must be a power of two"},
                      {"", "SegmentationFault", overflow_sentence, NULL}};

static char *sanitizer_sentence(const struct oto_record *fault, const struct sighting *sighting, const char **ename) {
    const char *kind = oto_record_get_text(fault, "kind", "");
    const struct kind_row *row = sanitizer_rows;
    if (!strcmp(kind, "dynamic-stack-buffer-overflow")) {
        *ename = "StackBufferOverflow";
        return must_format(
            "%s of %lld bytes outside an array whose length was chosen at run time: is an index negative "
            "or too large?",
            oto_record_get_text(fault, "access", "access"), (long long)oto_record_get_integer(fault, "size", 0));
    }
    if (!strcmp(kind, "stack-use-after-return") && sighting->in_top_level) kind = "stack-use-after-scope";
    while (!strstr(kind, row->kind)) row++;
    *ename = row->ename;
    return row->sentence(fault, sighting, row->what);
}

/* ---- what UndefinedBehaviorSanitizer found ---- */

static const struct {
    const char *pattern, *sentence;
} undefined_rows[] = {
    {"Division by zero", "division by zero: test the divisor first"},
    {"Division of $1 by -1 cannot be represented in type $2",
     "signed integer overflow: $1 / -1 does not fit the type $2"},
    {"Signed integer overflow: $1 cannot be represented in type $2",
     "signed integer overflow: $1 does not fit the type $2; use a wider type such as long long, or test before"},
    {"Negation of $1 cannot be represented in type '$2'*",
     "signed integer overflow: -($1) does not fit the type '$2'; use a wider type"},
    {"Shift exponent $1 is negative", "a shift by $1, which is negative: shift by 0 or more"},
    {"Shift exponent $1 is too large for $2-bit type $3",
     "a shift by $1 is too far: $3 has $2 bits, so shift by less than $2"},
    {"Left shift of negative value $1", "a left shift of $1, which is negative: shift unsigned numbers"},
    {"Left shift of $1 by $2 places cannot be represented in type $3",
     "a left shift overflows: $1 << $2 does not fit the type $3; shift an unsigned number"},
    {"Load of null pointer*", "a null pointer was read: give the pointer an address first, and test it against NULL"},
    {"Store to null pointer*",
     "a null pointer was written to: give the pointer an address first, and test it against NULL"},
    {"Member access within null pointer of type $1",
     "a member of $1 was asked for through a null pointer: give the pointer an address first"},
    {"Applying zero offset to null pointer", "pointer arithmetic on a null pointer: give the pointer an address first"},
    {"Applying non-zero offset*", "pointer arithmetic on a null pointer: give the pointer an address first"},
    {"$1 null pointer*", "a null pointer was used: give the pointer an address first"},
    {"Null pointer*", "a null pointer was used: give the pointer an address first"},
    {"Member access within misaligned address $1 for type $2, which requires $3 byte alignment",
     "the misaligned address $1 is no place for $2, which needs a multiple of $3: was a pointer cast from another "
     "type?"},
    {"$1 misaligned address $2 for type $3, which requires $4 byte alignment",
     "the misaligned address $2 is no place for $3, which needs a multiple of $4: was a pointer cast from another "
     "type?"},
    {"Execution reached an unreachable program point",
     "unreachable() was reached: the function came to a place that it promised never to reach"},
    {"Variable length array bound evaluates to non-positive value $1",
     "an array cannot have $1 elements, which is not a positive size: the length must be at least 1"},
    {"Nan is outside the range of representable values of type $1",
     "NaN is out of range: it is no number of the type $1, so test with isnan first"},
    {"$1 is outside the range of representable values of type $2",
     "$1 is out of range: it does not fit the type $2, so test or clip it first"},
    {"Load of value $1, which is not a valid value for type $2",
     "a $2 holds $1, which is no value of its type: was it ever set?"},
    {"Pointer index expression with base $1 overflowed to $2",
     "pointer arithmetic overflows: the index leads from $1 to $2, far outside the array"},
    {"$1 of unsigned offset to $2 overflowed to $3",
     "pointer arithmetic overflows: the index leads from $2 to $3, far outside the array"},
    {"Subtraction of unsigned offset from $1 overflowed to $2",
     "pointer arithmetic overflows: the index leads from $1 to $2, far outside the array"},
    {"Passing zero to $1, which is not a valid argument", "$1 was given 0, for which it has no result: test it first"},
};

/* "index 7 is out of bounds for 'int[5]': the indices go from 0 to 4". */
static char *index_sentence(const char *message) {
    struct phrase parts;
    if (!phrase_match("Index $1 out of bounds for type '$2'", message, &parts)) return NULL;
    const char *bracket = memchr(parts.parts[2].start, '[', parts.parts[2].length);
    long count = bracket ? strtol(bracket + 1, NULL, 10) : 0;
    char *head = phrase_say("index $1 is out of bounds for '$2'", &parts), *sentence;
    if (count > 0)
        sentence = must_format("%s: the indices go from 0 to %ld", head, count - 1);
    else
        sentence = must_format("%s: the last index is the length less 1", head);
    free(head);
    return sentence;
}

/* A pointer that was never set holds the bytes with which the compiler or malloc filled it. */
static const char *never_set(unsigned long long address) {
    if (address >> 32 == 0xaaaaaaaa)
        return "a pointer was used that never got a value: set it before using it, as in p = &x; or p = malloc(...);";
    if (address >> 32 == 0xbebebebe)
        return "a pointer was used that never got a value, in a block that malloc gave: set its members and elements "
               "before using them";
    return NULL;
}

/* Alignment is the least that is wrong with such an address: "Load of misaligned address 0x0000deadbeef ...". */
static char *nowhere_sentence(const char *message, const char *address) {
    const char *verb = !strncmp(message, "Load", 4) ? "read" : !strncmp(message, "Store", 5) ? "written to" : "used";
    return must_format("memory that does not belong to the program was %s, address %#llx: is the pointer "
                       "uninitialised, or moved too far?",
                       verb, strtoull(address + sizeof "misaligned address", NULL, 16));
}

static char *undefined_sentence(const struct oto_record *fault, const struct sighting *sighting, const char **ename) {
    char *message = advice_plain_types(must_copy(oto_record_get_text(fault, "message", ""))), *sentence = NULL;
    struct phrase parts = {};
    const char *address = strstr(message, "misaligned address 0x");
    const char *unset = address ? never_set(strtoull(address + sizeof "misaligned address", NULL, 16)) : NULL;
    *ename = unset || sighting->leads_nowhere ? "SegmentationFault" : "UndefinedBehavior";
    if (sighting->fast) {
        *ename = "FloatingPointError";
        sentence = must_copy("an integer was divided by zero, or the quotient does not fit: test the divisor first");
    }
    if (!sentence && unset) sentence = must_copy(unset);
    if (!sentence && sighting->leads_nowhere) sentence = nowhere_sentence(message, address);
    if (!sentence) sentence = index_sentence(message);
    for (size_t i = 0; i < sizeof undefined_rows / sizeof *undefined_rows && !sentence; i++)
        if (phrase_match(undefined_rows[i].pattern, message, &parts))
            sentence = phrase_say(undefined_rows[i].sentence, &parts);
    if (!sentence) sentence = must_copy(*message ? message : oto_record_get_text(fault, "kind", "undefined behaviour"));
    free(message);
    return sentence;
}

/* ---- signals ---- */

static char *guard_sentence(const struct sighting *sighting) {
    if (!sighting->folded) return must_copy("the stack ran out: too deep a recursion, or too large local arrays");
    if (strstr(sighting->folded, " and "))
        return must_format("the stack ran out: %s call each other without end; a recursion needs a case that stops it",
                           sighting->folded);
    return must_format("the stack ran out: %s calls itself without end; a recursion needs a case that stops it",
                       sighting->folded);
}

static char *null_sentence(const char *verb, const char *access, unsigned long long address, const char *by) {
    if (!address && !strcmp(access, "execute"))
        return must_copy("a null function pointer was called: set it to a function first");
    if (!address)
        return must_format("a null pointer was %s%s: give the pointer an address first, and test it against NULL", verb,
                           by);
    return must_format("the address %#llx was %s%s, which is next to null: is it a member or an element of a null "
                       "pointer, or a number that is no address?",
                       address, verb, by);
}

static char *access_sentence(const struct oto_record *fault, const struct sighting *sighting, const char **ename) {
    const char *access = oto_record_get_text(fault, "access", "unknown");
    const char *region = oto_record_get_text(fault, "region", "unknown");
    bool checks_write = !strcmp(access, "check") && sighting->checks_write;
    const char *verb = !strcmp(access, "write") || checks_write ? "written to"
                       : !strcmp(access, "check")               ? "read"
                       : !strcmp(access, "read")                ? "read"
                       : !strcmp(access, "execute")             ? "called"
                                                                : "used";
    long long found = oto_record_get_integer(fault, "address", -1);
    unsigned long long address = (unsigned long long)found;
    *ename = "SegmentationFault";
    if (!strcmp(region, "guard")) {
        *ename = "StackOverflow";
        return guard_sentence(sighting);
    }
    char *by =
        sighting->called && strcmp(access, "execute") != 0 ? must_format(" by %s", sighting->called) : must_copy("");
    char *sentence;
    if (found != -1 && never_set(address))
        sentence = must_copy(never_set(address));
    else if (!strcmp(region, "null"))
        sentence = null_sentence(verb, access, address, by);
    else if (!strcmp(region, "literal"))
        sentence = must_format("a string literal or a constant was written to%s, and it is read-only: copy it into an "
                               "array first, as in char s[] = \"text\";",
                               by);
    else if (!strcmp(region, "code"))
        sentence = must_format("program code was %s at %#llx: is a function's name used as a pointer?", verb, address);
    else if (!strcmp(access, "execute"))
        sentence = must_format("what was called at %#llx is no function: was the function pointer ever set?", address);
    else if (found == -1)
        sentence = must_format("an address that belongs to nothing was %s%s: is the pointer uninitialised, or "
                               "overwritten?",
                               verb, by);
    else
        sentence = must_format("memory that does not belong to the program was %s%s, address %#llx: is the pointer "
                               "uninitialised, or moved too far?",
                               verb, by, address);
    free(by);
    return sentence;
}

/* "SIGTERM (15)" */
static char *signal_words(int number) {
    const char *name = sigabbrev_np(number);
    if (name) return must_format("SIG%s (%d)", name, number);
    if (number >= SIGRTMIN && number <= SIGRTMAX) return must_format("SIGRTMIN+%d (%d)", number - SIGRTMIN, number);
    return must_format("%d", number);
}

static char *signal_sentence(const struct oto_record *fault, const struct sighting *sighting, const char **ename) {
    int number = (int)oto_record_get_integer(fault, "signal", 0);
    bool access = number == SIGSEGV || number == SIGBUS;
    bool sent = oto_record_get_integer(fault, "code", 1) <= 0; /* by raise or kill, not by an instruction */
    *ename = access ? "SegmentationFault" : number == SIGFPE ? "FloatingPointError" : "Signal";
    if (access && !sent && number == SIGSEGV) return access_sentence(fault, sighting, ename);
    if (number == SIGBUS && !sent)
        return must_copy("memory was used that a file or the machine cannot provide: is a mapped file shorter than its "
                         "mapping?");
    if (number == SIGFPE && !sent)
        return must_copy("an integer was divided by zero, or the quotient does not fit: test the divisor first");
    char *words = signal_words(number), *sentence = must_format("the signal %s ended the cell", words);
    free(words);
    return sentence;
}

/* ---- ends ---- */

static char *bytes_words(long long bytes) {
    return bytes >= 1 << 20 ? must_format("%.0f MB", (double)bytes / (1 << 20)) : bytes_text(bytes);
}

static char *memory_sentence(const struct oto_record *fault) {
    char *limit = bytes_words(oto_record_get_integer(fault, "limit", 0)),
         *used = bytes_words(oto_record_get_integer(fault, "used", 0));
    char *sentence = must_format("the cell wanted more memory than its limit of %s (%s in use): free what is no longer "
                                 "needed, or raise it with %%config memory_limit",
                                 limit, used);
    free(limit);
    free(used);
    return sentence;
}

/* names: of `count` symbols that nobody defines; library: where one of them is, or NULL. */
static char *missing_sentence(const char *names, int count, const char *library) {
    const char *verb = count == 1 ? "is" : "are";
    return library ? must_format("%s %s declared but not defined: begin the cell with the line //%%ldflags: %s", names,
                                 verb, library)
                   : must_format("%s %s declared but not defined: define %s in a cell, or name the library with a "
                                 "line //%%ldflags: -lNAME",
                                 names, verb, count == 1 ? "it" : "them");
}

static char *file_sentence(const struct oto_record *fault) {
    char *limit = bytes_words(oto_record_get_integer(fault, "limit", 0));
    char *sentence =
        must_format("the cell wrote to a file past the size of %s, its limit: write less, or raise it with "
                    "%%config file_limit",
                    limit);
    free(limit);
    return sentence;
}

char *death_sentence(const struct oto_record *fault, const struct sighting *sighting, const char **ename) {
    const char *what = oto_record_get_text(fault, "what", "");
    if (!strcmp(what, "asan")) return sanitizer_sentence(fault, sighting, ename);
    if (!strcmp(what, "undefined")) return undefined_sentence(fault, sighting, ename);
    if (!strcmp(what, "abort")) {
        const char *message = oto_record_get_text(fault, "message", "");
        *ename = "Abort";
        return *message ? must_format("the assertion %s failed", message) : must_copy("abort() was called");
    }
    if (!strcmp(what, "missing")) {
        const char *symbol = oto_record_get_text(fault, "symbol", "a name");
        *ename = "LinkError";
        return missing_sentence(symbol, 1, advice_library(symbol));
    }
    if (!strcmp(what, "exit")) {
        *ename = "Exit";
        return must_format("the program ended with status %lld", (long long)oto_record_get_integer(fault, "code", 0));
    }
    if (!strcmp(what, "memory")) {
        *ename = "MemoryLimit";
        return memory_sentence(fault);
    }
    if (!strcmp(what, "processes")) {
        *ename = "ProcessLimit";
        return must_format("the cell has %lld processes or threads and wanted more, past its limit of %lld: wait "
                           "for those that end, or raise it with %%config process_limit",
                           (long long)oto_record_get_integer(fault, "used", 0),
                           (long long)oto_record_get_integer(fault, "limit", 0));
    }
    if (!strcmp(what, "file")) {
        *ename = "FileLimit";
        return file_sentence(fault);
    }
    return signal_sentence(fault, sighting, ename);
}

/* ---- a symbol that nobody defines ---- */

static bool is_word_byte(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The line of a source where a word is used: the last one that has it, for a declaration comes before. 0: none. */
static int line_of_word(const char *source, const char *word) {
    int line = 1, found = 0;
    size_t length = strlen(word);
    for (const char *at = source; at && *at; at++) {
        if (*at == '\n') line++;
        bool whole = (at == source || !is_word_byte(at[-1])) && !strncmp(at, word, length) && !is_word_byte(at[length]);
        if (whole) found = line;
    }
    return found;
}

static void report_missing(const struct session *session, const struct oto_record *missing, int number,
                           struct cell_outcome *outcome) {
    struct text names = {}, hints = {};
    const char *problem = oto_record_get_text(missing, "problem", NULL), *first_library = NULL;
    if (problem) {
        outcome_fail(outcome, "LinkError", must_format("the cell cannot be loaded: %s", problem));
        return;
    }
    int count = 0;
    for (size_t i = 0; i < missing->count; i++) {
        if (missing->fields[i].type != 's' || strcmp(missing->fields[i].name, "symbol")) continue;
        const char *symbol = missing->fields[i].data, *library = advice_library(symbol);
        text_format(&names, "%s%s", count++ ? ", " : "", symbol);
        if (library && !first_library) first_library = library;
        if (library)
            text_format(&hints, "%s is in a library: begin the cell with the line //%%ldflags: %s\n", symbol, library);
        const char *source = session_cell_source(session, number);
        int line = line_of_word(source, symbol);
        if (!line) continue;
        text_format(&hints, "%s is used in cell [%d] line %d\n", symbol, number, line);
        excerpt_add(&hints, source, line, 0, NULL);
    }
    outcome_fail(outcome, "LinkError", missing_sentence(text_c(&names), count, first_library));
    outcome_trace(outcome, text_c(&hints));
    text_free(&names);
    text_free(&hints);
}

/* ---- the whole ---- */

static void add_place_and_trace(const struct sighting *sighting, struct cell_outcome *outcome) {
    if (sighting->first_place && !strstr(outcome->evalue, "line ")) {
        char *with_place = must_format("%s (%s)", outcome->evalue, sighting->first_place);
        free(outcome->evalue);
        outcome->evalue = with_place;
    }
    outcome_trace(outcome, text_c(&sighting->trace));
    if (sighting->sites) outcome_trace(outcome, sighting->sites);
}

static void report_stopped(const struct session *session, const struct run_result *result, struct sighting *sighting,
                           struct cell_outcome *outcome) {
    if (result->record.kind) sighting_look(sighting, &result->record, 0);
    char *place = sighting->first_place ? must_format(" at %s", sighting->first_place) : must_copy("");
    if (result->timed_out)
        outcome_fail(outcome, "TimeLimit",
                     must_format("the cell took longer than its limit of %g s and was stopped%s; everything is as it "
                                 "was before the cell: raise it with %%config time_limit",
                                 (double)session->options.limits.time / 1000, place));
    else if (result->end == RUN_KILLED)
        outcome_fail(outcome, "KeyboardInterrupt",
                     must_copy("the cell was interrupted; it did not stop by itself, so everything is as it was before "
                               "the cell"));
    else
        outcome_fail(outcome, "KeyboardInterrupt",
                     must_format("the cell was interrupted%s; what it did up to then stays", place));
    outcome_trace(outcome, text_c(&sighting->trace));
    free(place);
}

/* The process ended without a word: killed from outside, stopped, or become another program. */
static void report_death(const struct run_result *result, struct cell_outcome *outcome) {
    if (WIFEXITED(result->status)) {
        const char *words = result->program ? "the program ended with status %d"
                                            : "the cell's process ended with status %d, and not at the end of the "
                                              "cell: did it call exec? Everything is as it was before the cell";
        outcome_fail(outcome, "Exit", must_format(words, WEXITSTATUS(result->status)));
        return;
    }
    bool stopped = WIFSTOPPED(result->status);
    char *signal = signal_words(stopped ? WSTOPSIG(result->status) : WTERMSIG(result->status));
    outcome_fail(outcome, "Signal",
                 must_format("the signal %s %s; everything is as it was before it", signal,
                             stopped ? "stopped the cell, and nobody could have let it go on" : "ended the cell"));
    free(signal);
}

void report_run(const struct session *session, const struct run_result *result, struct sighting *sighting, int number,
                struct cell_outcome *outcome) {
    const char *ename;
    char *sentence;
    switch (result->end) {
    case RUN_RETURNED:
    case RUN_EXITED:
        return;
    case RUN_MISSING:
        report_missing(session, &result->record, number, outcome);
        return;
    case RUN_INTERRUPTED:
    case RUN_KILLED:
        report_stopped(session, result, sighting, outcome);
        return;
    case RUN_REFUSED:
        sighting_look(sighting, &result->record, 0);
        outcome_fail(outcome, oto_record_get_text(&result->record, "ename", "OtoError"),
                     must_copy(oto_record_get_text(&result->record, "message", "the library refused")));
        add_place_and_trace(sighting, outcome);
        return;
    case RUN_FAULT:
        sentence = death_sentence(&result->record, sighting, &ename);
        outcome_fail(outcome, ename, sentence);
        add_place_and_trace(sighting, outcome);
        return;
    case RUN_DIED:
        report_death(result, outcome);
        return;
    case RUN_LOST:
        outcome_fail(
            outcome, "Signal",
            must_copy(
                "the process that held the session was killed: its names and values are gone, run the cells again"));
        return;
    }
}
