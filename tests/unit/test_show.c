/* What oto_show sends: records with every MIME type, pictures that decode at their size, sounds that are whole. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "lib/oto.h"
#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/show/gnuplot.h"
#include "refusal.h"
#include "show_host.h"

/* Decodes the whole picture; counts how many of its pixels are of this colour. */
static size_t decode(const struct oto_record *record, unsigned width, unsigned height, uint32_t colour) {
    size_t size = 0;
    const void *bytes = oto_record_get_bytes(record, "image/png", &size);
    assert_non_null(bytes);
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, bytes, size));
    image.format = PNG_FORMAT_RGB;
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    unsigned char *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    size_t count = 0;
    for (size_t i = 0; i < (size_t)width * height; i++)
        count += ((uint32_t)pixels[3 * i] << 16 | (uint32_t)pixels[3 * i + 1] << 8 | pixels[3 * i + 2]) == colour;
    free(pixels);
    return count;
}

static OtoTensor *sine(int64_t samples, double sample_rate) {
    OtoTensor *x = oto_zeros(samples);
    for (int64_t i = 0; i < samples; i++) oto_data(x)[i] = 0.5f * sinf(0.05f * (float)i);
    return oto_as_audio(x, sample_rate);
}

static OtoTensor *spectrogram(OtoQuantity quantity) {
    OtoTensor *x = oto_zeros(513, 900);
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = fabsf(sinf((float)i * 0.001f));
    x->quantity = quantity;
    oto_name_axis(x, 0, "frequency", .unit = "Hz", .step = 22050 / 1024.0);
    return oto_name_axis(x, 1, "time", .unit = "s", .step = 512 / 22050.0);
}

static void a_sound_is_a_player_and_a_waveform(void **state) {
    oto_scope {
        oto_show(sine(22050 * 2, 22050), .title = "<b>&'\"");
        struct oto_record record = sent();
        assert_int_equal(record.kind, OTO_RECORD_DISPLAY);
        assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "float32 (time 44100)"));
        const char *html = oto_record_get_text(&record, "text/html", "");
        assert_non_null(strstr(html, "<audio controls"));
        assert_non_null(strstr(html, "src=\"data:audio/wav;base64,UklGR")); /* RIFF */
        assert_non_null(strstr(html, "22050 Hz, 2 s, peak -6.0 dBFS"));
        assert_null(strstr(html, "<b>&'"));
        assert_true(decode(&record, 860, 200, 0x0072b2) > 5000); /* a band in the colour of the first line */
        oto_record_free(&record);
    }
}

static void the_player_holds_every_sample(void **state) {
    oto_scope {
        oto_player(sine(1000, 8000));
        struct oto_record record = sent();
        const char *at = strstr(oto_record_get_text(&record, "text/html", ""), "base64,") + 7;
        assert_int_equal(strchr(at, '"') - at, (44 + 2 * 1000 + 2) / 3 * 4);
        assert_null(oto_record_find(&record, "image/png"));
        oto_record_free(&record);
    }
}

static void several_tracks_are_rows_of_one_player(void **state) {
    oto_scope {
        oto_show(sine(800, 8000), .with = {sine(900, 8000), sine(700, 16000)}, .labels = {"mix", "<drums>"});
        struct oto_record record = sent();
        const char *html = oto_record_get_text(&record, "text/html", "");
        int players = 0;
        for (const char *at = html; (at = strstr(at, "<audio")); at++) players++;
        assert_int_equal(players, 3);
        assert_non_null(strstr(html, "<b>mix</b>"));
        assert_non_null(strstr(html, "&lt;drums&gt;"));
        assert_non_null(strstr(html, "track 3"));
        oto_record_free(&record);
    }
}

static void a_sound_that_clips_or_holds_nan_says_so(void **state) {
    oto_scope {
        OtoTensor *x = sine(800, 8000);
        oto_data(x)[3] = 2;
        oto_data(x)[4] = NAN;
        oto_show(x);
        struct oto_record record = sent();
        const char *html = oto_record_get_text(&record, "text/html", "");
        assert_non_null(strstr(html, "are clipped"));
        assert_non_null(strstr(html, "1 samples are NaN"));
        oto_record_free(&record);
    }
}

static void a_sound_past_60_mb_is_cut_with_a_note(void **state) {
    oto_scope {
        oto_player(oto_as_audio(oto_zeros(25000000), 44100));
        struct oto_record record = sent();
        const struct oto_field *html = oto_record_find(&record, "text/html");
        assert_true(html->size < 64000000 && html->size > 50000000);
        assert_non_null(strstr(html->data, "only the first 535 s are in this player"));
        oto_record_free(&record);
    }
}

