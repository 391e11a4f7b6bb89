#include "autograder/installation.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/files.h"
#include "kernel/engine/text.h"

static char *program, *inside, *root, *data, hash[65];
static const char *folders[16];
static size_t folder_count;

static bool is_inside(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || !path[length]);
}

/* Shows a folder of the installation; in a build tree some are links to elsewhere, whose targets are shown too. */
static void show(const char *name) {
    char *path = must_format("%s/%s", root, name), *real = realpath(path, NULL);
    bool seen = !real || is_inside(real, "/usr");
    for (size_t i = 0; i < folder_count; i++) seen |= real && is_inside(real, folders[i]);
    if (!seen && folder_count + 1 < sizeof folders / sizeof *folders)
        folders[folder_count++] = real;
    else
        free(real);
    free(path);
}

/* Adds a file's content to the hashes. Takes the path over. */
static void hash_file(char *path, struct text *hashes, char **error) {
    size_t size = 0;
    char *why = NULL, *bytes = file_read(path, (size_t)1 << 30, &size, &why), one[65];
    if (!bytes && !*error) *error = must_format("%s (build or install Oto again)", why);
    content_hash(bytes ? bytes : "", size, one);
    text_add(hashes, one);
    free(bytes);
    free(why);
    free(path);
}

/* Adds where, at the start of a program, the linker has written what identifies its content: its build id. */
static void hash_id(const char *path, struct text *hashes, char **error) {
    static const struct {
        uint32_t name_size, size, type;
        char name[4];
    } note = {4, 20, NT_GNU_BUILD_ID, ELF_NOTE_GNU};
    char start[4096], one[65];
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(start, 1, sizeof start, file) : 0;
    if (!size && !*error) *error = must_format("%s cannot be read (build or install Oto again)", path);
    if (!memmem(start, size, &note, sizeof note) && !*error)
        *error = must_format(
            "%s has no build id, so scores of another build could be taken for its own (build Oto again)", path);
    content_hash(start, size, one);
    text_add(hashes, one);
    if (file) fclose(file);
}

/* The headers decide what a cell's text means. */
static void hash_headers(const char *folder, struct text *hashes, char **error) {
    size_t count;
    char **names = folder_list(folder, 'f', &count);
    for (size_t i = 0; i < count; i++) hash_file(must_format("%s/%s", folder, names[i]), hashes, error);
    names_free(names, count);
    names = folder_list(folder, 'd', &count);
    for (size_t i = 0; i < count; i++) {
        char *inner = must_format("%s/%s", folder, names[i]);
        hash_headers(inner, hashes, error);
        free(inner);
    }
    names_free(names, count);
}

static bool hash_installation(char **error) {
    static const char *const programs[] = {"oto-inside", "oto-worker", "oto-compiler", "oto-parser"};
    struct text hashes = {};
    char *headers = must_format("%s/include/oto", root);
    hash_id(program, &hashes, error);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char *path = must_format("%s/bin/%s", root, programs[i]);
        hash_id(path, &hashes, error);
        free(path);
    }
    hash_file(must_format("%s/lib/oto/prelude.h", root), &hashes, error);
    hash_headers(headers, &hashes, error);
    free(headers);
    content_hash(text_c(&hashes), hashes.length, hash);
    text_free(&hashes);
    return !*error;
}

bool installation_find(char **error) {
    char path[PATH_MAX];
    *error = NULL;
    if (program) return true;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0) {
        *error = must_format("cannot find this program's own path: %s", strerror(errno));
        return false;
    }
    path[length] = '\0';
    program = must_copy(path);
    const char *wanted = getenv("OTO_ROOT");
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash) *slash = '\0';
    }
    root = realpath(wanted ? wanted : path, NULL);
    if (!root) {
        *error = must_format("OTO_ROOT=%s: %s", wanted ? wanted : path, strerror(errno));
        return false;
    }
    static const char *const parts[] = {"bin", "lib", "include", "lib/oto", "include/oto", "share/oto/data"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) show(parts[i]);
    char *recordings = must_format("%s/share/oto/data", root);
    data = realpath(recordings, NULL);
    free(recordings);
    inside = must_format("%s/bin/oto-inside", root);
    return hash_installation(error);
}

const char *installation_program(void) {
    return program;
}
const char *installation_inside(void) {
    return inside;
}
const char *const *installation_folders(void) {
    return folders;
}
const char *installation_data(void) {
    return data;
}
const char *installation_root(void) {
    return root;
}
const char *installation_hash(void) {
    return hash;
}
