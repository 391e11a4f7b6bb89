/* gnuplot_script: what a picture is made of: the commands and the data that gnuplot was given. Include it after
 * cmocka.h and show_host.h. */
#ifndef OTO_TESTS_GNUPLOT_SCRIPT_H
#define OTO_TESTS_GNUPLOT_SCRIPT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char gnuplot_folder[] = "/tmp/oto_gnuplot_XXXXXX";
static char gnuplot_wrapper[64], gnuplot_commands[64];

/* From now on gnuplot draws as before, and its input is kept. For cmocka's group setup and teardown. */
static inline int record_scripts(void **state) {
    if (!mkdtemp(gnuplot_folder)) return -1;
    snprintf(gnuplot_wrapper, sizeof gnuplot_wrapper, "%s/gnuplot", gnuplot_folder);
    snprintf(gnuplot_commands, sizeof gnuplot_commands, "%s/commands", gnuplot_folder);
    FILE *wrapper = fopen(gnuplot_wrapper, "w");
    if (!wrapper) return -1;
    fprintf(wrapper, "#!/bin/sh\ntee '%s' | gnuplot --default-settings -\n", gnuplot_commands);
    if (fclose(wrapper) || chmod(gnuplot_wrapper, 0700)) return -1;
    return setenv("OTO_GNUPLOT", gnuplot_wrapper, 1);
}

static inline int forget_scripts(void **state) {
    unsetenv("OTO_GNUPLOT");
    unlink(gnuplot_wrapper);
    unlink(gnuplot_commands);
    return rmdir(gnuplot_folder);
}

/* What gnuplot was told for the last picture: text up to the first plot command and its line, then data. */
struct script {
    char *text;
    const unsigned char *data;
    size_t data_size;
};

/* Takes the output that was sent, which must hold a picture, and reads its script; free() its text. */
static inline struct script last_script(void) {
    struct oto_record record = sent();
    bool drawn =
        oto_record_find(&record, "image/png") || strstr(oto_record_get_text(&record, "text/html", ""), "image/png");
    oto_record_free(&record);
    assert_true(drawn);
    FILE *file = fopen(gnuplot_commands, "rb");
    assert_non_null(file);
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    struct script script = {.text = malloc((size_t)status.st_size + 1)};
    assert_non_null(script.text);
    size_t size = fread(script.text, 1, (size_t)status.st_size, file);
    fclose(file);
    script.text[size] = '\0';
    char *plot = memmem(script.text, size, "\nplot ", 6);
    assert_non_null(plot);
    char *end = strchr(plot + 1, '\n');
    assert_non_null(end);
    *end = '\0';
    script.data = (unsigned char *)end + 1;
    script.data_size = size - (size_t)(end + 1 - script.text);
    return script;
}

/* How often a text occurs in the script. */
static inline int occurrences(const struct script *script, const char *text) {
    int count = 0;
    for (const char *at = script->text; (at = strstr(at, text)); at += strlen(text)) count++;
    return count;
}

/* Fails unless the script holds the text, and then shows the script. */
static inline void assert_says(const struct script *script, const char *text) {
    if (!strstr(script->text, text)) fail_msg("no \"%s\" in:\n%s", text, script->text);
}

static inline void assert_says_not(const struct script *script, const char *text) {
    if (strstr(script->text, text)) fail_msg("\"%s\" in:\n%s", text, script->text);
}

#endif
