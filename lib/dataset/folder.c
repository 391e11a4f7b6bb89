#include "lib/dataset/building.h"
#include "lib/io/file.h"
#include "lib/tensor/error.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum file_kind { NOTHING, AUDIO, NOTES, LABELS };

static enum file_kind kind_of(const char *path) {
    static const char *const audio[] = {"wav", "flac", "ogg", "mp3", "aif", "aiff", "au", "opus"};
    for (size_t i = 0; i < sizeof audio / sizeof *audio; i++)
        if (oto_file_ends_in(path, audio[i])) return AUDIO;
    if (oto_file_ends_in(path, "mid") || oto_file_ends_in(path, "midi")) return NOTES;
    if (oto_file_ends_in(path, "jams") || oto_file_ends_in(path, "lab")) return LABELS;
    return NOTHING;
}

/* Compares a path with a pattern; *found is what {} stands for. The shortest {} that fits is taken. */
static bool fits(const char *pattern, const char *path, const char **found, size_t *length) {
    if (!*pattern) return !*path;
    if (*pattern == '%' && !pattern[1]) return true;
    if (*pattern == '%') {
        for (;; path++) {
            if (fits(pattern + 1, path, found, length)) return true;
            if (!*path || *path == '/') return false;
        }
    }
    if (!strncmp(pattern, "{}", 2)) {
        for (const char *end = path; *end && *end != '/'; end++)
            if (fits(pattern + 2, end + 1, found, length)) {
                *found = path;
                *length = (size_t)(end + 1 - path);
                return true;
            }
        return false;
    }
    return *pattern == *path && fits(pattern + 1, path + 1, found, length);
}

static char *matched(const struct oto_building *building, const char *option, const char *pattern, const char *path) {
    const char *found = NULL;
    size_t length = 0;
    if (!pattern) return NULL;
    if (!strstr(pattern, "{}"))
        oto_refuse(building->operation, "%s is \"%s\", but must hold {} where the name is", option, pattern);
    if (!fits(pattern, path, &found, &length))
        oto_refuse(building->operation, "%s does not fit %s = \"%s\"; write a pattern that all files fit, or NULL",
                   path, option, pattern);
    return oto_format("%.*s", (int)length, found);
}

static void add_item(struct oto_building *building, struct oto_found *found, const OtoDatasetFolder *options) {
    const char *name = found->item.name;
    if (!found->item.audio && !found->item.midi) return; /* labels alone are no recording */
    found->label = matched(building, ".labels", options->labels, name);
    found->group = matched(building, ".group", options->group, name);
    const char *partition = matched(building, ".partition", options->partition, name);
    found->item.partition = partition ? oto_partition_of(partition) : OTO_NO_PARTITION;
    if (partition && !found->item.partition)
        oto_refuse(building->operation, "%s: \"%s\" is no partition; it must be train, valid or test", name, partition);
    oto_building_add(building, *found);
}

/* The item of all files from `first` on that differ only in their endings: how many they are. They need not stand side
 * by side ("a.mid", "a.x/b.wav", "a.wav"), but nearly always do; the others become items of their own name. */
static int64_t take_item(struct oto_building *building, char *const *paths, int64_t count,
                         const OtoDatasetFolder *options) {
    int64_t taken = 0;
    oto_scope {
        size_t stem = (size_t)(strrchr(paths[0], '.') - paths[0]);
        struct oto_found found = {.item = {.name = oto_format("%.*s", (int)stem, paths[0])}};
        for (; taken < count; taken++) {
            const char *path = paths[taken], *dot = strrchr(path, '.');
            if (!dot || (size_t)(dot - path) != stem || memcmp(path, paths[0], stem) != 0) break;
            enum file_kind kind = kind_of(path);
            const char *whole = oto_path(building->folder, path, NULL);
            if (kind == AUDIO && !found.item.audio) found.item.audio = whole;
            if (kind == NOTES && !found.item.midi) found.item.midi = whole;
            if (kind == LABELS && !found.item.labels) found.item.labels = whole;
        }
        add_item(building, &found, options);
    }
    return taken;
}

OtoDataset *(oto_dataset_folder)(const char *folder, OtoDatasetFolder options) {
    OtoDataset *set = NULL;
    oto_scope {
        struct oto_building *building =
            oto_building_new("oto_dataset_folder", folder, oto_file_name(folder), options.group ? "group" : NULL);
        int64_t count;
        char **paths = oto_files_below("oto_dataset_folder", folder, &count);
        for (int64_t i = 0; i < count;)
            i += kind_of(paths[i]) ? take_item(building, paths + i, count - i, &options) : 1;
        set = oto_keep(oto_building_finish(building, "the endings .wav .flac .ogg .mp3 .aif .au .mid"));
    }
    return set;
}
