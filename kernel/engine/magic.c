#include "kernel/engine/magic.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/editor.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/report.h"
#include "kernel/engine/text.h"

struct magic {
    const char *name, *help;
    bool (*run)(struct cell_run *run, const char *rest, int line);
};

void magic_print(struct cell_run *run, const char *text) {
    if (run->host && run->host->stream && *text) run->host->stream(run->host->context, 1, text, strlen(text));
}

static bool refuse(struct cell_run *run, int line, char *message) {
    outcome_fail(run->outcome, "MagicError", must_format("line %d: %s", line, message));
    free(message);
    return false;
}

/* The session process's working directory, for student code may have changed it. */
static int working_directory(const struct cell_run *run) {
    char *path = must_format("/proc/%d/cwd", (int)process_pid(run->session->process));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(path);
    return fd;
}

/* ---- time ---- */

static bool run_time(struct cell_run *run, const char *rest, int line) {
    if (!*rest) return refuse(run, line, must_copy("%time wants a statement behind it"));
    return cell_run_code(
        run, rest, strlen(rest), line,
        "struct timespec oto_wall_0_, oto_wall_1_, oto_cpu_0_, oto_cpu_1_;\n"
        "clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &oto_cpu_0_); clock_gettime(CLOCK_MONOTONIC, &oto_wall_0_);\n",
        "clock_gettime(CLOCK_MONOTONIC, &oto_wall_1_); clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &oto_cpu_1_);\n"
        "printf(\"CPU time: %.3g ms, wall time: %.3g ms\\n\",\n"
        "       (oto_cpu_1_.tv_sec - oto_cpu_0_.tv_sec) * 1e3 + (oto_cpu_1_.tv_nsec - oto_cpu_0_.tv_nsec) / 1e6,\n"
        "       (oto_wall_1_.tv_sec - oto_wall_0_.tv_sec) * 1e3 + (oto_wall_1_.tv_nsec - oto_wall_0_.tv_nsec) / "
        "1e6);\n");
}

static bool run_timeit(struct cell_run *run, const char *rest, int line) {
    if (!*rest) return refuse(run, line, must_copy("%timeit wants a statement behind it"));
    struct text code = {};
    text_format(&code,
                "static void oto_timed_(void) {\n#pragma clang diagnostic ignored \"-Wunused-value\"\n#line %d "
                "\"cell\"\n%s\n;}\n",
                line, rest);
    text_add(&code,
             "{\n"
             "    struct timespec oto_a_, oto_b_; double oto_runs_[7], oto_mean_ = 0, oto_deviation_ = 0; long "
             "oto_loops_ = 1;\n"
             "    for (;; oto_loops_ *= 10) { clock_gettime(CLOCK_MONOTONIC, &oto_a_);\n"
             "        for (long oto_i_ = 0; oto_i_ < oto_loops_; oto_i_++) oto_timed_();\n"
             "        clock_gettime(CLOCK_MONOTONIC, &oto_b_);\n"
             "        if ((oto_b_.tv_sec - oto_a_.tv_sec) + (oto_b_.tv_nsec - oto_a_.tv_nsec) / 1e9 >= 0.05 || "
             "oto_loops_ >= 100000000) break; }\n"
             "    for (int oto_r_ = 0; oto_r_ < 7; oto_r_++) { clock_gettime(CLOCK_MONOTONIC, &oto_a_);\n"
             "        for (long oto_i_ = 0; oto_i_ < oto_loops_; oto_i_++) oto_timed_();\n"
             "        clock_gettime(CLOCK_MONOTONIC, &oto_b_);\n"
             "        oto_runs_[oto_r_] = ((oto_b_.tv_sec - oto_a_.tv_sec) * 1e9 + (oto_b_.tv_nsec - oto_a_.tv_nsec)) "
             "/ oto_loops_; oto_mean_ += oto_runs_[oto_r_] / 7; }\n"
             "    for (int oto_r_ = 0; oto_r_ < 7; oto_r_++) oto_deviation_ += (oto_runs_[oto_r_] - oto_mean_) * "
             "(oto_runs_[oto_r_] - oto_mean_) / 7;\n"
             "    double oto_unit_ = oto_mean_ < 1e3 ? 1 : oto_mean_ < 1e6 ? 1e3 : oto_mean_ < 1e9 ? 1e6 : 1e9;\n"
             "    const char *oto_name_ = oto_mean_ < 1e3 ? \"ns\" : oto_mean_ < 1e6 ? \"\\u00b5s\" : oto_mean_ < 1e9 "
             "? \"ms\" : \"s\";\n"
             "    printf(\"%.3g %s \\u00b1 %.2g %s per loop (mean \\u00b1 std. dev. of 7 runs, %ld loops each)\\n\", "
             "oto_mean_ / oto_unit_, oto_name_, sqrt(oto_deviation_) / oto_unit_, oto_name_, oto_loops_);\n"
             "}\n");
    bool ok = cell_run_code(run, text_c(&code), code.length, line, NULL, NULL);
    text_free(&code);
    return ok;
}

