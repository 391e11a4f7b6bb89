#include "lib/show/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nn/fit.h"
#include "lib/show/figure.h"
#include "lib/show/view.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

static void view_text(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {}
static void view_player(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    oto_view_sound(bundle, x, options, false);
}
static void view_sound(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    oto_view_sound(bundle, x, options, true);
}

/* How a tensor can be shown. axes: how many it needs at least. */
static const struct view {
    const char *name;
    void (*draw)(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);
    bool sound;
    int axes;
} views[] = {
    {"sound", view_sound, true, 1},
    {"player", view_player, true, 1},
    {"waveform", oto_view_waveform, true, 1},
    {"curve", oto_view_curve, false, 1},
    {"spectrogram", oto_view_spectrogram, false, 2},
    {"tempogram", oto_view_spectrogram, false, 2},
    {"matrix", oto_view_matrix, false, 2},
    {"confusion", oto_view_matrix, false, 2},
    {"histogram", oto_view_histogram, false, 1},
    {"text", view_text, false, 0},
};
enum { VIEWS = sizeof views / sizeof *views, PIXELS_MOST = 8000, BINS_MOST = 10000 };

static const char *suitable(OtoTensor *x) {
    if (x->size == 0 || x->rank == 0 || x->rank > 2) return "text";
    if (oto_view_is_sound(x)) return "sound";
    if (x->rank == 1) return x->size > 1 ? "curve" : "text";
    return !strcmp(x->axes[1].name, "time") ? "spectrogram" : "matrix";
}

static const struct view *view_of(OtoTensor *x, const OtoShow *options) {
    const char *name = options->as ? options->as : suitable(x);
    if (options->sound && !strcmp(name, "sound")) name = "waveform"; /* which .sound plays */
    for (int i = 0; i < VIEWS; i++) {
        if (strcmp(views[i].name, name)) continue;
        if (views[i].sound) oto_need_audio("oto_show", "value", x);
        if (x->rank < views[i].axes || (views[i].axes > 0 && x->size == 0) || (views[i].axes == 2 && x->rank > 2)) {
            char *shape = oto_shape_text(x);
            char text[200];
            snprintf(text, sizeof text, "%s", shape ? shape : "");
            free(shape);
            oto_refuse("oto_show", "%s cannot be shown as \"%s\", which needs %d %s", text, name, views[i].axes,
                       views[i].axes == 1 ? "axis with at least one element"
                                          : "axes; cut one out with oto_row or oto_slice");
        }
        return &views[i];
    }
    oto_refuse("oto_show",
               "there is no view \"%s\"; there are \"sound\", \"player\", \"waveform\", \"curve\", \"spectrogram\", "
               "\"tempogram\", \"matrix\", \"confusion\", \"histogram\" and \"text\"",
               name);
}

/* Refuses .sound where no line could run. */
static void check_sound(OtoTensor *x, const struct view *view, const OtoShow *options) {
    if (!options->sound) return;
    oto_need_audio("oto_show", ".sound", options->sound);
    const char *shape = oto_shape_quoted(x);
    if (view->draw == view_text || view->draw == view_player || view->draw == oto_view_histogram)
        oto_refuse("oto_show", "%s as \"%s\" has no picture that .sound could run over; leave out .sound, or show %s",
                   shape, view->name,
                   view->sound ? "it as \"waveform\"" : "one or two axes of it with oto_row or oto_slice");
    const OtoAxis *axis = &x->axes[x->rank - 1];
    if (strcmp(axis->unit, "s"))
        oto_refuse(
            "oto_show",
            "the horizontal axis of %s is not time in s, so .sound cannot run over it; leave out .sound, or say what "
            "a step is: oto_name_axis(x, %d, \"time\", .unit = \"s\", .step = hop_length / sample_rate)",
            shape, x->rank - 1);
    if (x->rank == 2 && axis->values && (x->cols == 1 || !oto_view_is_in_order(axis, x->cols)))
        oto_refuse("oto_show",
                   "the columns of %s are moments that jump about, so .sound cannot run over them; leave out .sound",
                   shape);
}
/* Refuses sizes and numbers that make no picture. */
static void check_numbers(const OtoShow *options) {
    oto_check_range("oto_show", "width", options->width, 0, PIXELS_MOST);
    oto_check_range("oto_show", "height", options->height, 0, PIXELS_MOST);
    oto_check_range("oto_show", "bins", options->bins, 0, BINS_MOST);
    if (options->low > options->high)
        oto_refuse("oto_show", "low is %g, but must not lie above high = %g", options->low, options->high);
}

static void show_tensor(OtoTensor *x, const OtoShow *options, int kind) {
    oto_need("oto_show", "value", x);
    const struct view *view = view_of(x, options);
    check_numbers(options);
    oto_view_check_confusion(x, options);
    if (x->rank > 0) oto_view_check_events(options, &x->axes[x->rank - 1]);
    check_sound(x, view, options);
    struct oto_bundle bundle = {.page = options->sound != NULL};
    if (!oto_show_is_blind()) {
        view->draw(&bundle, x, options);
        if (options->sound) oto_view_play(&bundle, options->sound, view->name);
    }
    bundle.text = view->draw == view_text ? oto_text(x) : oto_describe(x);
    oto_bundle_send(&bundle, kind);
}

/* .sound, or how the notes sound when that is soon worked out. */
static void add_sound(struct oto_bundle *bundle, OtoNotes *notes, OtoTensor *sound) {
    if (sound)
        oto_view_play(bundle, sound, "piano roll");
    else if (notes->count > 0 && notes->count <= 20000 && oto_notes_seconds(notes) <= 600)
        oto_scope oto_view_play(bundle, oto_render(notes), "piano roll");
}

static void view_notes(struct oto_bundle *bundle, OtoNotes *notes, const OtoShow *options) {
    struct oto_bar *bars = malloc(((size_t)notes->count + 1) * sizeof *bars);
    if (!bars) oto_refuse("oto_show", "no memory is left for %lld notes", (long long)notes->count);
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        bars[i] = (struct oto_bar){.onset = note->onset,
                                   .duration = note->duration,
                                   .pitch = note->pitch,
                                   .loudness = (note->velocity > 0 ? note->velocity : 80) / 127,
                                   .part = note->channel};
    }
    struct oto_frame frame = {.title = options->title ? options->title : notes->origin,
                              .x_label = options->x_label,
                              .y_label = options->y_label,
                              .width = options->width,
                              .height = options->height,
                              .area = &bundle->area};
    oto_view_marks(&frame, options);
    size_t size;
    char *why;
    unsigned char *png = oto_figure_roll(&frame, bars, (size_t)notes->count, &size, &why);
    free(bars);
    oto_view_marks_free(&frame);
    oto_view_take_png(bundle, png, size, why);
    add_sound(bundle, notes, options->sound);
}

