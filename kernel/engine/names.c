#include "kernel/engine/names.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

static size_t hash_of(char space, const char *name, size_t length) {
    size_t hash = 1469598103934665603u ^ (unsigned char)space;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
    return hash;
}

static struct key *slot_of(const struct names *names, char space, const char *name, size_t length) {
    if (!names->table_size) return NULL;
    for (size_t i = hash_of(space, name, length);; i++) {
        struct key *key = &names->table[i & (names->table_size - 1)];
        if (!key->text) return key;
        if (key->text[0] == space && !strncmp(key->text + 2, name, length) && !key->text[2 + length]) return key;
    }
}

struct definition *names_find_n(const struct names *names, char space, const char *name, size_t length) {
    struct key *key = slot_of(names, space, name, length);
    return key && key->text ? key->definition : NULL;
}

struct definition *names_find(const struct names *names, const char *key) {
    return names_find_n(names, key[0], key + 2, strlen(key + 2));
}

static void resize(struct names *names, size_t size) {
    struct names larger = {.table_size = size};
    larger.table = must_allocate(larger.table_size * sizeof *larger.table);
    for (size_t i = 0; i < names->table_size; i++) {
        struct key *key = &names->table[i];
        if (!key->text) continue;
        *slot_of(&larger, key->text[0], key->text + 2, strlen(key->text + 2)) = *key;
    }
    free(names->table);
    names->table = larger.table;
    names->table_size = larger.table_size;
}

void names_reserve(struct names *names, size_t count) {
    size_t size = names->table_size ? names->table_size : 256;
    while (size < 2 * count) size *= 2;
    if (size > names->table_size) resize(names, size);
}

static void update_live(const struct names *names, struct definition *definition) {
    definition->live = definition->kind == DEFINED_INCLUDE;
    for (size_t i = 0; i < definition->key_count; i++)
        if (names_find(names, definition->keys[i]) == definition) definition->live = true;
}

void names_set(struct names *names, const char *text, struct definition *definition) {
    names_reserve(names, names->table_used + 1);
    struct key *key = slot_of(names, text[0], text + 2, strlen(text + 2));
    struct definition *before = key->definition;
    if (!key->text) {
        key->text = must_copy(text);
        names->table_used++;
    }
    key->definition = definition;
    ARRAY_ADD(names->log, names->log_count, names->log_capacity) = (struct key){key->text, before};
    if (before && before != definition) update_live(names, before);
}

static void clear_log(struct names *names) {
    names->log_count = 0;
}

void names_mark(struct names *names) {
    clear_log(names);
    names->mark = names->count;
}

static void forget_user(struct names *names, const int *list, size_t count, int user) {
    for (size_t i = 0; i < count; i++) {
        struct definition *d = names->list[list[i]];
        for (size_t k = d->user_count; k-- > 0 && d->users[k] >= user;)
            if (d->users[k] == user) {
                memmove(d->users + k, d->users + k + 1, (--d->user_count - k) * sizeof *d->users);
                break;
            }
    }
}

static void add_user(struct names *names, const int *list, size_t count, int user) {
    for (size_t i = 0; i < count; i++) {
        struct definition *d = names->list[list[i]];
        size_t at = d->user_count;
        while (at > 0 && d->users[at - 1] > user) at--;
        if (at > 0 && d->users[at - 1] == user) continue;
        (void)ARRAY_ADD(d->users, d->user_count, d->user_capacity);
        memmove(d->users + at + 1, d->users + at, (d->user_count - 1 - at) * sizeof *d->users);
        d->users[at] = user;
    }
}

static void copy_numbers(const struct closure *closure, int self, int **list, size_t *count) {
    free(*list);
    *list = must_allocate((closure ? closure->count : 0) * sizeof **list);
    *count = 0;
    for (size_t i = 0; closure && i < closure->count; i++)
        if (closure->list[i] != self) (*list)[(*count)++] = closure->list[i];
}

void names_link(struct names *names, struct definition *d, const struct closure *needs, const struct closure *uses) {
    forget_user(names, d->needs, d->need_count, d->number);
    forget_user(names, d->uses, d->use_count, d->number);
    copy_numbers(needs, d->number, &d->needs, &d->need_count);
    copy_numbers(uses, d->number, &d->uses, &d->use_count);
    add_user(names, d->needs, d->need_count, d->number);
    add_user(names, d->uses, d->use_count, d->number);
    for (size_t i = 0; i < d->use_count; i++) names->list[d->uses[i]]->used = true;
}

struct names_point names_here(const struct names *names) {
    return (struct names_point){names->count, names->log_count};
}

void names_return_to(struct names *names, struct names_point point) {
    for (size_t i = names->log_count; i-- > point.log_count;) {
        const char *text = names->log[i].text;
        slot_of(names, text[0], text + 2, strlen(text + 2))->definition = names->log[i].definition;
    }
    for (size_t i = point.log_count; i < names->log_count; i++)
        if (names->log[i].definition) update_live(names, names->log[i].definition);
    names->log_count = point.log_count;
    for (size_t i = names->count; i-- > point.count;) names_link(names, names->list[i], NULL, NULL);
    while (names->count > point.count) definition_free(names->list[--names->count]);
    while (names->include_count && names->includes[names->include_count - 1] >= (int)point.count)
        names->include_count--;
}

void names_roll_back(struct names *names) {
    names_return_to(names, (struct names_point){names->mark, 0});
}

void names_add(struct names *names, struct definition *definition) {
    definition->number = (int)names->count;
    ARRAY_ADD(names->list, names->count, names->capacity) = definition;
    definition->live = true;
    if (definition->kind == DEFINED_INCLUDE)
        ARRAY_ADD(names->includes, names->include_count, names->include_capacity) = definition->number;
    for (size_t i = 0; i < definition->key_count; i++) names_set(names, definition->keys[i], definition);
}

