/* %load, %%writefile, %cd, %ls and !command: files and the shell. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/beside.h"
#include "kernel/engine/magic_group.h"
#include "kernel/engine/report.h"

/* A path as it was typed: quotes around it taken off, ~ the home folder. malloc'd. */
static char *path_of(const char *typed) {
    size_t length = strlen(typed);
    bool quoted = length > 1 && (*typed == '"' || *typed == '\'') && typed[length - 1] == *typed;
    if (quoted) return must_copy_n(typed + 1, length - 2);
    const char *home = getenv("HOME");
    bool at_home = home && *typed == '~' && (typed[1] == '/' || !typed[1]);
    return at_home ? must_format("%s%s", home, typed + 1) : must_copy(typed);
}

/* Opens a file below the session's working folder; -1 with errno. */
static int open_file(const struct cell_run *run, const char *path, int flags) {
    int folder = beside_folder(run);
    int fd = folder < 0 ? -1 : openat(folder, path, flags | O_CLOEXEC, 0666), failed = errno;
    if (folder >= 0) close(folder);
    errno = failed;
    return fd;
}

/* ---- %load ---- */

static bool read_all(int fd, struct text *text) {
    char chunk[65536];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        text_add_n(text, chunk, (size_t)n);
    }
}

/* A cell that only loads a file is, for the reports, what the file holds: whether it is one. */
static bool show_file_as_cell(struct session *session, int number, const char *source) {
    for (size_t i = session->cell_count; i-- > 0;) {
        struct cell_text *cell = &session->cells[i];
        if (cell->number != number) continue;
        const char *line = cell->source + strspn(cell->source, " \t\n");
        line += strcspn(line, "\n");
        if (line[strspn(line, " \t\r\n")]) return false;
        free(cell->source);
        cell->source = must_copy(source);
        return true;
    }
    return false;
}

/* The client may write the file into its cell, where the lines are that reports name. */
static void offer_source(const struct cell_run *run, const char *source) {
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_DISPLAY);
    oto_record_text(&record, "text/plain", source);
    oto_record_integer(&record, "replace", 1);
    if (run->host && run->host->record) run->host->record(run->host->context, &record);
    oto_record_free(&record);
}

static bool run_file(struct cell_run *run, const char *path, const char *source) {
    if (show_file_as_cell(run->session, run->number, source) && !run->checking) offer_source(run, source);
    if (cell_run_code(run, source, strlen(source), 1, NULL, NULL)) return true;
    struct cell_outcome *outcome = run->outcome;
    if (outcome->evalue) {
        char *named = must_format("%s: %s", path, outcome->evalue);
        free(outcome->evalue);
        outcome->evalue = named;
    }
    return false;
}

bool magic_load(struct cell_run *run, const struct magic_call *call) {
    if (!*call->rest) return magic_refuse(run, call, must_copy("%load wants a file name, as in %load part.c"));
    char *path = path_of(call->rest);
    struct text source = {};
    int fd = open_file(run, path, O_RDONLY);
    bool ok = fd >= 0 && read_all(fd, &source);
    if (!ok)
        magic_refuse(run, call, must_format("cannot read %s: %s", path, strerror(errno)));
    else if (memchr(text_c(&source), '\0', source.length))
        ok = magic_refuse(run, call, must_format("%s is no text: it holds a NUL byte", path));
    else
        ok = !source.length || run_file(run, path, text_c(&source));
    if (fd >= 0) close(fd);
    text_free(&source);
    free(path);
    return ok;
}

/* ---- %%writefile ---- */

static bool write_all(int fd, const char *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

bool magic_writefile(struct cell_run *run, const struct magic_call *call) {
    const char *typed = call->rest;
    bool append = !strncmp(typed, "-a", 2) && (isspace((unsigned char)typed[2]) || !typed[2]);
    if (append) typed += 2 + strspn(typed + 2, " \t");
    if (!*typed) return magic_refuse(run, call, must_copy("%%writefile wants a file name, as in %%writefile part.c"));
    char *path = path_of(typed);
    size_t length = strlen(call->body);
    int fd = open_file(run, path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC));
    bool ok = fd >= 0 && write_all(fd, call->body, length) &&
              (!length || call->body[length - 1] == '\n' || write_all(fd, "\n", 1));
    int failed = errno;
    if (fd >= 0 && close(fd) && ok) ok = false, failed = errno;
    char *text = ok ? must_format("%s %s\n", append ? "Appended to" : "Wrote", path)
                    : must_format("cannot write %s: %s", path, strerror(failed));
    if (!ok) return free(path), magic_refuse(run, call, text);
    magic_print(run, text);
    free(text);
    free(path);
    return true;
}

/* ---- %cd ---- */

/* A path as a string of C. */
static char *quoted(const char *path) {
    struct text out = {};
    text_add(&out, "\"");
    for (; *path; path++) {
        bool plain = (unsigned char)*path >= 32 && *path != '"' && *path != '\\' && *path != '?';
        if (plain)
            text_add_n(&out, path, 1);
        else
            text_format(&out, "\\%03o", (unsigned char)*path);
    }
    text_add(&out, "\"");
    return text_take(&out);
}

/* The session's own process changes its folder, so that a cell that fails leaves it as it was. */
bool magic_cd(struct cell_run *run, const struct magic_call *call) {
    struct session *session = run->session;
    const char *home = getenv("HOME");
    bool back = !strcmp(call->rest, "-");
    if (back && !session->folder_before)
        return magic_refuse(run, call, must_copy("there is no folder to go back to: %cd has not been used yet"));
    char *path = back ? must_copy(session->folder_before) : path_of(*call->rest ? call->rest : home ? home : "/");
    char *here = session_folder(session);
    int fd = open_file(run, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        magic_refuse(run, call, must_format("cannot change to %s: %s", path, strerror(errno)));
        free(here);
        free(path);
        return false;
    }
    close(fd);
    char *literal = quoted(path), *code = must_format("(void)!chdir(%s);", literal);
    bool ok = cell_run_code(run, code, strlen(code), call->line, NULL, NULL);
    if (ok) {
        session_change_folder(session, *path == '/' ? must_copy(path) : must_format("%s/%s", here, path));
        free(session->folder_before);
        session->folder_before = here;
    } else {
        free(here);
    }
    free(code);
    free(literal);
    free(path);
    return ok;
}

/* ---- the shell ---- */

/* Runs a command of the shell; its exit status, or -1 when the cell failed. */
static int run_shell(struct cell_run *run, const struct magic_call *call, const char *command) {
    char *arguments[] = {"/bin/sh", "-c", (char *)command, NULL};
    int status = 0;
    if (!beside_run(run, arguments, &status, NULL)) {
        magic_refuse(run, call, must_format("cannot run the shell: %s", strerror(errno)));
        return -1;
    }
    if (run->outcome->status != CELL_OK) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool magic_shell(struct cell_run *run, const struct magic_call *call) {
    if (!*call->rest) return magic_refuse(run, call, must_copy("! wants a command of the shell, as in !ls -l"));
    int status = run_shell(run, call, call->rest);
    if (status <= 0) return status == 0;
    char *note = must_format("(the command ended with status %d)\n", status);
    if (run->host && run->host->stream) run->host->stream(run->host->context, 2, note, strlen(note));
    free(note);
    return true;
}

bool magic_ls(struct cell_run *run, const struct magic_call *call) {
    char *command = must_format("ls %s", call->rest);
    int status = run_shell(run, call, command);
    free(command);
    if (status <= 0) return status == 0;
    return magic_refuse(run, call, must_format("ls ended with status %d: see what it said above", status));
}
