#include "kernel/engine/report.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "kernel/engine/advice.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/symbolize.h"
#include "kernel/engine/unit.h"

#define RED "\x1b[31m"
#define BOLD "\x1b[1m"
#define DIM "\x1b[2m"
#define PLAIN "\x1b[0m"

void outcome_trace(struct cell_outcome *outcome, const char *lines) {
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        outcome->traceback = must_grow(outcome->traceback, (outcome->traceback_count + 1) * sizeof *outcome->traceback);
        outcome->traceback[outcome->traceback_count++] = must_copy_n(lines, length);
        lines += length + (lines[length] == '\n');
    }
}

void outcome_fail(struct cell_outcome *outcome, const char *ename, char *evalue) {
    cell_outcome_free(outcome);
    outcome->status = CELL_ERROR;
    outcome->ename = must_copy(ename);
    outcome->evalue = evalue;
    char *head = must_format(RED BOLD "%s" PLAIN ": %s", ename, evalue);
    outcome_trace(outcome, head);
    free(head);
}

void cell_outcome_free(struct cell_outcome *outcome) {
    free(outcome->ename);
    free(outcome->evalue);
    for (size_t i = 0; i < outcome->traceback_count; i++) free(outcome->traceback[i]);
    free(outcome->traceback);
    *outcome = (struct cell_outcome){};
}

/* ---- source lines ---- */

/* Line `line` (from 1) of a text; its length, 0 when there is no such line. */
static const char *line_of(const char *source, int line, size_t *length) {
    for (; source && line > 1; line--) {
        source = strchr(source, '\n');
        if (source) source++;
    }
    *length = source ? strcspn(source, "\n") : 0;
    return source;
}

/* "   2 | int b = 2" and, when column > 0, a caret line with what to insert there. */
static void add_source_line(struct text *out, const char *source, int line, int column, const struct fix *fix) {
    size_t length;
    const char *at = line_of(source, line, &length);
    if (!at) return;
    if (length > 400) length = 400;
    text_format(out, "%6d | %.*s\n", line, (int)length, at);
    if (column <= 0 || (size_t)column > length + 1) return;
    text_add(out, DIM "       | " PLAIN);
    for (int i = 0; i < column - 1; i++) {
        if ((at[i] & 0xc0) != 0x80) text_add_n(out, at[i] == '\t' ? "\t" : " ", 1);
    }
    text_add(out, RED "^" PLAIN);
    if (fix && *fix->replacement && fix->column == fix->end_column)
        text_format(out, " put %s here", fix->replacement);
    else if (fix && *fix->replacement)
        text_format(out, " write %s", fix->replacement);
    text_add(out, "\n");
}

/* The cell that a diagnostic's file names: the present one, an earlier one, or 0. */
static int cell_of(const struct diagnostic *d, int number) {
    if (!strcmp(d->file, UNIT_FILE) || !strcmp(d->file, "cell.c")) return number;
    if (!strncmp(d->file, UNIT_FILE ":", sizeof UNIT_FILE)) return (int)strtol(d->file + sizeof UNIT_FILE, NULL, 10);
    return 0;
}

static void add_place(struct text *out, const struct diagnostic *d, int number) {
    int cell = cell_of(d, number);
    const char *base = strrchr(d->file, '/');
    if (cell)
        text_format(out, "cell [%d] line %d", cell, d->line);
    else
        text_format(out, "%s line %d", base ? base + 1 : d->file, d->line);
}

/* The name in quotes of "use of undeclared identifier 'x'" and the like, malloc'd, or NULL. */
static char *unknown_name(const char *message) {
    static const char *const heads[] = {"use of undeclared identifier '", "call to undeclared function '",
                                        "unknown type name '", "call to undeclared library function '"};
    if (strstr(message, "did you mean")) return NULL;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t length = strlen(heads[i]);
        if (!strncmp(message, heads[i], length)) return must_copy_n(message + length, strcspn(message + length, "'"));
    }
    return NULL;
}

/* The known name next to an unknown one: the session's, then the prelude's headers'. */
static const char *nearest_name(const struct session *session, const char *name) {
    struct nearest nearest = {.word = name};
    const struct names *sets[] = {&session->names, &session->headers};
    for (int set = 0; set < 2; set++)
        for (size_t i = 0; i < sets[set]->table_size; i++) {
            const struct key *key = &sets[set]->table[i];
            if (key->text && key->definition && strncmp(key->text + 2, "__", 2)) nearest_offer(&nearest, key->text + 2);
        }
    return nearest.best;
}

