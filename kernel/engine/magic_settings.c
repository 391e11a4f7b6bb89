/* %config, %cflags and %ldflags. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel/engine/magic_group.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/settings.h"

/* ---- %config ---- */

static const struct {
    const char *suffix;
    double factor;
} size_units[] = {{"", 1},        {"B", 1},        {"K", 1024},    {"KB", 1024},
                  {"M", 1 << 20}, {"MB", 1 << 20}, {"G", 1 << 30}, {"GB", 1 << 30}};

/* "512M" -> bytes; negative when it is no size. */
static long long parse_size(const char *text) {
    char *end;
    double number = strtod(text, &end);
    while (isspace((unsigned char)*end)) end++;
    for (size_t i = 0; i < sizeof size_units / sizeof *size_units; i++) {
        bool unit = end != text && !strcasecmp(end, size_units[i].suffix);
        if (unit && number >= 0 && number * size_units[i].factor < 0x1p62)
            return (long long)(number * size_units[i].factor);
    }
    return -1;
}

/* 1073741824 -> "1G", in the largest unit that divides it. */
static char *size_text(long long bytes) {
    static const char units[] = {'G', 'M', 'K'};
    for (int i = 0; i < 3; i++) {
        long long unit = 1LL << 10 * (3 - i);
        if (bytes && bytes % unit == 0) return must_format("%lld%c", bytes / unit, units[i]);
    }
    return must_format("%lld", bytes);
}

static char *show_mode(const struct session *session) {
    return must_copy(session->mode == MODE_FAST ? "fast" : "checked");
}
static char *show_memory(const struct session *session) {
    return size_text(session->options.memory_limit);
}
static char *show_time(const struct session *session) {
    return session->time_limit ? must_format("%g s", session->time_limit) : must_copy("none");
}
static char *show_output(const struct session *session) {
    return session->output_limit ? size_text((long long)session->output_limit) : must_copy("none");
}

/* Each sets its setting and returns NULL, or says what is wrong. */
static char *set_mode(struct cell_run *run, const char *value) {
    bool fast = !strcmp(value, "fast");
    if (!fast && strcmp(value, "checked")) return must_format("mode is checked or fast, not '%s'", value);
    run->session->mode = run->mode = fast ? MODE_FAST : MODE_CHECKED;
    return NULL;
}

static char *set_memory(struct cell_run *run, const char *value) {
    long long bytes = parse_size(value);
    if (bytes < 16 << 20)
        return must_format("memory_limit wants a size from 16M up, as in 512M or 2G, not '%s'", value);
    run->session->options.memory_limit = bytes;
    process_limit_memory(run->session->process, bytes);
    return NULL;
}

static char *set_time(struct cell_run *run, const char *value) {
    char *end;
    double seconds = strtod(value, &end);
    while (isspace((unsigned char)*end)) end++;
    bool none = !strcmp(value, "none"), unit = !*end || !strcmp(end, "s");
    if (!none && (end == value || !unit || !(seconds >= 0 && seconds < 1e9)))
        return must_format("time_limit wants seconds, as in 10 or 0.5, or 0 for none, not '%s'", value);
    run->session->time_limit = none ? 0 : seconds;
    return NULL;
}

static char *set_output(struct cell_run *run, const char *value) {
    long long bytes = !strcmp(value, "none") ? 0 : parse_size(value);
    if (bytes < 0) return must_format("output_limit wants a size, as in 1M, or 0 for none, not '%s'", value);
    run->session->output_limit = (size_t)bytes;
    return NULL;
}

static const char *const modes[] = {"checked", "fast", NULL};

