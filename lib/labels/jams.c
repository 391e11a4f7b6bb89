#include "lib/labels/labels.h"
#include "lib/labels/reading.h"
#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* JAMS: Humphrey et al., JAMS: A JSON Annotated Music Specification, ISMIR 2014. */

/* How the values of a namespace become labels. */
static const struct namespace {
    const char *name; /* with * at its end: all that begin so */
    OtoLabelKind kind;
}
namespaces[] = {
    {"onset", OTO_ONSETS},          {"beat", OTO_BEATS},          {"beat_position", OTO_BEATS},
    {"chord", OTO_CHORDS},          {"chord_harte", OTO_CHORDS},  {"segment_*", OTO_SECTIONS},
    {"note_midi", OTO_NOTE_LABELS}, {"note_hz", OTO_NOTE_LABELS}, {"pitch_midi", OTO_NOTE_LABELS},
    {"key_mode", OTO_KEYS},         {"tag_*", OTO_TAGS},
};
static const char *const written[] = {
    [OTO_ONSETS] = "onset",          [OTO_BEATS] = "beat",    [OTO_CHORDS] = "chord",  [OTO_SECTIONS] = "segment_open",
    [OTO_NOTE_LABELS] = "note_midi", [OTO_KEYS] = "key_mode", [OTO_TAGS] = "tag_open",
};

static OtoLabelKind kind_of(const char *name) {
    for (size_t i = 0; name && i < sizeof namespaces / sizeof *namespaces; i++) {
        size_t length = strcspn(namespaces[i].name, "*");
        bool open = namespaces[i].name[length] == '*';
        if (!strncmp(name, namespaces[i].name, length) && (open || !name[length])) return namespaces[i].kind;
    }
    return OTO_ANY_LABELS;
}

static void release_json(void *json) {
    json_decref(json);
}

/* "chord, beat (2), tag_open": what the file has, for a refusal. */
static char *list_of(const json_t *annotations) {
    char *text = NULL;
    size_t size, i;
    json_t *annotation;
    FILE *to = open_memstream(&text, &size);
    if (!to) return NULL;
    json_array_foreach(annotations, i, annotation) {
        const char *name = json_string_value(json_object_get(annotation, "namespace"));
        fprintf(to, "%s%.40s", i ? ", " : "", name ? name : "?");
        if (i == 20) {
            fprintf(to, ", ...");
            break;
        }
    }
    if (fclose(to) != 0) return NULL;
    return oto_hold(text, free);
}

static json_t *find_annotation(const json_t *annotations, OtoLabelsLoad options, const char *name, OtoLabelKind *kind) {
    size_t i;
    json_t *annotation;
    int seen = 0;
    json_array_foreach(annotations, i, annotation) {
        *kind = kind_of(json_string_value(json_object_get(annotation, "namespace")));
        bool wanted = *kind != OTO_ANY_LABELS && (options.kind == OTO_ANY_LABELS || options.kind == *kind);
        if (wanted && seen++ == options.index) return annotation;
    }
    const char *there = list_of(annotations);
    oto_refuse("oto_labels_load", "%s has %d annotations with %s, so there is none with index %d; it holds: %s", name,
               seen, oto_label_kind_name(options.kind), options.index, there && *there ? there : "nothing");
}

/* Element i of the data, in either of its forms: a list of observations, or an object of lists. */
static json_t *field(const json_t *data, size_t i, const char *name) {
    if (json_is_array(data)) return json_object_get(json_array_get(data, i), name);
    return json_array_get(json_object_get(data, name), i);
}

static size_t length_of(const json_t *data) {
    return json_is_array(data) ? json_array_size(data) : json_array_size(json_object_get(data, "time"));
}

static double number(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : 0;
}

/* Section labels of some namespaces are objects with a label. */
static const char *text_of(const json_t *value) {
    if (json_is_object(value)) value = json_object_get(value, "label");
    return json_is_string(value) ? json_string_value(value) : "";
}

/* "A:minor" as key_mode has it, to "A minor"; church modes are kept as the text, which oto_key does not know. */
static const char *key_text(const char *text) {
    size_t length = strlen(text);
    char *copy = malloc(length + 7);
    if (!copy) oto_refuse("oto_labels_load", "no memory for a key");
    memcpy(copy, text, length + 1);
    char *colon = strchr(copy, ':');
    if (colon) *colon = ' ';
    return oto_hold(copy, free);
}

