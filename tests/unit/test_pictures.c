/* What pictures say: the axes, colours, numbers, lines and names that gnuplot is told to draw. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/oto.h"
#include "lib/record/record.h"
#include "lib/show/palette.h"
#include "lib/show/place.h"
#include "refusal.h"
#include "show_host.h"

#include "gnuplot_script.h"

/* Shows, and takes the script. */
#define SCRIPT_OF(...) (oto_show(__VA_ARGS__), last_script())

static OtoTensor *over_time(int64_t rows, int64_t columns) {
    OtoTensor *x = oto_zeros(rows, columns);
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = (float)(i % 7) / 7;
    return oto_name_axis(x, 1, "time", .unit = "s", .step = 0.1);
}

/* ---- axes ---- */

static void uneven_rows_and_columns_are_marked_with_their_own_numbers(void **state) {
    oto_scope {
        OtoTensor *x = oto_reshape(oto_arange(0, 9, 1), 3, 3);
        oto_axis_place(x, 0, (double[]){3, 7, 20});
        oto_axis_place(x, 1, (double[]){-1, 4, 5});
        struct script script = SCRIPT_OF(x);
        assert_says(&script, "set ytics ('3' 0, '7' 1, '20' 2)");
        assert_says(&script, "set xtics ('-1' 0, '4' 1, '5' 2)");
        free(script.text);
    }
}

static void a_mel_axis_is_marked_from_its_first_band_on_with_hz_and_notes(void **state) {
    oto_scope {
        OtoTensor *x = over_time(40, 20);
        double hz[40];
        for (int i = 0; i < 40; i++) hz[i] = 50 * (i + 1);
        oto_name_axis(x, 0, "mel", .unit = "Hz");
        oto_axis_place(x, 0, hz);
        struct script script = SCRIPT_OF(x);
        assert_says(&script, "set ylabel 'mel (Hz)'");
        assert_says(&script, "set ytics ('50' 0, '200' 3, '500' 9, '1k' 19, '2k' 39)");
        assert_says(&script, "set y2tics ('C2'");
        assert_says(&script, "'C6' "); /* 1046.5 Hz */
        free(script.text);
    }
}

static void a_logarithmic_axis_has_hz_on_the_left_and_octaves_on_the_right(void **state) {
    oto_scope {
        OtoTensor *x = over_time(513, 20);
        oto_name_axis(x, 0, "frequency", .unit = "Hz", .step = 22050.0 / 1024);
        struct script script = SCRIPT_OF(x, .log_frequency = true);
        assert_says(&script, "'100' 6.64385619"); /* log2(100) */
        assert_says(&script, "'10k' ");
        assert_says(&script, "'C4' 8.031359"); /* log2(261.63) */
        free(script.text);
        script = SCRIPT_OF(x);
        assert_says_not(&script, "y2tics");
        free(script.text);
    }
}

static void constant_q_rows_are_notes(void **state) {
    oto_scope {
        OtoTensor *x = over_time(84, 20);
        double hz[84];
        for (int i = 0; i < 84; i++) hz[i] = oto_midi_to_hz(24 + i);
        oto_name_axis(x, 0, "frequency", .unit = "Hz");
        oto_axis_place(x, 0, hz);
        struct script script = SCRIPT_OF(x);
        assert_says(&script, "set ylabel 'note'");
        assert_says(&script, "('C1' 0, 'C2' 12, 'C3' 24,");
        free(script.text);
        x = oto_slice(x, "frequency", 36, 60);
        script = SCRIPT_OF(x);
        assert_says(&script, "('C4' 0, 'D4' 2, 'E4' 4, 'F4' 5, ");
        free(script.text);
    }
}

static void chroma_rows_are_pitch_classes(void **state) {
    oto_scope {
        OtoTensor *x = over_time(12, 20);
        oto_name_axis(x, 0, "pitch");
        struct script script = SCRIPT_OF(x);
        assert_says(&script, "set ylabel 'pitch class'");
        assert_says(&script, "set ytics ('C' 0, 'C♯' 1, 'D' 2,");
        free(script.text);
    }
}