static void add_diagnostic(struct text *out, const struct session *session, const struct diagnostic *d, int number) {
    char *reworded = advice_reworded(d->message);
    const char *message = reworded ? reworded : d->message;
    bool error = d->severity == SEVERITY_ERROR;
    add_place(out, d, number);
    text_format(out, ": %s%s" PLAIN ": %s\n", error ? RED BOLD : BOLD, error ? "error" : "warning", message);
    int cell = cell_of(d, number);
    if (cell)
        add_source_line(out, session_cell_source(session, cell), d->line, d->column, d->fix_count ? d->fixes : NULL);
    const char *advice = advice_for(d->message, d->option);
    char *unknown = unknown_name(d->message);
    const char *near = unknown ? nearest_name(session, unknown) : NULL;
    if (near && (!advice || !strstr(advice, "C ")))
        text_format(out, "         Did you mean %s?\n", near);
    else if (advice)
        text_format(out, "         %s\n", advice);
    free(unknown);
    for (size_t i = 0; i < d->note_count; i++) {
        const struct diagnostic *note = &d->notes[i];
        if (!cell_of(note, number)) continue;
        text_add(out, "         ");
        add_place(out, note, number);
        text_format(out, ": %s\n", note->message);
    }
    free(reworded);
}

void report_compile_error(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number,
                          struct cell_outcome *outcome) {
    const struct diagnostic *first = NULL;
    struct text trace = {};
    int shown = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        const struct diagnostic *d = &diagnostics[i];
        if (d->severity != SEVERITY_ERROR) continue;
        if (strstr(d->message, "too many errors emitted")) continue;
        all++;
        if (!first) first = d;
        if (shown < 20) add_diagnostic(&trace, session, d, number), shown++;
    }
    if (all > shown) text_format(&trace, "(and %d more)\n", all - shown);
    char *evalue = must_copy("the cell does not compile");
    if (first) {
        char *reworded = advice_reworded(first->message);
        int cell = cell_of(first, number);
        free(evalue);
        evalue = cell && cell != number ? must_format("cell [%d] line %d: %s", cell, first->line, first->message)
                                        : must_format("line %d: %s", first->line, reworded ? reworded : first->message);
        free(reworded);
    }
    outcome_fail(outcome, "CompileError", evalue);
    outcome_trace(outcome, text_c(&trace));
    text_free(&trace);
}

void report_refusal(const struct session *session, int number, int line, char *message, const char *hint,
                    struct cell_outcome *outcome) {
    struct text trace = {};
    text_format(&trace, "cell [%d] line %d: " RED BOLD "error" PLAIN ": %s\n", number, line, message);
    add_source_line(&trace, session_cell_source(session, number), line, 0, NULL);
    if (hint) text_format(&trace, "         %s\n", hint);
    outcome_fail(outcome, "CompileError", must_format("line %d: %s", line, message));
    outcome_trace(outcome, text_c(&trace));
    text_free(&trace);
    free(message);
}

char *report_warnings(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number) {
    struct text out = {};
    for (size_t i = 0; i < count; i++)
        if (diagnostics[i].severity == SEVERITY_WARNING && !diagnostics[i].in_system_header)
            add_diagnostic(&out, session, &diagnostics[i], number);
    while (out.length && out.data[out.length - 1] == '\n') out.data[--out.length] = '\0';
    return out.length ? text_take(&out) : NULL;
}

/* ---- a dying cell ---- */

struct frame {
    uint64_t address, pointer;
};

static void add_frame(struct sighting *s, const struct place *place, struct text *out) {
    if (!place->cell) return;
    text_format(out, "cell [%d] line %d%s%s\n", place->cell, place->line, place->function ? " in " : "",
                place->function ? place->function : "");
    add_source_line(out, session_cell_source(s->session, place->cell), place->line, 0, NULL);
    if (place->locals) text_format(out, DIM "         %s" PLAIN "\n", place->locals);
}

static char *place_words(const struct place *place, int number) {
    struct text out = {};
    if (place->cell != number) text_format(&out, "cell [%d] ", place->cell);
    text_format(&out, "line %d", place->line);
    if (place->function) text_format(&out, " in %s", place->function);
    return text_take(&out);
}

