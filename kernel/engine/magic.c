#include "kernel/engine/magic.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/magic_group.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/report.h"

static bool magic_magic(struct cell_run *run, const struct magic_call *call);

static const struct magic table[] = {
    {"time", "STATEMENT", "how long a statement takes; alone on its line, or as %%time: the rest of the cell",
     ARGUMENT_CODE, true, true, magic_time},
    {"timeit", "[-n LOOPS] [-r RUNS] STATEMENT",
     "how long a statement takes on average, over many loops and 7 runs; %%timeit SETUP: the rest of the cell",
     ARGUMENT_CODE, true, true, magic_timeit},
    {"who", "[KIND]", "the names that the session defined: all, or those of a kind or type", ARGUMENT_NONE, false, true,
     magic_who},
    {"whos", "[KIND]", "the same as a table: name, kind, type, value or signature, bytes, cell", ARGUMENT_NONE, false,
     true, magic_whos},
    {"reset", "", "forgets all names and values", ARGUMENT_NONE, false, true, magic_reset},
    {"undo", "", "back to before the last cell, once", ARGUMENT_NONE, false, true, magic_undo},
    {"fast", "[STATEMENT]", "compiles this cell for speed (-O3 -march=native), without checks", ARGUMENT_CODE, true,
     true, magic_fast},
    {"config", "[SETTING [VALUE]]",
     "shows or changes settings: mode, and limits of memory, time, output, processes and files", ARGUMENT_SETTING,
     false, true, magic_config},
    {"cflags", "[FLAG ...]",
     "shows the compiler's extra flags, or sets them for the cells that follow; none: takes them off", ARGUMENT_FLAGS,
     false, true, magic_cflags},
    {"ldflags", "[-lNAME ...]",
     "shows the extra libraries, or sets them for the cells that follow; none: takes them off", ARGUMENT_FLAGS, false,
     true, magic_ldflags},
    {"asm", "FUNCTION", "the machine code of a function of the session", ARGUMENT_FUNCTION, false, true, magic_asm},
    {"leaks", "", "memory that nothing points to any more, and where it was allocated", ARGUMENT_NONE, false, true,
     magic_leaks},
    {"help", "NAME", "what is known about a name of the session, the library, C or a magic", ARGUMENT_NAME, false, true,
     magic_help},
    {"load", "FILE", "runs a file of C as if it stood here", ARGUMENT_FILE, false, true, magic_load},
    {"writefile", "[-a] FILE", "writes the rest of the cell to a file; -a: at its end", ARGUMENT_FILE, true, false,
     magic_writefile},
    {"cd", "[FOLDER]", "changes the working folder: to the home folder, or with - to the one before", ARGUMENT_FILE,
     false, true, magic_cd},
    {"ls", "[FOLDER]", "lists a folder", ARGUMENT_FILE, false, true, magic_ls},
    {"magic", "", "this list", ARGUMENT_NONE, false, true, magic_magic},
};

enum { MAGICS = sizeof table / sizeof *table };

const struct magic *magic_at(size_t index) {
    return index < MAGICS ? &table[index] : NULL;
}

const struct magic *magic_find(const char *name, size_t length) {
    for (size_t i = 0; i < MAGICS; i++)
        if (strlen(table[i].name) == length && !memcmp(table[i].name, name, length)) return &table[i];
    return NULL;
}

static char *usage_of(const struct magic *magic) {
    return must_format("%s%s%s%s", magic->line ? "%" : "%%", magic->name, *magic->usage ? " " : "", magic->usage);
}

char *magic_describe(const struct magic *magic) {
    char *usage = usage_of(magic), *text = must_format("%s\n%s", usage, magic->help);
    free(usage);
    return text;
}

void magic_print(struct cell_run *run, const char *text) {
    if (run->host && run->host->stream && *text) run->host->stream(run->host->context, 1, text, strlen(text));
}

bool magic_refuse(struct cell_run *run, const struct magic_call *call, char *message) {
    outcome_fail(run->outcome, "MagicError", must_format("line %d: %s", call->line, message));
    free(message);
    return false;
}

static bool magic_magic(struct cell_run *run, const struct magic_call *call) {
    struct text out = {};
    for (int i = 0; i < MAGICS; i++) {
        char *usage = usage_of(&table[i]);
        text_format(&out, "%-38s %s\n", usage, table[i].help);
        free(usage);
    }
    text_format(&out, "%-38s %s\n", "!COMMAND", "runs a command of the shell");
    magic_print(run, text_c(&out));
    text_free(&out);
    return true;
}