/* ---- names ---- */

static bool is_shown(const struct definition *d) {
    return d->live && d->kind != DEFINED_INCLUDE && strncmp(d->name, "oto_", 4) && strcmp(d->name, "_");
}

static const char *kind_name(const struct definition *d) {
    switch (d->kind) {
    case DEFINED_VARIABLE:
        return "variable";
    case DEFINED_FUNCTION:
        return "function";
    case DEFINED_PROTOTYPE:
        return "declared";
    case DEFINED_TYPE:
        return d->spelling;
    case DEFINED_MACRO:
        return "macro";
    case DEFINED_INCLUDE:
        return "include";
    }
    return "";
}

static int by_place(const void *a, const void *b) {
    const struct definition *const *x = a, *const *y = b;
    if ((*x)->cell != (*y)->cell) return (*x)->cell - (*y)->cell;
    if ((*x)->line != (*y)->line) return (*x)->line - (*y)->line;
    return (*x)->column != (*y)->column ? (*x)->column - (*y)->column : (*x)->number - (*y)->number;
}

/* What the user defined, in the order of the cells. Free the list. */
static const struct definition **shown_definitions(const struct names *names, size_t *count) {
    const struct definition **list = must_allocate((names->count + 1) * sizeof *list);
    *count = 0;
    for (size_t i = 0; i < names->count; i++)
        if (is_shown(names->list[i])) list[(*count)++] = names->list[i];
    qsort(list, *count, sizeof *list, by_place);
    return list;
}

static bool run_who(struct cell_run *run, const char *rest, int line) {
    size_t count;
    const struct definition **list = shown_definitions(&run->session->names, &count);
    struct text out = {};
    for (size_t i = 0; i < count; i++) text_format(&out, "%s%s", i ? "  " : "", list[i]->name);
    text_add(&out, count ? "\n" : "nothing is defined yet\n");
    magic_print(run, text_c(&out));
    text_free(&out);
    free(list);
    return true;
}

/* Values are asked for in one go, from the process that has them. */
static bool has_value(const struct names *names, const struct definition *d) {
    return d->kind == DEFINED_VARIABLE && d->shape && !names_outdated(names, d);
}

static void add_row(struct text *out, const struct names *names, const struct definition *d, const char *value) {
    bool variable = d->kind == DEFINED_VARIABLE;
    const char *last = d->kind == DEFINED_FUNCTION || d->kind == DEFINED_MACRO ? d->spelling : "";
    if (variable) last = names_outdated(names, d) ? "(of an old type: run its cell again)" : value;
    char *size = d->size >= 0 && variable ? must_format("%lld", d->size) : must_copy("");
    text_format(out, "%-16s %-9s %-24s %8s %5d  %.60s%s\n", d->name, kind_name(d), variable ? d->spelling : "", size,
                d->cell, last, strlen(last) > 60 ? "..." : "");
    free(size);
}