static void a_spectrogram_is_an_image_in_decibels(void **state) {
    static const OtoQuantity quantities[] = {OTO_AMPLITUDE, OTO_POWER, OTO_DECIBEL};
    for (int i = 0; i < 3; i++) oto_scope {
            oto_show(spectrogram(quantities[i]), .log_frequency = i == 1);
            struct oto_record record = sent();
            assert_true(decode(&record, 860, 340, 0xffffff) > 20000); /* a white margin */
            assert_true(decode(&record, 860, 340, 0xffffff) < 860 * 340 / 2);
            assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "(frequency 513, time 900)"));
            oto_record_free(&record);
        }
}

static void chroma_and_constant_q_rows_have_names_instead_of_numbers(void **state) {
    oto_scope {
        OtoTensor *chroma = oto_zeros(12, 50), *C = oto_zeros(84, 50);
        double hz[84];
        for (int i = 0; i < 84; i++) hz[i] = oto_midi_to_hz(24 + i);
        oto_name_axis(chroma, 0, "pitch");
        oto_name_axis(chroma, 1, "time", .unit = "s");
        oto_name_axis(C, 0, "frequency", .unit = "Hz");
        oto_axis_place(C, 0, hz);
        oto_name_axis(C, 1, "time", .unit = "s");
        OtoTensor *named[] = {chroma, C};
        for (int i = 0; i < 2; i++) {
            oto_show(named[i], .title = "");
            struct oto_record with_names = sent();
            oto_name_axis(named[i], 0, "band"); /* without its meaning the same picture has other marks */
            oto_show(named[i], .title = "", .y_label = i ? "frequency (Hz)" : "pitch");
            struct oto_record without = sent();
            assert_int_not_equal(decode(&with_names, 860, 340, 0xffffff), decode(&without, 860, 340, 0xffffff));
            oto_record_free(&with_names);
            oto_record_free(&without);
        }
    }
}

static void a_vector_is_a_curve_and_matrices_are_images(void **state) {
    oto_scope {
        OtoTensor *x = oto_linspace(0, 1, 500), *y = oto_mul(x, 2);
        oto_show(x, .with = {y}, .labels = {"x", "twice x"}, .title = "it's", .width = 500, .height = 250);
        struct oto_record record = sent();
        assert_true(decode(&record, 500, 250, 0xffffff) > 1000);
        oto_record_free(&record);

        oto_show(oto_reshape(oto_tensor(1, 2, 3, 4, 5, 6), 2, 3));
        record = sent();
        assert_true(decode(&record, 200 + 3 * 46, 130 + 2 * 30, 0xfde725) >
                    500); /* the largest cell, in viridis' end */
        oto_record_free(&record);
    }
}

static void constant_empty_nan_and_infinite_values_are_shown(void **state) {
    oto_scope {
        OtoTensor *odd = oto_tensor(NAN, INFINITY, -INFINITY, 1, NAN, 3), *empty = oto_zeros(0);
        OtoTensor *nothing = oto_tensor(NAN, NAN), *cube = oto_zeros(2, 2, 2);
        OtoTensor *all[] = {
            odd,   oto_zeros(7), nothing,       oto_reshape(odd, 2, 3),           oto_zeros(3, 3),
            empty, cube,         oto_tensor(1), oto_reshape(oto_tensor(1), 1, 1), oto_as_audio(oto_tensor(0.5), 8000)};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            oto_show(all[i]);
            struct oto_record record = sent();
            assert_true(strlen(oto_record_get_text(&record, "text/plain", "")) > 0);
            oto_record_free(&record);
        }
    }
}

static void notes_are_a_piano_roll_that_sounds(void **state) {
    oto_scope {
        oto_show(oto_notes({0, 0.5, 60}, {0.5, 0.5, 64}, {1, 1, 67, .velocity = 120}), .title = "triad");
        struct oto_record record = sent();
        assert_true(decode(&record, 860, 320, 0xf1f1f1) > 1000); /* black keys are shaded */
        assert_non_null(strstr(oto_record_get_text(&record, "text/html", ""), "<audio"));
        oto_record_free(&record);
    }
}

static void a_result_is_a_result_even_of_null_or_a_freed_value(void **state) {
    OtoTensor *x = oto_tensor(1, 2, 3);
    oto_show_result(x);
    struct oto_record record = sent();
    assert_int_equal(record.kind, OTO_RECORD_RESULT);
    assert_non_null(oto_record_find(&record, "image/png"));
    oto_record_free(&record);
    oto_free(x);
    oto_show_result(x);
    record = sent();
    assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "freed"));
    oto_record_free(&record);
    oto_show_result((OtoNotes *)NULL);
    record = sent();
    assert_string_equal(oto_record_get_text(&record, "text/plain", ""), "(OtoNotes *) NULL");
    oto_record_free(&record);
}

