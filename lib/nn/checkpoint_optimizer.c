#include "lib/nn/checkpoint_optimizer.h"
#include "lib/nn/training.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tensors: what is remembered of each parameter ---- */

/* State k of a parameter, or (k = number of states) its average; NULL when there is none. */
static float *memory_of(const OtoTraining *training, const struct owned *owned, int k) {
    return k < training->type->states ? owned->states[k] : owned->average;
}
static const char *memory_name(const OtoTraining *training, int k) {
    return k < training->type->states ? training->type->state_names[k] : "average";
}

size_t oto_optimizer_tensor_count(OtoOptimizer *optimizer) {
    OtoTraining *training = optimizer->training;
    size_t count = 0;
    for (int i = 0; i < training->owned_count; i++)
        for (int k = 0; k <= training->type->states; k++) count += memory_of(training, &training->owned[i], k) != NULL;
    return count;
}

/* "optimizer.0.weight.exp_avg"; NULL when there is no memory. */
static char *name_of(const OtoTraining *training, const struct owned *owned, int k) {
    char *name;
    return asprintf(&name, OTO_OPTIMIZER_PREFIX "%s.%s", owned->name, memory_name(training, k)) < 0 ? NULL : name;
}

bool oto_optimizer_tensors(OtoOptimizer *optimizer, struct oto_named *tensors) {
    OtoTraining *training = optimizer->training;
    for (int i = 0; i < training->owned_count; i++)
        for (int k = 0; k <= training->type->states; k++) {
            const struct owned *owned = &training->owned[i];
            const float *data = memory_of(training, owned, k);
            if (!data) continue;
            const OtoTensor *x = owned->tensor;
            *tensors = (struct oto_named){.name = name_of(training, owned, k),
                                          .type = OTO_FLOAT32,
                                          .rank = x->rank,
                                          .size = x->size,
                                          .data = data};
            memcpy(tensors->shape, x->shape, sizeof tensors->shape);
            if (!tensors++->name) return false;
        }
    return true;
}

/* ---- texts: its numbers, exact to the bit ---- */

enum kind { DOUBLE, ANY_DOUBLE /* NaN too */, INTEGER, BOOLEAN, INDEX /* an int, or an enum */ };
struct field {
    size_t offset;
    enum kind kind;
};
#define FIELD(type, name, kind) {offsetof(type, name), kind}

static const struct field group_fields[] = {
    FIELD(OtoGroup, lr, DOUBLE),        FIELD(OtoGroup, weight_decay, DOUBLE), FIELD(OtoGroup, momentum, DOUBLE),
    FIELD(OtoGroup, dampening, DOUBLE), FIELD(OtoGroup, nesterov, BOOLEAN),    FIELD(OtoGroup, beta1, DOUBLE),
    FIELD(OtoGroup, beta2, DOUBLE),     FIELD(OtoGroup, eps, DOUBLE),          FIELD(OtoGroup, alpha, DOUBLE),
    FIELD(OtoGroup, centered, BOOLEAN), FIELD(OtoGroup, first_lr, DOUBLE),
};
static const struct field schedule_fields[] = {
    FIELD(struct schedule, kind, INDEX),
    FIELD(struct schedule, steps, INTEGER),
    FIELD(struct schedule, warmup, INTEGER),
    FIELD(struct schedule, gamma, DOUBLE),
    FIELD(struct schedule, minimum, DOUBLE),
    FIELD(struct schedule, pct_start, DOUBLE),
    FIELD(struct schedule, div_factor, DOUBLE),
    FIELD(struct schedule, final_div_factor, DOUBLE),
    FIELD(struct schedule, base_momentum, DOUBLE),
    FIELD(struct schedule, max_momentum, DOUBLE),
    FIELD(struct schedule, keep_momentum, BOOLEAN),
    FIELD(struct schedule, factor, DOUBLE),
    FIELD(struct schedule, threshold, DOUBLE),
    FIELD(struct schedule, min_lr, DOUBLE),
    FIELD(struct schedule, best, DOUBLE),
    FIELD(struct schedule, patience, INTEGER),
    FIELD(struct schedule, cooldown, INTEGER),
    FIELD(struct schedule, bad, INTEGER),
    FIELD(struct schedule, cooling, INTEGER),
    FIELD(struct schedule, larger_is_better, BOOLEAN),
    FIELD(struct schedule, told, BOOLEAN),
};
static const struct field optimizer_fields[] = {FIELD(OtoOptimizer, steps, INTEGER),
                                                FIELD(OtoOptimizer, loss, ANY_DOUBLE)};
