#include "lib/nn/checkpoint.h"
#include "lib/nn/checkpoint_optimizer.h"
#include "lib/nn/safetensors.h"
#include "lib/nn/training.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- saving ---- */

static struct oto_named named(const char *name, const OtoTensor *x) {
    struct oto_named tensor = {.name = name, .type = x->type, .rank = x->rank, .size = x->size, .data = x->data};
    memcpy(tensor.shape, x->shape, sizeof tensor.shape);
    return tensor;
}

/* A file beside the one that is written, which becomes it once it is complete. Until then its end removes it. */
struct writing {
    FILE *out;
    char *path;
};
static void release_writing(void *thing) {
    struct writing *writing = thing;
    if (writing->out) fclose(writing->out);
    if (writing->path) unlink(writing->path);
    free(writing->path);
    free(writing);
}

static struct writing *begin_writing(const char *file) {
    struct writing *writing = calloc(1, sizeof *writing);
    if (!writing) oto_refuse("oto_save", "no memory to write %s", file);
    oto_hold(writing, release_writing);
    char *path;
    if (asprintf(&path, "%s.XXXXXX", file) < 0) oto_refuse("oto_save", "no memory to write %s", file);
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0) {
        int error = errno;
        free(path);
        oto_refuse("oto_save", "%s cannot be written: %s", file, strerror(error));
    }
    writing->path = path;
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(descriptor, 0666 & ~mask) != 0 || !(writing->out = fdopen(descriptor, "wb"))) {
        close(descriptor);
        oto_refuse("oto_save", "%s cannot be written: %s", file, strerror(errno));
    }
    return writing;
}

/* On the disk first, then by its name. */
static bool finish_writing(struct writing *writing, const char *file) {
    bool good = fflush(writing->out) == 0 && fsync(fileno(writing->out)) == 0;
    int closed = fclose(writing->out);
    writing->out = NULL;
    if (!good || closed != 0 || rename(writing->path, file) != 0) return false;
    free(writing->path);
    writing->path = NULL;
    return true;
}

static void release_json(void *thing) {
    json_decref(thing);
}

/* The tensors that an optimizer adds, whose names are allocated. */
struct additional {
    struct oto_named *tensors;
    size_t count;
};
static void release_additional(void *thing) {
    struct additional *additional = thing;
    for (size_t i = 0; i < additional->count; i++) free((char *)additional->tensors[i].name);
    free(additional->tensors);
    free(additional);
}

static struct additional *additional_of(OtoOptimizer *optimizer) {
    struct additional *additional = calloc(1, sizeof *additional);
    if (!additional) oto_refuse("oto_save", "no memory for what the optimizer remembers");
    oto_hold(additional, release_additional);
    if (!optimizer) return additional;
    size_t count = oto_optimizer_tensor_count(optimizer);
    additional->tensors = calloc(count + 1, sizeof *additional->tensors);
    if (additional->tensors) additional->count = count;
    if (!additional->tensors || !oto_optimizer_tensors(optimizer, additional->tensors))
        oto_refuse("oto_save", "no memory for what the optimizer remembers");
    return additional;
}

/* Everything of net and optimizer (or NULL), in the innermost scope. False when memory or the file system fails. */
static bool write_checkpoint(FILE *out, OtoLayer *net, OtoOptimizer *optimizer) {
    OtoTensorList list = oto_layer_tensors(net);
    struct additional *additional = additional_of(optimizer);
    size_t count = (size_t)list.count + additional->count;
    struct oto_named *tensors = oto_hold(calloc(count + 1, sizeof *tensors), free);
    json_t *metadata = oto_hold(json_pack("{s:s}", "format", "pt"), release_json);
    if (!tensors || !metadata || (optimizer && !oto_optimizer_metadata(optimizer, metadata))) {
        errno = ENOMEM;
        return false;
    }
    for (int i = 0; i < list.count; i++) tensors[i] = named(list.items[i].path, list.items[i].tensor);
    for (size_t i = 0; i < additional->count; i++) tensors[(size_t)list.count + i] = additional->tensors[i];
    return oto_safetensors_write(out, tensors, count, metadata);
}

static void check_saved(OtoLayer *net, const OtoSaveOptions *options) {
    oto_need_layer("oto_save", net, NULL);
    if (options->optimizer) oto_need_optimizer("oto_save", options->optimizer);
}

