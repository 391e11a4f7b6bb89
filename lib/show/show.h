/* show: a value as a picture, a player, a table: what suits it.
 *
 *     oto_show(song)                                          a sound: player and waveform
 *     oto_show(mix, .with = {drums, bass}, .labels = {"mix", "drums", "bass"})      one player, a track each
 *     oto_show(oto_log_spectrogram(song), .title = "trio", .log_frequency = true)   (frequency, time): an image
 *     oto_show(rms, .with = {peak}, .labels = {"RMS", "peak"})                      one axis: curves
 *     oto_show(oto_db(oto_mel(song)), .sound = song)                                the same, and its player
 *     oto_show(song, .marks = oto_beat_track(song))           lines where the beats are; so over other pictures in time
 *     oto_show(song, .annotations = {beats, chords})          the same from labels, with the names of the chords above
 *     oto_show(matrix)                                        two axes: an image, with numbers where they have room
 *     oto_show(oto_confusion_matrix(labels, predicted), .class_names = set->classes)
 *     oto_show(f0, .as = "histogram", .bins = 40)
 *     oto_show(notes)                                         notes, MIDI, scores: a piano roll, and how it sounds
 *     oto_show(chords)                                        labels: names, or lines, along the time
 *     oto_show(table)                                         data sets, tables: their first lines
 *     oto_show(net)                                           layers: their parts and tensors; optimizers, examples and
 *                                                             batches: a line
 *     oto_show(fit)                                           trainings: their curves and epochs
 *
 * Axes say what the tensor remembers: s, Hz, BPM, notes. Amplitude, power and complex spectra over (frequency, time)
 * are drawn in dB. Colours follow the content as in librosa.display: magma for dB and magnitudes, blue to red for
 * values of both signs, a circle of colours for phases, white and black for masks. Constant-Q spectra are marked with
 * notes, mel and logarithmic axes with Hz on the left and each C on the right, tempograms with BPM; piano rolls are cut
 * to the keys in use; what has the same axis twice (self-similarity) is square. In a confusion matrix the colour is the
 * share of the row, the number is the count. While a sound plays, a line runs over its picture (waveform, piano roll,
 * or what is shown with .sound = song); a click or a drag in the picture seeks, there space plays and pauses and arrow
 * keys go back and forth, and loop plays it again and again. A sound of more than 60 MB as a player is cut there, and a
 * note says so. Below the picture stands the line of oto_describe. In a program without a notebook the picture and the
 * sound are written to oto_show_001.png and .wav in the working directory, with .sound also the page oto_show_001.html
 * that plays them, and their names printed. Pictures need gnuplot (Debian package gnuplot-nox).
 */
#ifndef OTO_SHOW_H
#define OTO_SHOW_H

#include "../dataset/dataset.h"
#include "../io/table.h"
#include "../labels/labels.h"
#include "../midi/midi.h"
#include "../music/notes.h"
#include "../nn/batches.h"
#include "../nn/layer.h"
#include "../nn/optimizer.h"
#include "../score/score.h"
#include "../tensor/options.h"
#include "../tensor/tensor.h"
#include "display.h"
#include "progress.h"

/* A training that is over: nn/fit.h. */
typedef struct OtoFit OtoFit;

enum { OTO_SHOW_WITH = 7, OTO_SHOW_ANNOTATIONS = 4 };

typedef struct OtoShow {
    const char *title;
    /* NULL: what suits; "waveform" (a sound without its player), "player" (without its picture), "curve",
     * "histogram" (of all numbers), "spectrogram", "tempogram" (lags in s as BPM), "matrix", "confusion" (rows are true
     * classes), "text" */
    const char *as;
    OtoTensor *with[OTO_SHOW_WITH];        /* further curves in the same axes, or tracks in the same player */
    const char *labels[OTO_SHOW_WITH + 1]; /* of the value and of .with, in order */
    const char *x_label, *y_label;         /* NULL: from the axes */
    double low, high;                      /* ends of the colour bar; left out: the data's (dB: 80 below the maximum) */
    bool log_frequency;                    /* spectrograms: octaves are equally high */
    /* (n): moments at which a line is drawn: beats and onsets as oto_beat_track and oto_onset_detect give them, in
     * frames, samples or s as they know (quantity); numbers of one's own are s, or frames when they are whole (int64)
     * and know their hop */
    OtoTensor *marks;
    /* Labels over a picture in time: beats and onsets as lines (the first beat of a bar thicker), one of chords,
     * sections or keys as a strip of names above it: .annotations = {beats, chords} */
    OtoLabels *annotations[OTO_SHOW_ANNOTATIONS];
    /* Confusion matrices: the name of class 0, 1, ...; as many as the numbers of the classes need, or NULL after the
     * last: an array of one's own, or a data set's classes */
    const char *const *class_names;
    int bins; /* of a histogram; 0: what suits */
    /* What sounds while a line runs over the picture, whose horizontal axis is time in s: a sound as oto_player takes
     * it. It need not begin or end with the picture: its own time axis says when it begins */
    OtoTensor *sound;
    int width, height; /* pixels; 0: what suits */
} OtoShow;

