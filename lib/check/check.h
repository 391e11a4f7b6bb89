/* check: tells whether an exercise's answer is right, and what is wrong with it.
 *
 *     oto_exercise("01_sound");                                   first cell: seed, and what the solution observed
 *     oto_check_close("RMS of a sine", rms(sine, n), .rtol = 1e-4, .hint = "is the mean inside the root?");
 *     oto_check_equal("note name", name_of(60));                  integers and text: exactly
 *     oto_check_array("Hann window of 8", window, 8, .atol = 1e-6);
 *     oto_check_tensor("mel filters", filters);
 *     oto_check_audio("the mix", mix, .snr_db = 60);              a sound tensor, by its signal-to-noise ratio
 *     oto_check_shape("shape of the STFT", S);
 *     oto_check_permutation("components", H);                     right in any order; oto_check_direction: of any sign
 *     oto_check_onsets("drum loop", onsets, count, .truth = "drum_loop", .at_least = 0.9);
 *     oto_check_predictions("hidden set", logits, .truth = "styles_test", .metric = "accuracy", .at_least = 0.8);
 *     oto_check_gradient("dW", dW, n, W, loss(W, b, x, y));       against difference quotients of the loss
 *     oto_check_time("FFT of 4096", fft(x, y, 4096), .at_most = 3);
 *
 * A check holds no expected value: it sends what it saw. What is expected is what the solution showed to the check of
 * the same name, so a name stands once in a notebook. Each check draws a green or red line; a failed one says what was
 * expected and got, where it is worst, and the hint; sounds can be heard beside the target. Without expectations (no
 * oto_exercise, no NN_topic.expected in the working directory, another name) it shows what it saw.
 *
 * Options of all: .hint, .weight (1; the check's share of the cell's points), .hidden,
 *     .forbid, .require   names parted by blanks or commas that the answers of this part must not use, and must use:
 *                         functions ("oto_stft", "oto_fft*"), functions and variables of the exercise's own
 *                         cells, or "for" "while" "do" "goto" "switch" "asm" "recursion"; the grader decides,
 *                         whatever macro or pointer they hide behind
 * Options of some:
 *     .rtol .atol    |got - expected| <= atol + rtol |expected|, as numpy.allclose (1e-5, 1e-8). Whole numbers are
 *                    compared exactly unless a tolerance is given. NaN equals nothing.
 *     .snr_db 60  .align 0 (seconds of delay that are forgiven; samples, where the expected sound has
 *                    no sample rate)  .any_gain (so is a constant gain)
 *     .at_least, .at_most, .full_at   a score earns nothing below .at_least and everything at .full_at, linearly
 *                    between; without .full_at everything at .at_least. Where less is better, .at_most.
 *     .truth         the truth, by the name of its file in NN_topic.truth/ beside the solution: the grader compares
 *                    with it and not with what the solution found. (solutions/README.md)
 *     .metric        which score
 * One that a check does not look at is refused.
 */
#ifndef OTO_CHECK_H
#define OTO_CHECK_H

#include "../labels/labels.h"
#include "../music/notes.h"
#include "../tensor/options.h"
#include "../tensor/tensor.h"

#include <stdbool.h>
#include <stdint.h>

/* Begins an exercise: sets the seed of oto_uniform and its kin, and reads what the solution observed from
 * `<name>.expected` in the working directory. The environment's OTO_SEED sets another seed. */
void oto_exercise(const char *name);
/* The seed that oto_exercise set. */
uint64_t oto_exercise_seed(void);

typedef struct OtoCheck {
    double rtol, atol, snr_db, align, weight;
    double at_least, at_most, full_at, window, false_alarm;
    const char *hint, *truth, *metric, *forbid, *require;
    bool any_gain, hidden;
} OtoCheck;
#define OTO_CHECK(...)                                                                                                 \
    OTO_OPTIONS(OtoCheck,                                                                                              \
                (.rtol = OTO_UNSET, .atol = OTO_UNSET, .snr_db = OTO_UNSET, .align = OTO_UNSET, .weight = 1,           \
                 .window = OTO_UNSET, .false_alarm = OTO_UNSET, .at_least = OTO_NO_THRESHOLD,                          \
                 .at_most = OTO_NO_THRESHOLD, .full_at = OTO_NO_THRESHOLD),                                            \
                __VA_ARGS__)