static const struct field training_fields[] = {FIELD(OtoTraining, ema_decay, DOUBLE),
                                               FIELD(OtoTraining, averaged, BOOLEAN),
                                               FIELD(OtoTraining, first_loss, ANY_DOUBLE)};
static const struct field owned_fields[] = {FIELD(struct owned, group, INDEX), FIELD(struct owned, updates, INTEGER)};
#define COUNT(fields) (sizeof(fields) / sizeof *(fields))

static void write_fields(FILE *out, const void *structure, const struct field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)structure + fields[i].offset;
        if (fields[i].kind <= ANY_DOUBLE) fprintf(out, "%a ", *(const double *)at);
        if (fields[i].kind == INTEGER) fprintf(out, "%" PRId64 " ", *(const int64_t *)at);
        if (fields[i].kind == BOOLEAN) fprintf(out, "%d ", *(const bool *)at);
        if (fields[i].kind == INDEX) fprintf(out, "%d ", *(const int *)at);
    }
}

/* Takes the fields from text and moves it on; false when it does not hold them. structure may be NULL: only looked at.
 * Whole numbers must lie within 0 ... 1e15, those of an enum or an index within 0 ... most. */
static bool read_fields(const char **text, void *structure, const struct field *fields, size_t count, int most) {
    for (size_t i = 0; i < count; i++) {
        char *end, *at = structure ? (char *)structure + fields[i].offset : NULL;
        double number = strtod(*text, &end);
        if (end == *text || *end != ' ') return false;
        *text = end + 1;
        double highest = fields[i].kind == INDEX ? most : fields[i].kind == BOOLEAN ? 1 : 1e15;
        if (fields[i].kind > ANY_DOUBLE && !(number >= 0 && number <= highest)) return false;
        if (fields[i].kind == DOUBLE && !isfinite(number)) return false;
        if (!at) continue;
        if (fields[i].kind <= ANY_DOUBLE) *(double *)at = number;
        if (fields[i].kind == INTEGER) *(int64_t *)at = (int64_t)number;
        if (fields[i].kind == BOOLEAN) *(bool *)at = number != 0;
        if (fields[i].kind == INDEX) *(int *)at = (int)number;
    }
    return true;
}

static void write_state(FILE *out, const OtoOptimizer *optimizer) {
    const OtoTraining *training = optimizer->training;
    OtoRandom random = oto_random_now();
    write_fields(out, optimizer, optimizer_fields, COUNT(optimizer_fields));
    write_fields(out, training, training_fields, COUNT(training_fields));
    write_fields(out, &training->schedule, schedule_fields, COUNT(schedule_fields));
    for (int i = 0; i < optimizer->group_count; i++)
        write_fields(out, &optimizer->groups[i], group_fields, COUNT(group_fields));
    for (int i = 0; i < training->owned_count; i++)
        write_fields(out, &training->owned[i], owned_fields, COUNT(owned_fields));
    for (int i = 0; i < 4; i++) fprintf(out, "%" PRIx64 " ", random.state[i]);
    fprintf(out, "%" PRIx64 " ", random.seed);
}

/* The same in the same order. With apply false nothing is changed. */
static bool read_state(const char *text, OtoOptimizer *optimizer, bool apply) {
    OtoTraining *training = optimizer->training;
    OtoRandom random;
    bool good =
        read_fields(&text, apply ? optimizer : NULL, optimizer_fields, COUNT(optimizer_fields), 0) &&
        read_fields(&text, apply ? training : NULL, training_fields, COUNT(training_fields), 0) &&
        read_fields(&text, apply ? &training->schedule : NULL, schedule_fields, COUNT(schedule_fields), OTO_PLATEAU);
    for (int i = 0; i < optimizer->group_count && good; i++)
        good = read_fields(&text, apply ? &optimizer->groups[i] : NULL, group_fields, COUNT(group_fields), 0);
    for (int i = 0; i < training->owned_count && good; i++)
        good = read_fields(&text, apply ? &training->owned[i] : NULL, owned_fields, COUNT(owned_fields),
                           optimizer->group_count - 1);
    for (int i = 0; i < 5 && good; i++) {
        char *end;
        *(i < 4 ? &random.state[i] : &random.seed) = strtoull(text, &end, 16);
        good = end != text && *end == ' ';
        text = end + 1;
    }
    good = good && *text == '\0' && (random.state[0] | random.state[1] | random.state[2] | random.state[3]);
    if (good && apply) oto_random_again(random);
    return good;
}