/* "cell [2] line 1" of the first address of a stack that lies in a cell, or NULL. */
static char *site_of(const struct session *session, const struct oto_record *fault, const char *field) {
    size_t size;
    const uint64_t *addresses = oto_record_get_bytes(fault, field, &size);
    for (size_t i = 0; addresses && i < size / 8; i++) {
        uint64_t address;
        struct place place;
        memcpy(&address, addresses + i, 8);
        if (!symbolize(session, address - 1, 0, 0, &place)) continue;
        char *site = place.cell ? must_format("cell [%d] line %d%s%s", place.cell, place.line,
                                              place.function ? " in " : "", place.function ? place.function : "")
                                : NULL;
        place_free(&place);
        if (site) return site;
    }
    return NULL;
}

/* Frames of the cell, innermost last; a run of the same function is folded. */
static void add_frames(struct sighting *s, const struct frame *frames, size_t count, pid_t pid) {
    struct text *blocks = must_allocate((count + 1) * sizeof *blocks);
    size_t block_count = 0;
    char *previous = NULL;
    int repeats = 0;
    for (size_t i = 0; i < count; i++) {
        struct place place;
        uint64_t address = i ? frames[i].address - 1 : frames[i].address; /* a return address lies behind its call */
        if (!symbolize(s->session, address, frames[i].pointer, pid, &place)) continue;
        if (place.cell) {
            if (!s->first_place) s->first_place = place_words(&place, s->number);
            char *identity = must_format("%d:%d:%s", place.cell, place.line, place.function ? place.function : "");
            if (previous && !strcmp(previous, identity)) {
                repeats++;
                if (place.function && !s->folded && repeats > 8) s->folded = must_copy(place.function);
            } else {
                if (repeats)
                    text_format(&blocks[block_count++], DIM "         (the frame below repeats, %d more)" PLAIN "\n",
                                repeats);
                repeats = 0;
                add_frame(s, &place, &blocks[block_count++]);
            }
            free(previous);
            previous = identity;
        }
        place_free(&place);
        if (block_count >= count) break;
    }
    if (repeats && block_count < count + 1)
        text_format(&blocks[block_count++], DIM "         (the frame below repeats, %d more)" PLAIN "\n", repeats);
    while (block_count-- > 0) {
        text_add(&s->trace, text_c(&blocks[block_count]));
        text_free(&blocks[block_count]);
    }
    free(blocks);
    free(previous);
}

void sighting_look(void *context, const struct oto_record *fault, pid_t pid) {
    struct sighting *s = context;
    size_t size;
    const unsigned char *bytes = oto_record_get_bytes(fault, "frames", &size);
    size_t count = bytes ? size / sizeof(struct frame) : 0;
    if (count > 256) count = 256;
    struct frame *frames = must_allocate(count * sizeof *frames);
    if (count) memcpy(frames, bytes, count * sizeof *frames);
    sighting_free(s);
    add_frames(s, frames, count, pid);
    free(frames);
    char *allocated = site_of(s->session, fault, "allocated"), *freed = site_of(s->session, fault, "freed");
    struct text sites = {};
    if (allocated) text_format(&sites, "the block was allocated at %s\n", allocated);
    if (freed) text_format(&sites, "and freed at %s\n", freed);
    if (sites.length) s->sites = text_take(&sites);
    free(allocated);
    free(freed);
}

void sighting_free(struct sighting *s) {
    text_free(&s->trace);
    free(s->first_place);
    free(s->folded);
    free(s->sites);
    s->first_place = s->folded = s->sites = NULL;
}

/* ---- names and sentences ---- */

struct kind_row {
    const char *kind, *ename, *sentence;
};

