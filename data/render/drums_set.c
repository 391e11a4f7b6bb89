/* drums: two-bar patterns, the drum parts of MMA's own styles, as text and MIDI; a task a file of styles. */
#include "file.h"
#include "lib/music/notes.h"
#include "lib/tensor/lifetime.h"
#include "mma.h"
#include "pattern.h"
#include "set.h"
#include "variant.h"

#include <ctype.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char styles_of_mma[] = "/usr/share/mma/lib/stdlib/*.mma";
enum { BARS = 2, TEMPO = 120 };

/* The files of styles in 4/4, by name. */
static struct {
    char **paths;
    size_t count;
} files;

static bool is_in_four(const char *path) {
    char line[1000];
    bool found = false;
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof line, file)) {
        for (char *at = line; *at; at++) *at = (char)tolower((unsigned char)*at);
        found = strstr(line, "timesig 4 4") == line + strspn(line, " \t");
    }
    if (file) fclose(file);
    return found;
}

static int64_t count(void) {
    glob_t found;
    if (files.paths) return (int64_t)files.count;
    if (glob(styles_of_mma, 0, NULL, &found) != 0) {
        fprintf(stderr, "data: there is no %s; is Debian's package mma installed?\n", styles_of_mma);
        exit(1);
    }
    files.paths = need_memory(found.gl_pathc, sizeof *files.paths);
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (is_in_four(found.gl_pathv[i])) files.paths[files.count++] = text_of("%s", found.gl_pathv[i]);
    globfree(&found);
    return (int64_t)files.count;
}

/* "drums/patterns/swing.csv" for ".../swing.mma". */
static char *path_of(int64_t i, const char *ending) {
    const char *name = strrchr(files.paths[i], '/') + 1;
    return text_of("drums/patterns/%.*s%s", (int)strcspn(name, "."), name, ending);
}

static char *target(int64_t i) {
    return path_of(i, ".csv");
}

/* The names behind DefGroove, in the order of the file. */
static int grooves_in(const char *path, char names[][64], int most) {
    char line[1000];
    int count = 0;
    FILE *file = fopen(path, "r");
    while (file && count < most && fgets(line, sizeof line, file))
        count += sscanf(line, " DefGroove %63s", names[count]) == 1;
    if (file) fclose(file);
    return count;
}

static void put_pattern(FILE *to, const char *groove, const struct pattern *pattern) {
    fputs(groove, to);
    for (int drum = 0; drum < DRUMS; drum++) fprintf(to, ",%s", pattern->steps[drum]);
    fputc('\n', to);
}

static bool make(int64_t i) {
    enum { MOST = 100 };
    static char names[MOST][64];
    int grooves = grooves_in(files.paths[i], names, MOST);
    char *song = NULL, *rows = NULL;
    size_t song_size, rows_size;
    FILE *to = open_memstream(&song, &song_size), *table = open_memstream(&rows, &rows_size);
    if (!to || !table) out_of_memory();
    fprintf(to, "RndSeed 1\nTempo %d\n", TEMPO);
    for (int g = 0; g < grooves; g++) fprintf(to, "Groove %s\n%d C\n%d C\n", names[g], BARS * g + 1, BARS * g + 2);
    if (fclose(to) != 0) out_of_memory();
    char *midi_path = path_of(i, ".mid"), *path = target(i);
    bool made = run_mma(song, midi_path);
    if (made) {
        OtoMidi *midi = oto_midi_load(midi_path);
        struct pattern pattern;
        for (int g = 0; g < grooves; g++)
            if (pattern_from(midi, BARS * g, &pattern)) put_pattern(table, names[g], &pattern);
        oto_free(midi);
    }
    if (fclose(table) != 0) out_of_memory();
    made = made && write_text(path, rows, rows_size);
    free(song);
    free(rows);
    free(midi_path);
    free(path);
    return made;
}

/* Texts that were met. */
struct seen {
    char **texts;
    size_t count;
};

/* Whether a text was met before; otherwise it is from now on. */
static bool seen_before(struct seen *seen, const char *text) {
    for (size_t i = 0; i < seen->count; i++)
        if (strcmp(seen->texts[i], text) == 0) return true;
    seen->texts = realloc(seen->texts, (seen->count + 1) * sizeof *seen->texts);
    if (!seen->texts) out_of_memory();
    seen->texts[seen->count++] = text_of("%s", text);
    return false;
}

static void forget_seen(struct seen *seen) {
    for (size_t i = 0; i < seen->count; i++) free(seen->texts[i]);
    free(seen->texts);
}

/* Whether a line of a file of styles is worth a row: its pattern is new, and so is its name (MMA's files define some
 * grooves twice). */
static bool is_new(struct seen *patterns, struct seen *names, const char *file, const char *line) {
    const char *steps = strchr(line, ',');
    if (!steps || seen_before(patterns, steps)) return false;
    char *name = text_of("%s,%.*s", file, (int)(steps - line), line);
    bool known = seen_before(names, name);
    free(name);
    return !known;
}

/* Every pattern once; those of one file of styles are in one split. */
static void describe(FILE *to) {
    fputs("split,file,groove", to);
    for (int drum = 0; drum < DRUMS; drum++) fprintf(to, ",%s", drum_names[drum]);
    fputc('\n', to);
    struct seen patterns = {}, names = {};
    char line[1000];
    for (int64_t i = 0; i < count(); i++) {
        char *path = target(i), *name = path_of(i, "");
        FILE *file = fopen(path, "r");
        const char *split = i % 5 == 3 ? "valid" : i % 5 == 4 ? "test" : "train";
        while (file && fgets(line, sizeof line, file))
            if (is_new(&patterns, &names, name, line))
                fprintf(to, "%s,%s,%s", split, name + sizeof "drums/patterns", line);
        if (file) fclose(file);
        free(path);
        free(name);
    }
    forget_seen(&patterns);
    forget_seen(&names);
}

const struct set drums_set = {"drums", count, target, make, describe};