#define OTO_UNSET (-1e300) /* what nobody writes */
#define OTO_NO_THRESHOLD __builtin_nan("")

void oto_check_close(const char *name, double value, OtoCheck options);
#define oto_check_close(name, value, ...) oto_check_close(name, value, OTO_CHECK(__VA_ARGS__))

/* A whole number, or a text. */
#define oto_check_equal(name, value, ...)                                                                              \
    _Generic((value),                                                                                                  \
        char *: oto_check_text_equal,                                                                                  \
        const char *: oto_check_text_equal,                                                                            \
        unsigned long: oto_check_unsigned_equal,                                                                       \
        unsigned long long: oto_check_unsigned_equal,                                                                  \
        bool: oto_check_integer_equal,                                                                                 \
        char: oto_check_integer_equal,                                                                                 \
        signed char: oto_check_integer_equal,                                                                          \
        unsigned char: oto_check_integer_equal,                                                                        \
        short: oto_check_integer_equal,                                                                                \
        unsigned short: oto_check_integer_equal,                                                                       \
        int: oto_check_integer_equal,                                                                                  \
        unsigned: oto_check_integer_equal,                                                                             \
        long: oto_check_integer_equal,                                                                                 \
        long long: oto_check_integer_equal)(name, value, OTO_CHECK(__VA_ARGS__))
void oto_check_text_equal(const char *name, const char *value, OtoCheck options);
void oto_check_integer_equal(const char *name, int64_t value, OtoCheck options);
void oto_check_unsigned_equal(const char *name, uint64_t value, OtoCheck options);

/* The first count elements of a C array. */
#define oto_check_array(name, array, count, ...)                                                                       \
    oto_check_elements(name, array, count, OTO_ELEMENT_OF(array), OTO_CHECK(__VA_ARGS__))
#define OTO_ELEMENT_OF(array)                                                                                          \
    _Generic(&*(array),                                                                                                \
        float *: OTO_ELEMENT_FLOAT,                                                                                    \
        const float *: OTO_ELEMENT_FLOAT,                                                                              \
        double *: OTO_ELEMENT_DOUBLE,                                                                                  \
        const double *: OTO_ELEMENT_DOUBLE,                                                                            \
        int *: OTO_ELEMENT_INT,                                                                                        \
        const int *: OTO_ELEMENT_INT,                                                                                  \
        short *: OTO_ELEMENT_SHORT,                                                                                    \
        const short *: OTO_ELEMENT_SHORT,                                                                              \
        long *: OTO_ELEMENT_INT64,                                                                                     \
        const long *: OTO_ELEMENT_INT64,                                                                               \
        unsigned char *: OTO_ELEMENT_BYTE,                                                                             \
        const unsigned char *: OTO_ELEMENT_BYTE,                                                                       \
        signed char *: OTO_ELEMENT_SIGNED_BYTE,                                                                        \
        const signed char *: OTO_ELEMENT_SIGNED_BYTE,                                                                  \
        bool *: OTO_ELEMENT_BOOL,                                                                                      \
        const bool *: OTO_ELEMENT_BOOL,                                                                                \
        unsigned short *: OTO_ELEMENT_UNSIGNED_SHORT,                                                                  \
        const unsigned short *: OTO_ELEMENT_UNSIGNED_SHORT,                                                            \
        unsigned *: OTO_ELEMENT_UNSIGNED,                                                                              \
        const unsigned *: OTO_ELEMENT_UNSIGNED,                                                                        \
        unsigned long *: OTO_ELEMENT_UINT64,                                                                           \
        const unsigned long *: OTO_ELEMENT_UINT64,                                                                     \
        long long *: OTO_ELEMENT_INT64,                                                                                \
        const long long *: OTO_ELEMENT_INT64,                                                                          \
        unsigned long long *: OTO_ELEMENT_UINT64,                                                                      \
        const unsigned long long *: OTO_ELEMENT_UINT64,                                                                \
        float _Complex *: OTO_ELEMENT_COMPLEX,                                                                         \
        const float _Complex *: OTO_ELEMENT_COMPLEX)