static void a_piano_roll_is_cut_to_the_keys_in_use(void **state) {
    oto_scope {
        OtoTensor *roll = oto_zeros(128, 20);
        oto_name_axis(roll, 0, "pitch");
        oto_name_axis(roll, 1, "time", .unit = "s", .step = 0.1);
        oto_at(roll, 60, 3) = 1;
        oto_at(roll, 76, 5) = 1;
        struct script script = SCRIPT_OF(roll);
        assert_says(&script, "set yrange [57.5:78.5]");
        assert_says(&script, "'C4' 60, 'D4' 62");
        assert_says(&script, "array=(20,21)");
        assert_int_equal(script.data_size / sizeof(float) >= 20 * 21, 1);
        const float *sent_values = (const float *)(const void *)script.data;
        float at;
        memcpy(&at, sent_values + 2 * 20 + 3, sizeof at);
        assert_true(at == 1);
        assert_says(&script, "unset colorbox");
        free(script.text);
        oto_show(oto_mul(roll, 0)); /* no key at all: the whole keyboard */
        script = last_script();
        assert_says(&script, "set yrange [-0.5:127.5]");
        free(script.text);
    }
}

static void tempograms_have_a_logarithmic_axis_in_bpm(void **state) {
    oto_scope {
        OtoTensor *strength = oto_name_axis(oto_zeros(600), 0, "time", .unit = "s", .step = 512 / 22050.0);
        for (int i = 0; i < 600; i += 20) oto_at(strength, i) = 1;
        strength->sample_rate = 22050;
        strength->framing.hop_length = 512;
        OtoTensor *by_lag = oto_tempogram(strength), *by_rate = oto_fourier_tempogram(strength);
        OtoTensor *all[] = {by_lag, oto_slice(by_lag, "lag", 1, 200), by_rate};
        for (int i = 0; i < 3; i++) {
            struct script script = SCRIPT_OF(all[i]);
            assert_says(&script, "set ylabel 'tempo (BPM)'");
            assert_says(&script, "'60' 5.906890"); /* log2(60) */
            assert_says(&script, "'120' 6.906890");
            assert_says(&script, "0 '#000004'"); /* magma, though some values are below 0 */
            free(script.text);
        }
        struct script script = SCRIPT_OF(by_lag, .as = "spectrogram");
        assert_says(&script, "set ylabel 'lag (s)'");
        free(script.text);
    }
}

static void a_logarithmic_row_shows_what_lies_at_its_place(void **state) {
    struct oto_places tempi = {.scale = OTO_SCALE_LOGARITHMIC,
                               .low = 30,
                               .high = 240,
                               .values = (double[]){INFINITY, 480, 240, 160, 120, 96, 80, 60, 40, 30}};
    size_t from, to;
    oto_place_cells(&tempi, 10, 300, 299, &from, &to); /* 240 BPM above, */
    assert_int_equal(from, 2);
    oto_place_cells(&tempi, 10, 300, 200, &from, &to); /* 120 BPM at two thirds, */
    assert_int_equal(from, 4);
    oto_place_cells(&tempi, 10, 300, 0, &from, &to); /* 30 BPM below */
    assert_int_equal(from, 9);
    assert_int_equal(to, 10);
}

static void what_is_alike_with_itself_is_square_in_seconds(void **state) {
    oto_scope {
        OtoTensor *x = over_time(30, 30);
        oto_name_axis(x, 0, "time", .unit = "s", .step = 0.1);
        struct script script = SCRIPT_OF(x);
        assert_says(&script, "set size ratio 1");
        assert_says(&script, "set xlabel 'time (s)'");
        assert_says(&script, "set ylabel 'time (s)'");
        assert_says(&script, "set yrange [-0.05");
        free(script.text);
    }
}