static const struct kind_row sanitizer_rows[] = {
    {"heap-buffer-overflow", "HeapBufferOverflow", "outside a block from malloc"},
    {"stack-buffer-overflow", "StackBufferOverflow", "outside a local variable"},
    {"stack-buffer-underflow", "StackBufferOverflow", "before a local variable"},
    {"dynamic-stack-buffer-overflow", "StackBufferOverflow", "outside a local array"},
    {"global-buffer-overflow", "GlobalBufferOverflow", "outside a variable of the session"},
    {"heap-use-after-free", "UseAfterFree", "in a block that was freed"},
    {"stack-use-after-return", "UseAfterReturn", "of a local variable whose function has returned"},
    {"stack-use-after-scope", "UseAfterScope", "of a local variable whose block has ended"},
    {"double-free", "DoubleFree", NULL},
    {"attempting double-free", "DoubleFree", NULL},
    {"bad-free", "InvalidFree", NULL},
    {"attempting free", "InvalidFree", NULL},
    {"alloc-dealloc-mismatch", "InvalidFree", NULL},
    {"bad-malloc_usable_size", "InvalidFree", NULL},
    {"memcpy-param-overlap", "MemoryOverlap", NULL},
    {"strcpy-param-overlap", "MemoryOverlap", NULL},
    {"strcat-param-overlap", "MemoryOverlap", NULL},
    {"strncpy-param-overlap", "MemoryOverlap", NULL},
    {"param-overlap", "MemoryOverlap", NULL},
    {"negative-size-param", "UndefinedBehavior", NULL},
    {"stack-overflow", "StackOverflow", NULL},
    {"use-after-poison", "UseAfterFree", "in memory that may not be used"},
    {"intra-object-overflow", "StackBufferOverflow", "outside a member of a struct"},
    {"unknown-crash", "SegmentationFault", "of memory that may not be used"},
    {"wild-", "SegmentationFault", "of memory that was never allocated"}};

static char *asan_sentence(const struct oto_record *fault, const struct kind_row *row, const char *kind) {
    const char *access = oto_record_get_text(fault, "access", "access");
    const char *where = oto_record_get_text(fault, "description", "");
    long long size = oto_record_get_integer(fault, "size", 0);
    if (!row) return must_format("%s: %s", kind, where);
    if (!strcmp(row->ename, "DoubleFree"))
        return must_copy("the block was freed already: free each block once, and set the pointer to NULL");
    if (!strcmp(row->ename, "InvalidFree"))
        return must_copy(
            "free was given something that malloc did not return: free only what malloc, calloc or realloc gave");
    if (!strcmp(row->ename, "MemoryOverlap")) return must_copy("source and destination overlap: use memmove");
    if (!strcmp(row->ename, "StackOverflow")) return must_copy("the stack ran out");
    if (!strcmp(kind, "negative-size-param")) return must_copy("a negative size was given to a memory function");
    return must_format("%s of %lld byte%s %s%s%s", access, size, size == 1 ? "" : "s",
                       row->sentence ? row->sentence : "", *where ? ": " : "", where);
}

static void report_asan(const struct oto_record *fault, struct cell_outcome *outcome) {
    const char *kind = oto_record_get_text(fault, "kind", "");
    const struct kind_row *row = NULL;
    for (size_t i = 0; i < sizeof sanitizer_rows / sizeof *sanitizer_rows && !row; i++)
        if (strstr(kind, sanitizer_rows[i].kind)) row = &sanitizer_rows[i];
    outcome_fail(outcome, row ? row->ename : "SegmentationFault", asan_sentence(fault, row, kind));
}