static void scores_labels_data_and_tables_are_results(void **state) {
    oto_scope {
        const char *abc = "X:1\nK:C\nC D E|\n", *csv = "a,b\n1,2\n";
        oto_show_result(oto_abc_parse(abc, strlen(abc), "t.abc"));
        struct oto_record record = sent();
        assert_int_equal(record.kind, OTO_RECORD_RESULT);
        assert_non_null(oto_record_find(&record, "text/html")); /* as notes: a piano roll that sounds */
        oto_record_free(&record);
        oto_show_result(oto_labels(OTO_CHORDS, {0, 2, "A:min"}));
        record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "1 chords, 0 to 2 s"));
        oto_record_free(&record);
        oto_show_result(oto_table_parse(csv, strlen(csv), "t.csv", (OtoTableLoad){.header = true}));
        record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "table (rows 1, columns 2: a, b)"));
        oto_record_free(&record);
        oto_show_result((OtoDataset *)NULL);
        record = sent();
        assert_string_equal(oto_record_get_text(&record, "text/plain", ""), "(OtoDataset *) NULL");
        oto_record_free(&record);
    }
}

static void what_cannot_be_shown_is_refused_with_the_reason(void **state) {
    oto_scope {
        OtoTensor *x = oto_tensor(1, 2, 3);
        assert_refused(oto_show(x, .as = "matrix"), "needs 2 axes");
        assert_refused(oto_show(x, .as = "piechart"), "there is no view \"piechart\"");
        assert_refused(oto_show(x, .as = "player"), "oto_show");
        assert_refused(oto_show((OtoTensor *)NULL), "oto_show");
        setenv("OTO_GNUPLOT", "/nowhere/gnuplot", 1);
        assert_refused(oto_show(x), "apt install gnuplot-nox");
        setenv("OTO_GNUPLOT", "/bin/false", 1);
        assert_refused(oto_show(x), "gnuplot drew nothing");
        unsetenv("OTO_GNUPLOT");
    }
}

static void gnuplots_own_complaint_is_passed_on_and_no_descriptor_is_left(void **state) {
    int before = dup(0), after;
    close(before);
    for (int i = 0; i < 3; i++) {
        char *said, *why;
        size_t size;
        static const char commands[] = "set nonsense\n";
        assert_null(oto_gnuplot(commands, strlen(commands), &size, &said, &why));
        assert_null(said);
        assert_non_null(strstr(why, "nonsense"));
        free(why);
    }
    after = dup(0);
    close(after);
    assert_int_equal(before, after);
}

static void in_the_grader_only_text_is_sent(void **state) {
    setenv("OTO_GRADING", "1", 1);
    oto_scope oto_show(sine(800, 8000));
    struct oto_record record = sent();
    assert_int_equal(record.count, 1);
    assert_string_equal(record.fields[0].name, "text/plain");
    oto_record_free(&record);
    unsetenv("OTO_GRADING");
}

static void without_a_host_files_are_written(void **state) {
    char folder[] = "/tmp/oto_show_XXXXXX", *home = getcwd(NULL, 0);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    int stdout_was = dup(1);
    FILE *silent = tmpfile();
    fflush(stdout);
    dup2(fileno(silent), 1);
    oto_host_attach(-1);
    oto_scope {
        oto_show(sine(800, 8000));
        oto_show(oto_tensor(1, 2, 3));
    }
    oto_display_html("<p>", .text = "p");
    fflush(stdout);
    dup2(stdout_was, 1);
    close(stdout_was);
    oto_host_attach(fileno(host));
    struct stat status;
    static const char *const names[] = {"oto_show_001.wav", "oto_show_001.png", "oto_show_002.png",
                                        "oto_show_003.html"};
    char printed[1000] = {0};
    lseek(fileno(silent), 0, SEEK_SET);
    assert_true(read(fileno(silent), printed, sizeof printed - 1) > 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(stat(names[i], &status), 0);
        assert_true(status.st_size > 0);
        assert_non_null(strstr(printed, names[i]));
        unlink(names[i]);
    }
    fclose(silent);
    assert_int_equal(chdir(home), 0);
    assert_int_equal(rmdir(folder), 0);
    free(home);
}

int main(void) {
#define with_host(test) cmocka_unit_test_setup_teardown(test, attach, detach)
    const struct CMUnitTest tests[] = {
        with_host(a_sound_is_a_player_and_a_waveform),
        with_host(the_player_holds_every_sample),
        with_host(several_tracks_are_rows_of_one_player),
        with_host(a_sound_that_clips_or_holds_nan_says_so),
        with_host(a_sound_past_60_mb_is_cut_with_a_note),
        with_host(a_spectrogram_is_an_image_in_decibels),
        with_host(chroma_and_constant_q_rows_have_names_instead_of_numbers),
        with_host(a_vector_is_a_curve_and_matrices_are_images),
        with_host(constant_empty_nan_and_infinite_values_are_shown),
        with_host(notes_are_a_piano_roll_that_sounds),
        with_host(a_result_is_a_result_even_of_null_or_a_freed_value),
        with_host(scores_labels_data_and_tables_are_results),
        with_host(what_cannot_be_shown_is_refused_with_the_reason),
        with_host(gnuplots_own_complaint_is_passed_on_and_no_descriptor_is_left),
        with_host(in_the_grader_only_text_is_sent),
        with_host(without_a_host_files_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
