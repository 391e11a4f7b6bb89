/* %asm, %leaks and %help: looking at what is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/engine/beside.h"
#include "kernel/engine/editor.h"
#include "kernel/engine/magic_group.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/symbolize.h"

/* ---- %asm ---- */

static char *nearest_function(const struct names *names, const char *word) {
    struct nearest nearest = {.word = word};
    for (size_t i = 0; i < names->count; i++)
        if (names->list[i]->live && names->list[i]->kind == DEFINED_FUNCTION &&
            strncmp(names->list[i]->name, "oto_", 4))
            nearest_offer(&nearest, names->list[i]->name);
    return nearest.best ? must_format("; the nearest is %s", nearest.best) : must_copy("");
}

static bool refuse_function(struct cell_run *run, const struct magic_call *call, const struct definition *d) {
    if (!*call->rest) return magic_refuse(run, call, must_copy("%asm wants a function of the session, as in %asm f"));
    if (d) return magic_refuse(run, call, must_format("%s is no function that a cell defined", call->rest));
    char *near = nearest_function(&run->session->names, call->rest);
    bool result = magic_refuse(run, call, must_format("no function of the session is called '%s'%s", call->rest, near));
    free(near);
    return result;
}

/* objdump's listing of one symbol without its heads: "  1b: retq". A jump says its address alone, without the symbol.
 */
static char *clean_listing(const char *listing) {
    struct text out = {};
    const char *head = strstr(listing, ">:\n");
    for (const char *line = head ? head + 3 : ""; *line;) {
        size_t size = strcspn(line, "\n");
        const char *name = memmem(line, size, " <", 2);
        char *shown = must_copy_n(line, name && line[size - 1] == '>' ? (size_t)(name - line) : size);
        char *colon = strchr(shown, ':');
        const char *address = shown + strspn(shown, " ");
        if (colon) {
            const char *code = colon + 1 + strspn(colon + 1, " \t");
            for (char *c = colon; *c; c++)
                if (*c == '\t') *c = ' ';
            text_format(&out, "%6.*s: %s\n", (int)(colon - address), address, code);
        }
        free(shown);
        line += size + (line[size] == '\n');
    }
    return text_take(&out);
}

bool magic_asm(struct cell_run *run, const struct magic_call *call) {
    const struct definition *d = names_find_n(&run->session->names, 'o', call->rest, strlen(call->rest));
    if (!d || d->kind != DEFINED_FUNCTION) return refuse_function(run, call, d);
    const struct loaded_unit *unit = loaded_find(&run->session->units, d->unit);
    struct object object = {};
    if (!unit || !loaded_object(&run->session->units, unit, &object))
        return magic_refuse(run, call, must_format("%s is not loaded any more: run its cell again", d->name));
    int file = memfd_create("asm", MFD_CLOEXEC);
    char *path = must_format("/proc/%d/fd/%d", (int)getpid(), file);
    bool written = file >= 0 && write(file, object.bytes, object.size) == (ssize_t)object.size;
    int failed = errno;
    free(object.bytes);
    char *symbol = must_format("%s.new", d->name), *option = must_format("--disassemble-symbols=%s", symbol);
    char *arguments[] = {"llvm-objdump-19", "--no-show-raw-insn", option, path, NULL};
    struct text listing = {};
    int status = 0;
    bool ran = written && beside_run(run, arguments, &status, &listing), found = ran && strstr(text_c(&listing), "<");
    if (found) {
        char *body = clean_listing(text_c(&listing)), *all = must_format("%s:\n%s", d->name, body);
        magic_print(run, all);
        free(all);
        free(body);
    }
    if (file >= 0) close(file);
    free(symbol);
    free(option);
    free(path);
    text_free(&listing);
    if (!written) return magic_refuse(run, call, must_format("cannot write a file to look into: %s", strerror(failed)));
    return found || run->outcome->status != CELL_OK ||
           magic_refuse(run, call, must_copy("cannot disassemble: is the Debian package llvm-19 installed?"));
}