bool oto_optimizer_metadata(OtoOptimizer *optimizer, json_t *metadata) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) return false;
    write_state(out, optimizer);
    bool good = fclose(out) == 0 && json_object_set_new(metadata, "optimizer", json_string(optimizer->type)) == 0 &&
                json_object_set_new(metadata, "optimizer_state", json_string(text)) == 0;
    free(text);
    return good;
}

/* ---- taking over ---- */

static const struct oto_stored *stored_memory(const struct oto_safetensors *document, const OtoTraining *training,
                                              const struct owned *owned, int k) {
    char *name = name_of(training, owned, k);
    const struct oto_stored *stored = name ? oto_safetensors_find(document, name) : NULL;
    free(name);
    return stored;
}

/* How many tensors of a file are an optimizer's. */
static size_t count_stored(const struct oto_safetensors *document) {
    size_t count = 0;
    for (int i = 0; i < document->count; i++)
        count += !strncmp(document->tensors[i].name, OTO_OPTIMIZER_PREFIX, strlen(OTO_OPTIMIZER_PREFIX));
    return count;
}

static void check(const char *operation, const char *file, OtoOptimizer *optimizer,
                  const struct oto_safetensors *document) {
    OtoTraining *training = optimizer->training;
    const char *type = json_string_value(json_object_get(document->metadata, "optimizer"));
    const char *state = json_string_value(json_object_get(document->metadata, "optimizer_state"));
    if (!type || !state)
        oto_refuse(operation, "%s has no optimizer in it: it was saved without .optimizer. Load it without", file);
    if (strcmp(type, optimizer->type) != 0)
        oto_refuse(operation, "the optimizer in %s is of type %.20s, and not %s", file, type, optimizer->type);
    for (int i = 0; i < training->owned_count; i++)
        for (int k = 0; k <= training->type->states; k++) {
            const struct owned *owned = &training->owned[i];
            if (!memory_of(training, owned, k)) continue;
            const struct oto_stored *stored = stored_memory(document, training, owned, k);
            if (!stored || !stored->type->number || stored->size != owned->tensor->size)
                oto_refuse(operation,
                           "%s does not say what the %s remembers of %s (%s)%s; it has another one's parameters", file,
                           optimizer->type, owned->name, memory_name(training, k),
                           k == training->type->states ? ": call oto_ema only where it was called" : "");
        }
    if (count_stored(document) != oto_optimizer_tensor_count(optimizer) || !read_state(state, optimizer, false))
        oto_refuse(operation,
                   "%s: the numbers of its optimizer are not those of this one; it has other groups or parameters",
                   file);
}

void oto_optimizer_restore(const char *operation, const char *file, OtoOptimizer *optimizer,
                           const struct oto_safetensors *document, bool apply) {
    if (!apply) {
        oto_need_optimizer(operation, optimizer);
        check(operation, file, optimizer, document);
        return;
    }
    OtoTraining *training = optimizer->training;
    for (int i = 0; i < training->owned_count; i++)
        for (int k = 0; k <= training->type->states; k++) {
            float *to = memory_of(training, &training->owned[i], k);
            if (!to) continue;
            const struct oto_stored *stored = stored_memory(document, training, &training->owned[i], k);
            for (int64_t n = 0; stored && n < stored->size; n++)
                to[n] = (float)stored->type->number(stored->data + (size_t)n * stored->type->bytes);
        }
    read_state(json_string_value(json_object_get(document->metadata, "optimizer_state")), optimizer, true);
}