static void columns_at_uneven_moments_are_drawn_where_they_are(void **state) {
    oto_scope {
        OtoTensor *x = oto_reshape(oto_tensor(1, 2, 3, 4, 5, 6), 2, 3);
        oto_name_axis(x, 1, "segment", .unit = "s");
        oto_axis_place(x, 1, (double[]){1, 4, 5});
        struct script script = SCRIPT_OF(x, .as = "spectrogram", .marks = oto_tensor(4));
        assert_says(&script, "set xrange [1:6]");
        assert_says(&script, "from first 4, graph 0");
        assert_says(&script, "array=(700,2)");
        float at[3];
        for (int i = 0; i < 3; i++)
            memcpy(&at[i], script.data + (size_t[]){418, 422, 562}[i] * sizeof(float), sizeof *at);
        assert_true(at[0] == 1 && at[1] == 2 && at[2] == 3);
        free(script.text);
    }
}

static void axes_with_a_negative_step_fall(void **state) {
    oto_scope {
        OtoTensor *x = oto_reshape(oto_arange(0, 12, 1), 3, 4);
        oto_name_axis(x, 0, "lag", .unit = "s", .start = 2, .step = -1);
        oto_name_axis(x, 1, "time", .unit = "s", .start = 4, .step = -2);
        struct script script = SCRIPT_OF(x);
        assert_says(&script, "set xrange [5:-3]");
        assert_says(&script, "set yrange [2.5:-0.5]");
        assert_says(&script, "dx=2 dy=1 origin=(-2,0) flipx flipy");
        assert_says(&script, "set ytics 1\n");
        free(script.text);
        script = SCRIPT_OF(oto_row(x, 0));
        double first[3], second[3];
        memcpy(first, script.data, sizeof first);
        memcpy(second, script.data + sizeof first, sizeof second);
        assert_true(first[0] == 4 && second[0] == 2);
        free(script.text);
    }
}

static void rows_of_bands_begin_below_also_where_columns_are_no_time(void **state) {
    oto_scope {
        OtoTensor *x = oto_reshape(oto_arange(0, 12, 1), 3, 4);
        struct script script = SCRIPT_OF(x);
        assert_says(&script, "set yrange [2.5:-0.5]");
        free(script.text);
        oto_name_axis(x, 0, "band");
        script = SCRIPT_OF(x);
        assert_says(&script, "set yrange [-0.5:2.5]");
        free(script.text);
        script = SCRIPT_OF(x, .as = "matrix");
        assert_says(&script, "set yrange [2.5:-0.5]");
        free(script.text);
    }
}

/* ---- the key and panels ---- */

static void a_key_that_has_no_room_beside_the_title_stands_below_the_plot(void **state) {
    oto_scope {
        OtoTensor *x = oto_linspace(0, 1, 100);
        const char below[] = "set key bmargin center horizontal";
        struct script script = SCRIPT_OF(x, .title = "Title", .with = {x}, .labels = {"piano", "flute"});
        assert_says_not(&script, below);
        free(script.text);
        script = SCRIPT_OF(x, .title = "Title", .with = {x, x, x, x},
                           .labels = {"piano", "flute", "trumpet", "clarinet", "drums"});
        assert_says(&script, below);
        free(script.text);
        script = SCRIPT_OF(x, .as = "histogram", .title = "A title", .with = {x, x, x, x},
                           .labels = {"piano", "flute", "trumpet", "clarinet", "drums"});
        assert_says(&script, below);
        free(script.text);
        script = SCRIPT_OF(x, .title = "A title that leaves no room for two labels at its right side, since it is long",
                           .with = {x}, .labels = {"♯♯♯♯♯♯♯♯", "♭♭♭♭♭♭♭♭"});
        assert_says(&script, below);
        free(script.text);
    }
}

static void channels_are_equally_high_whatever_stands_around_them(void **state) {
    oto_scope {
        OtoTensor *sound = oto_as_audio(oto_zeros(2, 1000), 8000);
        struct script script = SCRIPT_OF(sound, .as = "waveform", .height = 310);
        double left, right, bottom, top, apart;
        const char *at = strstr(script.text, "margins ");
        assert_non_null(at);
        assert_int_equal(sscanf(at, "margins %lf,%lf,%lf,%lf spacing 0,%lf", &left, &right, &bottom, &top, &apart), 5);
        assert_true(0 < left && left < right && right < 1 && 0 < bottom && bottom < top && top < 1);
        assert_true(apart > 0 && apart < (top - bottom) / 4);
        free(script.text);
        script = SCRIPT_OF(sound, .as = "waveform", .title = "stereo", .height = 60); /* hardly any room: drawn */
        assert_says(&script, "title 'stereo'");
        free(script.text);
    }
}

