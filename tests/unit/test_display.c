/* What oto_display_... and progress bars send, what they refuse and why, and what they write without a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/oto.h"
#include "lib/record/record.h"
#include "lib/record/utf8.h"
#include "lib/show/flaw.h"
#include "refusal.h"
#include "show_host.h"

static void displays_carry_their_mime_type_and_id(void **state) {
    oto_display_html("<i>x</i>", .id = "a", .text = "x");
    struct oto_record record = sent();
    assert_string_equal(oto_record_get_text(&record, "text/html", ""), "<i>x</i>");
    assert_string_equal(oto_record_get_text(&record, "text/plain", ""), "x");
    assert_string_equal(oto_record_get_text(&record, "display_id", ""), "a");
    assert_int_equal(oto_record_get_integer(&record, "update", 9), 0);
    oto_record_free(&record);
    oto_display_update("a", "text/markdown", "*y*");
    record = sent();
    assert_int_equal(oto_record_get_integer(&record, "update", 0), 1);
    assert_string_equal(oto_record_get_text(&record, "text/markdown", ""), "*y*");
    oto_record_free(&record);
    oto_clear_output(true);
    record = sent();
    assert_int_equal(record.kind, OTO_RECORD_CLEAR);
    assert_int_equal(oto_record_get_integer(&record, "wait", 0), 1);
    oto_record_free(&record);
    assert_refused(oto_display_html("x", .update = true), ".id");
    assert_refused(oto_display_png("no", 2), "not a PNG");
    assert_refused(oto_display_latex(NULL), "NULL");
    char *escaped = oto_html_escape("<a href=\"x\">&'");
    assert_string_equal(escaped, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    free(escaped);
}

static void a_progress_bar_is_one_display_that_ends_complete(void **state) {
    OtoProgress bar = oto_progress(1000, "training <1>");
    for (int i = 0; i < 1000; i++) oto_progress_step(&bar, "loss %.2f", 0.5);
    lseek(fileno(host), 0, SEEK_SET);
    struct oto_record first, last = {0}, next;
    assert_int_equal(oto_record_receive(fileno(host), &first), 1);
    int count = 1;
    while (oto_record_receive(fileno(host), &next) == 1) {
        oto_record_free(&last);
        last = next;
        count++;
    }
    assert_true(count < 20);
    assert_int_equal(oto_record_get_integer(&first, "update", 9), 0);
    assert_int_equal(oto_record_get_integer(&last, "update", 9), 1);
    assert_string_equal(oto_record_get_text(&first, "display_id", "x"), oto_record_get_text(&last, "display_id", "y"));
    assert_non_null(strstr(oto_record_get_text(&last, "text/plain", ""), "training <1> 1000 of 1000"));
    assert_non_null(strstr(oto_record_get_text(&last, "text/plain", ""), "loss 0.50"));
    assert_non_null(strstr(oto_record_get_text(&last, "text/html", ""), "training &lt;1&gt;"));
    oto_record_free(&first);
    oto_record_free(&last);
    assert_refused(oto_progress(0, NULL), "at least 1");
}

static void check_json(const char *text, const char *flaw) {
    char *found = oto_flaw_json(text, strlen(text));
    if (!flaw && found) fail_msg("%s: %s", text, found);
    if (flaw && (!found || !strstr(found, flaw))) fail_msg("%s: \"%s\", not \"%s\"", text, found ? found : "", flaw);
    free(found);
}

static void well_formed_json_has_no_flaw(void **state) {
    static const char *const texts[] = {"0",  "-1.5e+3",     "\"\"", "[]",
                                        "{}", " [ 1 , 2 ] ", "null", "{\"a\": [true, false, {\"b\": \"\\u00e9\\n\"}]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) check_json(texts[i], NULL);
}

static void a_flaw_of_json_is_named_with_its_place(void **state) {
    check_json("", "line 1, column 1: the text ends where a value should follow");
    check_json("{\"a\": 1,\n  \"b\": nan}", "line 2, column 8: nan is not JSON; there are true, false and null");
    check_json("[1, 2,]", "column 7: a comma stands before the closing ]");
    check_json("{'a': 1}", "double quotes");
    check_json("{\"a\" 1}", "'1' stands where a colon and a value should follow");
    check_json("[1 2]", "'2' stands where a comma or ] should follow");
    check_json("[1", "the text ends where a comma or ] should follow");
    check_json("01", "does not begin with 0");
    check_json("\"a\nb\"", "write it as \\n");
    check_json("\"\\x\"", "followed by one of");
    check_json("\"\\u12\"", "four hexadecimal digits");
    check_json("\"abc", "ends inside a string");
    check_json("1 2", "where the end of the text should follow");
    check_json("-", "a digit");
}

static void json_may_be_nested_200_deep(void **state) {
    char text[2 * OTO_JSON_DEPTH + 3];
    for (int more = 0; more < 2; more++) {
        int depth = OTO_JSON_DEPTH + more;
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        check_json(text, more ? "more than 200 brackets" : NULL);
    }
}

static void only_well_formed_utf8_is_a_character(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {{"a", 1},        {"\xc3\xa9", 2},     {"\xe2\x82\xac", 3}, {"\xf0\x9f\x8e\xb5", 4}, {"\xc3", 0},
                {"\xc0\x80", 0}, {"\xed\xa0\x80", 0}, {"\xe0\x80\x80", 0}, {"\xf4\x90\x80\x80", 0}, {"\xff", 0},
                {"", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(oto_utf8_length(rows[i].bytes, strlen(rows[i].bytes)), rows[i].length);
}

static void malformed_data_is_refused_before_it_is_sent(void **state) {
    assert_refused(oto_display_html("a\nb\xe9"), "byte 0xE9 in line 2, column 2, is not UTF-8");
    assert_refused(oto_display_json("{\"loss\": nan}"), "oto_display_json: line 1, column 10: nan is not JSON");
    assert_refused(oto_display_svg("<svg><rect></svg>"), "oto_display_svg: line 1:");
    assert_refused(oto_display_svg("<svg><a xlink:href='x'/></svg>"), "xlink");
    assert_refused(oto_display_svg("<html/>"), "the outermost element is <html>, not <svg>");
    assert_refused(oto_display_svg(""), "empty");
    assert_refused(oto_display_html(NULL), "NULL");
    assert_refused(oto_display_png(NULL, 8), "NULL");
    assert_refused(oto_display_html("x", .id = ""), "the id is empty");
    assert_refused(oto_display_html("x", .text = "\xff"), ".text");
    assert_refused(oto_display("html", "x"), "not a MIME type, which has two parts, as in \"text/html\"");
    assert_refused(oto_display("text/", "x"), "not a MIME type");
    assert_refused(oto_display("image/jpeg", "x"), ".size = bytes");
    assert_int_equal(lseek(fileno(host), 0, SEEK_END), 0);
}

static void a_display_past_64_mib_is_refused(void **state) {
    size_t size = OTO_DISPLAY_MAX + 1;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'x', size);
    text[size] = '\0';
    assert_refused(oto_display_markdown(text), "64 MB are too much for a page");
    free(text);
}

static void an_update_of_a_display_that_is_not_there_is_refused(void **state) {
    assert_refused(oto_display_update("never-shown", "text/html", "x"), "no display has the id \"never-shown\"");
}

static void svg_with_declared_namespaces_is_shown(void **state) {
    oto_display_svg(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:x=\"y\" x:z=\"1\"><text>&amp; \xc3\xa9</text></svg>");
    struct oto_record record = sent();
    assert_non_null(oto_record_find(&record, "image/svg+xml"));
    oto_record_free(&record);
}

/* A picture of one pixel. */
static const unsigned char png[] = {0x89, 'P',  'N',  'G',  '\r', '\n', 0x1A, '\n', 0,    0,    0,    13,   'I',  'H',
                                    'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,
                                    0,    0x3A, 0x7E, 0x9B, 0x55, 0,    0,    0,    10,   'I',  'D',  'A',  'T',  0x78,
                                    0x9C, 0x63, 0x68, 0,    0,    0,    0x82, 0,    0x81, 0x77, 0xCD, 0x72, 0xB6, 0,
                                    0,    0,    0,    'I',  'E',  'N',  'D',  0xAE, 0x42, 0x60, 0x82};