typedef enum OtoElement {
    OTO_ELEMENT_FLOAT,
    OTO_ELEMENT_DOUBLE,
    OTO_ELEMENT_INT,
    OTO_ELEMENT_SHORT,
    OTO_ELEMENT_INT64,
    OTO_ELEMENT_BYTE,
    OTO_ELEMENT_SIGNED_BYTE,
    OTO_ELEMENT_BOOL,
    OTO_ELEMENT_UNSIGNED_SHORT,
    OTO_ELEMENT_UNSIGNED,
    OTO_ELEMENT_UINT64,
    OTO_ELEMENT_COMPLEX
} OtoElement;
void oto_check_elements(const char *name, const void *array, int64_t count, OtoElement element, OtoCheck options);

/* All elements of a tensor, and its shape. */
void oto_check_tensor(const char *name, OtoTensor *x, OtoCheck options);
#define oto_check_tensor(name, x, ...) oto_check_tensor(name, x, OTO_CHECK(__VA_ARGS__))

/* A sound, (time) or (channels, time). */
void oto_check_audio(const char *name, OtoTensor *sound, OtoCheck options);
#define oto_check_audio(name, sound, ...) oto_check_audio(name, sound, OTO_CHECK(__VA_ARGS__))

/* The lengths of a tensor's axes. */
void oto_check_shape(const char *name, OtoTensor *x, OtoCheck options);
#define oto_check_shape(name, x, ...) oto_check_shape(name, x, OTO_CHECK(__VA_ARGS__))

/* ---- right in more than one way ---- */

/* Rows (component, ...) that may come in any order, as those of an NMF; .any_gain: each up to a factor above 0. Of
 * whole numbers (example n): clusters by any name, as those of k-means. Tolerances 1e-3, 1e-5. */
void oto_check_permutation(const char *name, OtoTensor *x, OtoCheck options);
#define oto_check_permutation(name, x, ...) oto_check_permutation(name, x, OTO_CHECK(__VA_ARGS__))

/* Rows (component, ...), or one, each of either sign, as those of a PCA; .any_gain: up to a factor. */
void oto_check_direction(const char *name, OtoTensor *x, OtoCheck options);
#define oto_check_direction(name, x, ...) oto_check_direction(name, x, OTO_CHECK(__VA_ARGS__))

/* A spectrum or spectrogram, amplitudes or complex: its distance in dB, .at_most 1. */
void oto_check_spectrum(const char *name, OtoTensor *x, OtoCheck options);
#define oto_check_spectrum(name, x, ...) oto_check_spectrum(name, x, OTO_CHECK(__VA_ARGS__))

/* A path: int64 or whole numbers, nodes (step k) of a graph whose edge i to j costs cost(i, j), infinite where there is
 * none; or cells (step k, 2) of a table of costs, as those of dynamic time warping. Any valid path that costs no more
 * than the solution's is right. The costs must be the exercise's: those of the solution's run count. */
void oto_check_path(const char *name, OtoTensor *path, OtoTensor *cost, OtoCheck options);
#define oto_check_path(name, path, cost, ...) oto_check_path(name, path, cost, OTO_CHECK(__VA_ARGS__))

/* Random numbers, at least as many as the solution's: those of the same distribution pass, but for one run in a million
 * (.false_alarm 1e-6 or less). 1,000 of them tell distributions apart that differ by 0.18 somewhere, 100,000 by 0.02.
 */
#define oto_check_distribution(name, samples, count, ...)                                                              \
    oto_check_samples(name, samples, count, OTO_ELEMENT_OF(samples), OTO_CHECK(__VA_ARGS__))
void oto_check_samples(const char *name, const void *samples, int64_t count, OtoElement element, OtoCheck options);

/* ---- what was heard ---- */

/* Times in s, ascending, float or double: F within .window 0.05 s, .at_least 0.9. */
#define oto_check_onsets(name, times, count, ...)                                                                      \
    oto_check_onset_times(name, times, count, OTO_ELEMENT_OF(times), OTO_CHECK(__VA_ARGS__))
void oto_check_onset_times(const char *name, const void *times, int64_t count, OtoElement element, OtoCheck options);

/* The same of beats, .at_least 0.8; those of the first 5 s do not count. .metric "f" "cemgil" "p_score" "cml_c" "cml_t"
 * "aml_c" "aml_t" "information_gain".
 */
#define oto_check_beats(name, times, count, ...)                                                                       \
    oto_check_beat_times(name, times, count, OTO_ELEMENT_OF(times), OTO_CHECK(__VA_ARGS__))