/* ---- %leaks ---- */

/* The innermost place in a cell among the lines "#0 0x55..." of one leak; *at is set behind them. */
static char *allocated_at(const struct session *session, const char **at) {
    char *found = NULL;
    for (;;) {
        const char *line = *at + strspn(*at, " \t");
        if (*line != '#') return found;
        const char *address = strstr(line, "0x");
        struct place place;
        if (address && !found && symbolize(session, strtoull(address, NULL, 16) - 1, NULL, &place)) {
            if (place.cell)
                found = must_format("cell [%d] line %d%s%s", place.cell, place.line, place.function ? " in " : "",
                                    place.function ? place.function : "");
            place_free(&place);
        }
        *at = line + strcspn(line, "\n");
        *at += **at == '\n';
    }
}

/* LeakSanitizer's report in a learner's words. */
static char *leaks_text(const struct session *session, const char *report) {
    static const char direct[] = "Direct leak of ", indirect[] = "Indirect leak of ";
    struct text out = {};
    long long total = 0;
    for (const char *at = report; *at;) {
        bool is_direct = !strncmp(at, direct, sizeof direct - 1),
             is_indirect = !strncmp(at, indirect, sizeof indirect - 1);
        const char *line = at;
        at += strcspn(at, "\n");
        at += *at == '\n';
        if (!is_direct && !is_indirect) continue;
        char *after;
        long long bytes = strtoll(line + (is_direct ? sizeof direct : sizeof indirect) - 1, &after, 10);
        const char *in = strstr(after, " in ");
        long long blocks = in ? strtoll(in + 4, NULL, 10) : 1;
        char *place = allocated_at(session, &at);
        text_format(&out, "%lld byte%s in %lld block%s%s%s%s\n", bytes, bytes == 1 ? "" : "s", blocks,
                    blocks == 1 ? "" : "s", place ? ", allocated in " : ", allocated by a library", place ? place : "",
                    is_indirect ? " (reachable only from other leaks)" : "");
        total += bytes;
        free(place);
    }
    if (!out.length) {
        if (!*report || strspn(report, " \n") == strlen(report))
            text_add(&out, "no leaks: everything that was allocated is still pointed to, or was freed\n");
        else
            text_format(&out, "%s\n", report); /* why it cannot be told */
    } else {
        text_format(&out, "%lld bytes leaked: nothing points to them any more, so nobody can free them\n", total);
    }
    return text_take(&out);
}

bool magic_leaks(struct cell_run *run, const struct magic_call *call) {
    char *report = process_leaks(run->session->process);
    if (!report) return magic_refuse(run, call, must_copy("the session's process does not answer"));
    char *text = leaks_text(run->session, report);
    magic_print(run, text);
    free(text);
    free(report);
    return true;
}

/* ---- %help ---- */

bool magic_help(struct cell_run *run, const struct magic_call *call) {
    const char *name = call->rest;
    if (!*name)
        return magic_refuse(
            run, call, must_copy("%help wants a name, as in %help oto_stft or %help printf; %magic lists the magics"));
    const char *bare = name + strspn(name, "%");
    const struct magic *magic = magic_find(bare, strlen(bare));
    char *text = bare == name ? editor_describe(run->session, name, 0) : NULL;
    if (text && magic) { /* a name with two meanings: time */
        char *both = must_format("%s\n\n", text), *other = magic_describe(magic);
        free(text);
        text = must_format("%s%s", both, other);
        free(both);
        free(other);
    }
    if (!text && magic) text = magic_describe(magic);
    if (!text) {
        const char *near = session_nearest(run->session, bare);
        magic_refuse(run, call,
                     near ? must_format("nothing is known about '%s'; the nearest name is %s", name, near)
                          : must_format("nothing is known about '%s'", name));
        return false;
    }
    magic_print(run, text);
    magic_print(run, "\n");
    free(text);
    return true;
}
