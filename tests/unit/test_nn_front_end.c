/* Front ends as layers: the features that they make, and that these go with the net. */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

static OtoTensor *sounds(void) {
    return oto_stack(golden_signal("melody", 8000, 1), golden_signal("beats", 8000, 1));
}

static double largest_difference(OtoTensor *a, OtoTensor *b) {
    return oto_maximum(oto_abs(oto_sub(a, b)));
}

static void a_mel_layer_is_the_logarithm_of_mel(void **state) {
    OtoTensor *x = sounds();
    OtoLayer *layer = oto_nn_mel(8000, .n_fft = 512, .hop_length = 128, .n_mels = 20, .offset = 1e-4);
    OtoTensor *y = oto_apply(layer, x), *audio = oto_as_audio(x, 8000);
    OtoTensor *mel = oto_mel(audio, .n_fft = 512, .hop_length = 128, .n_mels = 20);
    assert_string_equal(oto_shape_quoted(y), "(batch 2, mel 20, time 63)");
    oto_name_axis(mel, 0, "batch");
    assert_true(largest_difference(y, oto_log(oto_add(mel, 1e-4))) < 1e-5);
    OtoLayer *channel = oto_nn_mel(8000, .n_fft = 512, .hop_length = 128, .n_mels = 20, .channel = true);
    assert_string_equal(oto_shape_quoted(oto_apply(channel, x)), "(batch 2, channels 1, mel 20, time 63)");
}

static void another_sample_rate_is_refused(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_mel(22050));
    assert_refused(oto_apply(net, oto_as_audio(sounds(), 8000)),
                   "net.0 (mel): oto_nn_mel: x has 8000 samples a second, but this net was made for 22050");
    assert_refused(oto_apply(net, oto_zeros(2, 1, 8000)), "but must be sounds (batch, time)");
    assert_refused(oto_nn_mel(8000, .offset = 0), "offset is 0, but must be above 0");
}

static void standardized_examples_have_mean_0_and_deviation_1_at_each_index(void **state) {
    OtoTensor *x = oto_name_axis(golden_numbers_of(1, 6, 3, 10), 1, "mel");
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = oto_data(x)[i] * (float)(i / 10 % 3 + 1) + 5;
    OtoTensor *y = oto_apply(oto_nn_standardize(x, "mel"), x);
    for (int m = 0; m < 3; m++) {
        double sum = 0, squares = 0;
        for (int e = 0; e < 6; e++)
            for (int t = 0; t < 10; t++) {
                double v = (double)oto_at(y, e, m, t);
                sum += v;
                squares += v * v;
            }
        assert_float_equal(sum / 60, 0, 1e-6);
        assert_float_equal(squares / 60, 1, 1e-5);
    }
}

static void the_axis_is_found_again_in_a_single_example_and_in_a_batch_of_images(void **state) {
    OtoTensor *x = golden_numbers_of(1, 6, 3, 10);
    OtoLayer *layer = oto_nn_standardize(x, 1);
    OtoTensor *all = oto_apply(layer, x), *one = oto_apply(layer, oto_row(x, 2));
    assert_true(largest_difference(one, oto_row(all, 2)) == 0);
    OtoTensor *images = oto_apply(layer, oto_reshape(x, 6, 1, 3, 10));
    assert_true(largest_difference(oto_reshape(images, 6, 3, 10), all) == 0);
    assert_refused(oto_apply(layer, oto_zeros(6, 4, 10)),
                   "x is (6, 4, 10), but the statistics are 3, for the axis that has 1 more behind it");
}

static void equal_numbers_stay_finite(void **state) {
    OtoTensor *x = oto_add(oto_zeros(4, 2), 3);
    assert_true(oto_maximum(oto_apply(oto_nn_standardize(x, -1), x)) == 0);
    oto_at(x, 1, 1) = NAN;
    assert_refused(oto_nn_standardize(x, -1), "hold NaN or infinite numbers at index 1 of axis 1");
}

/* As a checkpoint does: the numbers of one net's tensors into another's. */
static void what_is_loaded_counts_and_not_what_the_layer_was_made_with(void **state) {
    OtoLayer *trained = oto_nn_mel(8000, .n_fft = 512, .hop_length = 128, .n_mels = 20);
    OtoLayer *made = oto_nn_mel(8000, .n_fft = 256, .hop_length = 100, .n_mels = 30);
    OtoTensor *from = oto_layer_tensor(trained, "settings"), *to = oto_layer_tensor(made, "settings");
    memcpy(to->data, from->data, (size_t)from->size * sizeof(float));
    OtoTensor *x = sounds();
    assert_true(largest_difference(oto_apply(made, x), oto_apply(trained, x)) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mel_layer_is_the_logarithm_of_mel),
        cmocka_unit_test(another_sample_rate_is_refused),
        cmocka_unit_test(standardized_examples_have_mean_0_and_deviation_1_at_each_index),
        cmocka_unit_test(the_axis_is_found_again_in_a_single_example_and_in_a_batch_of_images),
        cmocka_unit_test(equal_numbers_stay_finite),
        cmocka_unit_test(what_is_loaded_counts_and_not_what_the_layer_was_made_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