void oto_check_beat_times(const char *name, const void *times, int64_t count, OtoElement element, OtoCheck options);

/* Notes: F, .at_least 0.8, .window 0.05 s, .metric "onset", or "offset" where the ends count too. */
void oto_check_notes(const char *name, OtoNotes *notes, OtoCheck options);
#define oto_check_notes(name, notes, ...) oto_check_notes(name, notes, OTO_CHECK(__VA_ARGS__))

/* Chords: the share of the time that is right, .at_least 0.8; .metric "majmin" "sevenths" "root" "triads" ... */
void oto_check_chords(const char *name, OtoLabels *chords, OtoCheck options);
#define oto_check_chords(name, chords, ...) oto_check_chords(name, chords, OTO_CHECK(__VA_ARGS__))

/* A melody: Hz at times in s, both (frame n), .at_least 0.8; .metric "overall" "raw_pitch" "raw_chroma"
 * "voicing_recall". */
void oto_check_melody(const char *name, OtoTensor *times, OtoTensor *hz, OtoCheck options);
#define oto_check_melody(name, times, hz, ...) oto_check_melody(name, times, hz, OTO_CHECK(__VA_ARGS__))

/* Separated sources (channels, time) or one (time), in the order of the truth: mean SI-SDR in dB, of a
 * source 100 dB at most; needs .at_least. */
void oto_check_separation(const char *name, OtoTensor *sources, OtoCheck options);
#define oto_check_separation(name, sources, ...) oto_check_separation(name, sources, OTO_CHECK(__VA_ARGS__))

/* ---- what was learnt ---- */

/* Predictions for examples: classes (example n), or scores (example n, class k); needs .at_least (perplexity:
 * .at_most). .metric "accuracy" "f1" (macro) "perplexity" of logits; and, where the truth has a 0 or 1 for each score,
 * "auc" "average_precision", for rankings (query n, item k) "map" "mrr". */
void oto_check_predictions(const char *name, OtoTensor *predictions, OtoCheck options);
#define oto_check_predictions(name, predictions, ...) oto_check_predictions(name, predictions, OTO_CHECK(__VA_ARGS__))

/* The losses of a training, of which the first 20 are compared; the tolerance grows with the steps, 1e-4 of the loss
 * each.
 */
#define oto_check_trajectory(name, losses, count, ...)                                                                 \
    oto_check_losses(name, losses, count, OTO_ELEMENT_OF(losses), OTO_CHECK(__VA_ARGS__))
void oto_check_losses(const char *name, const void *losses, int64_t count, OtoElement element, OtoCheck options);

/* A gradient of count numbers: `loss`, an expression, is evaluated with each of the parameters (float or double) a
 * little up and a little down. Compared with the quotients of the solution's loss. Tolerances 1e-3, and 1e-3 of the
 * largest component. */
#define oto_check_gradient(name, gradient, count, parameters, loss, ...)                                               \
    ({                                                                                                                 \
        for (OtoQuotients oto_quotients =                                                                              \
                 oto_quotients_begin(name, gradient, count, OTO_ELEMENT_OF(gradient), parameters,                      \
                                     OTO_ELEMENT_OF(parameters), OTO_CHECK(__VA_ARGS__));                              \
             oto_quotients_next(&oto_quotients); oto_quotients.value = (double)(loss)) {                               \
        }                                                                                                              \
    })
typedef struct OtoQuotients {
    const char *name;
    const void *gradient;
    void *parameters;
    int64_t count, at; /* 2 * index of the parameter, + 1 when it is the lower one's turn */
    OtoElement element, gradient_element;
    OtoCheck options;
    double original, upper, width, value; /* value: the loss */
    OtoTensor *sides;
} OtoQuotients;
OtoQuotients oto_quotients_begin(const char *name, const void *gradient, int64_t count, OtoElement gradient_element,
                                 void *parameters, OtoElement element, OtoCheck options);
bool oto_quotients_next(OtoQuotients *quotients);

/* ---- properties: what must hold whatever else the answer does ---- */

/* Two sides of an equation, count numbers each. Tolerances 1e-4, 1e-6. */
#define oto_check_property(name, left, right, count, ...)                                                              \
    oto_check_sides(name, left, OTO_ELEMENT_OF(left), right, OTO_ELEMENT_OF(right), count, OTO_CHECK(__VA_ARGS__))