static void a_png_file_must_be_whole(void **state) {
    oto_display_png(png, sizeof png);
    struct oto_record record = sent();
    size_t size;
    assert_non_null(oto_record_get_bytes(&record, "image/png", &size));
    assert_int_equal(size, sizeof png);
    oto_record_free(&record);
    assert_refused(oto_display_png(png, sizeof png - 1), "is cut off");
    assert_refused(oto_display_png(png, 40), "is cut off");
    assert_refused(oto_display_png(png, 8), "is cut off");
    unsigned char empty[sizeof png];
    memcpy(empty, png, sizeof png);
    empty[19] = 0; /* the width */
    assert_refused(oto_display_png(empty, sizeof empty), "width and height");
}

static void other_types_are_text_or_bytes(void **state) {
    oto_display("application/vnd.vega.v5+json", "{\"a\": 1}");
    struct oto_record record = sent();
    assert_string_equal(oto_record_get_text(&record, "application/vnd.vega.v5+json", ""), "{\"a\": 1}");
    oto_record_free(&record);
    oto_display("audio/ogg", "OggS\0\1", .size = 6, .text = "a sound");
    record = sent();
    size_t size = 0;
    assert_memory_equal(oto_record_get_bytes(&record, "audio/ogg", &size), "OggS\0\1", 6);
    assert_int_equal(size, 6);
    assert_string_equal(oto_record_get_text(&record, "text/plain", ""), "a sound");
    oto_record_free(&record);
}

