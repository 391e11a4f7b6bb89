#include "autograder/library.h"

#include <string.h>

static bool begins(const char *name, size_t length, const char *prefix) {
    size_t fixed = strlen(prefix);
    return length >= fixed && memcmp(name, prefix, fixed) == 0;
}

static bool is_among(const char *name, size_t length, const char *const *names) {
    for (; *names; names++)
        if (strlen(*names) == length && memcmp(name, *names, length) == 0) return true;
    return false;
}

/* Functions of the library that later cells notice: settings, files, the log of a training, what errors do. */
static bool library_lasts(const char *name, size_t length) {
    static const char *const parts[] = {"_set_", "_save", "_write", "_watch_layers", NULL};
    static const char *const names[] = {"oto_exercise", "oto_run", "oto_log", "oto_runs", "oto_on_error", NULL};
    for (const char *const *part = parts; *part; part++)
        if (memmem(name, length, *part, strlen(*part))) return true;
    return is_among(name, length, names) || begins(name, length, "oto_run_");
}

bool library_is_harmless(const char *name, size_t length) {
    static const char *const prefixes[] = {"__asan_", "__ubsan_", "__builtin_", "__mul", "__div", NULL};
    static const char *const statements[] = {"for", "while", "do", "goto", "switch", "recursion", NULL};
    static const char *const functions[] = {
        "__assert_fail", "abs",      "labs",    "llabs",   "malloc",       "calloc",  "realloc", "free",
        "qsort",         "bsearch",  "memcpy",  "memmove", "memset",       "memcmp",  "strlen",  "strcmp",
        "strncmp",       "strcpy",   "strncpy", "strchr",  "printf",       "puts",    "putchar", "fprintf",
        "fputs",         "snprintf", "stdout",  "stderr",  "__fpclassify", "__isnan", "__isinf", NULL};
    static const char *const numeric[] = {
        /* of math.h and complex.h, without the f or l at the end */
        "acos",    "acosh",     "asin",  "asinh", "atan",   "atan2", "atanh",  "cbrt",   "ceil",  "copysign",
        "cos",     "cosh",      "erf",   "erfc",  "exp",    "exp2",  "exp10",  "expm1",  "fabs",  "fdim",
        "floor",   "fma",       "fmax",  "fmin",  "fmod",   "frexp", "hypot",  "ilogb",  "ldexp", "llrint",
        "llround", "log",       "log10", "log1p", "log2",   "logb",  "lrint",  "lround", "modf",  "nearbyint",
        "pow",     "remainder", "rint",  "round", "scalbn", "sin",   "sincos", "sinh",   "sqrt",  "tan",
        "tanh",    "tgamma",    "trunc", "cabs",  "carg",   "ccos",  "cexp",   "cimag",  "clog",  "conj",
        "cpow",    "cproj",     "creal", "csin",  "csqrt",  NULL};
    for (const char *const *prefix = prefixes; *prefix; prefix++)
        if (begins(name, length, *prefix)) return true;
    if (begins(name, length, "oto_")) return !library_lasts(name, length);
    size_t stem = length > 1 && strchr("fl", name[length - 1]) ? length - 1 : length;
    return is_among(name, length, statements) || is_among(name, length, functions) || is_among(name, length, numeric) ||
           is_among(name, stem, numeric);
}

bool library_may_draw(const char *name, size_t length) {
    /* Those that exercises use outside functions; with a * at the end for all that begin so. */
    static const char *const never[] = {"oto_check_*",
                                        "oto_exercise*",
                                        "oto_element",
                                        "oto_at",
                                        "oto_int_at",
                                        "oto_complex_at",
                                        "oto_complex_element",
                                        "oto_data",
                                        "oto_zeros",
                                        "oto_zeros_of",
                                        "oto_from",
                                        "oto_from_*",
                                        "oto_copy",
                                        "oto_slice",
                                        "oto_slice_axis",
                                        "oto_reshape*",
                                        "oto_tensor",
                                        "oto_tensor_of",
                                        "oto_add",
                                        "oto_sub",
                                        "oto_mul",
                                        "oto_mul_*",
                                        "oto_mean",
                                        "oto_mean_over",
                                        "oto_rms",
                                        "oto_audio_load",
                                        "oto_table_*",
                                        "oto_as_audio",
                                        "oto_audio",
                                        "oto_normalise",
                                        "oto_gain",
                                        "oto_player",
                                        "oto_show",
                                        "oto_show_*",
                                        "oto_scope",
                                        "oto_scope_*",
                                        "oto_name_axis",
                                        "oto_axis_*",
                                        "oto_stft",
                                        "oto_istft",
                                        "oto_spectrogram",
                                        "oto_log_spectrogram",
                                        "oto_mel",
                                        "oto_mfcc",
                                        "oto_rfft",
                                        "oto_irfft",
                                        "oto_db",
                                        "oto_magnitude",
                                        "oto_power",
                                        "oto_ratio",
                                        "oto_window",
                                        "oto_argmax",
                                        "oto_hz_to_*",
                                        "oto_midi_to_hz",
                                        "oto_bin_to_hz",
                                        "oto_confusion_matrix",
                                        NULL};
    if (!begins(name, length, "oto_")) return false;
    for (const char *const *known = never; *known; known++) {
        size_t fixed = strcspn(*known, "*");
        if (length >= fixed && memcmp(name, *known, fixed) == 0 && ((*known)[fixed] || length == fixed)) return false;
    }
    return true;
}
