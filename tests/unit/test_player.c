/* The line over a picture: the page says where the axes stand and which times they show, exactly as they are drawn. */
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
#include "refusal.h"
#include "show_host.h"

static OtoTensor *sine(int64_t samples, double sample_rate) {
    OtoTensor *x = oto_zeros(samples);
    for (int64_t i = 0; i < samples; i++) oto_data(x)[i] = 0.9f * sinf(0.05f * (float)i);
    return oto_as_audio(x, sample_rate);
}

/* (band 8, time columns) of one value. */
static OtoTensor *plain_image(int64_t columns, double start, double step) {
    OtoTensor *x = oto_zeros(8, columns);
    oto_name_axis(x, 0, "band");
    return oto_name_axis(x, 1, "time", .unit = "s", .start = start, .step = step);
}

/* What the page tells the script, as numbers. */
struct cursor {
    double left, right, top, bottom, from, to, start;
};

static struct cursor cursor_of(const struct oto_record *record) {
    struct cursor cursor;
    const char *at = strstr(oto_record_get_text(record, "text/html", ""), "data-oto-cursor='");
    assert_non_null(at);
    assert_int_equal(sscanf(at,
                            "data-oto-cursor='{\"left\":%lf,\"right\":%lf,\"top\":%lf,\"bottom\":%lf,\"from\":%lf,"
                            "\"to\":%lf,\"start\":%lf}'",
                            &cursor.left, &cursor.right, &cursor.top, &cursor.bottom, &cursor.from, &cursor.to,
                            &cursor.start),
                     7);
    return cursor;
}

/* How far the colour of a pixel reaches from it to all four sides: the first pixel that has it, and the one past the
 * last. */
struct box {
    int left, right, top, bottom, width, height;
};

static struct box box_around(const struct oto_record *record, double across, double down) {
    size_t size = 0;
    const void *bytes = oto_record_get_bytes(record, "image/png", &size);
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, bytes, size));
    image.format = PNG_FORMAT_RGB;
    unsigned char(*pixels)[3] = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    int width = (int)image.width, height = (int)image.height;
    int x = (int)(across * width), y = (int)(down * height);
    const unsigned char *middle = pixels[y * width + x];
    struct box box = {x, x, y, y, width, height};
    while (box.left > 0 && !memcmp(pixels[y * width + box.left - 1], middle, 3)) box.left--;
    while (box.right < width && !memcmp(pixels[y * width + box.right], middle, 3)) box.right++;
    while (box.top > 0 && !memcmp(pixels[(box.top - 1) * width + x], middle, 3)) box.top--;
    while (box.bottom < height && !memcmp(pixels[box.bottom * width + x], middle, 3)) box.bottom++;
    free(pixels);
    return box;
}

#define assert_near(value, wanted, tolerance) assert_true(fabs((value) - (wanted)) <= (tolerance))