void oto_check_sides(const char *name, const void *left, OtoElement left_element, const void *right,
                     OtoElement right_element, int64_t count, OtoCheck options);

/* Of a function from sound (time) to sound (time), tried on x: what comes out does not depend on what comes later;
 * f(2x - 3y) = 2 f(x) - 3 f(y), y being x in reverse; x delayed comes out delayed; x comes out again. */
typedef OtoTensor *OtoProcess(OtoTensor *x);
void oto_check_causal(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options);
#define oto_check_causal(name, f, x, ...) oto_check_causal(name, f, x, OTO_CHECK(__VA_ARGS__))
void oto_check_linear(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options);
#define oto_check_linear(name, f, x, ...) oto_check_linear(name, f, x, OTO_CHECK(__VA_ARGS__))
void oto_check_time_invariant(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options);
#define oto_check_time_invariant(name, f, x, ...) oto_check_time_invariant(name, f, x, OTO_CHECK(__VA_ARGS__))
void oto_check_reconstruction(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options);
#define oto_check_reconstruction(name, f, x, ...) oto_check_reconstruction(name, f, x, OTO_CHECK(__VA_ARGS__))

/* ---- what it takes ---- */

/* Runs a call (an expression) for at least 5 ms and sends its processor time: .at_most 3 times the solution's. In the
 * grader both run on one machine, which says from outside how often to call and how long that took; the line that a
 * student sees compares with the machine of the release. It earns nothing where another check of its cell
 * earns nothing, where the cell does not run to its end, or where an answer of its part makes checks itself, uses
 * longjmp or holds assembly. An answer could remember its results, or do nothing more once its values were seen: let
 * the input change from call to call, fft(x[k++ % 8], y, 4096), and check a value behind. */
#define oto_check_time(name, call, ...)                                                                                \
    ({                                                                                                                 \
        for (OtoStopwatch oto_stopwatch = oto_stopwatch_begin(name, OTO_CHECK(__VA_ARGS__));                           \
             oto_stopwatch_goes_on(&oto_stopwatch);) {                                                                 \
            (void)(call);                                                                                              \
        }                                                                                                              \
    })
enum { OTO_STOPWATCH_SAMPLES = 5 };
typedef struct OtoStopwatch {
    const char *name;
    OtoCheck options;
    bool outside;        /* the grader measures */
    int64_t batch, done; /* calls that are timed together */
    int count;
    double begun, samples[OTO_STOPWATCH_SAMPLES]; /* s */
} OtoStopwatch;
OtoStopwatch oto_stopwatch_begin(const char *name, OtoCheck options);
bool oto_stopwatch_goes_on(OtoStopwatch *stopwatch);

/* Runs a call (an expression) twice and sends what the second took by malloc at most, and what it left: .at_most 2
 * times the solution's, and no more left than by the solution. The grader looks from outside besides, and does not
 * believe much less than what the process has grown by. */
#define oto_check_memory(name, call, ...)                                                                              \
    ({                                                                                                                 \
        for (OtoMemoryWatch oto_memory_watch = oto_memory_watch_begin(name, OTO_CHECK(__VA_ARGS__));                   \
             oto_memory_watch_goes_on(&oto_memory_watch);) {                                                           \
            (void)(call);                                                                                              \
        }                                                                                                              \
    })
typedef struct OtoMemoryWatch {
    const char *name;
    OtoCheck options;
    bool outside; /* the grader looks, too */
    int runs;
} OtoMemoryWatch;
OtoMemoryWatch oto_memory_watch_begin(const char *name, OtoCheck options);
bool oto_memory_watch_goes_on(OtoMemoryWatch *watch);

/* ---- called by the notebook around each cell, not by students ---- */

/* A new cell: forgets the checks of the last one, and what blocks it was in when it was left. In the grader it begins
 * with the floating-point environment of a new program. */
void oto_library_cell_begin(void);
/* The end of a cell. When its checks belong to a graded cell and some failed, sends the points earned as the cell's
 * result (OTO_RECORD_RESULT, text/plain a bare number, as nbgrader's partial credit wants it). When none passed, sends
 * an OTO_RECORD_REFUSAL {"message" s, "ename" s "CheckFailed"} and returns true: the cell shall end as refused. */
bool oto_check_cell_end(void);

#endif
