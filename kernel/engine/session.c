#include "kernel/engine/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/engine/header_words.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/prelude_names.h"
#include "kernel/engine/text.h"
#include "kernel/engine/unit.h"

enum { HEADER_NAMES = 6000 /* about as many as there are */ };

static void add_header_name(void *context, const char *key) {
    static struct definition declared;
    struct session *session = context;
    names_set(&session->headers, key, &declared);
    session->headers.log_count = 0;
}

/* Which headers the prelude includes, read off itself. */
static void read_prelude(struct session *session) {
    FILE *file = fopen(session->toolchain->prelude, "r");
    char *line = NULL;
    size_t capacity = 0;
    while (file && getline(&line, &capacity, file) > 0) {
        char *open = strchr(line, '<'), *close = open ? strchr(open, '>') : NULL;
        if (strncmp(line, "#include", 8) || !close) continue;
        ARRAY_ADD(session->prelude_headers, session->prelude_header_count, session->prelude_header_capacity) =
            must_copy_n(open + 1, (size_t)(close - open) - 1);
    }
    free(line);
    if (file) fclose(file);
}

static const char *first_folder(const struct session *session) {
    return session->working_directory ? session->working_directory : ".";
}

char *session_folder(const struct session *session) {
    char *link = must_format("/proc/%d/cwd", (int)process_pid(session->process));
    char *folder = realpath(link, NULL);
    if (!folder) return link;
    free(link);
    return folder;
}

void session_change_folder(struct session *session, char *folder) {
    for (size_t i = 0; i < session->folder_count; i++) {
        if (strcmp(session->folders[i], folder)) continue;
        free(session->folders[i]);
        memmove(session->folders + i, session->folders + i + 1,
                (--session->folder_count - i) * sizeof *session->folders);
    }
    ARRAY_ADD(session->folders, session->folder_count, session->folder_capacity) = folder;
    session_flags_changed(session);
}

/* The user's flags, and where headers of the user's own lie; `more` between them, so that the user has the last word.
 */
static char **session_extra_flags(const struct session *session, const char *const *more) {
    struct words flags = {};
    for (size_t i = session->folder_count; i-- > 0;) words_take(&flags, must_format("-iquote%s", session->folders[i]));
    words_take(&flags, must_format("-iquote%s", first_folder(session)));
    words_add_all(&flags, more);
    words_add_all(&flags, (const char *const *)session->extra_flags.list);
    return flags.list;
}

/* Flags such as -O2 or -std=c99 fit no header that was precompiled without them: then one is made for them. */
static bool make_flavour(struct session *session, enum mode mode, const char *const *extra, char **error) {
    const struct toolchain *toolchain = session->toolchain;
    struct flavour *flavour = &session->flavours[mode];
    if (!flavour_make(toolchain, mode, session->precompiled[mode], extra, flavour, error)) return false;
    if (!session->extra_flags.count || parser_accepts(session->parser, (const char *const *)flavour->parse_flags))
        return true;
    flavour_free(flavour);
    toolchain_forget_apart(&session->flag_headers[mode]);
    return toolchain_precompile_apart(toolchain, mode, extra, &session->flag_headers[mode], error) &&
           flavour_make(toolchain, mode, session->flag_headers[mode].path, extra, flavour, error);
}

struct flavour *session_flavour(struct session *session, enum mode mode, char **error) {
    struct flavour *flavour = &session->flavours[mode];
    if (flavour->parse_flags) return flavour;
    if (!session->precompiled[mode])
        session->precompiled[mode] = toolchain_precompiled(session->toolchain, mode, error);
    if (!session->precompiled[mode]) return NULL;
    char **extra = session_extra_flags(session, NULL);
    bool ok = make_flavour(session, mode, (const char *const *)extra, error);
    words_free_list(extra);
    return ok ? flavour : NULL;
}

static void forget_program_flavour(struct session *session, size_t place) {
    struct program_flavour *old = session->program_flavours[place];
    if (!old) return;
    free(old->key);
    flavour_free(&old->flavour);
    free(old);
    session->program_flavours[place] = NULL;
}

