/* The checks: each turns a value into an observation. What comes of it is decided in exercise.c. */
#include "lib/check/check.h"

#include "lib/check/observe.h"

#undef oto_check_close
#undef oto_check_tensor
#undef oto_check_audio
#undef oto_check_shape

void oto_check_close(const char *name, double value, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_close", OTO_CHECK_CLOSE, name, OTO_OBSERVED_FLOAT64, &options);
    observed.data = &value;
    oto_observe_end(&observed);
}

void oto_check_integer_equal(const char *name, int64_t value, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_equal", OTO_CHECK_EQUAL, name, OTO_OBSERVED_INT64, &options);
    observed.data = &value;
    oto_observe_end(&observed);
}

void oto_check_unsigned_equal(const char *name, uint64_t value, OtoCheck options) {
    enum oto_observed_type type = value > INT64_MAX ? OTO_OBSERVED_UINT64 : OTO_OBSERVED_INT64;
    struct oto_observed observed = oto_observe_begin("oto_check_equal", OTO_CHECK_EQUAL, name, type, &options);
    observed.data = &value;
    oto_observe_end(&observed);
}

/* Length of a text, or -1 when no '\0' ends it inside its block. */
static int64_t length_of(const char *text) {
    for (int64_t i = 0;; i++) {
        if (oto_readable(text + i, 1) == 0) return -1;
        if (!text[i]) return i;
    }
}

void oto_check_text_equal(const char *name, const char *value, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_equal", OTO_CHECK_EQUAL, name, OTO_OBSERVED_TEXT, &options);
    int64_t length = value ? length_of(value) : 0;
    if (!value)
        observed.type = OTO_OBSERVED_NULL;
    else if (length < 0)
        observed.problem = "the text has no '\\0' at its end";
    else {
        observed.rank = 1;
        observed.shape = &length;
        observed.data = value;
    }
    oto_observe_end(&observed);
}

void oto_check_elements(const char *name, const void *array, int64_t count, OtoElement element, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_array", OTO_CHECK_ARRAY, name, oto_element_type(element), &options);
    oto_observe_elements(&observed, array, count, element);
}

void oto_check_tensor(const char *name, OtoTensor *x, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_tensor", OTO_CHECK_ARRAY, name, oto_tensor_type(x), &options);
    oto_observe_tensor(&observed, x, true);
}

void oto_check_shape(const char *name, OtoTensor *x, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_shape", OTO_CHECK_SHAPE, name, OTO_OBSERVED_NONE, &options);
    oto_observe_tensor(&observed, x, false);
}

void oto_check_audio(const char *name, OtoTensor *sound, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_audio", OTO_CHECK_AUDIO, name, OTO_OBSERVED_FLOAT32, &options);
    if (oto_kind(sound) == OTO_TENSOR && (sound->type != OTO_FLOAT32 || sound->rank < 1 || sound->rank > 2)) {
        observed.problem = "this is no sound: float32 (time) or (channels, time)";
        oto_observe_end(&observed);
    } else
        oto_observe_tensor(&observed, sound, true);
}