/* ---- colours ---- */

static void colours_follow_the_content(void **state) {
    oto_scope {
        OtoTensor *mask = over_time(8, 20), *both = over_time(8, 20), *dB = over_time(8, 20), *phase = over_time(8, 20);
        for (int64_t i = 0; i < mask->size; i++)
            oto_data(mask)[i] = (float)(i % 2), oto_data(both)[i] = (float)(i % 5) - 3;
        dB->quantity = OTO_DECIBEL;
        oto_at(dB, 0, 0) = -3;
        phase->quantity = OTO_PHASE;
        const struct {
            OtoTensor *x;
            const char *first, *range;
        } cases[] = {{mask, "(0 '#ffffff', 1 '#000000')", "set cbrange [0:1]"},
                     {both, "(0 '#3b4cc0',", "set cbrange [-3:3]"}, /* as far above 0 as below */
                     {dB, "(0 '#000004',", "set cbrange [-3:"},
                     {phase, "(0 '#e2d9e2',", "set cbrange [-3.14159265:3.14159265]"}};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct script script = SCRIPT_OF(cases[i].x);
            assert_says(&script, cases[i].first);
            assert_says(&script, cases[i].range);
            free(script.text);
        }
        struct script script = SCRIPT_OF(dB);
        assert_says(&script, "set cblabel 'dB'");
        free(script.text);
        script = SCRIPT_OF(both, .low = -1, .high = 2);
        assert_says(&script, "set cbrange [-1:2]");
        free(script.text);
    }
}

static void where_many_cells_are_one_pixel_signed_values_keep_the_one_furthest_from_zero(void **state) {
    oto_scope {
        OtoTensor *x = over_time(2, 7000);
        for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = i % 10 == 3 ? -5 : 1;
        struct script script = SCRIPT_OF(x);
        float first;
        memcpy(&first, script.data, sizeof first);
        assert_true(first == -5);
        free(script.text);
    }
}

static void a_palette_ends_where_matplotlibs_does_and_ink_reads_on_it(void **state) {
    assert_int_equal(oto_palette_at(OTO_MAGMA, 0), 0x000004);
    assert_int_equal(oto_palette_at(OTO_MAGMA, 2), 0xfcfdbf);
    assert_int_equal(oto_palette_at(OTO_TWILIGHT, 0), oto_palette_at(OTO_TWILIGHT, 1));
    assert_int_equal(oto_palette_at(OTO_COOLWARM, 0.5), 0xdddddd);
    assert_int_equal(oto_palette_at(OTO_GREYS, 0.5), 0x808080);
    assert_string_equal(oto_palette_ink(0xfde725), "#000000");
    assert_string_equal(oto_palette_ink(0x08306b), "#ffffff");
}

/* ---- confusion matrices ---- */

static OtoTensor *confusion(void) {
    OtoTensor *labels = oto_from(((int[]){0, 0, 0, 0, 2, 2, 5}), 7),
              *said = oto_from(((int[]){0, 0, 0, 2, 2, 2, 0}), 7);
    return oto_confusion_matrix(labels, said);
}

static void a_confusion_matrix_has_its_classes_on_both_axes_and_counts_in_its_cells(void **state) {
    oto_scope {
        struct script script = SCRIPT_OF(confusion());
        assert_says(&script, "set xlabel 'predicted'");
        assert_says(&script, "set ylabel 'true'");
        assert_says(&script, "set ytics ('0' 0, '2' 1, '5' 2)");
        assert_says(&script, "set xtics ('0' 0, '2' 1, '5' 2)");
        assert_says(&script, "set label '3' at 0,0 center front textcolor '#ffffff'"); /* of 4: dark */
        assert_says(&script, "set label '1' at 1,0 center front textcolor '#000000'");
        assert_int_equal(occurrences(&script, "set label "), 9);
        float shares[9];
        memcpy(shares, script.data, sizeof shares);
        assert_true(shares[0] == 0.75f && shares[1] == 0.25f && shares[4] == 1 && shares[6] == 1); /* of each row */
        free(script.text);
    }
}