static char *flavour_key(enum mode mode, char **flags) {
    struct text key = {};
    text_format(&key, "%d", (int)mode);
    for (char **flag = flags; *flag; flag++) text_format(&key, "\n%s", *flag);
    return text_take(&key);
}

const struct flavour *session_program_flavour(struct session *session, enum mode mode, const char *const *flags,
                                              char **error) {
    size_t count = sizeof session->program_flavours / sizeof *session->program_flavours, place = 0;
    struct program_flavour **list = session->program_flavours, *found = NULL;
    char **extra = session_extra_flags(session, flags);
    char *key = flavour_key(mode, extra);
    struct flavour flavour;
    for (size_t i = 0; i < count && !found; i++) {
        if (list[i] && !strcmp(list[i]->key, key)) found = list[i];
        /* a free place, or the one that was not used for the longest time */
        if (list[place] && (!list[i] || list[i]->used < list[place]->used)) place = i;
    }
    if (!found && flavour_make(session->toolchain, mode, NULL, (const char *const *)extra, &flavour, error)) {
        forget_program_flavour(session, place);
        found = list[place] = must_allocate(sizeof *found);
        *found = (struct program_flavour){.key = must_copy(key), .flavour = flavour};
    }
    if (found) found->used = ++session->program_flavour_clock;
    free(key);
    words_free_list(extra);
    return found ? &found->flavour : NULL;
}

void session_flags_changed(struct session *session) {
    builder_rest(session->builder);
    for (size_t i = 0; i < sizeof session->program_flavours / sizeof *session->program_flavours; i++)
        forget_program_flavour(session, i);
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        flavour_free(&session->flavours[mode]);
        toolchain_forget_apart(&session->flag_headers[mode]);
    }
}

static void forget_flavours(struct session *session) {
    session_flags_changed(session);
    for (int mode = 0; mode < MODE_COUNT; mode++) free(session->precompiled[mode]);
}

static struct stop_wish stop_wish(void *context) {
    return interruption_wish(&((struct session *)context)->interruption);
}

/* Those that stand ready, if they are for these flags: the builder gets its compiler, the parser is returned. */
static struct service *take_services(struct session *session, const struct flavour *flavour) {
    const struct session_services *services = session->options.services;
    if (!services) return NULL;
    char *flags = flavour_text(flavour);
    bool fit = !strcmp(flags, services->flags);
    free(flags);
    if (!fit) {
        close(services->parser);
        close(services->compiler);
        return NULL;
    }
    builder_take(session->builder, (const char *const *)flavour->parse_flags, service_adopt(services->compiler));
    return service_adopt(services->parser);
}

/* Worker, compiler and parser come up side by side. */
static void *open_behind(void *context) {
    struct session *session = context;
    char *error = NULL;
    struct flavour *flavour = session_flavour(session, MODE_CHECKED, &error);
    struct service *parser = flavour ? take_services(session, flavour) : NULL;
    if (flavour) {
        session->process = process_start(session->toolchain->worker, &session->options, &session->interruption, &error);
        builder_warm(session->builder, flavour);
    }
    if (session->process) {
        const char *const *flags = (const char *const *)flavour->parse_flags;
        struct facts facts;
        session->parser = parser_open(session->toolchain, parser, &session->learned, stop_wish, session);
        names_reserve(&session->headers, HEADER_NAMES);
        prelude_names(session->toolchain, flags, add_header_name, session);
        read_prelude(session);
        /* the first question is slower than those that follow */
        parse_text(session->parser, flags, "", 0, 0, UNIT_PART, &facts);
        facts_free(&facts);
    } else {
        service_stop(parser);
    }
    session->open_error = error;
    session_watch_idleness(session);
    return NULL;
}