/* Of what is drawn over time in s, whatever it is. */
static void check_over_time(const OtoShow *options) {
    check_numbers(options);
    oto_view_check_events(options, &(OtoAxis){.name = "time", .unit = "s"});
    if (options->sound) oto_need_audio("oto_show", ".sound", options->sound);
}

static void show_notes(OtoNotes *notes, const OtoShow *options, int kind) {
    oto_check_value("oto_show", "notes", notes, OTO_NOTES);
    check_over_time(options);
    bool plain = options->as && !strcmp(options->as, "text");
    struct oto_bundle bundle = {.page = options->sound != NULL};
    if (!plain && !oto_show_is_blind()) view_notes(&bundle, notes, options);
    bundle.text = plain ? oto_notes_text(notes) : oto_notes_describe(notes);
    oto_bundle_send(&bundle, kind);
}

static void show_midi(OtoMidi *midi, const OtoShow *options, int kind) {
    oto_check_value("oto_show", "midi", midi, OTO_MIDI);
    check_over_time(options);
    struct oto_bundle bundle = {.page = options->sound != NULL};
    OtoShow titled = *options;
    if (!titled.title) titled.title = midi->origin;
    if (!oto_show_is_blind() && !(options->as && !strcmp(options->as, "text")))
        oto_scope view_notes(&bundle, oto_midi_notes(midi), &titled);
    bundle.text = oto_midi_describe(midi);
    oto_bundle_send(&bundle, kind);
}