static OtoLabel label_of(OtoLabelKind kind, const json_t *data, size_t i, const char *namespace, const char *name) {
    const json_t *time = field(data, i, "time"), *value = field(data, i, "value");
    if (!json_is_number(time))
        oto_refuse("oto_labels_load", "%s, observation %zu of \"%s\" has no time in seconds", name, i, namespace);
    OtoLabel label = {.time = json_number_value(time),
                      .duration = number(field(data, i, "duration")),
                      .confidence = number(field(data, i, "confidence")),
                      .text = text_of(value)};
    if (kind == OTO_BEATS) label.value = number(json_is_object(value) ? json_object_get(value, "position") : value);
    if (kind == OTO_NOTE_LABELS) {
        label.value = number(value);
        if (!strcmp(namespace, "note_hz")) label.value = label.value > 0 ? oto_hz_to_midi(label.value) : -1;
    }
    if (kind == OTO_KEYS) label.text = key_text(label.text);
    if (kind == OTO_ONSETS || kind == OTO_BEATS) label.duration = 0;
    oto_label_must_fit(kind, &label, name, "observation", (int64_t)i);
    return label;
}

OtoLabels *oto_jams_parse(const char *text, size_t size, const char *name, OtoLabelsLoad options) {
    oto_check_text("oto_labels_load", "name", name);
    oto_check_buffer("oto_labels_load", "text", text, size);
    oto_check_range("oto_labels_load", "index", options.index, 0, INT32_MAX);
    OtoLabels *list = NULL;
    oto_scope {
        json_error_t error;
        json_t *root = json_loadb(text, size, 0, &error);
        if (!root)
            oto_refuse("oto_labels_load", "%s, line %d, column %d: this is not JSON: %s", name, error.line,
                       error.column, error.text);
        oto_hold(root, release_json);
        const json_t *annotations = json_object_get(root, "annotations");
        if (!json_is_array(annotations))
            oto_refuse("oto_labels_load", "%s is JSON, but no JAMS: it has no list of annotations", name);
        OtoLabelKind kind;
        const json_t *annotation = find_annotation(annotations, options, name, &kind);
        const json_t *data = json_object_get(annotation, "data");
        const char *namespace = json_string_value(json_object_get(annotation, "namespace"));
        size_t count = length_of(data);
        OtoLabel *labels = calloc(count + 1, sizeof *labels);
        if (!labels) oto_refuse("oto_labels_load", "no memory for %zu labels", count);
        oto_hold(labels, free);
        for (size_t i = 0; i < count; i++) labels[i] = label_of(kind, data, i, namespace, name);
        list = oto_keep(oto_labels_from(kind, labels, (int64_t)count));
        list->origin = strdup(name);
    }
    return list;
}

/* ---- writing ---- */

static json_t *value_of(OtoLabelKind kind, const OtoLabel *label) {
    if (kind == OTO_NOTE_LABELS) return json_real(label->value);
    if (kind == OTO_BEATS) return label->value > 0 ? json_real(label->value) : json_null();
    if (kind == OTO_ONSETS) return json_null();
    if (kind != OTO_KEYS) return json_string(label->text);
    char *text = strdup(label->text), *space = text ? strchr(text, ' ') : NULL;
    if (space) *space = ':';
    json_t *value = text ? json_string(text) : NULL;
    free(text);
    return value;
}

static json_t *annotation_of(const OtoLabels *labels) {
    json_t *data = json_array();
    for (int64_t i = 0; i < labels->count; i++) {
        const OtoLabel *label = &labels->labels[i];
        json_t *confidence = label->confidence > 0 ? json_real(label->confidence) : json_null();
        json_array_append_new(data, json_pack("{s:f, s:f, s:o, s:o}", "time", label->time, "duration", label->duration,
                                              "value", value_of(labels->kind, label), "confidence", confidence));
    }
    return json_pack("{s:s, s:o, s:{}, s:{}}", "namespace", written[labels->kind], "data", data, "annotation_metadata",
                     "sandbox");
}

void oto_jams_save_list(const char *path, OtoLabels *const *lists, int count) {
    oto_check_text("oto_jams_save", "path", path);
    double end = 0;
    for (int i = 0; i < count; i++) {
        oto_check_value("oto_jams_save", "labels", lists[i], OTO_LABELS);
        for (int64_t k = 0; k < lists[i]->count; k++)
            end = fmax(end, lists[i]->labels[k].time + lists[i]->labels[k].duration);
    }
    oto_scope {
        json_t *annotations = json_array();
        for (int i = 0; i < count; i++) json_array_append_new(annotations, annotation_of(lists[i]));
        json_t *root = json_pack("{s:o, s:{s:s, s:f, s:s, s:s, s:s, s:{}}, s:{}}", "annotations", annotations,
                                 "file_metadata", "jams_version", "0.3.5", "duration", end, "title", "", "artist", "",
                                 "release", "", "identifiers", "sandbox");
        if (!root) oto_refuse("oto_jams_save", "no memory, or a text that is not UTF-8, on the way to %s", path);
        oto_hold(root, release_json);
        if (json_dump_file(root, path, JSON_INDENT(1)) != 0)
            oto_refuse("oto_jams_save", "%s could not be written", path);
    }
}
