/* Every loader over a corpus of broken files: cut at many places, with bytes changed, with headers that promise too
 * much. Each is read or refused by name; nothing leaks, nothing crashes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "refusal.h"
#include "whole_file.h"

#include "lib/dataset/dataset.h"
#include "lib/io/audio.h"
#include "lib/io/notes_file.h"
#include "lib/io/table.h"
#include "lib/labels/labels.h"
#include "lib/midi/midi.h"
#include "lib/music/sound.h"
#include "lib/score/score.h"

/* libsndfile 1.2 forgets the decoder's state when it gives up a broken file; that is not ours to find here. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libsndfile.so\nleak:libvorbis\nleak:libogg\nleak:libFLAC\nleak:libmpg123\nleak:libopus\n";
}

static char folder[] = "/tmp/oto_test_broken_XXXXXX";

static const char *path_of(const char *name) {
    static char paths[4][300];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void load_audio(const char *path) {
    OtoTensor *x = oto_audio_load(path);
    for (int64_t i = 0; i < x->size; i++) assert_true(isfinite(((float *)x->data)[i]));
}
static void load_midi(const char *path) {
    oto_midi_notes(oto_midi_load(path), .sustain = true);
}
static void load_score(const char *path) {
    oto_score_notes(oto_score_load(path));
}
static void load_labels(const char *path) {
    oto_label_intervals(oto_labels_load(path));
}
static void load_table(const char *path) {
    oto_table_load(path);
}
static void load_notes(const char *path) {
    oto_notes_load(path);
}

static const struct loader {
    void (*load)(const char *path);
    const char *file; /* that it reads */
    const char *ending;
} loaders[] = {
    {load_audio, NULL, "wav"},
    {load_audio, NULL, "flac"},
    {load_audio, NULL, "ogg"},
    {load_audio, NULL, "mp3"},
    {load_midi, "tests/golden/scores/changes.mid", "mid"},
    {load_score, "tests/golden/scores/orchestra.musicxml", "musicxml"},
    {load_score, "tests/golden/scores/orchestra.mxl", "mxl"},
    {load_score, "tests/golden/scores/tune.abc", "abc"},
    {load_labels, "tests/golden/labels/song.jams", "jams"},
    {load_labels, "tests/golden/labels/song.lab", "lab"},
    {load_table, "tests/golden/labels/notes.txt", "txt"},
    {load_notes, NULL, "csv"},
};
enum { LOADERS = sizeof loaders / sizeof *loaders };

/* A whole file for a loader. */
static unsigned char *whole(const struct loader *loader, size_t *size) {
    if (loader->file) return whole_file(loader->file, size);
    char name[20];
    snprintf(name, sizeof name, "whole.%s", loader->ending);
    if (loader->load == load_notes)
        oto_notes_save(oto_notes({0, 1, 60}, {1, 1, 62}), path_of(name));
    else
        oto_audio_save(oto_sine(440, 0.2, .amplitude = 0.5), path_of(name));
    return whole_file(path_of(name), size);
}

/* Loads what the loader is given; a refusal must name the file. Whether it was refused. */
static bool try_load(const struct loader *loader, const void *bytes, size_t size) {
    char name[20];
    snprintf(name, sizeof name, "broken.%s", loader->ending);
    const char *path = path_of(name);
    write_file(path, bytes, size);
    bool refused = false;
    OtoScope scope = oto_scope_begin();
    OtoErrorHandler before = oto_on_error(refusal_taken, NULL);
    if (setjmp(refusal_jump) == 0)
        loader->load(path);
    else
        refused = true;
    oto_on_error(before, NULL);
    oto_scope_end(&scope);
    if (refused && !strstr(refusal_text, name)) fail_msg("%s does not name the file", refusal_text);
    return refused;
}

static void empty_files_are_refused(void **state) {
    for (int i = 0; i < LOADERS; i++) {
        assert_true(try_load(&loaders[i], "", 0));
        assert_non_null(strstr(refusal_text, "is empty (0 bytes)"));
    }
}

static void what_is_something_else_is_refused(void **state) {
    static const unsigned char noise[4096] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, [100] = 0xff, [200] = 0xfe};
    for (int i = 0; i < LOADERS; i++) assert_true(try_load(&loaders[i], noise, sizeof noise));
}

static void files_cut_anywhere_are_read_or_refused_by_name(void **state) {
    for (int i = 0; i < LOADERS; i++) {
        size_t size;
        unsigned char *bytes = whole(&loaders[i], &size);
        assert_false(try_load(&loaders[i], bytes, size));
        for (size_t part = 1; part < 40; part++) try_load(&loaders[i], bytes, size * part / 40);
        free(bytes);
    }
}

static void files_with_a_byte_changed_are_read_or_refused_by_name(void **state) {
    for (int i = 0; i < LOADERS; i++) {
        size_t size;
        unsigned char *bytes = whole(&loaders[i], &size);
        uint32_t random = 1;
        for (int k = 0; k < 60; k++) {
            random = random * 1664525 + 1013904223;
            size_t at = k < 30 ? (size_t)k * 2 % size : (random >> 8) % size; /* headers are at the beginning */
            unsigned char was = bytes[at];
            bytes[at] = (unsigned char)(random >> 24);
            try_load(&loaders[i], bytes, size);
            bytes[at] = was;
        }
        free(bytes);
    }
}

