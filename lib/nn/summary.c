#include "lib/nn/summary.h"

#include <stdlib.h>
#include <string.h>

#include "lib/nn/passage.h"
#include "lib/nn/quantity.h"
#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"

enum { COLUMNS = 5 };
static const char *const headings[COLUMNS] = {"layer", "result", "parameters", "FLOP", "memory"};

/* ---- cells ---- */

static int64_t own_parameters(const OtoLayer *layer) {
    int64_t count = 0;
    for (int i = 0; i < layer->tensor_count; i++)
        if (!layer->tensors[i].buffer) count += layer->tensors[i].tensor->size;
    return count;
}

static int64_t frozen_parameters(const OtoLayer *layer) {
    int64_t count = 0;
    for (int i = 0; i < layer->tensor_count; i++)
        if (!layer->tensors[i].buffer && !oto_wants_gradient(layer->tensors[i].tensor))
            count += layer->tensors[i].tensor->size;
    return count;
}

static void write_layer(FILE *out, const struct oto_stop *stop) {
    char *described = oto_layer_describe(stop->layer);
    fprintf(out, "%s%s%s", stop->layer->name && stop->depth ? stop->layer->name : "", stop->depth ? "  " : "",
            described);
    free(described);
    if (stop->calls > 1) fprintf(out, " (%d times)", stop->calls);
    if (stop->calls == 0) fputs(" (not used)", out);
}

static void write_cell(FILE *out, const struct oto_stop *stop, int column) {
    int64_t own = own_parameters(stop->layer);
    switch (column) {
    case 0:
        write_layer(out, stop);
        break;
    case 1:
        fputs(stop->result ? stop->result : "", out);
        break;
    case 2:
        if (own) oto_write_count(out, own);
        if (own && frozen_parameters(stop->layer)) fputs(" frozen", out);
        break;
    case 3:
        if (stop->operations) oto_write_quantity(out, (double)stop->operations, "");
        break;
    default:
        if (stop->bytes && !stop->layer->child_count) oto_write_quantity(out, (double)stop->bytes, "B");
    }
}

/* free() it. */
static char *cell(const struct oto_stop *stop, int column) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse("oto_summary", "no memory for a text");
    write_cell(out, stop, column);
    if (fclose(out)) oto_refuse("oto_summary", "no memory for a text");
    return text;
}

static void write_sums(FILE *out, const struct oto_passage *passage, const char *line_end) {
    int64_t parameters = 0, frozen = 0, operations = 0, bytes = 0;
    for (int i = 0; i < passage->count; i++) {
        const struct oto_stop *stop = &passage->stops[i];
        parameters += own_parameters(stop->layer);
        frozen += frozen_parameters(stop->layer);
        operations += stop->operations;
        if (!stop->layer->child_count) bytes += stop->bytes;
    }
    oto_write_count(out, parameters);
    fputs(" parameters", out);
    if (frozen) {
        fputs(", of which ", out);
        oto_write_count(out, parameters - frozen);
        fputs(" are learned", out);
    }
    fputs(" (", out);
    oto_write_quantity(out, 4 * (double)parameters, "B");
    fprintf(out, ")%sone forward: ", line_end);
    oto_write_quantity(out, (double)operations, "FLOP");
    fputs("; results of the layers: ", out);
    oto_write_quantity(out, (double)bytes, "B");
    fprintf(out, "%sa step of training by Adam needs at least ", line_end);
    oto_write_quantity(out, 4 * (double)parameters + 12 * (double)(parameters - frozen) + (double)bytes, "B");
}

/* ---- as text ---- */

/* Letters, not bytes. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void write_padded(FILE *out, const char *text, int indent, int width, bool right) {
    int room = width - width_of(text) - indent;
    fprintf(out, "%*s%s%*s", indent + (right ? room : 0), "", text, right ? 0 : room, "");
}

static void write_text(FILE *out, const struct oto_passage *passage) {
    int widths[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        widths[c] = width_of(headings[c]);
        for (int i = 0; i < passage->count; i++) {
            char *text = cell(&passage->stops[i], c);
            int width = width_of(text) + (c == 0 ? 2 * passage->stops[i].depth : 0);
            if (width > widths[c]) widths[c] = width;
            free(text);
        }
    }
    for (int i = -1; i < passage->count; i++) {
        for (int c = 0; c < COLUMNS; c++) {
            char *text = i < 0 ? NULL : cell(&passage->stops[i], c);
            write_padded(out, text ? text : headings[c], c == 0 && i >= 0 ? 2 * passage->stops[i].depth : 0, widths[c],
                         c > 1);
            fputs(c + 1 < COLUMNS ? "  " : "\n", out);
            free(text);
        }
    }
    write_sums(out, passage, "\n");
    fputc('\n', out);
}

static void write_html(FILE *out, const struct oto_passage *passage) {
    fputs("<table class=\"oto-summary\" style=\"text-align:left\"><thead><tr>", out);
    for (int c = 0; c < COLUMNS; c++)
        fprintf(out, "<th style=\"text-align:%s\">%s</th>", c > 1 ? "right" : "left", headings[c]);
    fputs("</tr></thead><tbody>", out);
    for (int i = 0; i < passage->count; i++) {
        fputs("<tr>", out);
        for (int c = 0; c < COLUMNS; c++) {
            char *text = cell(&passage->stops[i], c);
            fprintf(out, "<td style=\"text-align:%s;white-space:nowrap", c > 1 ? "right" : "left");
            if (c == 0) fprintf(out, ";padding-left:%gem", 0.5 + 1.5 * passage->stops[i].depth);
            fputs("\">", out);
            oto_html_write(out, text);
            fputs("</td>", out);
            free(text);
        }
        fputs("</tr>", out);
    }
    fputs("</tbody></table><p>", out);
    write_sums(out, passage, "<br>");
    fputs("</p>", out);
}

static char *written(const struct oto_passage *passage, void (*write)(FILE *out, const struct oto_passage *passage)) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse("oto_summary", "no memory for a text");
    write(out, passage);
    if (fclose(out)) oto_refuse("oto_summary", "no memory for a text");
    return text;
}

char *oto_summary_text(OtoLayer *net, OtoTensor *x) {
    char *text = NULL;
    oto_scope text = written(oto_pass("oto_summary_text", net, x), write_text);
    return text;
}

void oto_summary(OtoLayer *net, OtoTensor *x) {
    oto_scope {
        struct oto_passage *passage = oto_pass("oto_summary", net, x);
        struct oto_bundle bundle = {.text = written(passage, write_text)};
        if (oto_host() >= 0) bundle.html = written(passage, write_html);
        oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
    }
}
