#include "kernel/engine/toolchain.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/text.h"
#include "kernel/engine/words.h"

static const char *const mode_names[MODE_COUNT] = {"checked", "fast"};

/* For every cell. Warnings are for learners: all that point at a likely mistake, none about style. */
static const char *const common_flags[] = {"-std=gnu23",
                                           "-fPIC",
                                           "-fno-common",
                                           "-fno-omit-frame-pointer",
                                           "-femulated-tls",
                                           "-g",
                                           "-gdwarf-aranges",
                                           "-fno-color-diagnostics",
                                           "-fno-caret-diagnostics",
                                           "-fspell-checking",
                                           "-fparse-all-comments",
                                           "-Wall",
                                           "-Wextra",
                                           "-Wno-unused-parameter",
                                           "-Wno-missing-field-initializers",
                                           "-Wno-initializer-overrides",
                                           "-Wno-unused-function",
                                           "-Wno-unused-const-variable",
                                           "-Wno-missing-prototypes",
                                           "-Wno-incompatible-library-redeclaration",
                                           "-Wno-pre-c2x-compat",
                                           "-Wno-unused-variable",
                                           "-Wno-unused-but-set-variable",
                                           "-Wno-unused-but-set-parameter",
                                           "-Wno-sign-compare",
                                           "-Wno-missing-braces",
                                           "-Wno-builtin-requires-header",
                                           "-Wno-visibility",
                                           "-Winfinite-recursion",
                                           "-Wimplicit-fallthrough",
                                           "-Wtautological-unsigned-zero-compare",
                                           "-Wloop-analysis",
                                           "-D_GNU_SOURCE",
                                           NULL};

/* Checked: null pointers given to the C library are found when it uses them, so that memcpy(p, NULL, 0) may be. Locals
 * without a value are filled with 0xaa: a pointer that was never set leads nowhere, every time. */
static const char *const mode_flags[MODE_COUNT][16] = {
    [MODE_CHECKED] = {"-O0", "-fsanitize=address,undefined",
                      "-fno-sanitize=function,vptr,nonnull-attribute,returns-nonnull-attribute",
                      "-fno-sanitize-recover=all", "-fsanitize-address-use-after-return=runtime",
                      "-fno-sanitize-address-use-odr-indicator", "-fno-sanitize-address-globals-dead-stripping",
                      "-ftrivial-auto-var-init=pattern", NULL},
    /* Divisions by zero and null pointers are caught even here: the optimiser would fold the one into a wrong number,
     * and leave out all that follows the other. Sums side by side (../compiler/compile.cpp), eight of them: one vector
     * of floats, two of doubles. */
    [MODE_FAST] = {"-O3", "-march=native", "-fsanitize=integer-divide-by-zero", "-fno-sanitize-recover=all",
                   "-fno-delete-null-pointer-checks", "-mllvm", "-allow-unroll-and-jam", "-mllvm",
                   "-unroll-and-jam-count=8", "-mllvm", "-unroll-and-jam-threshold=400", NULL},
};

static struct toolchain found;
static char *find_error;

static char *first_executable(const char *const *paths) {
    for (; *paths; paths++)
        if (!access(*paths, X_OK)) return realpath(*paths, NULL); /* beside the real one lie its headers */
    return NULL;
}

static void missing(const char *path) {
    if (!find_error && access(path, R_OK)) find_error = must_format("%s is missing: build or install Oto again", path);
}

static void find(void) {
    static const char *const compilers[] = {"/usr/bin/clang-19", "/usr/lib/llvm-19/bin/clang",
                                            "/usr/local/bin/clang-19", NULL};
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0) {
        find_error = must_format("cannot find this program's own path: %s", strerror(errno));
        return;
    }
    path[length] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash) *slash = '\0';
    }
    const char *root = getenv("OTO_ROOT");
    found.root = must_copy(root ? root : path);
    found.worker = must_format("%s/bin/oto-worker", found.root);
    found.prelude = must_format("%s/lib/oto/prelude.h", found.root);
    found.compiler = must_format("%s/bin/oto-compiler", found.root);
    found.parser = must_format("%s/bin/oto-parser", found.root);
    found.clang = first_executable(compilers);
    if (!found.clang)
        find_error =
            must_copy("clang-19 is not installed: install the Debian packages clang-19 and libclang-rt-19-dev");
    else
        missing(found.worker), missing(found.compiler), missing(found.parser), missing(found.prelude);
}

const struct toolchain *toolchain_find(char **error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find);
    if (!find_error) return &found;
    *error = must_copy(find_error);
    return NULL;
}

static struct words driver_flags(const struct toolchain *toolchain, enum mode mode, const char *const *extra) {
    struct words flags = {};
    words_add_all(&flags, common_flags);
    words_add_all(&flags, mode_flags[mode]);
    words_take(&flags, must_format("-I%s/include/oto", toolchain->root));
    words_add_all(&flags, extra);
    return flags;
}