static void an_image_says_where_its_axes_stand_and_what_times_they_show(void **state) {
    static const struct {
        int64_t columns;
        double start, step;
        int width;
    } cases[] = {{100, 0, 0.01, 0}, {64, 5, 0.25, 500}, {2000, -1, 0.001, 1200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) oto_scope {
            OtoTensor *x = plain_image(cases[i].columns, cases[i].start, cases[i].step);
            oto_show(x, .sound = sine(8000, 8000), .width = cases[i].width, .low = 0, .high = 1);
            struct oto_record record = sent();
            struct cursor cursor = cursor_of(&record);
            struct box box = box_around(&record, 0.5, 0.5);
            assert_near(cursor.left * box.width, box.left, 1);
            assert_near(cursor.right * box.width, box.right, 1);
            assert_near(cursor.top * box.height, box.top, 1);
            assert_near(cursor.bottom * box.height, box.bottom, 1);
            assert_near(cursor.from, cases[i].start - cases[i].step / 2, 1e-9);
            assert_near(cursor.to, cases[i].start + cases[i].step * ((double)cases[i].columns - 0.5), 1e-9);
            oto_record_free(&record);
        }
}

static void a_waveform_is_run_over_too_in_seconds_whatever_its_axis_says(void **state) {
    oto_scope {
        OtoTensor *two_seconds = sine(16000, 8000), *forty_milliseconds = sine(320, 8000);
        OtoTensor *sounds[] = {two_seconds, forty_milliseconds}, *shifted = oto_slice(two_seconds, "time", 4000, 12000);
        for (int i = 0; i < 2; i++) {
            oto_show(sounds[i]);
            struct oto_record record = sent();
            struct cursor cursor = cursor_of(&record);
            assert_near(cursor.from, 0, 1e-9);
            assert_near(cursor.to, (double)(sounds[i]->size - 1) / 8000, 1e-9);
            assert_near(cursor.start, 0, 1e-9);
            oto_record_free(&record);
        }
        oto_show(shifted);
        struct oto_record record = sent();
        struct cursor cursor = cursor_of(&record);
        assert_near(cursor.from, 0.5, 1e-9);
        assert_near(cursor.start, 0.5, 1e-9);
        oto_record_free(&record);
    }
}

static void the_line_runs_over_both_panels_of_a_stereo_sound(void **state) {
    oto_scope {
        OtoTensor *stereo = oto_zeros(2, 8000);
        for (int64_t i = 0; i < stereo->size; i++) oto_data(stereo)[i] = i % 2 ? 1 : -1; /* two solid bands */
        oto_show(oto_as_audio(stereo, 8000));
        struct oto_record record = sent();
        struct cursor cursor = cursor_of(&record);
        struct box left = box_around(&record, 0.5, 0.2), right = box_around(&record, 0.5, 0.7);
        assert_true(left.bottom < right.top);
        assert_near(cursor.top * left.height, left.top, 4); /* full scale leaves 2% of a panel */
        assert_near(cursor.bottom * right.height, right.bottom, 4);
        oto_record_free(&record);
    }
}

static void a_sound_may_begin_and_end_elsewhere_than_the_picture(void **state) {
    oto_scope {
        OtoTensor *part = oto_slice(sine(16000, 8000), "time", 4000, 8000);
        oto_show(plain_image(100, 0, 0.1), .sound = part);
        struct oto_record record = sent();
        struct cursor cursor = cursor_of(&record);
        assert_near(cursor.start, 0.5, 1e-9);
        assert_near(cursor.from, -0.05, 1e-9);
        assert_near(cursor.to, 9.95, 1e-9);
        oto_record_free(&record);
    }
}

static void curves_matrices_and_piano_rolls_take_a_sound(void **state) {
    oto_scope {
        OtoTensor *sound = sine(8000, 8000), *curve = oto_linspace(0, 3, 200);
        oto_name_axis(curve, 0, "time", .unit = "s", .step = 0.005);
        oto_show(curve, .sound = sound);
        struct oto_record record = sent();
        assert_near(cursor_of(&record).to, 0.005 * 199, 1e-9);
        oto_record_free(&record);
        oto_show(plain_image(20, 0, 0.05), .as = "matrix", .sound = sound);
        record = sent();
        assert_near(cursor_of(&record).from, -0.025, 1e-9);
        oto_record_free(&record);
        oto_show(oto_notes({0, 0.5, 60}, {0.5, 1.5, 64}), .sound = sound);
        record = sent();
        assert_near(cursor_of(&record).to, 2, 1e-9);
        assert_non_null(strstr(oto_record_get_text(&record, "text/html", ""), "8000 Hz, 1 s"));
        oto_record_free(&record);
    }
}

static void a_picture_with_a_sound_keeps_its_plain_forms(void **state) {
    oto_scope {
        oto_show(plain_image(20, 0, 0.05), .sound = sine(8000, 8000));
        struct oto_record record = sent();
        assert_non_null(oto_record_find(&record, "image/png"));
        assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "(band 8, time 20)"));
        const char *html = oto_record_get_text(&record, "text/html", "");
        assert_non_null(strstr(html, "<audio controls"));
        assert_non_null(strstr(html, "alt=\"spectrogram\""));
        assert_non_null(strstr(html, "<script>"));
        oto_record_free(&record);
    }
}

static void players_without_a_picture_and_pictures_without_a_sound_hold_no_script(void **state) {
    oto_scope {
        oto_player(sine(800, 8000));
        struct oto_record record = sent();
        assert_null(strstr(oto_record_get_text(&record, "text/html", ""), "<script"));
        oto_record_free(&record);
        oto_show(sine(800, 8000), .with = {sine(800, 8000)});
        record = sent();
        assert_null(strstr(oto_record_get_text(&record, "text/html", ""), "<script"));
        oto_record_free(&record);
        oto_show(plain_image(20, 0, 0.05));
        record = sent();
        assert_null(oto_record_find(&record, "text/html"));
        oto_record_free(&record);
    }
}

