/* options: named arguments with defaults, as in oto_stft(song, .n_fft = 1024).
 *
 * A function `f(x, OtoThing options)` has a macro of the same name that fills in the defaults; what the caller names
 * comes after them and wins. OTO_OPTIONS(type, (defaults), caller's...) is that structure.
 */
#ifndef OTO_OPTIONS_H
#define OTO_OPTIONS_H

#include <stdint.h>

/* A member that is given twice is the point here, and so is one that is left out. (A push and pop around each use would
 * not work: clang runs the pragmas of a macro's argument before the outer call is parsed.) */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Winitializer-overrides"
#pragma clang diagnostic ignored "-Wmissing-field-initializers"
#elif defined(__GNUC__)
#pragma GCC diagnostic ignored "-Woverride-init"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

#define OTO_UNWRAP(...) __VA_ARGS__
#define OTO_OPTIONS(type, defaults, ...) ((type){OTO_UNWRAP defaults __VA_OPT__(, ) __VA_ARGS__})

/* The value of an option that was left out and whose default depends on others. Nobody types it by chance: a hop of 0
 * is a mistake, and is refused. */
enum { OTO_DEFAULT = INT32_MIN };

/* How many arguments, when each is a number (at least one). */
#define OTO_COUNT(...) (sizeof((double[]){__VA_ARGS__}) / sizeof(double))
/* The length of a list of whole numbers and the list, as two arguments. */
#define OTO_INDICES(...)                                                                                               \
    (int)(sizeof((long long[]){__VA_ARGS__}) / sizeof(long long)), (const long long[]) {                               \
        __VA_ARGS__                                                                                                    \
    }
/* The length of a list of tensors and the list, as two arguments. */
#define OTO_TENSORS(...)                                                                                               \
    (int)(sizeof((OtoTensor *[]){__VA_ARGS__}) / sizeof(OtoTensor *)), (OtoTensor *[]) {                               \
        __VA_ARGS__                                                                                                    \
    }

#endif