/* Runs a program, returning its exit status (-1: not started) and what it wrote to stdout and stderr together. */
static int run(char **arguments, char **output) {
    extern char **environ;
    int pipe_ends[2];
    struct text text = {};
    if (pipe2(pipe_ends, O_CLOEXEC) < 0) return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
    pid_t pid;
    int failed = posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    if (failed) {
        close(pipe_ends[0]);
        *output = must_format("cannot run %s: %s", arguments[0], strerror(failed));
        return -1;
    }
    char chunk[65536];
    for (ssize_t n; (n = read(pipe_ends[0], chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR);)
        if (n > 0) text_add_n(&text, chunk, (size_t)n);
    close(pipe_ends[0]);
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return text_free(&text), -1;
    *output = text_take(&text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Flags of the user's own may be wrong. */
static bool check(const struct toolchain *toolchain, char *const *flags, char **error) {
    struct words ask = {};
    words_add(&ask, toolchain->compiler);
    words_add(&ask, "--check");
    words_add(&ask, toolchain->clang);
    words_add_all(&ask, (const char *const *)flags);
    char *said = NULL;
    int status = run(ask.list, &said);
    words_free(&ask);
    if (status) *error = must_format("the compiler does not take these flags: %s", said ? said : "");
    free(said);
    return status == 0;
}

bool flavour_make(const struct toolchain *toolchain, enum mode mode, const char *precompiled, const char *const *extra,
                  struct flavour *flavour, char **error) {
    struct words flags = driver_flags(toolchain, mode, extra);
    if (precompiled) {
        words_add(&flags, "-include-pch");
        words_add(&flags, precompiled);
    }
    flavour->parse_flags = flags.list;
    for (; extra && *extra; extra++) {
        if (!strncmp(*extra, "-iquote", 7)) continue;
        if (check(toolchain, flags.list, error)) break;
        flavour_free(flavour);
        return false;
    }
    return true;
}

char *flavour_text(const struct flavour *flavour) {
    struct text text = {};
    for (char **flag = flavour->parse_flags; *flag; flag++) text_format(&text, "\n%s", *flag);
    return text_take(&text);
}

void flavour_free(struct flavour *flavour) {
    words_free_list(flavour->parse_flags);
    *flavour = (struct flavour){};
}

/* Precompiles the prelude into output, with flags of the user (or NULL) besides the mode's. */
static bool precompile(const struct toolchain *toolchain, enum mode mode, const char *const *extra, const char *output,
                       char **error) {
    struct words command = {};
    char *temporary = must_format("%s.%d", output, (int)getpid());
    words_add(&command, toolchain->clang);
    struct words flags = driver_flags(toolchain, mode, extra);
    words_add_all(&command, (const char *const *)flags.list);
    words_free(&flags);
    static const char *const kind[] = {"-w", "-x", "c-header", NULL};
    words_add_all(&command, kind);
    words_add(&command, toolchain->prelude);
    words_add(&command, "-o");
    words_add(&command, temporary);
    char *said = NULL;
    int status = run(command.list, &said);
    words_free(&command);
    bool ok = status == 0 && !rename(temporary, output);
    if (!ok) {
        *error = must_format("cannot precompile %s into %s: %s", toolchain->prelude, output,
                             said && *said ? said : strerror(errno));
        unlink(temporary);
    }
    free(temporary);
    free(said);
    return ok;
}

static bool copy_all(int from, int to) {
    char chunk[1 << 16];
    for (;;) {
        ssize_t n = read(from, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        for (ssize_t done = 0; done < n;) {
            ssize_t written = write(to, chunk + done, (size_t)(n - done));
            if (written < 0 && errno != EINTR) return false;
            if (written > 0) done += written;
        }
    }
}

/* The header, from its file into memory. */
static int in_memory(int file, char **error) {
    int memory = memfd_create("flags.pch", MFD_CLOEXEC);
    if (memory >= 0 && copy_all(file, memory)) return memory;
    *error = must_format("cannot keep a precompiled header: %s", strerror(errno));
    if (memory >= 0) close(memory);
    return -1;
}

bool toolchain_precompile_apart(const struct toolchain *toolchain, enum mode mode, const char *const *extra,
                                struct header *header, char **error) {
    char path[] = "/tmp/oto-flags-XXXXXX";
    int file = mkostemp(path, O_CLOEXEC);
    *header = (struct header){.memory = -1};
    if (file < 0) {
        *error = must_format("cannot make a file in /tmp: %s", strerror(errno));
        return false;
    }
    close(file);
    bool made = precompile(toolchain, mode, extra, path, error);
    if (made && prctl(PR_GET_DUMPABLE) != 1) {
        header->path = must_copy(path);
        return true;
    }
    if (made && (file = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
        header->memory = in_memory(file, error);
        close(file);
        if (header->memory >= 0) header->path = must_format("/proc/%d/fd/%d", (int)getpid(), header->memory);
    } else if (made) {
        *error = must_format("cannot read a precompiled header: %s", strerror(errno));
    }
    unlink(path);
    return header->path;
}

void toolchain_forget_apart(struct header *header) {
    if (!header->path) return;
    if (header->memory >= 0)
        close(header->memory);
    else
        unlink(header->path);
    free(header->path);
    *header = (struct header){.memory = -1};
}

bool toolchain_is_newer(const char *file, const char *than) {
    struct stat a, b;
    if (stat(file, &a)) return false;
    if (stat(than, &b)) return true;
    return a.st_mtim.tv_sec > b.st_mtim.tv_sec ||
           (a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec >= b.st_mtim.tv_nsec);
}

char *toolchain_precompiled(const struct toolchain *toolchain, enum mode mode, char **error) {
    char *path = must_format("%s/lib/oto/%s.pch", toolchain->root, mode_names[mode]);
    if (toolchain_is_newer(path, toolchain->prelude) || precompile(toolchain, mode, NULL, path, error)) return path;
    free(path);
    return NULL;
}

bool toolchain_prepare(char **error) {
    const struct toolchain *toolchain = toolchain_find(error);
    if (!toolchain) return false;
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        char *path = must_format("%s/lib/oto/%s.pch", toolchain->root, mode_names[mode]);
        bool ok = precompile(toolchain, (enum mode)mode, NULL, path, error);
        free(path);
        if (!ok) return false;
    }
    return true;
}