static const char *undefined_advice(const char *text) {
    static const struct advice_row {
        const char *part, *advice;
    } rows[] = {{"division by zero", "test the divisor first"},
                {"signed integer overflow", "use a wider type, or test before"},
                {"null pointer", "the pointer is NULL: give it an address first"},
                {"out of bounds", "the last element of an array of n has the index n - 1"},
                {"shift", "shift by 0 up to the number of bits less one, and shift unsigned numbers"},
                {"misaligned", "the address does not fit the type"},
                {"outside the range of representable values", "the value does not fit the integer type: clip it first"},
                {"variable length array", "an array needs a positive length"},
                {"unreachable", "the function ended without a value"},
                {"without returning", "give a value back with return"},
                {"not a valid value for type", "the variable was never given a valid value"},
                {"negation", "the result does not fit the type"},
                {"pointer", "the pointer arithmetic leaves the object"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(text, rows[i].part)) return rows[i].advice;
    return NULL;
}

static void report_undefined(const struct oto_record *fault, struct cell_outcome *outcome) {
    char *message = advice_plain_types(must_copy(oto_record_get_text(fault, "message", "")));
    const char *advice = undefined_advice(message);
    const char *said = *message ? message : oto_record_get_text(fault, "kind", "undefined behaviour");
    outcome_fail(outcome, "UndefinedBehavior", advice ? must_format("%s: %s", said, advice) : must_copy(said));
    free(message);
}

static void report_segmentation(const struct oto_record *fault, const struct sighting *sighting,
                                struct cell_outcome *outcome) {
    const char *access = oto_record_get_text(fault, "access", "unknown");
    const char *region = oto_record_get_text(fault, "region", "unknown");
    const char *verb = !strcmp(access, "write")     ? "written to"
                       : !strcmp(access, "read")    ? "read"
                       : !strcmp(access, "execute") ? "called"
                                                    : "used";
    unsigned long long address = (unsigned long long)oto_record_get_integer(fault, "address", 0);
    if (!strcmp(region, "guard")) {
        outcome_fail(
            outcome, "StackOverflow",
            sighting->folded
                ? must_format("the stack ran out: %s calls itself without end; a recursion needs a case that stops it",
                              sighting->folded)
                : must_copy("the stack ran out: too deep a recursion, or too large local arrays"));
    } else if (!strcmp(region, "null")) {
        outcome_fail(
            outcome, "SegmentationFault",
            must_format("a null pointer was %s (address %#llx): give the pointer an address first", verb, address));
    } else if (!strcmp(region, "literal")) {
        outcome_fail(outcome, "SegmentationFault",
                     must_copy("a string literal or a constant was written to, and it is read-only: copy it into an "
                               "array first, as in char s[] = \"text\";"));
    } else if (!strcmp(region, "code")) {
        outcome_fail(
            outcome, "SegmentationFault",
            must_format("program code was %s at %#llx: is a function's name used as a pointer?", verb, address));
    } else {
        outcome_fail(outcome, "SegmentationFault",
                     must_format("memory that does not belong to the program was %s, address %#llx: is the pointer "
                                 "uninitialised, freed, or moved too far?",
                                 verb, address));
    }
}

static const char *signal_name(int number) {
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},   {SIGILL, "SIGILL"},
                 {SIGBUS, "SIGBUS"},   {SIGTRAP, "SIGTRAP"}, {SIGSEGV, "SIGSEGV"}, {SIGFPE, "SIGFPE"},
                 {SIGABRT, "SIGABRT"}, {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGHUP, "SIGHUP"},
                 {SIGQUIT, "SIGQUIT"}, {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGSYS, "SIGSYS"},
                 {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number) return names[i].name;
    return "a signal";
}

static void report_signal(const struct oto_record *fault, const struct sighting *sighting,
                          struct cell_outcome *outcome) {
    int number = (int)oto_record_get_integer(fault, "signal", 0);
    if (number == SIGSEGV || number == SIGBUS)
        report_segmentation(fault, sighting, outcome);
    else if (number == SIGFPE)
        outcome_fail(outcome, "FloatingPointError",
                     must_copy("an integer was divided by zero, or the quotient does not fit"));
    else if (number == SIGABRT)
        outcome_fail(outcome, "Abort", must_copy("abort() was called"));
    else
        outcome_fail(outcome, "Signal", must_format("%s (%d) ended the cell", signal_name(number), number));
}

static char *bytes_words(long long bytes) {
    return bytes >= 1 << 20 ? must_format("%.0f MB", (double)bytes / (1 << 20)) : must_format("%lld bytes", bytes);
}

static void report_fault(const struct run_result *result, const struct sighting *sighting,
                         struct cell_outcome *outcome) {
    const struct oto_record *fault = &result->record;
    const char *what = oto_record_get_text(fault, "what", "");
    if (!strcmp(what, "asan"))
        report_asan(fault, outcome);
    else if (!strcmp(what, "undefined") && sighting->fast)
        outcome_fail(outcome, "FloatingPointError",
                     must_copy("an integer was divided by zero, or the quotient does not fit: test the divisor first"));
    else if (!strcmp(what, "undefined"))
        report_undefined(fault, outcome);
    else if (!strcmp(what, "abort")) {
        const char *message = oto_record_get_text(fault, "message", "");
        outcome_fail(outcome, "Abort", *message ? must_copy(message) : must_copy("abort() was called"));
    } else if (!strcmp(what, "exit")) {
        outcome_fail(
            outcome, "Exit",
            must_format("the program ended with status %lld", (long long)oto_record_get_integer(fault, "code", 0)));
    } else if (!strcmp(what, "memory")) {
        char *limit = bytes_words(oto_record_get_integer(fault, "limit", 0)),
             *used = bytes_words(oto_record_get_integer(fault, "used", 0));
        outcome_fail(outcome, "MemoryLimit",
                     must_format("the cell wanted more memory than its limit of %s (%s in use): free what is no longer "
                                 "needed, or raise it with %%config memory_limit",
                                 limit, used));
        free(limit);
        free(used);
    } else {
        report_signal(fault, sighting, outcome);
    }
}

