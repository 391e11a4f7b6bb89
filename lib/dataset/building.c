#include "lib/dataset/building.h"
#include "lib/dataset/value.h"
#include "lib/tensor/error.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 32 };

char *oto_format(const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) oto_refuse("oto_dataset", "no memory for a text");
    return oto_hold(text, free);
}

char *oto_path(const char *folder, const char *a, const char *b) {
    return b ? oto_format("%s/%s/%s", folder, a, b) : oto_format("%s/%s", folder, a);
}

char *oto_path_if_there(const char *folder, const char *a, const char *b) {
    if (!*(b ? b : a)) return NULL;
    char *path = oto_path(folder, a, b);
    return access(path, F_OK) == 0 ? path : NULL;
}

OtoPartition oto_partition_of(const char *word) {
    static const struct {
        const char *word;
        OtoPartition partition;
    } words[] = {
        {"train", OTO_TRAIN},    {"training", OTO_TRAIN}, {"valid", OTO_VALIDATION}, {"validation", OTO_VALIDATION},
        {"val", OTO_VALIDATION}, {"dev", OTO_VALIDATION}, {"test", OTO_TEST},        {"testing", OTO_TEST}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(word, words[i].word)) return words[i].partition;
    return OTO_NO_PARTITION;
}

struct paths {
    const char *operation;
    char **paths;
    int64_t count, capacity;
};

static void free_paths(void *thing) {
    struct paths *paths = thing;
    for (int64_t i = 0; i < paths->count; i++) free(paths->paths[i]);
    free(paths->paths);
    free(paths);
}

/* Takes over path. */
static void add_path(struct paths *paths, char *path) {
    if (paths->count == paths->capacity) {
        int64_t capacity = paths->capacity * 2 + 256;
        char **grown = realloc(paths->paths, (size_t)capacity * sizeof *grown);
        if (!grown) {
            free(path);
            oto_refuse(paths->operation, "no memory for %" PRId64 " names of files", capacity);
        }
        paths->paths = grown;
        paths->capacity = capacity;
    }
    paths->paths[paths->count++] = path;
}

static void close_folder(void *folder) {
    closedir(folder);
}

