#include "kernel/worker/deferred.h"

#include <cblas.h>
#include <dlfcn.h>
#include <errno.h>
#include <fftw3.h>
#include <libxml/parser.h>
#include <minizip/unzip.h>
#include <sndfile.h>
#include <soxr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/worker/fault.h"
#include "kernel/worker/memory.h"

static const char sndfile[] = "libsndfile.so.1", soxr[] = "libsoxr.so.0", fftwf[] = "libfftw3f.so.3",
                  fftw[] = "libfftw3.so.3", openblas[] = "libopenblas.so.0", libxml[] = "libxml2.so.2",
                  minizip[] = "libminizip.so.1";
/* The last two serve cells alone. */
static const char *const libraries[] = {
    sndfile, soxr, fftwf, fftw, openblas, libxml, minizip, "libfftw3f_threads.so.3", "libpng16.so.16"};

/* As if it had been there from the start: to cells, its symbols are known as well. */
static void *open_library(const char *library) {
    return dlopen(library, RTLD_LAZY | RTLD_GLOBAL);
}

void *deferred_symbol(const char *name) {
    static bool tried;
    for (size_t i = 0; !tried && i < sizeof libraries / sizeof *libraries; i++) open_library(libraries[i]);
    tried = true;
    return dlsym(RTLD_DEFAULT, name);
}

static void *find(const char *library, const char *function) {
    int before = errno; /* of the cell, which did not ask for any of this */
    void *opened = open_library(library), *found = opened ? dlsym(opened, function) : NULL;
    errno = before;
    if (found) return found;
    const char *why = dlerror();
    /* It is installed, so what it takes to open it is what the cell may not have. */
    if (!strstr(why, "No such file") && memory_is_limit(0)) fault_memory_of_library();
    fprintf(stderr, "oto-worker: %s\n", why);
    abort();
}

