/* %config, %cflags and %ldflags. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel/engine/magic_group.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/settings.h"

/* ---- %config ---- */

/* Setting 0 is the mode, the others are the limits. */
static const char *setting_name(size_t index) {
    return index ? limits_name(index - 1) : "mode";
}
static const char *setting_help(size_t index) {
    return index ? limits_meaning(index - 1)
                 : "checked: errors of memory and arithmetic are found; fast: -O3, no checks";
}
static char *setting_text(const struct session *session, size_t index) {
    return index ? limits_show(&session->options.limits, index - 1)
                 : must_copy(session->mode == MODE_FAST ? "fast" : "checked");
}

const char *magic_setting(size_t index, const char *const **words) {
    static const char *const modes[] = {"checked", "fast", NULL};
    *words = index ? NULL : modes;
    return setting_name(index);
}

/* True where the host lets no cell change what the cells behind it mean. */
static bool is_held(struct cell_run *run, const char *what) {
    if (!run->session->settings_held) return false;
    char *line = must_format("%s changes nothing here: the cells behind this one are graded too\n", what);
    magic_print(run, line);
    free(line);
    return true;
}

static char *set_mode(struct cell_run *run, const char *value) {
    bool fast = !strcmp(value, "fast");
    if (!fast && strcmp(value, "checked")) return must_format("mode is checked or fast, not '%s'", value);
    if (is_held(run, "%config mode")) return NULL;
    run->session->mode = run->mode = fast ? MODE_FAST : MODE_CHECKED;
    return NULL;
}

/* NULL, or what is wrong with the value. */
static char *set_setting(struct cell_run *run, size_t index, const char *value) {
    struct session_options *options = &run->session->options;
    if (!index) return set_mode(run, value);
    char *wrong = limits_set(&options->limits, index - 1, value);
    if (!wrong) limits_lower(&options->limits, &options->most);
    return wrong;
}

static void print_setting(struct cell_run *run, size_t index) {
    char *value = setting_text(run->session, index),
         *line = must_format("%-13s %-9s %s\n", setting_name(index), value, setting_help(index));
    magic_print(run, line);
    free(line);
    free(value);
}

static bool refuse_setting(struct cell_run *run, const struct magic_call *call, const char *name) {
    struct nearest nearest = {.word = name};
    struct text known = {};
    for (size_t i = 0; setting_name(i); i++) {
        nearest_offer(&nearest, setting_name(i));
        text_format(&known, "%s%s", i == 0 ? "" : !setting_name(i + 1) ? " and " : ", ", setting_name(i));
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
        for (size_t i = 0; setting_name(i); i++) print_setting(run, i);
        return true;
    }
    char *name = must_copy_n(call->rest, length);
    size_t setting = 0;
    while (setting_name(setting) && strcmp(setting_name(setting), name) != 0) setting++;
    bool ok = setting_name(setting);
    if (!ok) {
        refuse_setting(run, call, name);
    } else if (!*value) {
        print_setting(run, setting);
    } else {
        char *wrong = set_setting(run, setting, value);
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
        print_words(run, session->extra_flags.list, session->extra_flags.count, "no extra flags");
        return true;
    }
    if (is_held(run, "%cflags")) return true;
    char *line =
        must_format("//%%cflags:%s", strcmp(call->rest, "none") && strcmp(call->rest, "\"\"") ? call->rest : "");
    struct settings read = settings_read(line, strlen(line));
    free(line);
    /* the flags before are kept until it is known that cells compile with the new ones */
    struct words before = session->extra_flags;
    session->extra_flags = read.compiler;
    read.compiler = (struct words){};
    settings_free(&read);
    session_flags_changed(session);
    char *error = NULL;
    bool ok = session_flavour(session, run->mode, &error);
    if (!ok) {
        words_free(&session->extra_flags);
        session->extra_flags = before;
        session_flags_changed(session);
        error = plain_error(error);
        magic_refuse(run, call,
                     must_format("cells do not compile with these flags: %s; they stay as they were", error));
        free(error);
        return false;
    }
    words_free(&before);
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
    if (is_held(run, "%ldflags")) return true;
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