struct session *session_open(const struct session_options *options, char **error) {
    const struct toolchain *toolchain = toolchain_find(error);
    if (!toolchain) return NULL;
    struct session *session = must_allocate(sizeof *session);
    pthread_mutex_init(&session->lock, NULL);
    interruption_open(&session->interruption);
    pthread_cond_init(&session->changed, NULL);
    session->toolchain = toolchain;
    session->builder = builder_open(toolchain, &session->learned, options && options->thrifty);
    session->options = options ? *options : (struct session_options){.limits = limits_default};
    session->learned.wanted = session->options.learns;
    if (session->options.working_directory) {
        session->working_directory = must_copy(session->options.working_directory);
        session->options.working_directory = session->working_directory;
    }
    words_add_all(&session->environment, session->options.environment);
    session->options.environment = (const char *const *)session->environment.list;
    loaded_open(&session->units);
    session->next_unit = 1;
    /* signals belong to the host's threads */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&session->opener, NULL, open_behind, session);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        *error = must_format("cannot start a thread: %s", strerror(failed));
        builder_close(session->builder);
        loaded_close(&session->units);
        pthread_mutex_destroy(&session->lock);
        interruption_close(&session->interruption);
        pthread_cond_destroy(&session->changed);
        free(session->working_directory);
        words_free(&session->environment);
        free(session);
        return NULL;
    }
    return session;
}

bool session_ready(struct session *session) {
    if (!session->opened) {
        pthread_join(session->opener, NULL);
        session->opened = true;
    }
    return !session->open_error;
}

char *session_learned(struct session *session, size_t *size) {
    session_enter(session);
    *size = session->learned.bytes.length;
    char *bytes = *size ? text_take(&session->learned.bytes) : NULL;
    session_leave(session);
    return bytes;
}

void session_hold_settings(struct session *session, bool hold) {
    session_enter(session);
    session->settings_held = hold;
    session_leave(session);
}

void session_teach(struct session *session, const void *bytes, size_t size) {
    struct packed in = {bytes, (const char *)bytes + size, false};
    enum learned_kind kind;
    struct content_key key;
    const char *known;
    size_t length;
    session_enter(session);
    while (session_ready(session) && learned_next(&in, &kind, &key, &known, &length)) {
        if (kind == LEARNED_OBJECT) builder_teach(session->builder, key, known, length);
        if (kind == LEARNED_FACTS) parser_teach(session->parser, key, known, length);
    }
    session_leave(session);
}

static void forget_names(struct session *session) {
    names_clear(&session->names);
    loaded_drop(&session->units, 0);
    session->can_undo = false;
}

bool session_reset(struct session *session, char **error) {
    struct process *old = session->process;
    session->process = NULL;
    process_stop(old);
    session->process = process_start(session->toolchain->worker, &session->options, &session->interruption, error);
    forget_names(session);
    return session->process != NULL;
}

void session_close(struct session *session) {
    if (!session) return;
    session_ready(session);
    session_end_idleness(session);
    process_stop(session->process);
    forget_names(session);
    names_clear(&session->headers);
    parser_close(session->parser);
    forget_flavours(session);
    builder_close(session->builder);
    for (size_t i = 0; i < session->cell_count; i++) free(session->cells[i].source);
    for (size_t i = 0; i < session->prelude_header_count; i++) free(session->prelude_headers[i]);
    words_free(&session->extra_flags);
    free(session->cells);
    loaded_close(&session->units);
    free(session->prelude_headers);
    free(session->libraries);
    free(session->working_directory);
    for (size_t i = 0; i < session->folder_count; i++) free(session->folders[i]);
    free(session->folders);
    free(session->folder_before);
    header_words_free(session);
    words_free(&session->environment);
    text_free(&session->learned.bytes);
    free(session->open_error);
    pthread_mutex_destroy(&session->lock);
    interruption_close(&session->interruption);
    pthread_cond_destroy(&session->changed);
    free(session);
}

void session_interrupt(struct session *session) {
    interruption_ask(&session->interruption);
}

void session_forget_interrupt(struct session *session) {
    interruption_forget(&session->interruption);
}

const char *session_cell_source(const struct session *session, int number) {
    for (size_t i = session->cell_count; i-- > 0;)
        if (session->cells[i].number == number) return session->cells[i].source;
    return NULL;
}

const char *session_nearest(const struct session *session, const char *name) {
    struct nearest nearest = {.word = name};
    const struct names *sets[] = {&session->names, &session->headers};
    for (int set = 0; set < 2; set++)
        for (size_t i = 0; i < sets[set]->table_size; i++) {
            const struct key *key = &sets[set]->table[i];
            if (key->text && key->definition && strncmp(key->text + 2, "__", 2)) nearest_offer(&nearest, key->text + 2);
        }
    return nearest.best;
}
