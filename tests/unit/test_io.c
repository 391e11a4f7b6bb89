/* Sound files: every format there and back, and each way in which a file can be broken. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/dsp/sampling.h"
#include "lib/io/audio.h"
#include "lib/music/sound.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/random.h"

static char folder[] = "/tmp/oto_test_io_XXXXXX";

static const char *path_of(const char *name) {
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* The first `keep` bytes of a file (from its end when negative) under another name. */
static const char *cut_copy(const char *from, const char *to, long keep) {
    FILE *in = fopen(path_of(from), "rb");
    fseek(in, 0, SEEK_END);
    long size = ftell(in);
    if (keep < 0) keep += size;
    char *bytes = malloc((size_t)keep);
    rewind(in);
    assert_int_equal(fread(bytes, 1, (size_t)keep, in), keep);
    fclose(in);
    FILE *out = fopen(path_of(to), "wb");
    fwrite(bytes, 1, (size_t)keep, out);
    fclose(out);
    free(bytes);
    return path_of(to);
}

static const char *file_with(const char *name, const void *bytes, size_t size) {
    FILE *file = fopen(path_of(name), "wb");
    fwrite(bytes, 1, size, file);
    fclose(file);
    return path_of(name);
}

static OtoTensor *music(void) {
    OtoTensor *tone = oto_sine(440, 1, .amplitude = 0.5);
    return oto_stereo(tone, oto_tone(OTO_TRIANGLE, 660, 1, .amplitude = 0.25));
}

static void lossless_files_come_back_as_they_were(void **state) {
    OtoTensor *x = oto_quantise(music(), 16);
    const char *names[] = {"a.wav", "a.flac"};
    for (int i = 0; i < 2; i++) {
        oto_audio_save(x, path_of(names[i]));
        OtoTensor *y = oto_audio_load(path_of(names[i]));
        assert_string_equal(oto_shape_quoted(y), "(channels 2, time 22050)");
        assert_float_equal(y->sample_rate, 22050, 0);
        assert_float_equal(oto_peak(oto_sub(x, y)), 0, 0);
        assert_string_equal(y->origin, names[i]);
    }
    oto_audio_save(music(), path_of("f.wav"), .bits = 32);
    assert_float_equal(oto_peak(oto_sub(oto_audio_load(path_of("f.wav")), music())), 0, 0);
    oto_audio_save(music(), path_of("b.flac"), .bits = 24);
    assert_float_equal(oto_peak(oto_sub(oto_audio_load(path_of("b.flac")), music())), 0, 1.0 / (1 << 23));
}

static void coded_files_come_back_nearly(void **state) {
    OtoTensor *x = music();
    oto_audio_save(x, path_of("a.ogg"));
    assert_true(oto_snr(x, oto_audio_load(path_of("a.ogg"))) > 20);
    oto_audio_save(x, path_of("a.mp3"));
    OtoTensor *y = oto_audio_load(path_of("a.mp3"), .mono = true);
    assert_float_equal(y->sample_rate, 22050, 0);
    assert_float_equal(oto_rms(oto_cut(y, 0.2, 0.8)), oto_rms(oto_cut(oto_mono(x), 0.2, 0.8)), 0.01);
}

static void options_of_loading(void **state) {
    oto_audio_save(oto_quantise(music(), 16), path_of("a.wav"));
    OtoTensor *mono = oto_audio_load(path_of("a.wav"), .mono = true, .sample_rate = 8000);
    assert_string_equal(oto_shape_quoted(mono), "(time 8000)");
    OtoTensor *part = oto_audio_load(path_of("a.wav"), .offset = 0.5, .duration = 0.1);
    assert_int_equal(part->cols, 2205);
    assert_float_equal(oto_axis_at(part, 1, 0), 0.5, 1e-9);
    assert_float_equal(oto_at(part, 0, 7), oto_at(oto_audio_load(path_of("a.wav")), 0, 11025 + 7), 0);
    assert_refused(oto_audio_load(path_of("a.wav"), .offset = 2), "offset 2 s lies behind the end of");
    assert_refused(oto_audio_load(path_of("a.wav"), .sample_rate = -1), "sample_rate is -1");
}

static void a_missing_file_is_named(void **state) {
    assert_refused(oto_audio_load("/nowhere/song.flac"),
                   "oto_audio_load: /nowhere/song.flac: No such file or directory");
    assert_refused(oto_audio_load(folder), "is a folder, not a file");
    assert_refused(oto_audio_load(NULL), "path is NULL");
}

static void an_empty_file_is_named(void **state) {
    assert_refused(oto_audio_load(file_with("empty.wav", "", 0)), "empty.wav is empty (0 bytes)");
}

static void what_is_not_audio_is_named(void **state) {
    assert_refused(oto_audio_load(file_with("text.wav", "this is no sound at all, but a text\n", 36)),
                   "text.wav is not audio that can be read (WAV, FLAC, OGG, MP3)");
}