static const struct setting {
    const char *name, *help;
    const char *const *words; /* that it may be set to, or NULL */
    char *(*show)(const struct session *session);
    char *(*set)(struct cell_run *run, const char *value);
} settings[] = {
    {"mode", "checked: errors of memory and arithmetic are found; fast: -O3, no checks", modes, show_mode, set_mode},
    {"memory_limit", "what one cell may allocate", NULL, show_memory, set_memory},
    {"time_limit", "seconds that one cell may take", NULL, show_time, set_time},
    {"output_limit", "bytes that one cell may print before the rest is cut", NULL, show_output, set_output},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

const char *magic_setting(size_t index, const char *const **words) {
    if (index >= SETTINGS) return NULL;
    *words = settings[index].words;
    return settings[index].name;
}

static void print_setting(struct cell_run *run, const struct setting *setting) {
    char *value = setting->show(run->session),
         *line = must_format("%-13s %-9s %s\n", setting->name, value, setting->help);
    magic_print(run, line);
    free(line);
    free(value);
}

static bool refuse_setting(struct cell_run *run, const struct magic_call *call, const char *name) {
    struct nearest nearest = {.word = name};
    struct text known = {};
    for (int i = 0; i < SETTINGS; i++) {
        nearest_offer(&nearest, settings[i].name);
        text_format(&known, "%s%s", i == 0 ? "" : i + 1 == SETTINGS ? " and " : ", ", settings[i].name);
    }
    char *message = nearest.best ? must_format("no setting is called '%s'; the nearest is %s, and there are %s", name,
                                               nearest.best, text_c(&known))
                                 : must_format("no setting is called '%s'; there are %s", name, text_c(&known));
    text_free(&known);
    return magic_refuse(run, call, message);
}

bool magic_config(struct cell_run *run, const struct magic_call *call) {
    size_t length = strcspn(call->rest, " \t=");
    const char *value = call->rest + length + strspn(call->rest + length, " \t=");
    if (!*call->rest) {
        for (int i = 0; i < SETTINGS; i++) print_setting(run, &settings[i]);
        return true;
    }
    char *name = must_copy_n(call->rest, length);
    const struct setting *setting = NULL;
    for (int i = 0; i < SETTINGS && !setting; i++)
        if (!strcmp(settings[i].name, name)) setting = &settings[i];
    bool ok = setting;
    if (!setting) {
        refuse_setting(run, call, name);
    } else if (!*value) {
        print_setting(run, setting);
    } else {
        char *wrong = setting->set(run, value);
        ok = !wrong || magic_refuse(run, call, wrong);
    }
    free(name);
    return ok;
}

/* ---- %cflags ---- */

static void print_words(struct cell_run *run, char *const *words, size_t count, const char *none) {
    struct text out = {};
    for (size_t i = 0; i < count; i++) text_format(&out, "%s%s", i ? " " : "", words[i]);
    text_format(&out, "%s\n", count ? "" : none);
    magic_print(run, text_c(&out));
    text_free(&out);
}

/* What the compiler's driver says is wrong, without its own name and everything after the first line. */
static char *plain_error(char *said) {
    const char *error = strstr(said, "error: ");
    error = error ? error + strlen("error: ") : said;
    char *plain = must_copy_n(error, strcspn(error, "\n"));
    free(said);
    return plain;
}

bool magic_cflags(struct cell_run *run, const struct magic_call *call) {
    struct session *session = run->session;
    if (!*call->rest) {
        print_words(run, session->extra_flags, session->extra_flag_count, "no extra flags");
        return true;
    }
    char *line =
        must_format("//%%cflags:%s", strcmp(call->rest, "none") && strcmp(call->rest, "\"\"") ? call->rest : "");
    struct settings read = settings_read(line, strlen(line));
    free(line);
    /* the flags before are kept until it is known that cells compile with the new ones */
    char **before = session->extra_flags;
    size_t count = session->extra_flag_count, capacity = session->extra_flag_capacity;
    session->extra_flags = read.compiler.list;
    session->extra_flag_count = read.compiler.count;
    session->extra_flag_capacity = read.compiler.capacity;
    read.compiler = (struct words){};
    settings_free(&read);
    session_flags_changed(session);
    char *error = NULL;
    bool ok = session_flavour(session, run->mode, &error);
    if (!ok) {
        for (size_t i = 0; i < session->extra_flag_count; i++) free(session->extra_flags[i]);
        free(session->extra_flags);
        session->extra_flags = before;
        session->extra_flag_count = count;
        session->extra_flag_capacity = capacity;
        session_flags_changed(session);
        error = plain_error(error);
        magic_refuse(run, call,
                     must_format("cells do not compile with these flags: %s; they stay as they were", error));
        free(error);
        return false;
    }
    for (size_t i = 0; i < count; i++) free(before[i]);
    free(before);
    return true;
}

/* ---- %ldflags ---- */

static bool print_libraries(struct cell_run *run) {
    struct text out = {};
    for (const char *at = run->session->libraries; at && *at;) {
        size_t length = strcspn(at, "\n");
        text_format(&out, "%s%s%.*s", out.length ? " " : "", *at == '/' ? "" : "-l", (int)length, at);
        at += length + (at[length] == '\n');
    }
    text_format(&out, "%s\n", out.length ? "" : "no extra libraries");
    magic_print(run, text_c(&out));
    text_free(&out);
    return true;
}

static bool is_library_word(const char *word) {
    size_t length = strlen(word);
    return (length > 2 && (!strncmp(word, "-l", 2) || !strncmp(word, "-L", 2))) ||
           (*word != '-' && length > 3 && !strcmp(word + length - 3, ".so"));
}

bool magic_ldflags(struct cell_run *run, const struct magic_call *call) {
    struct session *session = run->session;
    if (!*call->rest) return print_libraries(run);
    char *line =
        must_format("//%%ldflags:%s", strcmp(call->rest, "none") && strcmp(call->rest, "\"\"") ? call->rest : "");
    struct settings read = settings_read(line, strlen(line));
    free(line);
    bool ok = true;
    for (size_t i = 0; i < read.linker.count && ok; i++)
        if (!is_library_word(read.linker.list[i]))
            ok = magic_refuse(
                run, call,
                must_format("%%ldflags takes -lNAME, -LFOLDER or a library's file, not '%s'", read.linker.list[i]));
    if (ok) {
        char *before = session->libraries;
        char *folder = session_folder(session);
        session->libraries = settings_libraries(&read, folder);
        free(folder);
        /* they are opened at once, so that a wrong name is known here */
        ok = !session->libraries || cell_run_code(run, "(void)0;", 8, call->line, NULL, NULL);
        free(ok ? before : session->libraries);
        if (!ok) session->libraries = before;
    }
    settings_free(&read);
    return ok;
}