/* ---- one line ---- */

/* The name with the % it wants: %who, %%writefile. */
static const char *percents(const struct magic *magic) {
    return magic->line ? "%" : "%%";
}

static bool refuse_unknown(struct cell_run *run, const struct magic_call *call, const char *percent, const char *name) {
    const struct magic *same = magic_find(name, strlen(name)), *near = same;
    if (!same) {
        struct nearest nearest = {.word = name};
        for (int i = 0; i < MAGICS; i++) nearest_offer(&nearest, table[i].name);
        if (nearest.best) near = magic_find(nearest.best, strlen(nearest.best));
    }
    return magic_refuse(run, call,
                        near ? must_format("there is no magic %s%s; the nearest is %s%s, and %%magic lists all",
                                           percent, name, percents(near), near->name)
                             : must_format("there is no magic %s%s; %%magic lists all", percent, name));
}

static size_t trimmed(const char *text, size_t length) {
    while (length && isspace((unsigned char)text[length - 1])) length--;
    return length;
}

static bool only_blank(const char *text) {
    return !text[strspn(text, " \t\r\n\f\v")];
}

/* A magic that times code, alone on its line, times all that follows. */
static bool takes_the_rest(const struct magic *magic, const char *rest, const char *after) {
    bool timing = magic->run == magic_time || magic->run == magic_timeit;
    /* options alone leave the statement to the lines below as well */
    while (timing && *rest == '-' && (rest[1] == 'n' || rest[1] == 'r')) {
        rest += 2 + strspn(rest + 2, " ");
        rest += strspn(rest, "0123456789 ");
    }
    return timing && !*rest && !only_blank(after);
}

bool magic_run_line(struct cell_run *run, const char *source, size_t length, size_t at, size_t *end) {
    const char *stop = memchr(source + at, '\n', length - at);
    size_t line_end = stop ? (size_t)(stop - source) : length;
    size_t line_start = at;
    while (line_start && source[line_start - 1] != '\n') line_start--;
    *end = stop ? line_end + 1 : length;
    struct magic_call call = {.line = 1};
    for (size_t i = 0; i < at; i++) call.line += source[i] == '\n';

    bool command = source[at] == '!', whole = source[at + 1] == '%' && !command;
    size_t name = at + 1 + whole, name_end = name;
    while (!command && name_end < line_end && !isspace((unsigned char)source[name_end])) name_end++;
    size_t rest = name_end;
    while (rest < line_end && isspace((unsigned char)source[rest])) rest++;
    call.column = (int)(rest - line_start);
    char *text = must_copy_n(source + rest, trimmed(source + rest, line_end - rest));
    call.rest = text;
    const struct magic *magic = command ? NULL : magic_find(source + name, name_end - name);
    bool ok;
    if (command) {
        ok = magic_shell(run, &call);
    } else if (!magic || !(whole ? magic->whole_cell : magic->line)) {
        char *given = must_copy_n(source + name, name_end - name);
        ok = refuse_unknown(run, &call, whole ? "%%" : "%", given);
        free(given);
    } else {
        /* %%fast speaks of the cell, and what follows is C as ever */
        bool takes_body = (whole && magic->run != magic_fast) || takes_the_rest(magic, text, source + *end);
        if (takes_body) call.body = source + *end, *end = length;
        ok = magic->run(run, &call);
    }
    free(text);
    return ok;
}

bool magic_check_line(struct cell_run *run, const char *source, size_t length, size_t at, size_t *end) {
    size_t name = at + strspn(source + at, "%"), name_end = name + strcspn(source + name, " \t\r\n");
    const struct magic *magic = name > at ? magic_find(source + name, name_end - name) : NULL;
    if (magic && magic->argument == ARGUMENT_CODE) return magic_run_line(run, source, length, at, end);
    bool takes_back = magic && (magic->run == magic_reset || magic->run == magic_undo);
    bool shows = magic && magic->line && !takes_back &&
                 (magic->argument == ARGUMENT_NONE || magic->argument == ARGUMENT_NAME ||
                  magic->argument == ARGUMENT_FUNCTION || magic->run == magic_ls);
    const char *stop = memchr(source + at, '\n', length - at);
    *end = shows && stop ? (size_t)(stop - source) + 1 : length;
    return true;
}
