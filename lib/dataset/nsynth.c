#include "lib/dataset/building.h"
#include "lib/tensor/error.h"

#include <jansson.h>

static void release_json(void *json) {
    json_decref(json);
}

static const char *text(const json_t *note, const char *name) {
    return json_string_value(json_object_get(note, name));
}

static int number(const json_t *note, const char *name) {
    return (int)json_integer_value(json_object_get(note, name));
}

/* One of nsynth-train, nsynth-valid, nsynth-test. */
static void read_part(struct oto_building *building, const char *part, OtoPartition partition) {
    oto_scope {
        const char *path = oto_path_if_there(building->folder, part, "examples.json");
        json_error_t error;
        json_t *root = path ? json_load_file(path, 0, &error) : NULL;
        if (path && !root)
            oto_refuse(building->operation, "%s, line %d, column %d: this is not JSON: %s", path, error.line,
                       error.column, error.text);
        if (root) oto_hold(root, release_json);
        const char *name;
        json_t *note;
        json_object_foreach(root, name, note) {
            if (!text(note, "instrument_str") || !text(note, "instrument_family_str"))
                oto_refuse(building->operation, "%s: \"%s\" has no instrument_str and instrument_family_str", path,
                           name);
            oto_scope {
                oto_building_add(
                    building, (struct oto_found){.item = {.name = name,
                                                          .audio = oto_path_if_there(building->folder, part,
                                                                                     oto_format("audio/%s.wav", name)),
                                                          .partition = partition,
                                                          .seconds = 4,
                                                          .pitch = number(note, "pitch"),
                                                          .velocity = number(note, "velocity")},
                                                 .label = text(note, "instrument_family_str"),
                                                 .group = text(note, "instrument_str")});
            }
        }
    }
}

OtoDataset *oto_dataset_nsynth(const char *folder) {
    OtoDataset *set = NULL;
    oto_scope {
        struct oto_building *building = oto_building_new("oto_dataset_nsynth", folder, "NSynth", "instrument");
        read_part(building, "nsynth-train", OTO_TRAIN);
        read_part(building, "nsynth-valid", OTO_VALIDATION);
        read_part(building, "nsynth-test", OTO_TEST);
        set = oto_keep(oto_building_finish(building, "NSynth's nsynth-train, nsynth-valid, nsynth-test/examples.json"));
    }
    return set;
}
