/* Examples and batches as a line of text. */
#include "lib/nn/batches.h"
#include "lib/nn/loader.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *text_to(const char *operation, char **text, size_t *size) {
    FILE *out = open_memstream(text, size);
    if (!out) oto_refuse(operation, "no memory for a text");
    return out;
}
static char *written(const char *operation, FILE *out, char **text) {
    if (fclose(out) != 0) oto_refuse(operation, "no memory for a text");
    return *text;
}

static void write_tensor(FILE *out, const char *name, OtoTensor *x) {
    if (!x) return;
    if (oto_kind(x) != OTO_TENSOR) {
        fprintf(out, "; %s has been freed", name);
        return;
    }
    char *text = oto_describe(x);
    fprintf(out, "; %s %s", name, text);
    free(text);
}

char *oto_examples_text(OtoExamples examples) {
    const char *operation = "oto_examples_text";
    char *text = NULL;
    size_t size;
    if (oto_kind(examples.set ? (void *)examples.set : examples.x) <= OTO_FREED) {
        FILE *out = text_to(operation, &text, &size);
        fputs(examples.set || examples.x ? "examples: what they were of has been freed\n" : "no examples\n", out);
        return written(operation, out, &text);
    }
    FILE *out = text_to(operation, &text, &size);
    fprintf(out, "%" PRId64 " examples", oto_examples_count(examples));
    if (examples.set) fputs(" of a data set, made as their turn comes", out);
    write_tensor(out, "x", examples.x);
    write_tensor(out, "y", examples.y);
    write_tensor(out, "groups", examples.groups);
    fputc('\n', out);
    return written(operation, out, &text);
}

static void write_order(FILE *out, const OtoBatchOptions *options) {
    if (options->shuffle) fputs(", shuffled", out);
    if (options->stratify) fputs(", stratified", out);
    if (options->weights) fputs(", drawn by weights", out);
    if (options->one_per_group) fputs(", one of each group", out);
    if (options->augment) fputs(", augmented", out);
    if (options->drop_last) fputs(", the last smaller one left out", out);
}

char *oto_batches_text(const struct OtoPass *batches) {
    const char *operation = "oto_batches_text";
    char *text = NULL;
    size_t size;
    FILE *out = text_to(operation, &text, &size);
    const struct loader *loader = batches->loader;
    if (!loader || oto_kind(loader) != OTO_HELD) {
        fputs("batches: the loop over them has ended\n", out);
        return written(operation, out, &text);
    }
    const OtoBatchOptions *options = &loader->options;
    fprintf(out, "batches of %" PRId64 " of %" PRId64 " examples", options->batch_size, loader->count);
    write_order(out, options);
    fprintf(out, ": %" PRId64 " an epoch, %" PRId64 " epoch%s; ", batches->batches, options->epochs,
            options->epochs == 1 ? "" : "s");
    if (loader->next == loader->end)
        fputs("all handed out\n", out);
    else
        fprintf(out, "next is batch %" PRId64 " of epoch %" PRId64 "\n", loader->next % batches->batches + 1,
                loader->next / batches->batches + 1);
    return written(operation, out, &text);
}