static bool run_whos(struct cell_run *run, const char *rest, int line) {
    const struct names *names = &run->session->names;
    size_t count, asked = 0, next = 0;
    const struct definition **list = shown_definitions(names, &count);
    const char **symbols = must_allocate((count + 1) * sizeof *symbols),
               **shapes = must_allocate((count + 1) * sizeof *shapes);
    char **values = must_allocate((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        if (!has_value(names, list[i])) continue;
        symbols[asked] = list[i]->symbol;
        shapes[asked++] = list[i]->shape;
    }
    bool ok = !asked || process_format(run->session->process, symbols, shapes, asked, values);
    struct text out = {};
    text_format(&out, "%-16s %-9s %-24s %8s %5s  %s\n", "name", "kind", "type", "bytes", "cell", "value");
    for (size_t i = 0; i < count; i++)
        add_row(&out, names, list[i], ok && has_value(names, list[i]) ? values[next++] : "");
    if (ok) magic_print(run, text_c(&out));
    text_free(&out);
    for (size_t i = 0; i < asked; i++) free(values[i]);
    free(values);
    free(symbols);
    free(shapes);
    free(list);
    return ok || refuse(run, line, must_copy("the session's process does not answer"));
}

static bool run_reset(struct cell_run *run, const char *rest, int line) {
    return run->reset = true;
}
static bool run_undo(struct cell_run *run, const char *rest, int line) {
    return run->undo = true;
}

static bool run_fast(struct cell_run *run, const char *rest, int line) {
    run->mode = MODE_FAST;
    return !*rest || cell_run_code(run, rest, strlen(rest), line, NULL, NULL);
}

/* ---- settings ---- */

/* "512M" -> bytes; negative when it is no size. */
static long long parse_size(const char *text) {
    char *end;
    double number = strtod(text, &end);
    while (isspace((unsigned char)*end)) end++;
    static const struct {
        const char *suffix;
        double factor;
    } units[] = {{"", 1},        {"B", 1},        {"K", 1024},    {"KB", 1024},
                 {"M", 1 << 20}, {"MB", 1 << 20}, {"G", 1 << 30}, {"GB", 1 << 30}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (end != text && !strcasecmp(end, units[i].suffix) && number >= 0)
            return (long long)(number * units[i].factor);
    return -1;
}

static void print_settings(struct cell_run *run) {
    const struct session *session = run->session;
    char *text =
        must_format("mode          %s\nmemory_limit  %lldM   of one cell\ntime_limit    %g s  of one cell, 0: none\n",
                    session->mode == MODE_FAST ? "fast" : "checked", (long long)session->options.memory_limit >> 20,
                    session->time_limit);
    magic_print(run, text);
    free(text);
}

static bool run_config(struct cell_run *run, const char *rest, int line) {
    struct session *session = run->session;
    size_t length = strcspn(rest, " \t=");
    const char *value = rest + length + strspn(rest + length, " \t=");
    if (!*rest) {
        print_settings(run);
        return true;
    }
    if (!strncmp(rest, "mode", length) && length == 4) {
        if (!strcmp(value, "fast") || !strcmp(value, "checked")) {
            session->mode = run->mode = !strcmp(value, "fast") ? MODE_FAST : MODE_CHECKED;
            return true;
        }
        return refuse(run, line, must_format("mode is checked or fast, not '%s'", value));
    }
    if (!strncmp(rest, "memory_limit", length) && length == 12) {
        long long bytes = parse_size(value);
        if (bytes < 16 << 20)
            return refuse(run, line,
                          must_format("memory_limit wants a size from 16M up, as in 512M or 2G, not '%s'", value));
        session->options.memory_limit = bytes;
        process_limit_memory(session->process, bytes);
        return true;
    }
    if (!strncmp(rest, "time_limit", length) && length == 10) {
        char *end;
        double seconds = strtod(value, &end);
        if (end == value || seconds < 0)
            return refuse(run, line, must_format("time_limit wants seconds, 0 for none, not '%s'", value));
        session->time_limit = seconds;
        return true;
    }
    if (!strncmp(rest, "output_limit", length) && length == 12) {
        long long bytes = parse_size(value);
        if (bytes < 0)
            return refuse(run, line,
                          must_format("output_limit wants a size, as in 1M, or 0 for none, not '%s'", value));
        session->output_limit = (size_t)bytes;
        return true;
    }
    return refuse(run, line,
                  must_format("no setting is called '%.*s'; there are mode, memory_limit, time_limit and output_limit",
                              (int)length, rest));
}

static bool run_cflags(struct cell_run *run, const char *rest, int line) {
    struct session *session = run->session;
    for (size_t i = 0; i < session->extra_flag_count; i++) free(session->extra_flags[i]);
    session->extra_flag_count = 0;
    while (*rest) {
        size_t length = strcspn(rest, " \t");
        ARRAY_ADD(session->extra_flags, session->extra_flag_count, session->extra_flag_capacity) =
            must_copy_n(rest, length);
        rest += length + strspn(rest + length, " \t");
    }
    builder_rest(session->builder);
    for (int mode = 0; mode < MODE_COUNT; mode++) flavour_free(&session->flavours[mode]);
    return true;
}

static bool run_ldflags(struct cell_run *run, const char *rest, int line) {
    struct text libraries = {};
    while (*rest) {
        size_t length = strcspn(rest, " \t");
        if (strncmp(rest, "-l", 2)) {
            text_free(&libraries);
            return refuse(run, line, must_format("%%ldflags takes -lNAME, not '%.*s'", (int)length, rest));
        }
        text_format(&libraries, "%.*s\n", (int)length - 2, rest + 2);
        rest += length + strspn(rest + length, " \t");
    }
    free(run->session->libraries);
    run->session->libraries = libraries.length ? text_take(&libraries) : NULL;
    return true;
}

/* ---- programs and files ---- */

/* A program that runs beside the session. */
struct running {
    pid_t pid;
    int outputs[2]; /* read ends of its stdout and stderr, -1 once closed */
};

static bool start_program(struct cell_run *run, char *const *arguments, struct running *running) {
    extern char **environ;
    int ends[4] = {-1, -1, -1, -1}, directory = working_directory(run), failed = errno;
    if (directory >= 0 && pipe2(ends, O_CLOEXEC) == 0 && pipe2(ends + 2, O_CLOEXEC) == 0) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_adddup2(&actions, ends[3], 2);
        posix_spawn_file_actions_addfchdir_np(&actions, directory);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        failed = posix_spawnp(&running->pid, arguments[0], &actions, &attributes, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    } else {
        failed = errno;
    }
    running->outputs[0] = ends[0];
    running->outputs[1] = ends[2];
    int unused[] = {directory, ends[1], ends[3], failed ? ends[0] : -1, failed ? ends[2] : -1};
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        if (unused[i] >= 0) close(unused[i]);
    errno = failed;
    return !failed;
}

/* Runs a program in the session's working directory. What it prints goes to the cell, or its stdout to captured. */
static bool run_program(struct cell_run *run, char *const *arguments, int *status, struct text *captured) {
    struct running running;
    char chunk[65536];
    if (!start_program(run, arguments, &running)) return false;
    session_step_aside(run->session);
    while (running.outputs[0] >= 0 || running.outputs[1] >= 0) {
        struct pollfd readable[2] = {{.fd = running.outputs[0], .events = POLLIN},
                                     {.fd = running.outputs[1], .events = POLLIN}};
        if (process_was_interrupted(run->session->process)) kill(-running.pid, SIGKILL);
        if (poll(readable, 2, 100) <= 0) continue;
        for (int which = 0; which < 2; which++) {
            if (!readable[which].revents) continue;
            ssize_t n = read(running.outputs[which], chunk, sizeof chunk);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) {
                close(running.outputs[which]);
                running.outputs[which] = -1;
            } else if (captured && which == 0) {
                text_add_n(captured, chunk, (size_t)n);
            } else if (run->host && run->host->stream) {
                run->host->stream(run->host->context, which + 1, chunk, (size_t)n);
            }
        }
    }
    while (waitpid(running.pid, status, 0) < 0 && errno == EINTR);
    session_step_back(run->session);
    return true;
}

bool magic_shell(struct cell_run *run, const char *command) {
    char *arguments[] = {"/bin/sh", "-c", (char *)command, NULL};
    int status = 0;
    if (!run_program(run, arguments, &status, NULL)) {
        outcome_fail(run->outcome, "MagicError", must_format("cannot run the shell: %s", strerror(errno)));
        return false;
    }
    if (process_was_interrupted(run->session->process)) {
        outcome_fail(run->outcome, "KeyboardInterrupt", must_copy("the command was interrupted"));
        return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status)) {
        char *note = must_format("(the command ended with status %d)\n", WEXITSTATUS(status));
        if (run->host && run->host->stream) run->host->stream(run->host->context, 2, note, strlen(note));
        free(note);
    }
    return true;
}

