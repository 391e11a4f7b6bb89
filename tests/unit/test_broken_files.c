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
#include <minizip/zip.h>

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

/* Big-endian words, as AIFF and AU have them. */
static void put_big(unsigned char *to, uint32_t word) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(word >> (24 - 8 * i));
}

/* A mono AIFF header of 54 bytes at 44100 Hz with 16 bits, and silence behind it. */
static size_t aiff(unsigned char *to, uint32_t samples, uint32_t promised, size_t size) {
    memset(to, 0, 54 + size);
    memcpy(to, "FORM....AIFFCOMM....\0\1....\0\x10\x40\x0e\xac\x44\0\0\0\0\0\0SSND", 42);
    put_big(to + 4, promised + 46);
    put_big(to + 16, 18);
    put_big(to + 22, samples);
    put_big(to + 42, promised + 8);
    return 54 + size;
}

/* The same as an AU file: 24 bytes. */
static size_t au(unsigned char *to, uint32_t promised, size_t size) {
    memset(to, 0, 24 + size);
    memcpy(to, ".snd", 4);
    const uint32_t words[] = {24, promised, 3, 44100, 1};
    for (int i = 0; i < 5; i++) put_big(to + 4 + 4 * i, words[i]);
    return 24 + size;
}

/* And as Sony's Wave64: 104 bytes. */
static size_t wave64(unsigned char *to, uint64_t promised, size_t size) {
    static const unsigned char tail[12] = {0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a};
    static const unsigned char riff[12] = {0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0, 0};
    const uint64_t whole = 104 + promised, format = 40, samples = 24 + promised;
    const uint32_t wave_format[] = {1u << 16 | 1, 44100, 88200, 16u << 16 | 2};
    memset(to, 0, 104 + size);
    memcpy(to, "riff", 4);
    memcpy(to + 4, riff, 12);
    memcpy(to + 16, &whole, 8);
    memcpy(to + 24, "wave", 4);
    memcpy(to + 40, "fmt ", 4);
    memcpy(to + 56, &format, 8);
    memcpy(to + 64, wave_format, 16);
    memcpy(to + 80, "data", 4);
    memcpy(to + 96, &samples, 8);
    for (int i = 28; i <= 84; i += i == 28 ? 16 : 40) memcpy(to + i, tail, 12);
    return 104 + size;
}

/* AIFF, AU and Wave64 with 1000 samples, and with a header that promises so many bytes. */
static size_t other_sound(int which, unsigned char *to, uint32_t promised) {
    if (which == 0) return aiff(to, promised / 2, promised, 2000);
    return which == 1 ? au(to, promised, 2000) : wave64(to, promised, 2000);
}

static void other_kinds_of_sound_are_read_whole_or_refused(void **state) {
    static unsigned char bytes[4096];
    static const char *const endings[] = {"aiff", "au", "w64"};
    for (int i = 0; i < 3; i++) {
        const struct loader loader = {load_audio, NULL, endings[i]};
        size_t size = other_sound(i, bytes, 2000);
        if (try_load(&loader, bytes, size)) fail_msg("%s", refusal_text);
        for (size_t part = 1; part < 20; part++)
            if (!try_load(&loader, bytes, size * part / 20)) fail_msg("%zu of %zu bytes of %s", part, size, endings[i]);
        for (size_t at = 0; at < 104; at++) {
            unsigned char was = bytes[at];
            bytes[at] = (unsigned char)(was ^ 0xff);
            try_load(&loader, bytes, size);
            bytes[at] = was;
        }
        assert_true(try_load(&loader, bytes, other_sound(i, bytes, 2147483600u)));
        assert_non_null(strstr(refusal_text, "is cut short"));
    }
}

static void an_archive_that_promises_too_much_is_read_or_refused(void **state) {
    size_t size;
    const struct loader *loader = &loaders[6];
    unsigned char *bytes = whole(loader, &size);
    const uint32_t promised = 2147483600u; /* 2 GB */
    for (size_t at = 0; at + 46 < size; at++) {
        bool local = !memcmp(bytes + at, "PK\3\4", 4), central = !memcmp(bytes + at, "PK\1\2", 4);
        if (!local && !central) continue;
        for (size_t field = at + (local ? 18 : 20), end = field + 8; field < end; field += 4) { /* packed, unpacked */
            unsigned char was[4];
            memcpy(was, bytes + field, 4);
            memcpy(bytes + field, &promised, 4);
            try_load(loader, bytes, size);
            memcpy(bytes + field, was, 4);
        }
    }
    free(bytes);
}

static void an_archive_that_unpacks_without_end_is_refused(void **state) {
    static const char zeros[1 << 16];
    zipFile archive = zipOpen64(path_of("bomb.mxl"), APPEND_STATUS_CREATE);
    assert_int_equal(
        zipOpenNewFileInZip(archive, "META-INF/container.xml", NULL, NULL, 0, NULL, 0, NULL, Z_DEFLATED, 9), ZIP_OK);
    for (int i = 0; i < 40; i++) assert_int_equal(zipWriteInFileInZip(archive, zeros, sizeof zeros), ZIP_OK);
    assert_int_equal(zipCloseFileInZip(archive) | zipClose(archive, NULL), ZIP_OK);
    assert_refused(oto_score_load(path_of("bomb.mxl")), "bomb.mxl: what is packed in it is 1048576 bytes or more");
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
        cmocka_unit_test(other_kinds_of_sound_are_read_whole_or_refused),
        cmocka_unit_test(an_archive_that_promises_too_much_is_read_or_refused),
        cmocka_unit_test(an_archive_that_unpacks_without_end_is_refused),
        cmocka_unit_test(a_midi_track_that_promises_too_much_is_refused),
        cmocka_unit_test(odd_rates_and_many_channels_are_read),
        cmocka_unit_test(samples_that_are_no_numbers_are_refused),
        cmocka_unit_test(a_sound_in_memory_is_read),
        cmocka_unit_test(what_a_sound_file_says_of_itself),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