/* A function by the name that the library (lib/) calls. It is found once; threads that look at once find the same. */
#define DEFERRED(library, type, function, parameters, arguments)                                                       \
    type function parameters {                                                                                         \
        static typeof(function) *_Atomic found;                                                                        \
        if (!found) found = find(library, #function);                                                                  \
        return found arguments;                                                                                        \
    }

DEFERRED(sndfile, SNDFILE *, sf_open, (const char *path, int mode, SF_INFO *info), (path, mode, info))
DEFERRED(sndfile, SNDFILE *, sf_open_virtual, (SF_VIRTUAL_IO * access, int mode, SF_INFO *info, void *context),
         (access, mode, info, context))
DEFERRED(sndfile, int, sf_close, (SNDFILE * file), (file))
DEFERRED(sndfile, int, sf_command, (SNDFILE * file, int command, void *data, int size), (file, command, data, size))
DEFERRED(sndfile, int, sf_error, (SNDFILE * file), (file))
DEFERRED(sndfile, const char *, sf_error_number, (int number), (number))
DEFERRED(sndfile, const char *, sf_strerror, (SNDFILE * file), (file))
DEFERRED(sndfile, int, sf_format_check, (const SF_INFO *info), (info))
DEFERRED(sndfile, sf_count_t, sf_seek, (SNDFILE * file, sf_count_t frames, int from), (file, frames, from))
DEFERRED(sndfile, const char *, sf_get_string, (SNDFILE * file, int kind), (file, kind))
DEFERRED(sndfile, int, sf_set_string, (SNDFILE * file, int kind, const char *text), (file, kind, text))
DEFERRED(sndfile, sf_count_t, sf_readf_float, (SNDFILE * file, float *to, sf_count_t frames), (file, to, frames))
DEFERRED(sndfile, sf_count_t, sf_writef_float, (SNDFILE * file, const float *from, sf_count_t frames),
         (file, from, frames))
DEFERRED(sndfile, sf_count_t, sf_writef_int, (SNDFILE * file, const int *from, sf_count_t frames), (file, from, frames))

DEFERRED(soxr, soxr_t, soxr_create,
         (double from, double to, unsigned channels, soxr_error_t *error, const soxr_io_spec_t *io,
          const soxr_quality_spec_t *quality, const soxr_runtime_spec_t *runtime),
         (from, to, channels, error, io, quality, runtime))
DEFERRED(soxr, soxr_error_t, soxr_process,
         (soxr_t resampler, soxr_in_t in, size_t in_count, size_t *in_done, soxr_out_t out, size_t out_count,
          size_t *out_done),
         (resampler, in, in_count, in_done, out, out_count, out_done))
DEFERRED(soxr, void, soxr_delete, (soxr_t resampler), (resampler))
DEFERRED(soxr, soxr_io_spec_t, soxr_io_spec, (soxr_datatype_t in, soxr_datatype_t out), (in, out))
DEFERRED(soxr, soxr_quality_spec_t, soxr_quality_spec, (unsigned long recipe, unsigned long flags), (recipe, flags))
DEFERRED(soxr, soxr_runtime_spec_t, soxr_runtime_spec, (unsigned threads), (threads))

DEFERRED(fftwf, fftwf_plan, fftwf_plan_dft_1d, (int n, fftwf_complex *in, fftwf_complex *out, int sign, unsigned flags),
         (n, in, out, sign, flags))
DEFERRED(fftwf, fftwf_plan, fftwf_plan_dft_r2c_1d, (int n, float *in, fftwf_complex *out, unsigned flags),
         (n, in, out, flags))
DEFERRED(fftwf, fftwf_plan, fftwf_plan_dft_c2r_1d, (int n, fftwf_complex *in, float *out, unsigned flags),
         (n, in, out, flags))
DEFERRED(fftwf, void, fftwf_execute_dft, (const fftwf_plan plan, fftwf_complex *in, fftwf_complex *out),
         (plan, in, out))
DEFERRED(fftwf, void, fftwf_execute_dft_r2c, (const fftwf_plan plan, float *in, fftwf_complex *out), (plan, in, out))
DEFERRED(fftwf, void, fftwf_execute_dft_c2r, (const fftwf_plan plan, fftwf_complex *in, float *out), (plan, in, out))

DEFERRED(fftw, void *, fftw_malloc, (size_t size), (size))
DEFERRED(fftw, void, fftw_free, (void *block), (block))
DEFERRED(fftw, fftw_plan, fftw_plan_dft_r2c_1d, (int n, double *in, fftw_complex *out, unsigned flags),
         (n, in, out, flags))
DEFERRED(fftw, fftw_plan, fftw_plan_dft_c2r_1d, (int n, fftw_complex *in, double *out, unsigned flags),
         (n, in, out, flags))
DEFERRED(fftw, void, fftw_execute_dft_r2c, (const fftw_plan plan, double *in, fftw_complex *out), (plan, in, out))
DEFERRED(fftw, void, fftw_execute_dft_c2r, (const fftw_plan plan, fftw_complex *in, double *out), (plan, in, out))
DEFERRED(fftw, void, fftw_destroy_plan, (fftw_plan plan), (plan))

/* LAPACK, which comes with OpenBLAS, has no header. The names are the functions' own. */
DEFERRED(openblas, void, openblas_set_num_threads, (int threads), (threads))
DEFERRED(openblas, void, cblas_sgemm,
         (enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE transpose_a, enum CBLAS_TRANSPOSE transpose_b, blasint m,
          blasint n, blasint k, float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta,
          float *c, blasint ldc),
         (order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc))
DEFERRED(openblas, void, dgesdd_,
         (const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu,
          double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info),
         (jobz, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork, info))
DEFERRED(openblas, void, dposv_,
         (const char *uplo, const int *n, const int *columns, double *a, const int *lda, double *b, const int *ldb,
          int *info),
         (uplo, n, columns, a, lda, b, ldb, info))
DEFERRED(openblas, void, dsyevr_,
         (const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda,
          const double *lowest, const double *highest, const int *first, const int *last, const double *tolerance,
          int *count, double *values, double *vectors, const int *ldz, int *support, double *work, const int *lwork,
          int *iwork, const int *liwork, int *info),
         (jobz, range, uplo, n, a, lda, lowest, highest, first, last, tolerance, count, values, vectors, ldz, support,
          work, lwork, iwork, liwork, info))

/* A variable: libxml2 takes this one in the place of its own, which has the same value. */
xmlFreeFunc xmlFree = free;
DEFERRED(libxml, xmlDocPtr, xmlReadMemory,
         (const char *bytes, int size, const char *url, const char *encoding, int options),
         (bytes, size, url, encoding, options))
DEFERRED(libxml, xmlDocPtr, xmlCtxtReadMemory,
         (xmlParserCtxtPtr context, const char *bytes, int size, const char *url, const char *encoding, int options),
         (context, bytes, size, url, encoding, options))
DEFERRED(libxml, xmlParserCtxtPtr, xmlNewParserCtxt, (void), ())
DEFERRED(libxml, void, xmlFreeParserCtxt, (xmlParserCtxtPtr context), (context))
DEFERRED(libxml, xmlErrorPtr, xmlGetLastError, (void), ())
DEFERRED(libxml, xmlErrorPtr, xmlCtxtGetLastError, (void *context), (context))
DEFERRED(libxml, void, xmlFreeDoc, (xmlDocPtr document), (document))
DEFERRED(libxml, xmlNodePtr, xmlDocGetRootElement, (const xmlDoc *document), (document))
DEFERRED(libxml, long, xmlGetLineNo, (const xmlNode *node), (node))
DEFERRED(libxml, xmlChar *, xmlGetProp, (const xmlNode *node, const xmlChar *name), (node, name))
DEFERRED(libxml, xmlChar *, xmlNodeGetContent, (const xmlNode *node), (node))
DEFERRED(libxml, int, xmlStrEqual, (const xmlChar *a, const xmlChar *b), (a, b))

DEFERRED(minizip, unzFile, unzOpen64, (const void *path), (path))
DEFERRED(minizip, int, unzClose, (unzFile file), (file))
DEFERRED(minizip, int, unzGoToFirstFile, (unzFile file), (file))
DEFERRED(minizip, int, unzGoToNextFile, (unzFile file), (file))
DEFERRED(minizip, int, unzLocateFile, (unzFile file, const char *name, int case_matters), (file, name, case_matters))
DEFERRED(minizip, int, unzGetCurrentFileInfo64,
         (unzFile file, unz_file_info64 *info, char *name, uLong name_size, void *extra, uLong extra_size,
          char *comment, uLong comment_size),
         (file, info, name, name_size, extra, extra_size, comment, comment_size))
DEFERRED(minizip, int, unzOpenCurrentFile, (unzFile file), (file))
DEFERRED(minizip, int, unzReadCurrentFile, (unzFile file, voidp to, unsigned size), (file, to, size))
DEFERRED(minizip, int, unzCloseCurrentFile, (unzFile file), (file))