static void report_missing(const struct session *session, const struct oto_record *missing, int number,
                           struct cell_outcome *outcome) {
    struct text names = {}, hints = {};
    const char *problem = oto_record_get_text(missing, "problem", NULL);
    if (problem) {
        outcome_fail(outcome, "LinkError", must_format("the cell cannot be loaded: %s", problem));
        return;
    }
    for (size_t i = 0; i < missing->count; i++) {
        if (missing->fields[i].type != 's' || strcmp(missing->fields[i].name, "symbol")) continue;
        const char *symbol = missing->fields[i].data;
        text_format(&names, "%s%s", names.length ? ", " : "", symbol);
        const char *library = advice_library(symbol);
        if (library)
            text_format(&hints, "%s is in a library: begin the cell with the line //%%ldflags: %s\n", symbol, library);
        const char *source = session_cell_source(session, number);
        int line = 1;
        for (const char *at = source; at && *at; at++) {
            if (*at == '\n') line++;
            if (!strncmp(at, symbol, strlen(symbol))) {
                text_format(&hints, "used in cell [%d] line %d\n", number, line);
                add_source_line(&hints, source, line, 0, NULL);
                break;
            }
        }
    }
    outcome_fail(
        outcome, "LinkError",
        must_format("%s is declared but defined nowhere: define it, or name the library it is in", text_c(&names)));
    outcome_trace(outcome, text_c(&hints));
    text_free(&names);
    text_free(&hints);
}

void report_run(const struct session *session, const struct run_result *result, struct sighting *sighting, int number,
                struct cell_outcome *outcome) {
    switch (result->end) {
    case RUN_RETURNED:
    case RUN_EXITED:
        return;
    case RUN_MISSING:
        report_missing(session, &result->record, number, outcome);
        return;
    case RUN_INTERRUPTED:
    case RUN_KILLED: {
        bool killed = result->end == RUN_KILLED;
        const char *rolled_back = killed ? "; it did not stop by itself, so everything is as it was before the cell"
                                         : "; what it did up to then stays";
        if (result->timed_out)
            outcome_fail(
                outcome, "TimeLimit",
                must_format("the cell took longer than its limit of %g s%s", session->time_limit, rolled_back));
        else
            outcome_fail(outcome, "KeyboardInterrupt", must_format("the cell was interrupted%s", rolled_back));
        return;
    }
    case RUN_REFUSED: {
        const char *message = oto_record_get_text(&result->record, "message", "the library refused");
        sighting_look(sighting, &result->record, 0);
        outcome_fail(outcome, oto_record_get_text(&result->record, "ename", "OtoError"), must_copy(message));
        break;
    }
    case RUN_FAULT:
        report_fault(result, sighting, outcome);
        break;
    case RUN_DIED:
        if (WIFSIGNALED(result->status)) {
            int signal = WTERMSIG(result->status);
            outcome_fail(
                outcome, "Signal",
                must_format("%s (%d) ended the cell; everything is as it was before it", signal_name(signal), signal));
        } else {
            outcome_fail(outcome, "Exit", must_format("the program ended with status %d", WEXITSTATUS(result->status)));
        }
        return;
    case RUN_LOST:
        outcome_fail(
            outcome, "Signal",
            must_copy(
                "the process that held the session was killed: its names and values are gone, run the cells again"));
        return;
    }
    if (sighting->first_place && outcome->evalue && !strstr(outcome->evalue, "line ")) {
        char *with_place = must_format("%s (%s)", outcome->evalue, sighting->first_place);
        free(outcome->evalue);
        outcome->evalue = with_place;
    }
    outcome_trace(outcome, text_c(&sighting->trace));
    if (sighting->sites) outcome_trace(outcome, sighting->sites);
}