static void a_formula_without_marks_gets_them(void **state) {
    oto_display_latex("\\frac{1}{2}");
    struct oto_record record = sent();
    assert_string_equal(oto_record_get_text(&record, "text/latex", ""), "$$\\frac{1}{2}$$");
    assert_string_equal(oto_record_get_text(&record, "text/plain", ""), "\\frac{1}{2}");
    oto_record_free(&record);
    oto_display_latex("so $x^2$");
    record = sent();
    assert_string_equal(oto_record_get_text(&record, "text/latex", ""), "so $x^2$");
    oto_record_free(&record);
}

/* The number of records that were sent since the last call, and the last of them (its texts copied). */
struct seen {
    int count, new;
    char id[60], text[200], stopped[300];
};

static struct seen see(void) {
    struct seen seen = {0};
    struct oto_record record;
    lseek(fileno(host), 0, SEEK_SET);
    while (oto_record_receive(fileno(host), &record) == 1) {
        seen.count++;
        seen.new += !oto_record_get_integer(&record, "update", 9);
        snprintf(seen.id, sizeof seen.id, "%s", oto_record_get_text(&record, "display_id", ""));
        snprintf(seen.text, sizeof seen.text, "%s", oto_record_get_text(&record, "text/plain", ""));
        snprintf(seen.stopped, sizeof seen.stopped, "%s", oto_record_get_text(&record, "stopped:text/plain", ""));
        oto_record_free(&record);
    }
    assert_int_equal(ftruncate(fileno(host), 0), 0);
    lseek(fileno(host), 0, SEEK_SET);
    return seen;
}

static void a_bar_of_unknown_length_ends_when_told(void **state) {
    OtoProgress bar = oto_progress(OTO_UNKNOWN, "reading");
    struct seen begun = see();
    assert_int_equal(begun.new, 1);
    assert_non_null(strstr(begun.stopped, "reading 0, stopped after 0:00"));
    for (int i = 0; i < 7; i++) oto_progress_step(&bar);
    oto_progress_done(&bar);
    struct seen ended = see();
    assert_int_equal(ended.new, 0);
    assert_non_null(strstr(ended.text, "reading 7, "));
    assert_non_null(strstr(ended.text, "0:00 in all"));
    assert_string_equal(ended.stopped, "");
    oto_progress_done(&bar);
    assert_int_equal(see().count, 0);
}

static void bars_in_a_bar_share_one_display(void **state) {
    oto_progress_cell_begin();
    OtoProgress outer = oto_progress(3, "epoch");
    for (int i = 0; i < 3; i++) {
        OtoProgress inner = oto_progress(2, "batch");
        oto_progress_step(&inner);
        if (i != 1) oto_progress_step(&inner); /* once it is left early */
        oto_progress_step(&outer);
    }
    assert_int_equal(see().new, 2);
    OtoProgress next = oto_progress(2, "next");
    assert_int_equal(see().new, 1);
    oto_progress_done(&next);
}

static void a_bar_that_is_left_shows_how_far_it_came_when_the_cell_ends(void **state) {
    oto_progress_cell_begin();
    OtoProgress bar = oto_progress(9, "left");
    for (int i = 0; i < 4; i++) oto_progress_step(&bar);
    see();
    oto_progress_cell_end();
    struct seen seen = see();
    assert_int_equal(seen.count, 1);
    assert_non_null(strstr(seen.text, "left 4 of 9"));
    assert_non_null(strstr(seen.stopped, "left 4 of 9"));
    oto_progress_cell_end();
    assert_int_equal(see().count, 0);
}

