#include "lib/dataset/building.h"
#include "lib/io/file.h"
#include "lib/io/table.h"
#include "lib/tensor/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a list gives to a file: its partition (as a number in cells of its own) or its artist. */
struct entry {
    const char *file, *artist;
    OtoPartition partition;
};

struct entries {
    struct entry *entries;
    int64_t count, capacity;
};

static void free_entries(void *thing) {
    struct entries *all = thing;
    free(all->entries);
    free(all);
}

static void add(struct entries *all, struct entry entry) {
    if (all->count == all->capacity) {
        int64_t capacity = all->capacity * 2 + 256;
        struct entry *grown = realloc(all->entries, (size_t)capacity * sizeof *grown);
        if (!grown) oto_refuse("oto_dataset_gtzan", "no memory for its lists");
        all->entries = grown;
        all->capacity = capacity;
    }
    all->entries[all->count++] = entry;
}

static int by_file(const void *a, const void *b) {
    return strcmp(((const struct entry *)a)->file, ((const struct entry *)b)->file);
}

/* "blues/blues.00029.wav" and "blues.00029.wav" are the same file. */
static void read_list(struct entries *all, const char *folder, const char *list, OtoPartition partition) {
    const char *path = oto_path_if_there(folder, list, NULL);
    if (!path) return;
    OtoTable *table = oto_table_load(path, .separator = ',', .header = partition == OTO_NO_PARTITION);
    if (partition == OTO_NO_PARTITION && table->columns < 2)
        oto_refuse("oto_dataset_gtzan", "%s must have two columns: file, artist", path);
    for (int64_t row = 0; row < table->rows; row++)
        add(all, (struct entry){.file = oto_file_name(oto_table_cell(table, row, 0)),
                                .artist = partition ? NULL : oto_table_cell(table, row, 1),
                                .partition = partition});
}

static const struct entry *find(const struct entries *all, const char *file) {
    return all->count
               ? bsearch(&(struct entry){.file = file}, all->entries, (size_t)all->count, sizeof *all->entries, by_file)
               : NULL;
}

static struct entries *new_entries(void) {
    struct entries *all = calloc(1, sizeof *all);
    if (!all) oto_refuse("oto_dataset_gtzan", "no memory for its lists");
    return oto_hold(all, free_entries);
}

static void sort(struct entries *all) {
    if (all->count > 0) qsort(all->entries, (size_t)all->count, sizeof *all->entries, by_file);
}

OtoDataset *oto_dataset_gtzan(const char *folder) {
    OtoDataset *set = NULL;
    oto_scope {
        struct oto_building *building = oto_building_new("oto_dataset_gtzan", folder, "GTZAN", "artist");
        const char *genres = oto_path_if_there(folder, "genres", NULL);
        if (!genres) genres = oto_path_if_there(folder, "genres_original", NULL);
        if (!genres) genres = folder;
        struct entries *partitions = new_entries(), *artists = new_entries();
        read_list(partitions, folder, "train_filtered.txt", OTO_TRAIN);
        read_list(partitions, folder, "valid_filtered.txt", OTO_VALIDATION);
        read_list(partitions, folder, "test_filtered.txt", OTO_TEST);
        read_list(artists, folder, "artists.csv", OTO_NO_PARTITION);
        sort(partitions);
        sort(artists);
        int64_t count;
        char **paths = oto_files_below("oto_dataset_gtzan", genres, &count);
        for (int64_t i = 0; i < count; i++) {
            const char *slash = strchr(paths[i], '/'), *file = oto_file_name(paths[i]);
            bool sound = oto_file_ends_in(file, "wav") || oto_file_ends_in(file, "au");
            if (!sound || !slash || slash + 1 != file) continue;
            oto_scope {
                const struct entry *partition = find(partitions, file), *artist = find(artists, file);
                oto_building_add(
                    building,
                    (struct oto_found){.item = {.name = oto_format("%.*s", (int)(strrchr(file, '.') - file), file),
                                                .audio = oto_path(genres, paths[i], NULL),
                                                .partition = partition ? partition->partition : OTO_NO_PARTITION},
                                       .label = oto_format("%.*s", (int)(slash - paths[i]), paths[i]),
                                       .group = artist ? artist->artist : NULL});
            }
        }
        set = oto_keep(oto_building_finish(building, "GTZAN's files GENRE/GENRE.NNNNN.wav"));
    }
    return set;
}