static void classes_have_names_when_they_are_given(void **state) {
    oto_scope {
        const char *const names[] = {"piano", "b", "flute", "d", "e", "it's"}, *const few[] = {"piano", "b", "flute",
                                                                                               NULL};
        struct script script = SCRIPT_OF(confusion(), .class_names = names);
        assert_says(&script, "set ytics ('piano' 0, 'flute' 1, 'it''s' 2)");
        assert_says(&script, "set xtics ('piano' 0, 'flute' 1, 'it''s' 2)");
        free(script.text);
        assert_refused(oto_show(confusion(), .class_names = few),
                       ".class_names has 3 names, but the matrix has class 5");
        assert_refused(oto_show(oto_zeros(2, 3), .class_names = names), ".class_names are for confusion matrices");
        assert_refused(oto_show(oto_zeros(2, 3), .as = "confusion"), "no confusion matrix");
        assert_refused(oto_show(oto_reshape(oto_tensor(1, -1, 0, 2), 2, 2), .as = "confusion"), "row 0, column 1");
        script = SCRIPT_OF(oto_reshape(oto_tensor(1, 1, 0, 2), 2, 2), .as = "confusion", .class_names = names);
        assert_says(&script, "set ytics ('piano' 0, 'b' 1)");
        free(script.text);
    }
}

/* ---- histograms ---- */

static void a_histogram_counts_as_numpy_does(void **state) {
    oto_scope {
        struct script script = SCRIPT_OF(oto_tensor(0, 1, 1.5, 2, 3.9, 4, NAN), .as = "histogram", .bins = 4);
        assert_says(&script, "record=(4)");
        double bars[8];
        memcpy(bars, script.data, sizeof bars);
        static const double expected[] = {0.5, 1, 1.5, 2, 2.5, 1, 3.5, 2}; /* the last bin holds both its ends */
        assert_memory_equal(bars, expected, sizeof bars);
        free(script.text);
        script = SCRIPT_OF(oto_zeros(5), .as = "histogram", .with = {oto_tensor(7, 7)}, .labels = {"a", "b"});
        assert_says(&script, "title 'a'");
        assert_says(&script, "title 'b'");
        assert_says(&script, "set xrange [0:7]");
        free(script.text);
        assert_refused(oto_show(oto_zeros(5), .as = "histogram", .bins = -1), "bins is -1");
    }
}

/* ---- marks and labels ---- */

static void marks_are_lines_over_waveforms_spectrograms_and_curves(void **state) {
    oto_scope {
        OtoTensor *seconds = oto_tensor(0.5, 1, 1.5), *frames = oto_from(((int64_t[]){20, 40}), 2);
        OtoTensor *sound = oto_as_audio(oto_linspace(-1, 1, 22050 * 2), 22050), *S = over_time(8, 40);
        frames->sample_rate = 22050;
        assert_refused(oto_show(S, .marks = frames), "know no hop");
        frames->framing.hop_length = 512;
        assert_refused(oto_show(S, .marks = oto_zeros(2, 2)), "must be a list (n) of moments");
        OtoTensor *values[] = {sound, S, oto_linspace(0, 3, 200)}, *marks[] = {frames, frames, seconds};
        for (int i = 0; i < 3; i++) {
            struct script plain = SCRIPT_OF(values[i]), marked = SCRIPT_OF(values[i], .marks = marks[i]);
            assert_int_equal(occurrences(&marked, "set arrow") - occurrences(&plain, "set arrow"), marks[i]->size);
            free(plain.text);
            free(marked.text);
        }
    }
}

