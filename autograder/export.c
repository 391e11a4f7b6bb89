/* oto-grade export: scores for another program. */
#include "autograder/export.h"

#include <stdio.h>
#include <string.h>

#include "autograder/commands.h"
#include "autograder/files.h"

static const struct format {
    const char *name;
    export_format *write;
    bool is_folder;   /* writes files: wants -o FOLDER */
    bool hands_out;   /* students hear these scores (oto-grade diff) */
    bool hides_names; /* can do without them: --anonymous */
} formats[] = {
    {"csv", export_csv, false, true, false},
    {"canvas", export_canvas, false, true, false},
    {"moodle", export_moodle, false, true, false},
    {"gradescope", export_gradescope, true, true, false},
    {"nbgrader", export_nbgrader, false, false, false},
    {"jsonl", export_observations, false, false, true},
};

static const struct format *find_format(const char *name) {
    for (size_t i = 0; name && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0) return &formats[i];
    fputs("oto-grade: export wants --to", stderr);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        fprintf(stderr, "%s %s", i ? ", or" : "", formats[i].name);
    fputs("\n", stderr);
    return NULL;
}

static void on_count(void *context, sqlite3_stmt *row) {
    *(int64_t *)context = sqlite3_column_int64(row, 0);
}

/* The other program takes what it gets for final. */
static bool tell_waiting(struct gradebook *book, const struct options *options, char **error) {
    int64_t waiting = 0;
    if (!gradebook_query(book,
                         "SELECT count(*) FROM oto_score WHERE waiting > 0 AND (?1 IS NULL OR assignment = ?1)"
                         " AND (?2 IS NULL OR student = ?2)",
                         (const char *const[]){options->assignment, options->student}, on_count, &waiting, error))
        return false;
    if (waiting)
        fprintf(stderr,
                "oto-grade: %lld of these scores may still rise: parts wait for a person (oto-grade serve, or "
                "manual)\n",
                (long long)waiting);
    return true;
}

int command_export(int count, char **words) {
    struct options options;
    struct gradebook book;
    struct text out = {};
    char *error = NULL;
    if (!options_read_course(&options, "--to --course --assignment --student -o --anonymous", count, words)) return 2;
    const struct format *format = find_format(options.to);
    if (!format) return 2;
    if (format->is_folder && !options.output) {
        fprintf(stderr, "oto-grade: export --to %s writes files and wants -o FOLDER\n", format->name);
        return 2;
    }
    if (options.anonymous && !format->hides_names) {
        fprintf(stderr, "oto-grade: export --to %s names students; --anonymous goes with --to jsonl\n", format->name);
        return 2;
    }
    if (!gradebook_open_course_for(&book, options.course, options.assignment, options.student, &error))
        return complain_and_free(error);
    bool done = format->write(&book, &options, &out, &error);
    if (done && !format->is_folder) done = file_write_or_print(options.output, text_c(&out), out.length, &error);
    if (done && format->hands_out) done = tell_waiting(&book, &options, &error);
    if (done && format->hands_out) done = gradebook_hand_out(&book, options.assignment, options.student, &error);
    text_free(&out);
    gradebook_close(&book);
    return done ? 0 : complain_and_free(error);
}