/* A WAV header of 44 bytes, and the samples behind it. */
static size_t wav(unsigned char *to, uint32_t channels, uint32_t sample_rate, uint32_t promised, int bits,
                  const void *samples, size_t size) {
    uint32_t align = channels * (uint32_t)bits / 8;
    uint32_t words[] = {promised + 36,
                        16,
                        channels << 16 | (bits == 32 ? 3 : 1),
                        sample_rate,
                        sample_rate * align,
                        (uint32_t)bits << 16 | align,
                        promised};
    memcpy(to, "RIFF....WAVEfmt ................    data....", 44);
    memcpy(to + 4, &words[0], 4);
    memcpy(to + 16, &words[1], 20);
    memcpy(to + 40, &words[6], 4);
    memcpy(to + 44, samples, size);
    return 44 + size;
}

static void headers_that_promise_too_much_are_refused(void **state) {
    static unsigned char bytes[4096], silence[2000];
    size_t size = wav(bytes, 1, 44100, 2147483600u, 16, silence, sizeof silence); /* 2 GB */
    assert_true(try_load(&loaders[0], bytes, size));
    assert_non_null(strstr(refusal_text, "is cut short"));
}

static void a_midi_track_that_promises_too_much_is_refused(void **state) {
    static const unsigned char bytes[] = "MThd\0\0\0\6\0\0\0\1\0\x60MTrk\x7f\xff\xff\xff\0\xff\x2f\0";
    assert_true(try_load(&loaders[4], bytes, sizeof bytes - 1));
    assert_non_null(strstr(refusal_text, "a track goes on behind the end of the file"));
}

static void odd_rates_and_many_channels_are_read(void **state) {
    static unsigned char bytes[1 << 16], silence[6400];
    const uint32_t rates[] = {1, 1000000};
    for (int i = 0; i < 2; i++) {
        write_file(path_of("rate.wav"), bytes, wav(bytes, 1, rates[i], 2000, 16, silence, 2000));
        OtoTensor *x = oto_audio_load(path_of("rate.wav"));
        assert_float_equal(x->sample_rate, rates[i], 0);
        assert_int_equal(x->cols, 1000);
        assert_int_equal(oto_audio_info(path_of("rate.wav")).samples, 1000);
    }
    write_file(path_of("many.wav"), bytes, wav(bytes, 64, 44100, 6400, 16, silence, 6400));
    assert_string_equal(oto_shape_quoted(oto_audio_load(path_of("many.wav"))), "(channels 64, time 50)");
    write_file(path_of("none.wav"), bytes, wav(bytes, 0, 44100, 6400, 16, silence, 6400));
    assert_refused(oto_audio_load(path_of("none.wav")), "none.wav");
}

static void samples_that_are_no_numbers_are_refused(void **state) {
    unsigned char bytes[500];
    float samples[100] = {[77] = NAN};
    assert_true(try_load(&loaders[0], bytes, wav(bytes, 1, 44100, sizeof samples, 32, samples, sizeof samples)));
    assert_non_null(strstr(refusal_text, "sample 77 of "));
    samples[77] = INFINITY;
    assert_true(try_load(&loaders[0], bytes, wav(bytes, 1, 44100, sizeof samples, 32, samples, sizeof samples)));
}

static void a_sound_in_memory_is_read(void **state) {
    OtoTensor *tone = oto_sine(440, 0.1, .amplitude = 0.5);
    size_t size;
    unsigned char *bytes = oto_audio_wav(tone, &size);
    OtoTensor *back = oto_audio_parse(bytes, size, "tone.wav");
    assert_int_equal(back->cols, tone->cols);
    assert_float_equal(oto_at(back, 100), oto_at(tone, 100), 1.0 / 32768);
    assert_refused(oto_audio_parse(bytes, size - 100, "tone.wav"), "tone.wav is cut short");
    assert_refused(oto_audio_parse(bytes, 0, "tone.wav"), "tone.wav is empty");
    free(bytes);
}

static void what_a_sound_file_says_of_itself(void **state) {
    oto_audio_save(oto_sine(440, 0.5), path_of("tagged.flac"), .title = "A tone", .artist = "Nobody");
    OtoAudioInfo info = oto_audio_info(path_of("tagged.flac"));
    assert_float_equal(info.seconds, 0.5, 1e-9);
    assert_int_equal(info.channels, 1);
    assert_non_null(strstr(info.format, "FLAC"));
    assert_string_equal(info.coding, "Signed 16 bit PCM");
    char *title = oto_audio_tag(path_of("tagged.flac"), "title");
    assert_string_equal(title, "A tone");
    free(title);
    assert_null(oto_audio_tag(path_of("tagged.flac"), "album"));
    assert_refused(oto_audio_tag(path_of("tagged.flac"), "colour"), "\"colour\" is no name of a text");
    assert_refused(oto_audio_info("/nowhere/a.wav"), "/nowhere/a.wav: No such file or directory");
    assert_refused(oto_audio_info("tests/golden/scores/tune.abc"), "is not audio that can be read");
}

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_files_are_refused),
        cmocka_unit_test(what_is_something_else_is_refused),
        cmocka_unit_test(files_cut_anywhere_are_read_or_refused_by_name),
        cmocka_unit_test(files_with_a_byte_changed_are_read_or_refused_by_name),
        cmocka_unit_test(headers_that_promise_too_much_are_refused),
        cmocka_unit_test(a_midi_track_that_promises_too_much_is_refused),
        cmocka_unit_test(odd_rates_and_many_channels_are_read),
        cmocka_unit_test(samples_that_are_no_numbers_are_refused),
        cmocka_unit_test(a_sound_in_memory_is_read),
        cmocka_unit_test(what_a_sound_file_says_of_itself),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