static void a_bar_left_by_an_earlier_cell_is_around_nothing(void **state) {
    oto_progress_cell_begin();
    OtoProgress left = oto_progress(3, "left");
    oto_progress_step(&left);
    see();
    for (int cell = 0; cell < 2; cell++) {
        oto_progress_cell_begin();
        OtoProgress bar = oto_progress(1, "bar");
        oto_progress_step(&bar);
        assert_int_equal(see().new, 1);
    }
}

/* What the action prints into a terminal, into a buffer. */
static void printed(void (*action)(void), char *text, size_t size) {
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    int stdout_was = dup(1);
    assert_true(stdout_was >= 0 && dup2(fileno(file), 1) == 1);
    oto_host_attach(-1);
    action();
    fflush(stdout);
    assert_int_equal(dup2(stdout_was, 1), 1);
    close(stdout_was);
    oto_host_attach(fileno(host));
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void run_bars(void) {
    OtoProgress known = oto_progress(1000, "known"), unknown = oto_progress(OTO_UNKNOWN, "unknown");
    for (int i = 0; i < 1000; i++) oto_progress_step(&known);
    for (int i = 0; i < 12; i++) oto_progress_step(&unknown, "file %d", i);
    oto_progress_done(&unknown);
}

static void a_terminal_gets_lines(void **state) {
    char text[4000];
    printed(run_bars, text, sizeof text);
    int known = 0, unknown = 0;
    for (const char *at = text; (at = strstr(at, "known")); at++) {
        if (at > text && at[-1] == 'n')
            unknown++;
        else
            known++;
    }
    assert_int_equal(known, 10);
    assert_int_equal(unknown, 5); /* 1, 2, 5, 10, and the end */
    assert_non_null(strstr(text, "known 1000 of 1000, "));
    assert_non_null(strstr(text, "file 9\n"));
}

static char folder[] = "/tmp/oto_display_XXXXXX";

static void show_without_a_host(void) {
    oto_display_markdown("*a*");
    oto_display_json("[1]");
    oto_display_html("<p>1", .id = "page");
    oto_display_update("page", "text/html", "<p>2");
    oto_display("audio/ogg", "OggS", .size = 4, .text = "a sound");
    oto_clear_output(true);
}

static void without_a_host_texts_are_printed_and_an_update_rewrites_its_file(void **state) {
    char *home = getcwd(NULL, 0), text[1000], page[20] = "";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    printed(show_without_a_host, text, sizeof text);
    assert_non_null(strstr(text, "*a*\n[1]\n"));
    const char *name = strstr(text, "oto_show: wrote ");
    assert_non_null(name);
    assert_null(strstr(strstr(name, ".html") + 1, ".html"));
    assert_non_null(strstr(text, "a sound\n"));
    char path[40];
    assert_int_equal(sscanf(name, "oto_show: wrote %39s", path), 1);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(page, sizeof page, file));
    fclose(file);
    assert_string_equal(page, "<p>2");
    unlink(path);
    assert_int_equal(sscanf(strstr(text, "a sound\n"), "a sound\noto_show: wrote %39s", path), 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chdir(home), 0);
    assert_int_equal(rmdir(folder), 0);
    free(home);
}

int main(void) {
#define with_host(test) cmocka_unit_test_setup_teardown(test, attach, detach)
    const struct CMUnitTest tests[] = {
        with_host(displays_carry_their_mime_type_and_id),
        with_host(well_formed_json_has_no_flaw),
        with_host(a_flaw_of_json_is_named_with_its_place),
        with_host(json_may_be_nested_200_deep),
        with_host(only_well_formed_utf8_is_a_character),
        with_host(malformed_data_is_refused_before_it_is_sent),
        with_host(a_display_past_64_mib_is_refused),
        with_host(an_update_of_a_display_that_is_not_there_is_refused),
        with_host(svg_with_declared_namespaces_is_shown),
        with_host(a_png_file_must_be_whole),
        with_host(other_types_are_text_or_bytes),
        with_host(a_formula_without_marks_gets_them),
        with_host(a_progress_bar_is_one_display_that_ends_complete),
        with_host(a_bar_of_unknown_length_ends_when_told),
        with_host(bars_in_a_bar_share_one_display),
        with_host(a_bar_that_is_left_shows_how_far_it_came_when_the_cell_ends),
        with_host(a_bar_left_by_an_earlier_cell_is_around_nothing),
        with_host(a_terminal_gets_lines),
        with_host(without_a_host_texts_are_printed_and_an_update_rewrites_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