bool magic_write_file(struct cell_run *run, const char *file, const char *body, int line) {
    bool append = !strncmp(file, "-a ", 3);
    if (append) file += 3;
    if (!*file) return refuse(run, line, must_copy("%%writefile wants a file name"));
    int directory = working_directory(run);
    int fd = directory < 0
                 ? -1
                 : openat(directory, file, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);
    if (directory >= 0) close(directory);
    size_t length = strlen(body), done = 0;
    while (fd >= 0 && done < length) {
        ssize_t n = write(fd, body + done, length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    if (fd < 0 || done < length || close(fd))
        return refuse(run, line, must_format("cannot write %s: %s", file, strerror(errno)));
    char *text = must_format("%s %s\n", append ? "Appended to" : "Wrote", file);
    magic_print(run, text);
    free(text);
    return true;
}

static bool run_load(struct cell_run *run, const char *rest, int line) {
    int directory = working_directory(run);
    int fd = directory < 0 || !*rest ? -1 : openat(directory, rest, O_RDONLY | O_CLOEXEC);
    if (directory >= 0) close(directory);
    if (fd < 0)
        return refuse(run, line,
                      *rest ? must_format("cannot read %s: %s", rest, strerror(errno))
                            : must_copy("%load wants a file name"));
    struct text source = {};
    char chunk[65536];
    for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) > 0;) text_add_n(&source, chunk, (size_t)n);
    close(fd);
    bool ok = !source.length || cell_run_code(run, text_c(&source), source.length, 1, NULL, NULL);
    text_free(&source);
    return ok;
}

