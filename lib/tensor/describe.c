#include "lib/tensor/tensor.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WHOLE_MAX = 8, CORNER = 3 }; /* longer axes show their first and last CORNER indices */

static const char *const type_names[] = {
    [OTO_FLOAT32] = "float32", [OTO_COMPLEX64] = "complex64", [OTO_INT64] = "int64"};
static const char *const quantity_names[] = {
    [OTO_PLAIN] = "",
    [OTO_AMPLITUDE] = "amplitude",
    [OTO_POWER] = "power",
    [OTO_DECIBEL] = "dB",
    [OTO_SPECTRUM] = "spectrum",
    [OTO_PHASE] = "rad",
    [OTO_FREQUENCY] = "Hz",
    [OTO_TIME] = "s",
    [OTO_FRAMES] = "frames",
    [OTO_SAMPLES] = "samples",
};

const char *oto_type_name(OtoType type) {
    return (unsigned)type <= OTO_INT64 ? type_names[type] : "unknown";
}
const char *oto_quantity_name(OtoQuantity quantity) {
    return (unsigned)quantity <= OTO_SAMPLES ? quantity_names[quantity] : "";
}

/* A stream into memory that the caller takes over; free() it. */
static FILE *text_stream(char **text, size_t *size) {
    FILE *stream = open_memstream(text, size);
    if (!stream) oto_refuse("oto_text", "no memory for a text");
    return stream;
}

static void write_shape(FILE *to, OtoTensor *x) {
    fputc('(', to);
    for (int i = 0; i < x->rank; i++)
        fprintf(to, "%s%s%s%" PRId64, i ? ", " : "", x->axes[i].name, *x->axes[i].name ? " " : "", x->shape[i]);
    fputc(')', to);
}

char *oto_shape_text(OtoTensor *x) {
    oto_need("oto_shape_text", "x", x);
    char *text = NULL;
    size_t size;
    FILE *to = text_stream(&text, &size);
    write_shape(to, x);
    fclose(to);
    return text;
}

const char *oto_shape_quoted(OtoTensor *x) {
    static _Thread_local char *kept[4];
    static _Thread_local unsigned turn;
    char **text = &kept[turn++ % 4];
    free(*text);
    *text = NULL;
    return *text = oto_shape_text(x);
}

/* Range and mean of what is not NaN. */
static void write_statistics(FILE *to, OtoTensor *x) {
    int64_t nan = oto_count_nan(x);
    if (x->type == OTO_COMPLEX64) fputs(" magnitude", to);
    if (x->size == nan) {
        fprintf(to, x->size ? " all NaN" : " empty");
        return;
    }
    double lowest = INFINITY, highest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < x->size; i++) {
        double v = x->type == OTO_INT64     ? (double)((int64_t *)x->data)[i]
                   : x->type == OTO_FLOAT32 ? (double)((float *)x->data)[i]
                                            : (double)cabsf(((float _Complex *)x->data)[i]);
        if (isnan(v)) continue;
        if (v < lowest) lowest = v;
        if (v > highest) highest = v;
        sum += v;
    }
    fprintf(to, " [%.4g, %.4g] mean %.4g", lowest, highest, sum / (double)(x->size - nan));
    if (x->type != OTO_INT64) fprintf(to, ", %" PRId64 " NaN", nan);
}

static void write_description(FILE *to, OtoTensor *x) {
    fprintf(to, "%s ", oto_type_name(x->type));
    write_shape(to, x);
    if (x->quantity != OTO_PLAIN) fprintf(to, " %s", oto_quantity_name(x->quantity));
    write_statistics(to, x);
    if (x->sample_rate > 0 && x->quantity == OTO_AMPLITUDE && x->framing.hop_length == 0)
        fprintf(to, ", %.4g s at %.10g Hz", (double)x->cols / x->sample_rate, x->sample_rate);
    if (x->origin) fprintf(to, ", from %s", x->origin);
}

char *oto_describe(OtoTensor *x) {
    oto_need("oto_describe", "x", x);
    char *text = NULL;
    size_t size;
    FILE *to = text_stream(&text, &size);
    write_description(to, x);
    fclose(to);
    return text;
}

static void write_number(FILE *to, OtoTensor *x, int64_t at) {
    if (x->type == OTO_INT64)
        fprintf(to, "%10" PRId64, ((int64_t *)x->data)[at]);
    else if (x->type == OTO_FLOAT32)
        fprintf(to, "%10.4g", (double)((float *)x->data)[at]);
    else {
        float _Complex z = ((float _Complex *)x->data)[at];
        fprintf(to, "  %9.3g%+.3gi", (double)crealf(z), (double)cimagf(z));
    }
}

static void write_row(FILE *to, OtoTensor *x, int64_t row) {
    fputs("   ", to);
    for (int64_t j = 0; j < x->cols; j++) {
        if (x->cols > WHOLE_MAX && j == CORNER) {
            fputs("  ...", to);
            j = x->cols - CORNER;
        }
        fputc(' ', to);
        write_number(to, x, row * x->cols + j);
    }
    fputc('\n', to);
}

char *oto_text(OtoTensor *x) {
    oto_need("oto_text", "x", x);
    char *text = NULL;
    size_t size;
    FILE *to = text_stream(&text, &size);
    write_description(to, x);
    fputc('\n', to);
    for (int64_t row = 0; row < x->rows && x->cols > 0; row++) {
        if (x->rows > WHOLE_MAX && row == CORNER) {
            fputs("    ...\n", to);
            row = x->rows - CORNER;
        }
        write_row(to, x, row);
    }
    fclose(to);
    return text;
}

void oto_print(OtoTensor *x) {
    char *text = oto_text(x);
    fputs(text, stdout);
    free(text);
}
