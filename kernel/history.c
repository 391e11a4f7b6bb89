#include "kernel/history.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/log.h"

/* Milliseconds. */
enum {
    LOCK_PATIENCE = 25,              /* to wait for another kernel that writes: a question must not take longer */
    LOCK_PATIENCE_AT_THE_END = 1000, /* the end of the kernel may */
    RETRY_INTERVAL = 200,            /* between two attempts to write what a file in use refused */
};
enum { REFUSALS_UNSAID = 10 };

struct line {
    struct line *next;
    int number;
    size_t size;
    char source[];
};

/* The writer's thread takes lines from `waiting` to the file. There are two locks, so that keeping a line waits for no
 * disk; whoever needs both takes `database_lock` first. */
struct history {
    char *path;
    pthread_t writer;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t change;
    struct line *waiting, **end;
    bool fresh; /* a line came that the writer has not seen */
    bool stopping;

    pthread_mutex_t database_lock; /* of what follows */
    sqlite3 *database;             /* opened by the first use, so that it costs the start nothing */
    sqlite3_int64 session;
    int patience;    /* a LOCK_PATIENCE */
    int refusals;    /* by a file in use */
    bool complained; /* about the file: once is enough */
};

static const char schema[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                             "CREATE TABLE IF NOT EXISTS sessions (session INTEGER PRIMARY KEY AUTOINCREMENT, "
                             "start TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);"
                             "CREATE TABLE IF NOT EXISTS history (session INTEGER NOT NULL, line INTEGER NOT NULL, "
                             "source TEXT NOT NULL, PRIMARY KEY (session, line));"
                             "INSERT INTO sessions DEFAULT VALUES;";

static char *default_path(void) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int length = data != NULL && data[0] == '/' ? asprintf(&path, "%s/oto/history.sqlite", data)
                 : home != NULL                 ? asprintf(&path, "%s/.local/share/oto/history.sqlite", home)
                                                : asprintf(&path, ":memory:");
    return length < 0 ? NULL : path;
}

static void make_folders(const char *path) {
    char *folder = strdup(path);
    if (folder == NULL) return;
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) break; /* opening the file will say what is wrong */
        *slash = '/';
    }
    free(folder);
}

static void history_free(struct history *history) {
    sqlite3_close(history->database);
    while (history->waiting != NULL) {
        struct line *line = history->waiting;
        history->waiting = line->next;
        free(line);
    }
    pthread_mutex_destroy(&history->lock);
    pthread_mutex_destroy(&history->database_lock);
    pthread_cond_destroy(&history->change);
    free(history->path);
    free(history);
}