static bool run_cd(struct cell_run *run, const char *rest, int line) {
    struct text code = {};
    text_add(&code, "if (chdir(\"");
    for (const char *at = *rest ? rest : getenv("HOME") ? getenv("HOME") : "/"; *at; at++) {
        if (*at == '"' || *at == '\\') text_add(&code, "\\");
        text_add_n(&code, at, 1);
    }
    text_format(&code,
                "\")) { fprintf(stderr, \"%%s: %%s\\n\", \"cannot change to the folder\", strerror(errno)); }\n");
    bool ok = cell_run_code(run, text_c(&code), code.length, line, NULL, NULL);
    text_free(&code);
    return ok;
}

static bool run_ls(struct cell_run *run, const char *rest, int line) {
    char *command = must_format("ls %s", rest);
    bool ok = magic_shell(run, command);
    free(command);
    return ok;
}

/* ---- looking ---- */

static bool run_asm(struct cell_run *run, const char *rest, int line) {
    const struct definition *d = names_find_n(&run->session->names, 'o', rest, strlen(rest));
    if (!d || d->kind != DEFINED_FUNCTION)
        return refuse(run, line, must_format("no function of the session is called '%s'", rest));
    const struct loaded_unit *unit = loaded_find(&run->session->units, d->unit);
    struct object object = {};
    int file = memfd_create("asm", MFD_CLOEXEC);
    char *path = must_format("/proc/%d/fd/%d", (int)getpid(), file);
    bool ok = unit && file >= 0 && loaded_object(&run->session->units, unit, &object) &&
              write(file, object.bytes, object.size) == (ssize_t)object.size;
    free(object.bytes);
    char *symbol = must_format("--disassemble-symbols=%s.new", d->name);
    char *arguments[] = {"llvm-objdump-19", "--no-show-raw-insn", "--no-leading-addr", symbol, path, NULL};
    struct text listing = {};
    int status = 0;
    ok = ok && run_program(run, arguments, &status, &listing);
    const char *start = listing.length ? strstr(text_c(&listing), "<") : NULL;
    if (ok && start) {
        char *head = must_format("%s:\n", d->name);
        magic_print(run, head);
        const char *body = strchr(start, '\n');
        magic_print(run, body ? body + 1 : "");
        free(head);
    }
    free(symbol);
    if (file >= 0) close(file);
    free(path);
    text_free(&listing);
    return ok && start ? true
                       : refuse(run, line, must_copy("cannot disassemble: is the Debian package llvm-19 installed?"));
}

