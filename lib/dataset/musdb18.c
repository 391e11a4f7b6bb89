#include "lib/dataset/building.h"
#include "lib/io/file.h"
#include "lib/tensor/error.h"

#include <string.h>

/* The tracks of train/ that the makers' package takes for validation. */
static const char *const validation[] = {"ANiMAL - Rockshow",
                                         "Actions - One Minute Smile",
                                         "Alexander Ross - Goodbye Bolero",
                                         "Clara Berry And Wooldog - Waltz For My Victims",
                                         "Fergessen - Nos Palpitants",
                                         "James May - On The Line",
                                         "Johnny Lokke - Promises & Lies",
                                         "Leaf - Summerghost",
                                         "Meaxic - Take A Step",
                                         "Patrick Talbot - A Reason To Leave",
                                         "Skelpolu - Human Mistakes",
                                         "Traffic Experiment - Sirens",
                                         "Triviul - Angelsaint",
                                         "Young Griffo - Pennies"};

static bool is_for_validation(const char *track) {
    for (size_t i = 0; i < sizeof validation / sizeof *validation; i++)
        if (!strcmp(track, validation[i])) return true;
    return false;
}

/* path: "train/ARTIST - TITLE/mixture.wav" */
static void add_track(struct oto_building *building, const char *path) {
    static const char *const stems[OTO_STEMS_MAX] = {"drums.wav", "bass.wav", "other.wav", "vocals.wav"};
    oto_scope {
        const char *slash = strchr(path, '/'), *end = strrchr(path, '/');
        const char *track = oto_format("%.*s", (int)(end - slash - 1), slash + 1), *dash = strstr(track, " - ");
        const char *track_folder = oto_format("%s/%.*s", building->folder, (int)(end - path), path);
        struct oto_found found = {
            .item = {.name = track,
                     .audio = oto_path(building->folder, path, NULL),
                     .partition = oto_partition_of(oto_format("%.*s", (int)(slash - path), path))},
            .group = dash ? oto_format("%.*s", (int)(dash - track), track) : track};
        if (found.item.partition == OTO_TRAIN && is_for_validation(track)) found.item.partition = OTO_VALIDATION;
        for (int i = 0; i < OTO_STEMS_MAX; i++) {
            found.item.stems[i] = oto_path_if_there(track_folder, stems[i], NULL);
            if (!found.item.stems[i])
                oto_refuse(building->operation, "%s has no %s; get the track again", track_folder, stems[i]);
        }
        oto_building_add(building, found);
    }
}

OtoDataset *oto_dataset_musdb18(const char *folder) {
    OtoDataset *set = NULL;
    oto_scope {
        struct oto_building *building = oto_building_new("oto_dataset_musdb18", folder, "MUSDB18-HQ", "artist");
        int64_t count;
        char **paths = oto_files_below("oto_dataset_musdb18", folder, &count);
        for (int64_t i = 0; i < count; i++) {
            const char *slash = strchr(paths[i], '/');
            if (strlen(paths[i]) > 9 && !strcmp(paths[i] + strlen(paths[i]) - 9, ".stem.mp4"))
                oto_refuse("oto_dataset_musdb18",
                           "%s is of the compressed MUSDB18, which cannot be read here; take MUSDB18-HQ, or unpack it "
                           "with musdbconvert of the package musdb",
                           paths[i]);
            if (slash && strchr(slash + 1, '/') && !strcmp(oto_file_name(paths[i]), "mixture.wav"))
                add_track(building, paths[i]);
        }
        set = oto_keep(oto_building_finish(building, "MUSDB18-HQ's {train,test}/ARTIST - TITLE/mixture.wav"));
    }
    return set;
}