void(oto_save)(OtoLayer *net, const char *file, OtoSaveOptions options) {
    check_saved(net, &options);
    oto_check_text("oto_save", "file", file);
    oto_scope {
        struct writing *writing = begin_writing(file);
        if (!write_checkpoint(writing->out, net, options.optimizer) || !finish_writing(writing, file))
            oto_refuse("oto_save", "%s cannot be written: %s; what stood there before is still there", file,
                       strerror(errno));
    }
}

unsigned char *oto_save_bytes(OtoLayer *net, size_t *size, OtoSaveOptions options) {
    check_saved(net, &options);
    char *bytes = NULL;
    bool good = false;
    oto_scope {
        FILE *out = open_memstream(&bytes, size);
        good = out && write_checkpoint(out, net, options.optimizer);
        if (out) good = fclose(out) == 0 && good;
    }
    if (!good) {
        free(bytes);
        oto_refuse("oto_save", "no memory for a copy of the %s", net->type);
    }
    return (unsigned char *)bytes;
}

/* ---- what does not fit ---- */

static bool ends_in(const char *text, const char *ending) {
    size_t length = strlen(text), end = strlen(ending);
    return length >= end && !strcmp(text + length - end, ending);
}

/* Tensors of a file that no net has, and that are no sign of another one. */
static bool is_left_out(const char *name) {
    return !strncmp(name, OTO_OPTIMIZER_PREFIX, strlen(OTO_OPTIMIZER_PREFIX)) || ends_in(name, "num_batches_tracked");
}

static bool has_shape(const struct oto_stored *stored, const OtoTensor *x) {
    if (stored->rank == 0 && x->size == 1) return true;
    if (stored->rank != x->rank) return false;
    for (int axis = 0; axis < x->rank; axis++)
        if (stored->shape[axis] != x->shape[axis]) return false;
    return true;
}

static void write_shape(FILE *out, const struct oto_stored *stored) {
    fputc('(', out);
    for (int axis = 0; axis < stored->rank; axis++) fprintf(out, "%s%" PRId64, axis ? ", " : "", stored->shape[axis]);
    fputc(')', out);
}

/* The first few of one kind of difference, behind one another: "missing in the file are 2: 0.bias, 2.bias". */
struct difference {
    const char *what;
    char *names;
    size_t size;
    FILE *out;
    int count;
};
enum { MISSING, TOO_MANY, OTHER_SHAPE, DIFFERENCES, NAMED_MOST = 3 };

static void release_differences(void *thing) {
    struct difference *differences = thing;
    for (int i = 0; i < DIFFERENCES; i++) {
        if (differences[i].out) fclose(differences[i].out);
        free(differences[i].names);
    }
    free(differences);
}

static struct difference *new_differences(void) {
    static const char *const what[] = {"missing in the file", "in the file but not in the net", "of another shape"};
    struct difference *differences = calloc(DIFFERENCES, sizeof *differences);
    if (!differences) oto_refuse("oto_load", "no memory for a comparison");
    oto_hold(differences, release_differences);
    for (int i = 0; i < DIFFERENCES; i++) {
        differences[i].what = what[i];
        differences[i].out = open_memstream(&differences[i].names, &differences[i].size);
        if (!differences[i].out) oto_refuse("oto_load", "no memory for a comparison");
    }
    return differences;
}

/* Whether the name shall follow. */
static bool is_named(struct difference *difference, const char *name) {
    if (difference->count++ >= NAMED_MOST) return false;
    fprintf(difference->out, "%s%s", difference->count > 1 ? ", " : "", name);
    return true;
}

static void compare(struct difference *differences, const OtoTensorList *list, const struct oto_safetensors *document) {
    int found = 0;
    for (int i = 0; i < list->count; i++) {
        const struct oto_stored *stored = oto_safetensors_find(document, list->items[i].path);
        if (!stored) {
            is_named(&differences[MISSING], list->items[i].path);
            continue;
        }
        found++;
        if (has_shape(stored, list->items[i].tensor) || !is_named(&differences[OTHER_SHAPE], stored->name)) continue;
        fputs(" is ", differences[OTHER_SHAPE].out);
        write_shape(differences[OTHER_SHAPE].out, stored);
        fprintf(differences[OTHER_SHAPE].out, " in the file and %s in the net",
                oto_shape_quoted(list->items[i].tensor));
    }
    if (found == document->count) return;
    for (int i = 0; i < document->count; i++) {
        const char *name = document->tensors[i].name;
        bool known = is_left_out(name);
        for (int k = 0; k < list->count && !known; k++) known = !strcmp(list->items[k].path, name);
        if (!known) is_named(&differences[TOO_MANY], name);
    }
}