/* Shows a value, in the middle of a cell too. */
#define oto_show(value, ...)                                                                                           \
    _Generic((value),                                                                                                  \
        OtoTensor *: oto_show_tensor,                                                                                  \
        OtoNotes *: oto_show_notes,                                                                                    \
        OtoMidi *: oto_show_midi,                                                                                      \
        OtoScore *: oto_show_score,                                                                                    \
        OtoLabels *: oto_show_labels,                                                                                  \
        OtoDataset *: oto_show_dataset,                                                                                \
        OtoFit *: oto_show_fit,                                                                                        \
        OtoTable *: oto_show_table,                                                                                    \
        OtoLayer *: oto_show_layer,                                                                                    \
        OtoExamples: oto_show_examples,                                                                                \
        struct OtoPass: oto_show_batches,                                                                              \
        OtoOptimizer *: oto_show_optimizer)(                                                                           \
        value, OTO_OPTIONS(OtoShow, (.low = __builtin_nan(""), .high = __builtin_nan("")), __VA_ARGS__))
void oto_show_tensor(OtoTensor *x, OtoShow options);
void oto_show_notes(OtoNotes *notes, OtoShow options);
void oto_show_midi(OtoMidi *midi, OtoShow options);
void oto_show_score(OtoScore *score, OtoShow options);
void oto_show_labels(OtoLabels *labels, OtoShow options);
void oto_show_dataset(OtoDataset *set, OtoShow options);
void oto_show_fit(OtoFit *fit, OtoShow options);
void oto_show_table(OtoTable *table, OtoShow options);
void oto_show_layer(OtoLayer *layer, OtoShow options);
void oto_show_optimizer(OtoOptimizer *optimizer, OtoShow options);
void oto_show_examples(OtoExamples examples, OtoShow options);
void oto_show_batches(struct OtoPass batches, OtoShow options);

/* Prints a value as text to stdout: a tensor's numbers, a net's parts, an optimizer's line, ... */
#define oto_print(value)                                                                                               \
    _Generic((value),                                                                                                  \
        OtoNotes *: oto_notes_print,                                                                                   \
        OtoScore *: oto_score_print,                                                                                   \
        OtoLabels *: oto_labels_print,                                                                                 \
        OtoDataset *: oto_dataset_print,                                                                               \
        OtoTable *: oto_table_print,                                                                                   \
        OtoLayer *: oto_layer_print,                                                                                   \
        OtoOptimizer *: oto_optimizer_print,                                                                           \
        default: (oto_print))(value)

/* Only the player: oto_player(target, .with = {yours}, .labels = {"target", "yours"}). */
#define oto_player(sound, ...) oto_show_tensor(sound, OTO_OPTIONS(OtoShow, (.as = "player"), __VA_ARGS__))

/* The value of a cell's last expression; a notebook calls it. NULL shows as NULL. */
#define oto_show_result(value)                                                                                         \
    _Generic((value),                                                                                                  \
        OtoTensor *: oto_show_tensor_result,                                                                           \
        OtoNotes *: oto_show_notes_result,                                                                             \
        OtoMidi *: oto_show_midi_result,                                                                               \
        OtoScore *: oto_show_score_result,                                                                             \
        OtoLabels *: oto_show_labels_result,                                                                           \
        OtoDataset *: oto_show_dataset_result,                                                                         \
        OtoFit *: oto_show_fit_result,                                                                                 \
        OtoTable *: oto_show_table_result,                                                                             \
        OtoLayer *: oto_show_layer_result,                                                                             \
        OtoExamples: oto_show_examples_result,                                                                         \
        struct OtoPass: oto_show_batches_result,                                                                       \
        OtoOptimizer *: oto_show_optimizer_result)(value)
void oto_show_tensor_result(OtoTensor *x);
void oto_show_notes_result(OtoNotes *notes);
void oto_show_midi_result(OtoMidi *midi);
void oto_show_score_result(OtoScore *score);
void oto_show_labels_result(OtoLabels *labels);
void oto_show_dataset_result(OtoDataset *set);
void oto_show_fit_result(OtoFit *fit);
void oto_show_table_result(OtoTable *table);
void oto_show_layer_result(OtoLayer *layer);
void oto_show_optimizer_result(OtoOptimizer *optimizer);
void oto_show_examples_result(OtoExamples examples);
void oto_show_batches_result(struct OtoPass batches);

#endif