static void marks_in_samples_frames_and_seconds_are_the_same_lines(void **state) {
    oto_scope {
        OtoTensor *strength = oto_name_axis(oto_zeros(400), 0, "time", .unit = "s", .step = 512 / 22050.0);
        for (int i = 20; i < 400; i += 20) oto_at(strength, i) = 1;
        strength->sample_rate = 22050;
        strength->framing.hop_length = 512;
        OtoTensor *in_frames = oto_onset_detect(strength),
                  *in_samples = oto_onset_detect(strength, .units = OTO_UNITS_SAMPLES);
        OtoTensor *in_seconds = oto_onset_detect(strength, .units = OTO_UNITS_TIME);
        OtoTensor *lists[] = {in_frames,
                              in_samples,
                              in_seconds,
                              oto_frames_to_time(in_frames),
                              oto_frames_to_samples(in_frames),
                              oto_add(in_frames, 0),
                              oto_mul(in_frames, 512 / 22050.0),
                              oto_mul(in_samples, 1 / 22050.0)};
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
            struct script script = SCRIPT_OF(strength, .marks = lists[i]);
            assert_int_equal(occurrences(&script, "set arrow"), in_frames->size);
            assert_says(&script, "from first 0.46439"); /* frame 20 */
            assert_says(&script,
                        "linecolor rgb '#59d55e00' linewidth 0.9"); /* thin, and what is below shines through */
            free(script.text);
        }
    }
}

static void marks_whose_unit_does_not_fit_are_refused(void **state) {
    oto_scope {
        OtoTensor *spectrum = oto_fft_frequencies(22050, 64), *sound = oto_as_audio(oto_zeros(8000), 8000);
        OtoTensor *samples = oto_time_to_samples(oto_tensor(0.1)), *hertz = oto_tensor(440);
        hertz->quantity = OTO_FREQUENCY;
        assert_refused(oto_show(sound, .marks = samples), "sample numbers that know no sample rate");
        assert_refused(oto_show(sound, .marks = oto_from(((int[]){1, 2}), 2)), "frame numbers that know no hop");
        assert_refused(oto_show(sound, .marks = hertz), ".marks holds Hz, but the horizontal axis is in s");
        assert_refused(oto_show(spectrum, .marks = oto_label_times(oto_labels(OTO_ONSETS, {1}))),
                       "the horizontal axis is in Hz");
        struct script script = SCRIPT_OF(spectrum, .marks = hertz);
        assert_says(&script, "from first 440, graph 0");
        free(script.text);
    }
}

static void labels_are_names_and_lines_along_the_time(void **state) {
    oto_scope {
        struct script script =
            SCRIPT_OF(oto_labels(OTO_CHORDS, {0, 2, "C"}, {2, 2, "G:7"}, {4, 2, "C"}, {6, 0.01, "A:min"}));
        assert_says(&script, "set label 'C' at first 1, graph 0.5");
        assert_says(&script, "set label 'G:7' at first 3, graph 0.5");
        assert_int_equal(occurrences(&script, "set object rectangle"), 4);
        assert_int_equal(occurrences(&script, "fillcolor '#99c7e0'"), 2); /* the same chord, the same colour */
        assert_says_not(&script, "A:min");                                /* there is no room for its name */
        free(script.text);
        script = SCRIPT_OF(oto_labels(OTO_BEATS, {0.5, .value = 1}, {1, .value = 2}, {1.5, .value = 1}));
        assert_int_equal(occurrences(&script, "linewidth 2.2"), 2); /* the first beats of bars */
        assert_int_equal(occurrences(&script, "linewidth 0.9"), 1);
        free(script.text);
        script = SCRIPT_OF(oto_labels(OTO_TAGS, {0, 4, "piano"}, {1, 2, "voice"}, {3, 1, "voice"}));
        assert_says(&script, "set ytics ('piano' 0, 'voice' 1)"); /* a row each: they sound at the same time */
        free(script.text);
        script = SCRIPT_OF(oto_labels(OTO_NOTE_LABELS, {0, 1, .value = 60}));
        assert_says(&script, "'C4' 60");
        free(script.text);
        oto_show(oto_labels(OTO_TAGS, {.text = "jazz"}));
        struct oto_record record = sent();
        assert_null(oto_record_find(&record, "image/png")); /* of the whole piece: only text */
        oto_record_free(&record);
    }
}

