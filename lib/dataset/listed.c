#include "lib/dataset/listed.h"
#include "lib/io/file.h"
#include "lib/tensor/error.h"

#include <stdlib.h>
#include <string.h>

OtoTable *oto_list_load(struct oto_building *building, const char *name, const char *const *columns) {
    const char *path = oto_path_if_there(building->folder, name, NULL);
    if (!path)
        oto_refuse(building->operation, "%s holds no %s, so it is not %s as it is distributed", building->folder, name,
                   building->name);
    OtoTable *table = oto_table_load(path);
    for (; *columns; columns++)
        if (oto_table_column(table, *columns) < 0)
            oto_refuse(building->operation, "%s has no column \"%s\"", path, *columns);
    return table;
}

const char *oto_list_cell(OtoTable *table, int64_t row, const char *column) {
    return oto_table_cell(table, row, oto_table_column(table, column));
}

OtoDataset *oto_dataset_maestro(const char *folder) {
    static const char *const columns[] = {"canonical_composer", "canonical_title", "split", "midi_filename",
                                          "audio_filename",     "duration",        NULL};
    OtoDataset *set = NULL;
    oto_scope {
        struct oto_building *building = oto_building_new("oto_dataset_maestro", folder, "MAESTRO", "piece");
        bool second = !oto_path_if_there(folder, "maestro-v3.0.0.csv", NULL) &&
                      oto_path_if_there(folder, "maestro-v2.0.0.csv", NULL);
        OtoTable *list = oto_list_load(building, second ? "maestro-v2.0.0.csv" : "maestro-v3.0.0.csv", columns);
        for (int64_t row = 0; row < list->rows; row++) {
            oto_scope {
                const char *composer = oto_list_cell(list, row, "canonical_composer");
                const char *midi = oto_list_cell(list, row, "midi_filename");
                oto_building_add(
                    building,
                    (struct oto_found){
                        .item = {.name = oto_format("%.*s", (int)strcspn(midi, "."), midi),
                                 .audio = oto_path_if_there(folder, oto_list_cell(list, row, "audio_filename"), NULL),
                                 .midi = oto_path_if_there(folder, midi, NULL),
                                 .partition = oto_partition_of(oto_list_cell(list, row, "split")),
                                 .seconds = oto_table_number(list, row, oto_table_column(list, "duration"))},
                        .label = composer,
                        .group = oto_format("%s: %s", composer, oto_list_cell(list, row, "canonical_title"))});
            }
        }
        set = oto_keep(oto_building_finish(building, "MAESTRO's recordings"));
    }
    return set;
}

OtoDataset *oto_dataset_groove(const char *folder) {
    static const char *const columns[] = {"drummer",        "id",       "style", "bpm", "midi_filename",
                                          "audio_filename", "duration", "split", NULL};
    OtoDataset *set = NULL;
    oto_scope {
        struct oto_building *building = oto_building_new("oto_dataset_groove", folder, "Groove MIDI", "drummer");
        OtoTable *list = oto_list_load(building, "info.csv", columns);
        for (int64_t row = 0; row < list->rows; row++) {
            oto_scope {
                const char *style = oto_list_cell(list, row, "style");
                oto_building_add(
                    building,
                    (struct oto_found){
                        .item = {.name = oto_list_cell(list, row, "id"),
                                 .audio = oto_path_if_there(folder, oto_list_cell(list, row, "audio_filename"), NULL),
                                 .midi = oto_path_if_there(folder, oto_list_cell(list, row, "midi_filename"), NULL),
                                 .partition = oto_partition_of(oto_list_cell(list, row, "split")),
                                 .seconds = oto_table_number(list, row, oto_table_column(list, "duration")),
                                 .bpm = oto_table_number(list, row, oto_table_column(list, "bpm"))},
                        .label = oto_format("%.*s", (int)strcspn(style, "/"), style),
                        .group = oto_list_cell(list, row, "drummer")});
            }
        }
        set = oto_keep(oto_building_finish(building, "Groove's performances"));
    }
    return set;
}