void names_forget(struct names *names, const char *key) {
    if (names_find(names, key)) names_set(names, key, NULL);
}

struct names_log names_take_log(struct names *names) {
    struct names_log log = {names->log, names->log_count, names->log_capacity, names->mark};
    names->log = NULL;
    names->log_count = names->log_capacity = 0;
    return log;
}

void names_restore_log(struct names *names, struct names_log log) {
    free(names->log);
    names->log = log.list;
    names->log_count = log.count;
    names->log_capacity = log.capacity;
    names->mark = log.mark;
}

struct definition *definition_new(enum definition_kind kind, const char *name) {
    struct definition *definition = must_allocate(sizeof *definition);
    definition->kind = kind;
    definition->name = must_copy(name);
    definition->size = -1;
    definition->older = -1;
    return definition;
}

void definition_key(struct definition *definition, char space, const char *name, size_t length) {
    definition->keys = must_grow(definition->keys, (definition->key_count + 1) * sizeof *definition->keys);
    definition->keys[definition->key_count++] = must_format("%c %.*s", space, (int)length, name);
}

bool definition_is_named_type(const struct definition *d) {
    return d->kind == DEFINED_TYPE && (d->keys[0][0] == 't' || (d->spelling && !strcmp(d->spelling, "typedef")));
}

bool definition_uses(const struct definition *function, int number) {
    for (size_t i = 0; i < function->use_count; i++)
        if (function->uses[i] == number) return true;
    return false;
}

void definition_free(struct definition *d) {
    if (!d) return;
    for (size_t i = 0; i < d->key_count; i++) free(d->keys[i]);
    free(d->keys);
    free(d->name);
    free(d->text);
    free(d->source);
    free(d->comment);
    free(d->symbol);
    free(d->canonical);
    free(d->spelling);
    free(d->shape);
    free(d->meaning);
    free(d->needs);
    free(d->uses);
    free(d->users);
    for (size_t i = 0; i < d->open_count; i++) free(d->open[i]);
    for (size_t i = 0; i < d->refer_count; i++) free(d->refers[i]);
    free(d->open);
    free(d->refers);
    free(d);
}

void names_clear(struct names *names) {
    for (size_t i = 0; i < names->count; i++) definition_free(names->list[i]);
    for (size_t i = 0; i < names->table_size; i++) free(names->table[i].text);
    free(names->list);
    free(names->includes);
    free(names->table);
    free(names->log);
    *names = (struct names){};
}

bool closure_has(const struct closure *closure, int number) {
    size_t low = 0, high = closure->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (closure->list[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < closure->count && closure->list[low] == number;
}

bool closure_insert(struct closure *closure, int number) {
    if (closure_has(closure, number)) return false;
    (void)ARRAY_ADD(closure->list, closure->count, closure->capacity);
    size_t at = closure->count - 1;
    while (at > 0 && closure->list[at - 1] > number) closure->list[at] = closure->list[at - 1], at--;
    closure->list[at] = number;
    return true;
}

const struct definition *names_lost_need(const struct names *names, const struct definition *definition) {
    for (size_t i = 0; i < definition->need_count; i++) {
        const struct definition *need = names->list[definition->needs[i]];
        if ((need->kind == DEFINED_TYPE || need->kind == DEFINED_HEADER_NAME) && !need->live) return need;
    }
    return NULL;
}

const struct definition *names_outdated(const struct names *names, const struct definition *definition) {
    for (size_t i = 0; definition->kind == DEFINED_FUNCTION && i < definition->use_count; i++) {
        const struct definition *use = names->list[definition->uses[i]];
        const struct definition *gone = use->kind == DEFINED_VARIABLE && use->live ? names_outdated(names, use) : NULL;
        if (gone) return gone;
    }
    return names_lost_need(names, definition);
}

void closure_add(struct closure *closure, const struct names *names, const struct definition *definition) {
    if (!closure_insert(closure, definition->number)) return;
    for (size_t i = 0; i < definition->need_count; i++) closure_insert(closure, definition->needs[i]);
    for (size_t i = 0; i < definition->open_count; i++) {
        const struct definition *tag = names_find(names, definition->open[i]);
        if (tag) closure_add(closure, names, tag);
    }
}

struct word_search {
    struct closure *closure;
    const struct names *names;
    bool (*own)(void *, char, const char *, size_t);
    void *context;
};

static void visit_word(void *context, const char *word, size_t length, enum word_place place);

static void add_meaning(struct word_search *search, char space, const char *word, size_t length) {
    if (search->own && search->own(search->context, space, word, length)) return;
    const struct definition *definition = names_find_n(search->names, space, word, length);
    if (!definition) return;
    bool seen = closure_has(search->closure, definition->number);
    closure_add(search->closure, search->names, definition);
    if (seen || definition->kind != DEFINED_MACRO) return;
    const char *body = strstr(definition->text, "define");
    if (body) each_word(body + 6, strlen(body + 6), visit_word, search);
}

static void visit_word(void *context, const char *word, size_t length, enum word_place place) {
    add_meaning(context, 'm', word, length);
    add_meaning(context, 'M', word, length);
    if (place == WORD_MEMBER) return;
    add_meaning(context, place == WORD_TAG ? 't' : 'o', word, length);
    add_meaning(context, place == WORD_TAG ? 'T' : 'O', word, length);
}

void closure_add_text(struct closure *closure, const struct names *names, const char *text, size_t length,
                      bool (*own)(void *, char, const char *, size_t), void *context) {
    struct word_search search = {closure, names, own, context};
    each_word(text, length, visit_word, &search);
}

void closure_free(struct closure *closure) {
    free(closure->list);
    *closure = (struct closure){};
}
