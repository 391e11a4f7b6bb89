#include "kernel/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sources {
    char *prefix; /* the folder, with a slash behind it */
    bool open;
};

static uint32_t murmur2(const char *text, size_t length, uint32_t seed) {
    const uint32_t multiplier = 0x5bd1e995;
    uint32_t hash = seed ^ (uint32_t)length;
    const unsigned char *at = (const unsigned char *)text;
    for (; length >= 4; at += 4, length -= 4) {
        uint32_t word = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        word *= multiplier;
        word ^= word >> 24;
        hash = hash * multiplier ^ word * multiplier;
    }
    for (size_t i = length; i-- > 0;) hash ^= (uint32_t)at[i] << 8 * i;
    if (length > 0) hash *= multiplier;
    hash ^= hash >> 13;
    hash *= multiplier;
    return hash ^ hash >> 15;
}

uint32_t sources_seed(void) {
    return 0x6f746f;
}

const char *sources_suffix(void) {
    return ".c";
}

const char *sources_prefix(const struct sources *sources) {
    return sources->prefix;
}

static const char *base_folder(void) {
    const char *base = getenv("TMPDIR");
    return base != NULL && *base != '\0' ? base : "/tmp";
}

static void remove_folder(const char *path) {
    DIR *folder = opendir(path);
    if (folder == NULL) return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.') unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}

/* A kernel that was killed could not clear up: its folder, named after it, goes when the next one is made. */
static void remove_abandoned(void) {
    DIR *base = opendir(base_folder());
    if (base == NULL) return;
    for (struct dirent *entry; (entry = readdir(base)) != NULL;) {
        int pid, end = 0;
        struct stat status;
        char *path;
        if (sscanf(entry->d_name, "oto-%d-debug%n", &pid, &end) != 1 || end == 0 || entry->d_name[end] != '\0')
            continue;
        bool ours = pid > 0 && fstatat(dirfd(base), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISDIR(status.st_mode) && status.st_uid == geteuid();
        bool dead = ours && kill(pid, 0) < 0 && errno == ESRCH;
        if (!dead || asprintf(&path, "%s/%s", base_folder(), entry->d_name) < 0) continue;
        remove_folder(path);
        free(path);
    }
    closedir(base);
}

struct sources *sources_new(void) {
    struct sources *sources = calloc(1, sizeof *sources);
    if (sources == NULL) return NULL;
    if (asprintf(&sources->prefix, "%s/oto-%d-debug/", base_folder(), (int)getpid()) >= 0) return sources;
    free(sources);
    return NULL;
}

bool sources_open(struct sources *sources) {
    struct stat status;
    if (sources->open) return true;
    remove_abandoned();
    /* a folder of that name that is not ours is somebody's trap */
    bool made = mkdir(sources->prefix, 0700) == 0 ||
                (errno == EEXIST && lstat(sources->prefix, &status) == 0 && S_ISDIR(status.st_mode) &&
                 status.st_uid == geteuid() && (status.st_mode & 077) == 0);
    return sources->open = made;
}

void sources_free(struct sources *sources) {
    if (sources == NULL) return;
    if (sources->open) remove_folder(sources->prefix);
    free(sources->prefix);
    free(sources);
}

char *sources_file(const struct sources *sources, const char *text) {
    char *file;
    uint32_t hash = murmur2(text, strlen(text), sources_seed());
    return asprintf(&file, "%s%u%s", sources->prefix, (unsigned)hash, sources_suffix()) < 0 ? NULL : file;
}

char *sources_store(struct sources *sources, const char *text) {
    char *file = sources_file(sources, text);
    FILE *out = file == NULL ? NULL : fopen(file, "we");
    bool written = out != NULL && fputs(text, out) != EOF;
    if (out != NULL) written = fclose(out) == 0 && written;
    if (written) return file;
    free(file);
    return NULL;
}

/* The name below the folder, NULL when the file lies elsewhere. */
static const char *name_below(const struct sources *sources, const char *file) {
    size_t length = strlen(sources->prefix);
    bool below = file != NULL && strncmp(file, sources->prefix, length) == 0 && strchr(file + length, '/') == NULL;
    return below ? file + length : NULL;
}

char *sources_read(const struct sources *sources, const char *file) {
    char *text = NULL;
    size_t capacity = 0;
    FILE *in = name_below(sources, file) == NULL ? NULL : fopen(file, "re");
    if (in == NULL) return NULL;
    if (getdelim(&text, &capacity, '\0', in) < 0) { /* an empty file, or one that cannot be read */
        free(text);
        text = ferror(in) ? NULL : strdup("");
    }
    fclose(in);
    return text;
}

bool sources_has_frame(const struct sources *sources, const json_t *frame) {
    return name_below(sources, json_string_value(json_object_get(json_object_get(frame, "source"), "path"))) != NULL;
}