static void show_score(OtoScore *score, const OtoShow *options, int kind) {
    oto_check_value("oto_show", "score", score, OTO_SCORE);
    check_over_time(options);
    bool plain = options->as && !strcmp(options->as, "text");
    struct oto_bundle bundle = {.page = options->sound != NULL};
    OtoShow titled = *options;
    if (!titled.title) titled.title = score->title ? score->title : score->origin;
    if (!oto_show_is_blind() && !plain) oto_scope view_notes(&bundle, oto_score_notes(score), &titled);
    bundle.text = plain ? oto_score_text(score) : oto_score_describe(score);
    oto_bundle_send(&bundle, kind);
}

static void show_labels(OtoLabels *labels, const OtoShow *options, int kind) {
    oto_check_value("oto_show", "labels", labels, OTO_LABELS);
    check_over_time(options);
    bool drawn = !(options->as && !strcmp(options->as, "text")) && oto_view_has_picture(labels);
    if (!drawn && options->sound)
        oto_refuse("oto_show", "these labels are shown as text, which .sound cannot run over; leave it out");
    struct oto_bundle bundle = {.page = options->sound != NULL};
    if (drawn && !oto_show_is_blind() && labels->kind == OTO_NOTE_LABELS)
        oto_scope view_notes(&bundle, oto_label_notes(labels), options);
    else if (drawn && !oto_show_is_blind()) {
        oto_view_labels(&bundle, labels, options);
        if (options->sound) oto_view_play(&bundle, options->sound, oto_label_kind_name(labels->kind));
    }
    bundle.text = oto_labels_text(labels);
    oto_bundle_send(&bundle, kind);
}

/* A value that is shown as text, which is taken over. */
static void show_text(char *text, int kind) {
    struct oto_bundle bundle = {.text = text};
    oto_bundle_send(&bundle, kind);
}

static void show_table(OtoTable *table, int kind) {
    struct oto_bundle bundle = {0};
    oto_view_table(&bundle, table);
    oto_bundle_send(&bundle, kind);
}

void oto_show_score(OtoScore *score, OtoShow options) {
    show_score(score, &options, OTO_RECORD_DISPLAY);
}
static void check_no_sound(const OtoShow *options, const char *what) {
    if (options->sound)
        oto_refuse("oto_show", "%s are shown as text, which .sound cannot run over; leave it out", what);
}
void oto_show_labels(OtoLabels *labels, OtoShow options) {
    show_labels(labels, &options, OTO_RECORD_DISPLAY);
}
void oto_show_dataset(OtoDataset *set, OtoShow options) {
    check_no_sound(&options, "data sets");
    show_text(oto_dataset_text(set), OTO_RECORD_DISPLAY);
}
static void show_fit(OtoFit *fit, int kind) {
    struct oto_bundle bundle = {0};
    oto_fit_view(&bundle, fit);
    oto_bundle_send(&bundle, kind);
}
void oto_show_fit(OtoFit *fit, OtoShow options) {
    check_no_sound(&options, "trainings");
    show_fit(fit, OTO_RECORD_DISPLAY);
}
void oto_show_table(OtoTable *table, OtoShow options) {
    check_no_sound(&options, "tables");
    show_table(table, OTO_RECORD_DISPLAY);
}
void oto_show_layer(OtoLayer *layer, OtoShow options) {
    check_no_sound(&options, "layers");
    show_text(oto_layer_text(layer), OTO_RECORD_DISPLAY);
}
void oto_show_optimizer(OtoOptimizer *optimizer, OtoShow options) {
    check_no_sound(&options, "optimizers");
    show_text(oto_optimizer_text(optimizer), OTO_RECORD_DISPLAY);
}
void oto_show_examples(OtoExamples examples, OtoShow options) {
    check_no_sound(&options, "examples");
    show_text(oto_examples_text(examples), OTO_RECORD_DISPLAY);
}
void oto_show_batches(struct OtoPass batches, OtoShow options) {
    check_no_sound(&options, "batches");
    show_text(oto_batches_text(&batches), OTO_RECORD_DISPLAY);
}
void oto_show_tensor(OtoTensor *x, OtoShow options) {
    show_tensor(x, &options, OTO_RECORD_DISPLAY);
}
void oto_show_notes(OtoNotes *notes, OtoShow options) {
    show_notes(notes, &options, OTO_RECORD_DISPLAY);
}
void oto_show_midi(OtoMidi *midi, OtoShow options) {
    show_midi(midi, &options, OTO_RECORD_DISPLAY);
}