static bool run_leaks(struct cell_run *run, const char *rest, int line) {
    char *text = process_leaks(run->session->process);
    if (!text) return refuse(run, line, must_copy("the session's process does not answer"));
    magic_print(run, text);
    if (!*text || text[strlen(text) - 1] != '\n') magic_print(run, "\n");
    free(text);
    return true;
}

static bool run_help(struct cell_run *run, const char *rest, int line) {
    if (!*rest) return refuse(run, line, must_copy("%help wants a name, as in %help oto_stft"));
    char *text = editor_inspect(run->session, rest, strlen(rest), strlen(rest), 0);
    if (!text) return refuse(run, line, must_format("nothing is known about '%s'", rest));
    magic_print(run, text);
    magic_print(run, "\n");
    free(text);
    return true;
}

static bool run_magic(struct cell_run *run, const char *rest, int line);

static const struct magic table[] = {
    {"time", "time a statement", run_time},
    {"timeit", "time a statement over many loops", run_timeit},
    {"who", "the names of the session", run_who},
    {"whos", "the names with kind, type, size and value", run_whos},
    {"reset", "forget everything", run_reset},
    {"undo", "back to before the last cell", run_undo},
    {"fast", "compile this cell for speed, without checks", run_fast},
    {"config", "show or change settings: mode, memory_limit, time_limit, output_limit", run_config},
    {"cflags", "flags of the compiler for the cells that follow", run_cflags},
    {"ldflags", "libraries for the cells that follow, as -lNAME", run_ldflags},
    {"asm", "the machine code of a function", run_asm},
    {"leaks", "memory that nothing points to any more", run_leaks},
    {"help", "what is known about a name", run_help},
    {"load", "run a file as a cell", run_load},
    {"cd", "change the working folder", run_cd},
    {"ls", "list a folder", run_ls},
    {"magic", "this list", run_magic},
};

enum { MAGICS = sizeof table / sizeof *table };

static bool run_magic(struct cell_run *run, const char *rest, int line) {
    struct text out = {};
    for (int i = 0; i < MAGICS; i++) text_format(&out, "%%%-12s %s\n", table[i].name, table[i].help);
    text_add(&out, "%%writefile F write the rest of the cell to a file\n!command       run a shell command\n");
    magic_print(run, text_c(&out));
    text_free(&out);
    return true;
}

const char *const *magic_names(void) {
    static const char *names[MAGICS + 2];
    if (names[0]) return names;
    for (int i = MAGICS; i-- > 0;) names[i] = must_format("%%%s", table[i].name);
    names[MAGICS] = "%%writefile";
    return names;
}

bool magic_run(struct cell_run *run, const char *name, const char *rest, int line) {
    struct nearest nearest = {.word = name};
    for (int i = 0; i < MAGICS; i++) {
        if (!strcmp(table[i].name, name)) return table[i].run(run, rest, line);
        nearest_offer(&nearest, table[i].name);
    }
    return refuse(run, line,
                  nearest.best ? must_format("there is no magic %%%s; the nearest is %%%s, and %%magic lists all", name,
                                             nearest.best)
                               : must_format("there is no magic %%%s; %%magic lists all", name));
}