static bool is_in_use(int code) {
    return (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED;
}

/* Says once what is wrong with the file. That another kernel writes is no problem before it has gone on for a while. */
static void complain(struct history *history, int code, const char *what) {
    if (is_in_use(code) && ++history->refusals < REFUSALS_UNSAID) return;
    if (!history->complained) log_line("history %s: %s", history->path, what);
    history->complained = true;
}

static int try_open(struct history *history, const char *path) {
    int code = sqlite3_open_v2(path, &history->database,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(history->database, history->patience);
    if (code == SQLITE_OK) code = sqlite3_exec(history->database, schema, NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        history->session = sqlite3_last_insert_rowid(history->database);
        return code;
    }
    complain(history, code, history->database == NULL ? "out of memory" : sqlite3_errmsg(history->database));
    sqlite3_close(history->database);
    history->database = NULL;
    return code;
}

/* With the database's lock held: the database is open. A file that is in use is tried again by the next one who asks;
 * one that cannot be had is replaced by memory. */
static bool ready(struct history *history) {
    if (history->database != NULL) return true;
    if (strcmp(history->path, ":memory:") != 0) {
        make_folders(history->path);
        int code = try_open(history, history->path);
        if (code == SQLITE_OK || is_in_use(code)) return code == SQLITE_OK;
    }
    return try_open(history, ":memory:") == SQLITE_OK;
}

static int insert_line(struct history *history, const struct line *line) {
    static const char sql[] = "INSERT OR REPLACE INTO history VALUES (?1, ?2, ?3)";
    sqlite3_stmt *insert = NULL;
    int code = sqlite3_prepare_v2(history->database, sql, -1, &insert, NULL);
    if (code == SQLITE_OK) code = sqlite3_bind_int64(insert, 1, history->session);
    if (code == SQLITE_OK) code = sqlite3_bind_int(insert, 2, line->number);
    if (code == SQLITE_OK) code = sqlite3_bind_text64(insert, 3, line->source, line->size, SQLITE_STATIC, SQLITE_UTF8);
    if (code == SQLITE_OK) code = sqlite3_step(insert);
    if (code != SQLITE_DONE) complain(history, code, sqlite3_errmsg(history->database));
    sqlite3_finalize(insert);
    return code;
}

/* With the database's lock held: writes a line; false when it must wait. When the file can take no more (read-only,
 * disk full, damaged), memory is used from here on. */
static bool write_line(struct history *history, const struct line *line) {
    if (!ready(history)) return false;
    int code = insert_line(history, line);
    if (code == SQLITE_DONE) return true;
    if (is_in_use(code)) return false;
    sqlite3_close(history->database);
    history->database = NULL;
    return try_open(history, ":memory:") == SQLITE_OK && insert_line(history, line) == SQLITE_DONE;
}

/* With the database's lock held: writes what waits, as far as the file lets it. */
static void write_waiting(struct history *history) {
    for (;;) {
        pthread_mutex_lock(&history->lock);
        struct line *line = history->waiting;
        pthread_mutex_unlock(&history->lock);
        /* The first line stays first until it is taken out here: others are added behind it. */
        if (line == NULL || !write_line(history, line)) return;
        pthread_mutex_lock(&history->lock);
        history->waiting = line->next;
        if (history->waiting == NULL) history->end = &history->waiting;
        pthread_mutex_unlock(&history->lock);
        free(line);
    }
}

/* With the lock held: waits for a line, or for the time of another attempt. */
static void wait_for_work(struct history *history) {
    if (history->waiting == NULL) {
        pthread_cond_wait(&history->change, &history->lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += RETRY_INTERVAL * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&history->change, &history->lock, &until);
}

/* Writes lines behind the cells that they came from. */
static void *write_behind(void *argument) {
    struct history *history = argument;
    pthread_mutex_lock(&history->lock);
    while (!history->stopping) {
        if (!history->fresh) wait_for_work(history);
        history->fresh = false;
        pthread_mutex_unlock(&history->lock);
        pthread_mutex_lock(&history->database_lock);
        write_waiting(history);
        pthread_mutex_unlock(&history->database_lock);
        pthread_mutex_lock(&history->lock);
    }
    pthread_mutex_unlock(&history->lock);
    return NULL;
}

struct history *history_open(const char *path) {
    struct history *history = calloc(1, sizeof *history);
    if (history == NULL) return NULL;
    history->path = path == NULL ? default_path() : strdup(path);
    history->end = &history->waiting;
    history->patience = LOCK_PATIENCE;
    pthread_mutex_init(&history->lock, NULL);
    pthread_mutex_init(&history->database_lock, NULL);
    pthread_cond_init(&history->change, NULL);
    if (history->path != NULL && pthread_create(&history->writer, NULL, write_behind, history) == 0) return history;
    history_free(history);
    return NULL;
}

void history_close(struct history *history) {
    if (history == NULL) return;
    pthread_mutex_lock(&history->lock);
    history->stopping = true;
    pthread_cond_signal(&history->change);
    pthread_mutex_unlock(&history->lock);
    pthread_join(history->writer, NULL);
    history->patience = LOCK_PATIENCE_AT_THE_END;
    if (history->database != NULL) sqlite3_busy_timeout(history->database, history->patience);
    write_waiting(history);
    if (history->waiting != NULL) log_line("history %s: in use to the end: the last cells are missing", history->path);
    history_free(history);
}

void history_add(struct history *history, int number, const char *source, size_t size) {
    struct line *line = malloc(sizeof *line + size);
    if (line == NULL) {
        log_line("out of memory: cell %d is missing from the history", number);
        return;
    }
    *line = (struct line){.number = number, .size = size};
    memcpy(line->source, source, size);
    pthread_mutex_lock(&history->lock);
    *history->end = line;
    history->end = &line->next;
    history->fresh = true;
    pthread_cond_signal(&history->change);
    pthread_mutex_unlock(&history->lock);
}

/* What a query may name; it uses those of its text. */
struct wanted {
    json_int_t session, start, stop, count;
    bool unique;
    const char *pattern;
};

static void bind_integer(sqlite3_stmt *select, const char *name, json_int_t value) {
    int index = sqlite3_bind_parameter_index(select, name);
    if (index > 0) sqlite3_bind_int64(select, index, value);
}

/* Runs a query of columns session, line, source. */
static json_t *query(struct history *history, const char *sql, const struct wanted *wanted, bool output) {
    json_t *rows = json_array();
    sqlite3_stmt *select = NULL;
    pthread_mutex_lock(&history->database_lock);
    write_waiting(history); /* what was run is found, however fast one asks */
    int code = ready(history) ? sqlite3_prepare_v2(history->database, sql, -1, &select, NULL) : SQLITE_OK;
    if (code == SQLITE_OK && select != NULL) {
        bind_integer(select, ":session", wanted->session <= 0 ? history->session + wanted->session : wanted->session);
        bind_integer(select, ":start", wanted->start);
        bind_integer(select, ":stop", wanted->stop);
        bind_integer(select, ":count", wanted->count);
        bind_integer(select, ":unique", wanted->unique);
        int pattern = sqlite3_bind_parameter_index(select, ":pattern");
        if (pattern > 0) sqlite3_bind_text(select, pattern, wanted->pattern, -1, SQLITE_STATIC);
        while ((code = sqlite3_step(select)) == SQLITE_ROW) {
            json_t *source =
                json_stringn((const char *)sqlite3_column_text(select, 2), (size_t)sqlite3_column_bytes(select, 2));
            if (output) source = json_pack("[o, n]", source);
            json_array_append_new(rows, json_pack("[I, i, o]", (json_int_t)sqlite3_column_int64(select, 0),
                                                  sqlite3_column_int(select, 1), source));
        }
    }
    if (code != SQLITE_OK && code != SQLITE_DONE) complain(history, code, sqlite3_errmsg(history->database));
    sqlite3_finalize(select);
    pthread_mutex_unlock(&history->database_lock);
    return rows;
}

json_t *history_range(struct history *history, json_int_t session, json_int_t start, json_int_t stop, bool output) {
    static const char sql[] =
        "SELECT session, line, source FROM history WHERE session = :session AND line >= :start AND "
        "(:stop <= 0 OR line < :stop) ORDER BY line";
    return query(history, sql, &(struct wanted){.session = session, .start = start, .stop = stop}, output);
}

json_t *history_tail(struct history *history, json_int_t count, bool output) {
    static const char sql[] =
        "SELECT * FROM (SELECT session, line, source FROM history ORDER BY session DESC, line DESC "
        "LIMIT :count) ORDER BY session, line";
    return query(history, sql, &(struct wanted){.count = count < 0 ? 0 : count}, output);
}

json_t *history_search(struct history *history, const char *pattern, json_int_t count, bool unique, bool output) {
    static const char sql[] =
        "SELECT * FROM (SELECT max(session) AS session, line, source FROM history WHERE source GLOB :pattern "
        "GROUP BY CASE WHEN :unique THEN source ELSE session || '/' || line END "
        "ORDER BY session DESC, line DESC LIMIT :count) ORDER BY session, line";
    return query(history, sql, &(struct wanted){.pattern = pattern, .count = count < 0 ? -1 : count, .unique = unique},
                 output);
}