static void check_net(const char *file, OtoLayer *net, const OtoTensorList *list,
                      const struct oto_safetensors *document) {
    struct difference *differences = new_differences();
    compare(differences, list, document);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse("oto_load", "no memory for a comparison");
    int count = 0;
    for (int i = 0; i < DIFFERENCES; i++) {
        if (differences[i].count == 0) continue;
        fflush(differences[i].out);
        fprintf(out, "%s%s: %s", count++ ? "; " : "", differences[i].what, differences[i].names);
        if (differences[i].count > NAMED_MOST) fprintf(out, " and %d more", differences[i].count - NAMED_MOST);
    }
    bool written = fclose(out) == 0;
    oto_hold(text, free);
    if (!written) oto_refuse("oto_load", "no memory for a comparison");
    if (count == 0) return;
    oto_refuse("oto_load", "%s is of another net than this %s: %s. The net is as it was", file, net->type, text);
}

/* ---- loading ---- */

/* Numbers of a tensor, read and converted. */
static void check_numbers(const char *file, const struct oto_stored *stored, const OtoTensor *x) {
    bool whole = stored->type->whole != NULL;
    if ((x->type == OTO_INT64) == whole && x->type != OTO_COMPLEX64) {
        for (int64_t i = 0; whole && i < stored->size; i++) {
            int64_t number;
            if (!stored->type->whole(stored->data + (size_t)i * stored->type->bytes, &number))
                oto_refuse("oto_load", "%s: number %" PRId64 " of %s is too large for int64", file, i, stored->name);
        }
        return;
    }
    oto_refuse("oto_load", "%s: %s holds %s (%s), but in the net it is %s", file, stored->name,
               whole ? "whole numbers" : "numbers with fractions", stored->type->name, oto_type_name(x->type));
}

static void read_numbers(const struct oto_stored *stored, OtoTensor *x) {
    const unsigned char *at = stored->data;
    for (int64_t i = 0; i < x->size; i++, at += stored->type->bytes)
        if (stored->type->whole)
            stored->type->whole(at, &((int64_t *)x->data)[i]);
        else
            ((float *)x->data)[i] = (float)stored->type->number(at);
    oto_changed(x);
}

void oto_load_bytes(OtoLayer *net, const char *file, const unsigned char *bytes, size_t size, OtoLoadOptions options) {
    oto_need_layer("oto_load", net, NULL);
    if (options.optimizer) oto_check_value("oto_load", "optimizer", options.optimizer, OTO_OPTIMIZER);
    oto_scope {
        OtoTensorList list = oto_layer_tensors(net);
        struct oto_safetensors *document = oto_safetensors_parse("oto_load", file, bytes, size);
        check_net(file, net, &list, document);
        for (int i = 0; i < list.count; i++)
            check_numbers(file, oto_safetensors_find(document, list.items[i].path), list.items[i].tensor);
        if (options.optimizer) oto_optimizer_restore("oto_load", file, options.optimizer, document, false);
        for (int i = 0; i < list.count; i++)
            read_numbers(oto_safetensors_find(document, list.items[i].path), list.items[i].tensor);
        if (options.optimizer) oto_optimizer_restore("oto_load", file, options.optimizer, document, true);
    }
}

/* The whole file. Lives until the innermost scope ends. */
static unsigned char *contents_of(const char *file, size_t *size) {
    FILE *in = fopen(file, "rbe");
    struct stat status;
    if (!in || fstat(fileno(in), &status) != 0) {
        int error = errno;
        if (in) fclose(in);
        oto_refuse("oto_load", "%s cannot be read: %s", file, strerror(error));
    }
    if (!S_ISREG(status.st_mode)) {
        fclose(in);
        oto_refuse("oto_load", "%s is no file", file);
    }
    *size = (size_t)status.st_size;
    unsigned char *bytes = malloc(*size + 1);
    bool whole = bytes && fread(bytes, 1, *size, in) == *size;
    fclose(in);
    if (!whole) {
        free(bytes);
        oto_refuse("oto_load", bytes ? "%s cannot be read to its end" : "no memory for %s", file);
    }
    return oto_hold(bytes, free);
}

void(oto_load)(OtoLayer *net, const char *file, OtoLoadOptions options) {
    oto_need_layer("oto_load", net, NULL);
    oto_check_text("oto_load", "file", file);
    oto_scope {
        size_t size;
        unsigned char *bytes = contents_of(file, &size);
        oto_load_bytes(net, file, bytes, size, options);
    }
}
