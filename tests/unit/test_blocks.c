/* A sound file read a block at a time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "refusal.h"

#include "lib/dsp/mel.h"
#include "lib/io/audio.h"
#include "lib/io/blocks.h"
#include "lib/music/sound.h"
#include "lib/tensor/arithmetic.h"

enum { SAMPLE_RATE = 8000 };

static char path[] = "/tmp/oto_test_blocks_XXXXXX.wav";
static OtoTensor *sound; /* 2 channels, 3.3 s, as the file has it */

static int make_file(void **state) {
    int file = mkstemps(path, 4);
    if (file < 0) return 1;
    close(file);
    OtoTensor *left = oto_sine(440, 3.3, .sample_rate = SAMPLE_RATE),
              *right = oto_noise(3.3, .sample_rate = SAMPLE_RATE);
    oto_audio_save(oto_as_audio(oto_stack(left, oto_mul(right, 0.5)), SAMPLE_RATE), path, .bits = 32);
    sound = oto_audio_load(path);
    return 0;
}

static int remove_file(void **state) {
    return unlink(path);
}

static void blocks_overlap_so_that_no_frame_is_lost(void **state) {
    int64_t frames = 0, blocks = 0;
    OtoTensor *whole =
        oto_mel(oto_audio_load(path, .mono = true), .n_fft = 512, .hop_length = 128, .n_mels = 20, .center = false);
    oto_audio_blocks(block, path, .frame_length = 512, .hop_length = 128, .block_length = 32) {
        OtoTensor *mel = oto_mel(block, .n_fft = 512, .hop_length = 128, .n_mels = 20, .center = false);
        assert_float_equal(block->axes[0].start, (double)frames * 128 / SAMPLE_RATE, 1e-9);
        for (int64_t t = 0; t < mel->cols; t++)
            assert_float_equal(oto_at(mel, 7, t), oto_at(whole, 7, frames + t), 1e-5);
        frames += mel->cols;
        blocks++;
    }
    assert_int_equal(frames, whole->cols);
    assert_int_equal(blocks, 7);
}

static void channels_are_kept_when_asked_for(void **state) {
    int64_t at = 0;
    oto_audio_blocks(block, path, .frame_length = 1000, .hop_length = 1000, .block_length = 3, .mono = false) {
        assert_int_equal(block->rank, 2);
        for (int64_t i = 0; i < block->cols; i++) assert_float_equal(oto_at(block, 1, i), oto_at(sound, 1, at + i), 0);
        at += block->cols;
    }
    assert_int_equal(at, sound->cols);
}

static void a_part_of_the_file_can_be_read(void **state) {
    int64_t samples = 0;
    oto_audio_blocks(block, path, .offset = 1, .duration = 0.5, .frame_length = 100, .hop_length = 100,
                     .block_length = 7) {
        if (samples == 0) assert_float_equal(block->axes[0].start, 1, 1e-9);
        samples += block->cols;
    }
    assert_int_equal(samples, SAMPLE_RATE / 2);
}

static void what_a_pass_makes_dies_with_it(void **state) {
    int64_t before = oto_values_alive();
    OtoTensor *kept = NULL;
    oto_audio_blocks(block, path, .block_length = 4) {
        OtoTensor *copy = oto_copy(block);
        if (!kept) kept = oto_keep(copy);
    }
    assert_int_equal(oto_values_alive(), before + 1);
    assert_int_equal(kept->cols, 2048 + 3 * 512);
}

static void a_loop_may_be_left_early(void **state) {
    int64_t before = oto_values_alive();
    for (int i = 0; i < 2000; i++) { /* more often than a process may have files */
        oto_audio_blocks(block, path) {
            if (block->cols > 0) break;
        }
    }
    assert_int_equal(oto_values_alive(), before);
}

static void a_file_shorter_than_a_frame_is_one_block(void **state) {
    int blocks = 0;
    oto_audio_blocks(block, path, .frame_length = 100000) {
        assert_int_equal(block->cols, sound->cols);
        blocks++;
    }
    assert_int_equal(blocks, 1);
}

static void read_all(const char *name, int hop_length, double offset) {
    oto_audio_blocks(block, name, .hop_length = hop_length, .offset = offset)(void) block;
}

static void misuse_is_refused(void **state) {
    assert_refused((read_all("/tmp/oto_no_such_file.wav", 512, 0), 0), "/tmp/oto_no_such_file.wav: No such file");
    assert_refused((read_all(path, 0, 0), 0), "hop_length is 0");
    assert_refused((read_all(path, 4096, 0), 0), "hop_length is 4096, but must not exceed frame_length = 2048");
    assert_refused((read_all(path, 512, 60), 0), "offset 60 s lies behind the end");
    assert_refused((read_all("tests/unit/test_blocks.c", 512, 0), 0), "cannot be read as WAV");
}

static void a_damaged_sample_is_refused_where_it_is(void **state) {
    OtoTensor *spoilt = oto_copy(sound);
    oto_at(spoilt, 0, 16000) = INFINITY;
    oto_audio_save(spoilt, path, .bits = 32);
    assert_refused((read_all(path, 512, 0), 0), "has a sample that is NaN or infinite, at 2.000 s");
    oto_audio_save(sound, path, .bits = 32);
    assert_int_equal(truncate(path, 100000), 0);
    assert_refused((read_all(path, 512, 0), 0), "is cut short");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_overlap_so_that_no_frame_is_lost),
        cmocka_unit_test(channels_are_kept_when_asked_for),
        cmocka_unit_test(a_part_of_the_file_can_be_read),
        cmocka_unit_test(what_a_pass_makes_dies_with_it),
        cmocka_unit_test(a_loop_may_be_left_early),
        cmocka_unit_test(a_file_shorter_than_a_frame_is_one_block),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(a_damaged_sample_is_refused_where_it_is),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
