/* check: tells whether an exercise's answer is right, and what is wrong with it.
 *
 *     oto_exercise("01_sound");                                   first cell: seed, and what the solution observed
 *     oto_check_close("RMS of a sine", rms(sine, n), .rtol = 1e-4, .hint = "is the mean inside the root?");
 *     oto_check_equal("note name", name_of(60));                  integers and text: exactly
 *     oto_check_array("Hann window of 8", window, 8, .atol = 1e-6);
 *     oto_check_tensor("mel filters", filters);
 *     oto_check_audio("the mix", mix, .snr_db = 60);              a sound tensor, by its signal-to-noise ratio
 *     oto_check_shape("shape of the STFT", S);
 *
 * A check holds no expected value: it sends what it saw. What is expected is what the solution showed to the check of
 * the same name, so a name stands once in a notebook. Each check draws a green or red line; a failed one says what was
 * expected and got, where it is worst, and the hint; sounds can be heard beside the target. Without expectations (no
 * oto_exercise, no NN_topic.expected in the working directory, another name) it shows what it saw.
 *
 * Options of all: .hint, .weight (1; the check's share of the cell's points), .hidden.
 *     close, array, tensor   .rtol 1e-5  .atol 1e-8: |got - expected| <= atol + rtol |expected|, as numpy.allclose.
 * Whole numbers are compared exactly unless a tolerance is given. NaN equals nothing. audio                  .snr_db 60
 * .align 0: seconds of delay that are forgiven  .any_gain: so is a constant gain
 */
#ifndef OTO_CHECK_H
#define OTO_CHECK_H

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
    const char *hint;
    bool any_gain, hidden;
} OtoCheck;
#define OTO_CHECK(...)                                                                                                 \
    OTO_OPTIONS(OtoCheck, (.rtol = OTO_UNSET, .atol = OTO_UNSET, .snr_db = 60, .weight = 1), __VA_ARGS__)
#define OTO_UNSET (-1.0)

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
    oto_check_elements(name, array, count,                                                                             \
                       _Generic(&*(array),                                                                             \
                           float *: OTO_ELEMENT_FLOAT,                                                                 \
                           const float *: OTO_ELEMENT_FLOAT,                                                           \
                           double *: OTO_ELEMENT_DOUBLE,                                                               \
                           const double *: OTO_ELEMENT_DOUBLE,                                                         \
                           int *: OTO_ELEMENT_INT,                                                                     \
                           const int *: OTO_ELEMENT_INT,                                                               \
                           short *: OTO_ELEMENT_SHORT,                                                                 \
                           const short *: OTO_ELEMENT_SHORT,                                                           \
                           int64_t *: OTO_ELEMENT_INT64,                                                               \
                           const int64_t *: OTO_ELEMENT_INT64,                                                         \
                           unsigned char *: OTO_ELEMENT_BYTE,                                                          \
                           const unsigned char *: OTO_ELEMENT_BYTE,                                                    \
                           float _Complex *: OTO_ELEMENT_COMPLEX,                                                      \
                           const float _Complex *: OTO_ELEMENT_COMPLEX),                                               \
                       OTO_CHECK(__VA_ARGS__))
typedef enum OtoElement {
    OTO_ELEMENT_FLOAT,
    OTO_ELEMENT_DOUBLE,
    OTO_ELEMENT_INT,
    OTO_ELEMENT_SHORT,
    OTO_ELEMENT_INT64,
    OTO_ELEMENT_BYTE,
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

/* ---- called by the notebook around each cell, not by students ---- */

/* A new cell: forgets the checks of the last one, and what blocks it was in when it was left. */
void oto_library_cell_begin(void);
/* The end of a cell. When its checks belong to a graded cell and some failed, sends the points earned as the cell's
 * result (OTO_RECORD_RESULT, text/plain a bare number, as nbgrader's partial credit wants it). When none passed, sends
 * an OTO_RECORD_REFUSAL {"message" s, "ename" s "CheckFailed"} and returns true: the cell shall end as refused. */
bool oto_check_cell_end(void);

#endif
