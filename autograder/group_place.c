#include "autograder/group.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

bool group_lists(const char *words, size_t length, const char *word) {
    for (const char *at = words, *end = words + length; at < end;) {
        size_t size = strcspn(at, ", \n");
        if (size > (size_t)(end - at)) size = (size_t)(end - at);
        if (size == strlen(word) && memcmp(at, word, size) == 0) return true;
        at += size + 1;
    }
    return false;
}

/* The path of the group that has the controller, or with controller "" of version 2's; NULL: none. */
static char *path_of(const char *groups, const char *controller) {
    for (const char *line = groups; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path) break;
        bool this = *controller ? group_lists(list + 1, (size_t)(path - list - 1), controller) : path == list + 1;
        if (this) return must_copy_n(path + 1, strcspn(path + 1, "\n"));
    }
    return NULL;
}

/* mountinfo writes blanks and their like as \040. */
static char *unescaped(const char *text, size_t length) {
    char *plain = must_copy_n(text, length), *to = plain;
    for (const char *at = plain; *at; at++) {
        bool escaped = *at == '\\' && strspn(at + 1, "01234567") >= 3;
        *to++ = escaped ? (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')) : *at;
        if (escaped) at += 3;
    }
    *to = '\0';
    return plain;
}

/* The group's folder below a mount point that shows the hierarchy from root on; NULL: not in sight there. */
static char *below(const char *point, const char *root, const char *path) {
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, length) != 0 || (path[length] && path[length] != '/') || strstr(path, "/..")) return NULL;
    return must_format("%s%s", point, strcmp(path + length, "/") == 0 ? "" : path + length);
}

/* One line of mountinfo: "36 35 98:0 ROOT POINT OPTIONS ... - TYPE SOURCE SUPER". */
static char *place_by(const char *line, const char *type, const char *controller, const char *path) {
    const char *fields[5], *at = line;
    for (int i = 0; i < 5; i++) {
        fields[i] = at;
        at += strcspn(at, " \n");
        if (*at != ' ') return NULL;
        at++;
    }
    const char *end = line + strcspn(line, "\n"), *rest = strstr(at, " - ");
    if (!rest || rest > end) return NULL;
    rest += 3;
    size_t length = strcspn(rest, " \n");
    if (length != strlen(type) || memcmp(rest, type, length) != 0) return NULL;
    const char *options = end;
    while (options > rest && options[-1] != ' ') options--;
    if (*controller && !group_lists(options, (size_t)(end - options), controller)) return NULL;
    char *root = unescaped(fields[3], strcspn(fields[3], " ")), *point = unescaped(fields[4], strcspn(fields[4], " "));
    char *place = below(point, root, path);
    free(root);
    free(point);
    return place;
}

char *group_place(const char *groups, const char *mounts, const char *controller, bool *unified) {
    char *place = NULL, *path = path_of(groups, controller);
    *unified = !path;
    if (!path) path = path_of(groups, "");
    for (const char *line = mounts; path && !place && *line; line += strcspn(line, "\n"), line += *line == '\n')
        place = place_by(line, *unified ? "cgroup2" : "cgroup", *unified ? "" : controller, path);
    free(path);
    return place;
}