static void every_player_has_a_name_for_screen_readers(void **state) {
    oto_scope {
        oto_show(plain_image(20, 0, 0.05), .sound = sine(800, 8000));
        struct oto_record record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/html", ""), "aria-label=\"sound\""));
        oto_record_free(&record);
        oto_player(sine(800, 8000), .with = {sine(800, 8000)}, .labels = {"\"mix\""});
        record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/html", ""), "aria-label=\"&quot;mix&quot;\""));
        assert_non_null(strstr(oto_record_get_text(&record, "text/html", ""), "aria-label=\"track 2\""));
        oto_record_free(&record);
    }
}

static void the_line_runs_over_columns_at_uneven_times_and_over_labels(void **state) {
    oto_scope {
        OtoTensor *sound = sine(32000, 8000), *beats = plain_image(3, 0, 1);
        oto_axis_place(beats, 1, (double[]){0, 1, 3});
        oto_show(beats, .sound = sound);
        struct oto_record record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/html", ""), "<audio"));
        oto_record_free(&record);
        oto_show(oto_labels(OTO_CHORDS, {0, 2, "A:min"}), .sound = sound);
        record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/html", ""), "<audio"));
        oto_record_free(&record);
    }
}

static void where_no_line_can_run_the_sound_is_refused_with_what_to_do(void **state) {
    oto_scope {
        OtoTensor *sound = sine(800, 8000), *S = plain_image(20, 0, 0.05), *plain = oto_tensor(1, 2, 3);
        double uneven[] = {0, 3, 1};
        OtoTensor *beats = plain_image(3, 0, 1);
        oto_axis_place(beats, 1, uneven);
        assert_refused(oto_show(S, .sound = plain), "oto_as_audio(x, sample_rate)");
        assert_refused(oto_show(S, .sound = S), ".sound");
        assert_refused(oto_show(plain, .sound = sound), "is not time in s");
        assert_refused(oto_show(oto_zeros(4, 5), .sound = sound), "oto_name_axis(x, 1, \"time\"");
        assert_refused(oto_show(beats, .sound = sound), "jump about");
        assert_refused(oto_show(S, .as = "text", .sound = sound), "leave out .sound");
        assert_refused(oto_show(sound, .as = "player", .sound = sound), "\"waveform\"");
        assert_refused(oto_show(oto_zeros(2, 2, 2), .sound = sound), "oto_row or oto_slice");
        assert_refused(oto_show(oto_notes({0, 1, 60}), .sound = plain), "oto_as_audio(x, sample_rate)");
        assert_refused(oto_show(oto_labels(OTO_TAGS, {.text = "jazz"}), .sound = sound), "shown as text");
    }
}

static void without_a_host_a_page_is_written_beside_the_picture_and_the_sound(void **state) {
    static const char *const names[] = {"oto_show_001.wav", "oto_show_001.png", "oto_show_001.html"};
    char folder[] = "/tmp/oto_player_XXXXXX", *home = getcwd(NULL, 0), beginning[16] = {0};
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    oto_host_attach(-1);
    oto_scope oto_show(plain_image(20, 0, 0.05), .sound = sine(800, 8000));
    oto_host_attach(fileno(host));
    FILE *page = fopen(names[2], "r");
    assert_non_null(page);
    assert_int_equal(fread(beginning, 1, 15, page), 15);
    fclose(page);
    assert_string_equal(beginning, "<!DOCTYPE html>");
    for (int i = 0; i < 3; i++) assert_int_equal(unlink(names[i]), 0);
    assert_int_equal(chdir(home), 0);
    assert_int_equal(rmdir(folder), 0);
    free(home);
}

int main(void) {
#define with_host(test) cmocka_unit_test_setup_teardown(test, attach, detach)
    const struct CMUnitTest tests[] = {
        with_host(an_image_says_where_its_axes_stand_and_what_times_they_show),
        with_host(a_waveform_is_run_over_too_in_seconds_whatever_its_axis_says),
        with_host(the_line_runs_over_both_panels_of_a_stereo_sound),
        with_host(a_sound_may_begin_and_end_elsewhere_than_the_picture),
        with_host(curves_matrices_and_piano_rolls_take_a_sound),
        with_host(a_picture_with_a_sound_keeps_its_plain_forms),
        with_host(players_without_a_picture_and_pictures_without_a_sound_hold_no_script),
        with_host(every_player_has_a_name_for_screen_readers),
        with_host(the_line_runs_over_columns_at_uneven_times_and_over_labels),
        with_host(where_no_line_can_run_the_sound_is_refused_with_what_to_do),
        with_host(without_a_host_a_page_is_written_beside_the_picture_and_the_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