/* Adds the files of a folder (below: its path below the first one, "" for that) and of the folders in it. */
static void walk(struct paths *paths, const char *folder, const char *below, int depth) {
    if (depth > DEPTH_MAX) return;
    oto_scope {
        const char *path = *below ? oto_path(folder, below, NULL) : folder;
        DIR *entries = opendir(path);
        if (!entries) oto_refuse(paths->operation, "%s: %s", path, strerror(errno));
        oto_hold(entries, close_folder);
        for (struct dirent *entry; (entry = readdir(entries));) {
            if (entry->d_name[0] == '.') continue;
            oto_scope {
                const char *inside = *below ? oto_path(below, entry->d_name, NULL) : entry->d_name;
                struct stat status;
                bool there = stat(oto_path(folder, inside, NULL), &status) == 0;
                if (there && S_ISDIR(status.st_mode)) walk(paths, folder, inside, depth + 1);
                if (there && S_ISREG(status.st_mode)) {
                    char *copy = strdup(inside);
                    if (!copy) oto_refuse(paths->operation, "no memory for the names of files");
                    add_path(paths, copy);
                }
            }
        }
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **oto_files_below(const char *operation, const char *folder, int64_t *count) {
    struct paths *paths = calloc(1, sizeof *paths);
    if (!paths) oto_refuse(operation, "no memory for the names of files");
    oto_hold(paths, free_paths);
    paths->operation = operation;
    walk(paths, folder, "", 0);
    if (paths->count > 0) qsort(paths->paths, (size_t)paths->count, sizeof *paths->paths, by_text);
    *count = paths->count;
    return paths->paths;
}

static void free_building(void *thing) {
    struct oto_building *building = thing;
    for (int64_t i = 0; i < building->count; i++) {
        oto_item_release(&building->found[i].item);
        free((char *)(size_t)building->found[i].label);
        free((char *)(size_t)building->found[i].group);
    }
    free(building->found);
    free(building);
}

struct oto_building *oto_building_new(const char *operation, const char *folder, const char *name,
                                      const char *grouping) {
    oto_check_text(operation, "folder", folder);
    struct stat status;
    if (stat(folder, &status) != 0) oto_refuse(operation, "%s: %s", folder, strerror(errno));
    if (!S_ISDIR(status.st_mode)) oto_refuse(operation, "%s is a file, but must be the data set's folder", folder);
    struct oto_building *building = calloc(1, sizeof *building);
    if (!building) oto_refuse(operation, "no memory for a data set");
    *building = (struct oto_building){.operation = operation, .folder = folder, .name = name, .grouping = grouping};
    return oto_hold(building, free_building);
}

void oto_building_add(struct oto_building *building, struct oto_found found) {
    if (!found.item.audio && !found.item.midi) {
        building->missing++;
        return;
    }
    if (building->count == building->capacity) {
        int64_t capacity = building->capacity * 2 + 256;
        struct oto_found *grown = realloc(building->found, (size_t)capacity * sizeof *grown);
        if (!grown) oto_refuse(building->operation, "no memory for %" PRId64 " items", capacity);
        building->found = grown;
        building->capacity = capacity;
    }
    building->found[building->count++] =
        (struct oto_found){.item = oto_item_copy(&found.item, (size_t)building->fixed_class_count),
                           .label = found.label ? strdup(found.label) : NULL,
                           .group = found.group ? strdup(found.group) : NULL};
}

static int by_name(const void *a, const void *b) {
    const struct oto_found *x = a, *y = b;
    return strcmp(x->item.name, y->item.name);
}

/* Each name once, sorted; they stay the items'. */
static const char **distinct(const struct oto_building *building, bool groups, int64_t *count) {
    const char **names = calloc((size_t)building->count + 1, sizeof *names);
    if (!names) oto_refuse(building->operation, "no memory for %" PRId64 " names", building->count);
    oto_hold(names, free);
    int64_t all = 0;
    for (int64_t i = 0; i < building->count; i++) {
        const char *name = groups ? building->found[i].group : building->found[i].label;
        if (name) names[all++] = name;
    }
    if (all > 0) qsort(names, (size_t)all, sizeof *names, by_text);
    *count = 0;
    for (int64_t i = 0; i < all; i++)
        if (i == 0 || strcmp(names[i], names[*count - 1]) != 0) names[(*count)++] = names[i];
    return names;
}

static int index_of(const char **names, int64_t count, const char *name) {
    const char **found = name ? bsearch(&name, names, (size_t)count, sizeof *names, by_text) : NULL;
    return found ? (int)(found - names) : -1;
}

OtoDataset *oto_building_finish(struct oto_building *building, const char *hint) {
    OtoDataset *set = NULL;
    if (building->count == 0 && building->missing > 0)
        oto_refuse(building->operation, "none of the %" PRId64 " files that the list in %s names is there",
                   building->missing, building->folder);
    if (building->count == 0) oto_refuse(building->operation, "%s has none of %s", building->folder, hint);
    qsort(building->found, (size_t)building->count, sizeof *building->found, by_name);
    oto_scope {
        int64_t classes, groups;
        const char **class_names = distinct(building, false, &classes);
        const char **group_names = distinct(building, true, &groups);
        for (int64_t i = 0; i < building->count; i++) {
            struct oto_found *found = &building->found[i];
            found->item.label = index_of(class_names, classes, found->label);
            found->item.group = index_of(group_names, groups, found->group);
        }
        if (building->fixed_classes) {
            class_names = (const char **)building->fixed_classes;
            classes = building->fixed_class_count;
        }
        set = oto_dataset_new(building->name, building->grouping, building->count);
        oto_dataset_set_names(set, class_names, classes, group_names, groups);
        for (int64_t i = 0; i < building->count; i++)
            set->items[set->count++] = oto_item_copy(&building->found[i].item, (size_t)building->fixed_class_count);
        set->missing = building->missing;
        (void)oto_keep(set);
    }
    return set;
}