static void truncated_files_are_named(void **state) {
    OtoTensor *x = music();
    const char *names[] = {"t.wav", "t.flac", "t.ogg"}, *copies[] = {"short.wav", "short.flac", "short.ogg"};
    for (int i = 0; i < 3; i++) {
        oto_audio_save(x, path_of(names[i]));
        assert_refused(oto_audio_load(cut_copy(names[i], copies[i], -1000)), "is cut short");
        if (!strstr(refusal_text, copies[i])) fail_msg("%s does not name the file", refusal_text);
        assert_refused(oto_audio_load(cut_copy(names[i], copies[i], 40)), copies[i]);
    }
}

static void a_file_without_samples_is_named(void **state) {
    oto_audio_save(music(), path_of("a.wav"));
    FILE *file = fopen(cut_copy("a.wav", "none.wav", 44), "r+b");
    fseek(file, 40, SEEK_SET);
    fwrite("\0\0\0\0", 1, 4, file);
    fclose(file);
    assert_refused(oto_audio_load(path_of("none.wav")), "none.wav holds no samples");
}

static void a_file_without_channels_is_named(void **state) {
    oto_audio_save(music(), path_of("a.wav"));
    FILE *file = fopen(cut_copy("a.wav", "mute.wav", 4044), "r+b");
    fseek(file, 22, SEEK_SET);
    fwrite("\0\0", 1, 2, file);
    fseek(file, 40, SEEK_SET);
    fwrite("\xa0\x0f\0\0", 1, 4, file);
    fclose(file);
    assert_refused(oto_audio_load(path_of("mute.wav")), "mute.wav");
}

static void samples_that_are_no_numbers_are_named(void **state) {
    OtoTensor *x = oto_sine(440, 0.1);
    oto_audio_save(x, path_of("nan.wav"), .bits = 32);
    OtoTensor *whole = oto_audio_load(path_of("nan.wav"));
    FILE *file = fopen(path_of("nan.wav"), "r+b");
    const float nan = NAN;
    fseek(file, -4 * (long)(whole->size - 100), SEEK_END);
    fwrite(&nan, 4, 1, file);
    fclose(file);
    assert_refused(oto_audio_load(path_of("nan.wav")), "nan.wav is NaN or infinite");
    oto_at(x, 100) = NAN;
    assert_refused((oto_audio_save(x, path_of("never.wav")), 0), "sample 100 is NaN");
    assert_int_not_equal(access(path_of("never.wav"), F_OK), 0);
}

static void saving_refuses_what_it_cannot_write(void **state) {
    OtoTensor *x = oto_sine(440, 0.1);
    assert_refused((oto_audio_save(x, "/nowhere/a.wav"), 0), "/nowhere/a.wav cannot be written");
    assert_refused((oto_audio_save(x, "a.aiffx"), 0), "a.aiffx does not end in .wav, .flac, .ogg or .mp3");
    assert_refused((oto_audio_save(x, path_of("a.flac"), .bits = 32), 0), "a .flac file cannot have 32 bits");
    assert_refused((oto_audio_save(oto_tensor(1, 2), "a.wav"), 0), "audio is (2), not a sound");
}

static void loud_samples_are_clipped_when_saved(void **state) {
    oto_audio_save(oto_mul(oto_sine(440, 0.1), 3), path_of("loud.wav"));
    OtoTensor *y = oto_audio_load(path_of("loud.wav"));
    assert_float_equal(oto_maximum(y), 1, 1e-4);
    assert_float_equal(oto_minimum(y), -1, 0);
}

static void a_wav_in_memory_is_the_file(void **state) {
    OtoTensor *x = oto_quantise(music(), 16);
    size_t size;
    unsigned char *wav = oto_audio_wav(x, &size);
    OtoTensor *y = oto_audio_load(file_with("memory.wav", wav, size));
    assert_float_equal(oto_peak(oto_sub(x, y)), 0, 0);
    free(wav);
}

static void resampling_keeps_the_tone(void **state) {
    OtoTensor *x = oto_sine(440, 1, .sample_rate = 44100), *y = oto_resample(x, 22050);
    assert_int_equal(y->size, 22050);
    OtoTensor *difference = oto_sub(oto_cut(y, 0.1, 0.9), oto_cut(oto_sine(440, 1), 0.1, 0.9));
    assert_true(oto_peak(difference) < 1e-4);
    assert_refused(oto_resample(x, 0), "sample_rate is 0");
}

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lossless_files_come_back_as_they_were),
        cmocka_unit_test(coded_files_come_back_nearly),
        cmocka_unit_test(options_of_loading),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(an_empty_file_is_named),
        cmocka_unit_test(what_is_not_audio_is_named),
        cmocka_unit_test(truncated_files_are_named),
        cmocka_unit_test(a_file_without_samples_is_named),
        cmocka_unit_test(a_file_without_channels_is_named),
        cmocka_unit_test(samples_that_are_no_numbers_are_named),
        cmocka_unit_test(saving_refuses_what_it_cannot_write),
        cmocka_unit_test(loud_samples_are_clipped_when_saved),
        cmocka_unit_test(a_wav_in_memory_is_the_file),
        cmocka_unit_test(resampling_keeps_the_tone),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
