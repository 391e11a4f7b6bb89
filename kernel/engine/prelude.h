/* What every cell sees without an #include: the C23 headers, unistd.h, and the library. Precompiled. */
#ifndef OTO_PRELUDE_H
#define OTO_PRELUDE_H

#include <assert.h>
#include <complex.h>
#include <ctype.h>
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdatomic.h>
#if __has_include(<stdbit.h>)
#include <stdbit.h>
#endif
#include <stdbool.h>
#include <stdckdint.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <uchar.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include <oto.h>

/* Short words that are macros in a file are names here, with the same values, so that a parameter, a member or a local
 * variable may have them; #ifdef still finds them. Before C23, clang folds a const alike. */
#if __STDC_VERSION__ >= 202311L
#define OTO_WORD static constexpr
#else
#define OTO_WORD static const
#endif
#undef I
OTO_WORD float _Complex I = 1.0iF;
#define I I
#ifdef unix
#undef unix
OTO_WORD int unix = 1;
#define unix unix
#endif
#ifdef linux
#undef linux
OTO_WORD int linux = 1;
#define linux linux
#endif
#undef OTO_WORD

/* What generated code calls; defined by the worker. */
extern void oto_cell_result(const void *address, const char *type);
extern void oto_cell_time_begin(void);
extern void oto_cell_time_end(void);
extern void oto_cell_timeit(void (*timed)(long loops), long loops, int runs);
extern void oto_cell_clock_start(void);
extern void oto_cell_clock_stop(void);

#endif
