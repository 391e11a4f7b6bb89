#include "kernel/history.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/log.h"

enum { LOCK_PATIENCE = 40 }; /* milliseconds to wait for another kernel that writes */

struct history {
    pthread_mutex_t lock;
    char *path;
    sqlite3 *database;
    sqlite3_int64 session;
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

struct history *history_open(const char *path) {
    struct history *history = calloc(1, sizeof *history);
    if (history == NULL) return NULL;
    history->path = path == NULL ? default_path() : strdup(path);
    if (history->path == NULL) {
        free(history);
        return NULL;
    }
    pthread_mutex_init(&history->lock, NULL);
    return history;
}

void history_close(struct history *history) {
    if (history == NULL) return;
    sqlite3_close(history->database);
    pthread_mutex_destroy(&history->lock);
    free(history->path);
    free(history);
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

static bool try_open(struct history *history, const char *path) {
    bool good = sqlite3_open_v2(path, &history->database,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
                sqlite3_busy_timeout(history->database, LOCK_PATIENCE) == SQLITE_OK &&
                sqlite3_exec(history->database, schema, NULL, NULL, NULL) == SQLITE_OK;
    if (good) {
        history->session = sqlite3_last_insert_rowid(history->database);
        return true;
    }
    log_line("history %s: %s", path, history->database == NULL ? "out of memory" : sqlite3_errmsg(history->database));
    sqlite3_close(history->database);
    history->database = NULL;
    return false;
}

/* With the lock held: the database, opened on first use so that it costs the start nothing. */
static bool ready(struct history *history) {
    if (history->database != NULL) return true;
    bool in_memory = strcmp(history->path, ":memory:") == 0;
    if (!in_memory) make_folders(history->path);
    return (!in_memory && try_open(history, history->path)) || try_open(history, ":memory:");
}

void history_add(struct history *history, int line, const char *source, size_t size) {
    pthread_mutex_lock(&history->lock);
    sqlite3_stmt *insert = NULL;
    if (ready(history)) {
        bool good = sqlite3_prepare_v2(history->database, "INSERT OR REPLACE INTO history VALUES (?1, ?2, ?3)", -1,
                                       &insert, NULL) == SQLITE_OK &&
                    sqlite3_bind_int64(insert, 1, history->session) == SQLITE_OK &&
                    sqlite3_bind_int(insert, 2, line) == SQLITE_OK &&
                    sqlite3_bind_text64(insert, 3, source, size, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK &&
                    sqlite3_step(insert) == SQLITE_DONE;
        if (!good) log_line("history %s: %s", history->path, sqlite3_errmsg(history->database));
        sqlite3_finalize(insert);
    }
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
    pthread_mutex_lock(&history->lock);
    if (ready(history) && sqlite3_prepare_v2(history->database, sql, -1, &select, NULL) == SQLITE_OK) {
        bind_integer(select, ":session", wanted->session <= 0 ? history->session + wanted->session : wanted->session);
        bind_integer(select, ":start", wanted->start);
        bind_integer(select, ":stop", wanted->stop);
        bind_integer(select, ":count", wanted->count);
        bind_integer(select, ":unique", wanted->unique);
        int pattern = sqlite3_bind_parameter_index(select, ":pattern");
        if (pattern > 0) sqlite3_bind_text(select, pattern, wanted->pattern, -1, SQLITE_STATIC);
        while (sqlite3_step(select) == SQLITE_ROW) {
            json_t *source =
                json_stringn((const char *)sqlite3_column_text(select, 2), (size_t)sqlite3_column_bytes(select, 2));
            if (output) source = json_pack("[o, n]", source);
            json_array_append_new(rows, json_pack("[I, i, o]", (json_int_t)sqlite3_column_int64(select, 0),
                                                  sqlite3_column_int(select, 1), source));
        }
    }
    sqlite3_finalize(select);
    pthread_mutex_unlock(&history->lock);
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