static void annotations_stand_over_pictures_in_time(void **state) {
    oto_scope {
        OtoLabels *beats = oto_labels(OTO_BEATS, {0.5, .value = 1}, {1, .value = 2});
        OtoLabels *chords = oto_labels(OTO_CHORDS, {0, 1, "C"}, {1, 1, "G"});
        OtoTensor *sound = oto_as_audio(oto_linspace(-1, 1, 24000), 8000), *image = over_time(12, 30);
        OtoTensor *stereo = oto_as_audio(oto_zeros(2, 24000), 8000);
        OtoTensor *values[] = {sound, image, oto_row(image, 0), stereo};
        for (int i = 0; i < 4; i++) {
            struct script script = SCRIPT_OF(values[i], .annotations = {beats, chords});
            assert_int_equal(occurrences(&script, "linewidth 2.2"), 1);
            assert_says(&script, "set label 'C' at first 0.");
            assert_says(&script, "set label 'G' at first 1.5, graph 1.");
            assert_says(&script, "dashtype 3"); /* where the second begins */
            free(script.text);
        }
        assert_refused(oto_show(image, .annotations = {chords, chords}), "only one of .annotations may be");
        assert_refused(oto_show(image, .annotations = {oto_labels(OTO_TAGS, {0, 1, "a"})}), "annotations[0] is tags");
        assert_refused(oto_show(oto_fft_frequencies(22050, 64), .annotations = {beats}), "horizontal axis is in Hz");
    }
}

static void sizes_and_colour_bars_that_make_no_picture_are_refused(void **state) {
    oto_scope {
        OtoTensor *x = over_time(4, 4);
        assert_refused(oto_show(x, .width = -1), "width is -1");
        assert_refused(oto_show(x, .height = 100000), "height is 100000");
        assert_refused(oto_show(x, .low = 3, .high = 1), "low is 3, but must not lie above high = 1");
        assert_refused(oto_show(oto_labels(OTO_ONSETS, {1}), .width = -5), "width is -5");
    }
}

int main(void) {
#define with_host(test) cmocka_unit_test_setup_teardown(test, attach, detach)
    const struct CMUnitTest tests[] = {
        with_host(uneven_rows_and_columns_are_marked_with_their_own_numbers),
        with_host(a_mel_axis_is_marked_from_its_first_band_on_with_hz_and_notes),
        with_host(a_logarithmic_axis_has_hz_on_the_left_and_octaves_on_the_right),
        with_host(constant_q_rows_are_notes),
        with_host(chroma_rows_are_pitch_classes),
        with_host(a_piano_roll_is_cut_to_the_keys_in_use),
        with_host(tempograms_have_a_logarithmic_axis_in_bpm),
        with_host(a_logarithmic_row_shows_what_lies_at_its_place),
        with_host(what_is_alike_with_itself_is_square_in_seconds),
        with_host(columns_at_uneven_moments_are_drawn_where_they_are),
        with_host(axes_with_a_negative_step_fall),
        with_host(rows_of_bands_begin_below_also_where_columns_are_no_time),
        with_host(a_key_that_has_no_room_beside_the_title_stands_below_the_plot),
        with_host(channels_are_equally_high_whatever_stands_around_them),
        with_host(colours_follow_the_content),
        with_host(where_many_cells_are_one_pixel_signed_values_keep_the_one_furthest_from_zero),
        with_host(a_palette_ends_where_matplotlibs_does_and_ink_reads_on_it),
        with_host(a_confusion_matrix_has_its_classes_on_both_axes_and_counts_in_its_cells),
        with_host(classes_have_names_when_they_are_given),
        with_host(a_histogram_counts_as_numpy_does),
        with_host(marks_are_lines_over_waveforms_spectrograms_and_curves),
        with_host(marks_in_samples_frames_and_seconds_are_the_same_lines),
        with_host(marks_whose_unit_does_not_fit_are_refused),
        with_host(labels_are_names_and_lines_along_the_time),
        with_host(annotations_stand_over_pictures_in_time),
        with_host(sizes_and_colour_bars_that_make_no_picture_are_refused),
    };
    return cmocka_run_group_tests(tests, record_scripts, forget_scripts);
}