static const OtoShow defaults = {.low = (double)NAN, .high = (double)NAN};

/* A value that is no more, or never was, is still an answer: it must not make the cell fail. */
static bool result_is_alive(const void *value, OtoKind kind, const char *type) {
    OtoKind found = oto_kind(value);
    if (found == kind) return true;
    struct oto_bundle bundle = {0};
    int length = value ? asprintf(&bundle.text, "(%s *) %p%s", type, value, found == OTO_FREED ? ", freed" : "")
                       : asprintf(&bundle.text, "(%s *) NULL", type);
    if (length < 0) bundle.text = NULL;
    oto_bundle_send(&bundle, OTO_RECORD_RESULT);
    return false;
}

void oto_show_tensor_result(OtoTensor *x) {
    if (result_is_alive(x, OTO_TENSOR, "OtoTensor")) show_tensor(x, &defaults, OTO_RECORD_RESULT);
}
void oto_show_notes_result(OtoNotes *notes) {
    if (result_is_alive(notes, OTO_NOTES, "OtoNotes")) show_notes(notes, &defaults, OTO_RECORD_RESULT);
}
void oto_show_midi_result(OtoMidi *midi) {
    if (result_is_alive(midi, OTO_MIDI, "OtoMidi")) show_midi(midi, &defaults, OTO_RECORD_RESULT);
}
void oto_show_score_result(OtoScore *score) {
    if (result_is_alive(score, OTO_SCORE, "OtoScore")) show_score(score, &defaults, OTO_RECORD_RESULT);
}
void oto_show_labels_result(OtoLabels *labels) {
    if (result_is_alive(labels, OTO_LABELS, "OtoLabels")) show_labels(labels, &defaults, OTO_RECORD_RESULT);
}
void oto_show_dataset_result(OtoDataset *set) {
    if (result_is_alive(set, OTO_DATASET, "OtoDataset")) show_text(oto_dataset_text(set), OTO_RECORD_RESULT);
}
void oto_show_fit_result(OtoFit *fit) {
    if (result_is_alive(fit, OTO_FIT, "OtoFit")) show_fit(fit, OTO_RECORD_RESULT);
}
void oto_show_table_result(OtoTable *table) {
    if (result_is_alive(table, OTO_TABLE, "OtoTable")) show_table(table, OTO_RECORD_RESULT);
}
void oto_show_layer_result(OtoLayer *layer) {
    if (result_is_alive(layer, OTO_LAYER, "OtoLayer")) show_text(oto_layer_text(layer), OTO_RECORD_RESULT);
}
void oto_show_optimizer_result(OtoOptimizer *optimizer) {
    if (result_is_alive(optimizer, OTO_OPTIMIZER, "OtoOptimizer"))
        show_text(oto_optimizer_text(optimizer), OTO_RECORD_RESULT);
}
void oto_show_examples_result(OtoExamples examples) {
    show_text(oto_examples_text(examples), OTO_RECORD_RESULT);
}
void oto_show_batches_result(struct OtoPass batches) {
    show_text(oto_batches_text(&batches), OTO_RECORD_RESULT);
}
