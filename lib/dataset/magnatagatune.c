#include "lib/dataset/listed.h"
#include "lib/tensor/error.h"

#include <stdlib.h>
#include <string.h>

/* A clip's artist, found by the path of its sound, which both lists have. */
struct clip {
    const char *path, *artist;
};

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct clip *)a)->path, ((const struct clip *)b)->path);
}

static struct clip *read_artists(struct oto_building *building, int64_t *count) {
    static const char *const columns[] = {"artist", "mp3_path", NULL};
    OtoTable *info = oto_list_load(building, "clip_info_final.csv", columns);
    struct clip *clips = calloc((size_t)info->rows + 1, sizeof *clips);
    if (!clips) oto_refuse(building->operation, "no memory for its list of clips");
    oto_hold(clips, free);
    *count = info->rows;
    for (int64_t row = 0; row < info->rows; row++)
        clips[row] = (struct clip){oto_list_cell(info, row, "mp3_path"), oto_list_cell(info, row, "artist")};
    if (info->rows > 0) qsort(clips, (size_t)info->rows, sizeof *clips, by_path);
    return clips;
}

/* By the folder's letter, as Dieleman and all others since have it. */
static OtoPartition partition_of(const char *path) {
    const char *folder = strchr("0123456789abcdef", *path);
    if (!*path || !folder) return OTO_NO_PARTITION;
    return *folder == 'c' ? OTO_VALIDATION : *folder > 'c' ? OTO_TEST : OTO_TRAIN;
}

OtoDataset *oto_dataset_magnatagatune(const char *folder) {
    static const char *const columns[] = {"clip_id", "mp3_path", NULL};
    OtoDataset *set = NULL;
    oto_scope {
        struct oto_building *building =
            oto_building_new("oto_dataset_magnatagatune", folder, "MagnaTagATune", "artist");
        OtoTable *list = oto_list_load(building, "annotations_final.csv", columns);
        int64_t clip_count, tag_count = list->columns - 2; /* all columns between the clip's number and its path */
        struct clip *clips = read_artists(building, &clip_count);
        if (tag_count < 1 || oto_table_column(list, "clip_id") != 0 ||
            oto_table_column(list, "mp3_path") != list->columns - 1)
            oto_refuse(building->operation,
                       "annotations_final.csv must have clip_id first, mp3_path last, tags between");
        building->fixed_classes = list->names + 1;
        building->fixed_class_count = tag_count;
        uint8_t *tags = oto_hold(malloc((size_t)tag_count), free);
        if (!tags) oto_refuse(building->operation, "no memory for its tags");
        for (int64_t row = 0; row < list->rows; row++) {
            oto_scope {
                const char *path = oto_list_cell(list, row, "mp3_path");
                for (int64_t t = 0; t < tag_count; t++) tags[t] = !strcmp(oto_table_cell(list, row, 1 + t), "1");
                const struct clip *clip = clip_count ? bsearch(&(struct clip){.path = path}, clips, (size_t)clip_count,
                                                               sizeof *clips, by_path)
                                                     : NULL;
                oto_building_add(building, (struct oto_found){.item = {.name = oto_list_cell(list, row, "clip_id"),
                                                                       .audio = oto_path_if_there(folder, path, NULL),
                                                                       .partition = partition_of(path),
                                                                       .tags = tags},
                                                              .group = clip && *clip->artist ? clip->artist : NULL});
            }
        }
        set = oto_keep(oto_building_finish(building, "MagnaTagATune's clips"));
    }
    return set;
}
