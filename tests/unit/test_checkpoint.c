/* Checkpoints: what is saved comes back to the bit, what the package safetensors 0.8.0 writes is read, and what is
 * damaged, hostile or of another net changes nothing. */
#include <errno.h>
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

#include "lib/oto.h"
#include "refusal.h"
#include "same_numbers.h"
#include "whole_file.h"

static char folder[] = "/tmp/oto-checkpoint-XXXXXX";

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *path_of(const char *name) {
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static OtoLayer *small_net(uint64_t seed) {
    oto_seed(seed);
    return oto_sequential(oto_nn_linear(2, 3), oto_nn_batch_norm1d(3));
}

static void what_is_saved_comes_back_to_the_bit(void **state) {
    OtoLayer *net = small_net(1), *other = small_net(2);
    oto_at(oto_layer_tensor(net, "1.running_mean"), 1) = 0.3f;
    oto_save(net, path_of("net.safetensors"));
    oto_load(other, path_of("net.safetensors"));
    assert_same_numbers(net, other);
}

static void what_the_package_writes_is_read_and_written_again_byte_for_byte(void **state) {
    const char *golden = "tests/golden/checkpoint/net.safetensors";
    OtoLayer *net = small_net(1);
    oto_load(net, golden);
    assert_float_equal(oto_at(oto_layer_tensor(net, "0.weight"), 2, 1), 0.625, 0);
    assert_float_equal(oto_at(oto_layer_tensor(net, "1.running_var"), 2), 2, 0);
    oto_save(net, path_of("again.safetensors"));
    size_t size, again;
    unsigned char *bytes = whole_file(golden, &size), *ours = whole_file(path_of("again.safetensors"), &again);
    assert_int_equal(size, again);
    assert_memory_equal(bytes, ours, size);
    free(bytes);
    free(ours);
}

static void other_types_of_numbers_are_converted_or_refused(void **state) {
    OtoLayer *net = small_net(1), *read = small_net(2);
    oto_load(net, "tests/golden/checkpoint/net.safetensors");
    static const char *const files[] = {"f16", "bf16", "f64", "pytorch"}; /* all numbers are exact in each */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char file[100];
        snprintf(file, sizeof file, "tests/golden/checkpoint/%s.safetensors", files[i]);
        oto_load(read, file);
        assert_same_numbers(net, read);
    }
    oto_scope assert_refused(oto_load(read, "tests/golden/checkpoint/i32.safetensors"),
                             "holds whole numbers (I32), but in the net it is float32");
}

static OtoTensor *loss_of(OtoLayer *net) {
    OtoTensor *x = oto_reshape(oto_linspace(-1, 1, 8), 4, 2);
    OtoTensor *noise = oto_zeros(4, 3);
    for (int64_t i = 0; i < noise->size; i++) ((float *)noise->data)[i] = (float)oto_normal();
    return oto_mse_loss(oto_add(oto_apply(net, x), noise), oto_zeros(4, 3));
}

static void a_training_goes_on_from_a_file_to_the_bit(void **state) {
    OtoLayer *nets[2] = {small_net(1), small_net(2)};
    OtoOptimizer *optimizers[2];
    for (int i = 0; i < 2; i++) {
        optimizers[i] = oto_adam(nets[i], .lr = i ? 0.5 : 0.01, .weight_decay = 0.1);
        oto_group(optimizers[i], oto_layer_at(nets[i], "1"), .lr = 0.003);
        oto_schedule_cosine(optimizers[i], i ? 7 : 40, .warmup = 3);
        oto_ema(optimizers[i], 0.9);
    }
    oto_seed(5);
    for (int i = 0; i < 9; i++) oto_scope oto_step(optimizers[0], loss_of(nets[0]));
    oto_save(nets[0], path_of("half.safetensors"), .optimizer = optimizers[0]);
    double losses[9];
    for (int i = 0; i < 9; i++) oto_scope losses[i] = oto_step(optimizers[0], loss_of(nets[0]));
    oto_load(nets[1], path_of("half.safetensors"), .optimizer = optimizers[1]);
    assert_int_equal(optimizers[1]->steps, 9);
    for (int i = 0; i < 9; i++) oto_scope assert_true(oto_step(optimizers[1], loss_of(nets[1])) == losses[i]);
    assert_same_numbers(nets[0], nets[1]);
    oto_with_ema(optimizers[0]) oto_with_ema(optimizers[1]) assert_same_numbers(nets[0], nets[1]);
}

static void an_optimizer_that_is_not_in_the_file_or_another_is_refused(void **state) {
    OtoLayer *net = small_net(1);
    OtoOptimizer *adam = oto_adam(net), *sgd = oto_sgd(net);
    oto_save(net, path_of("bare.safetensors"));
    oto_scope assert_refused(oto_load(net, path_of("bare.safetensors"), .optimizer = adam),
                             "has no optimizer in it: it was saved without .optimizer");
    oto_save(net, path_of("adam.safetensors"), .optimizer = adam);
    oto_scope assert_refused(oto_load(net, path_of("adam.safetensors"), .optimizer = sgd),
                             "is of type adam, and not sgd");
    oto_ema(adam, 0.9);
    oto_scope assert_refused(oto_load(net, path_of("adam.safetensors"), .optimizer = adam),
                             "call oto_ema only where it was called");
    oto_load(net, path_of("adam.safetensors")); /* the net alone */
}

static void a_checkpoint_of_another_net_names_what_differs_and_changes_nothing(void **state) {
    OtoLayer *net = small_net(1);
    oto_save(net, path_of("net.safetensors"));
    oto_seed(2);
    OtoLayer *other = oto_sequential(oto_nn_linear(2, 4), oto_nn_relu(), oto_nn_linear(4, 1));
    OtoTensor *before = oto_copy(oto_layer_tensor(other, "0.weight"));
    oto_scope assert_refused(oto_load(other, path_of("net.safetensors")), "is of another net than this sequential: ");
    assert_non_null(strstr(refusal_text, "missing in the file: 2.weight, 2.bias; "));
    assert_non_null(strstr(refusal_text, "in the file but not in the net: "));
    assert_non_null(strstr(refusal_text, " and 1 more; of another shape: "));
    assert_non_null(strstr(refusal_text, "0.weight is (3, 2) in the file and "));
    assert_memory_equal(before->data, oto_layer_tensor(other, "0.weight")->data, 8 * sizeof(float));
}

/* ---- files that nobody should trust ---- */

/* Bytes of a file with this header and so much data. */
static unsigned char *file_of(const char *header, size_t data, size_t *size) {
    size_t length = strlen(header);
    unsigned char *bytes = calloc(8 + length + data, 1);
    for (size_t i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + 8, header, length);
    *size = 8 + length + data;
    return bytes;
}

#define A "\"0.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":"
#define B "\"0.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":"

static void hostile_headers_are_refused(void **state) {
    static const struct {
        const char *header, *message;
        size_t data;
    } cases[] = {
        {"{" A "[0,8]}," B "[4,8]}}", "overlaps that of another tensor", 8},
        {"{" A "[0,8]}," B "[12,16]}}", "does not follow that of the one before", 16},
        {"{" A "[0,8]}," B "[8,12]}}", "4 bytes at the end belong to no tensor", 16},
        {"{" A "[0,8]}," B "[8,12]}}", "ends at byte 12 of the data, but the file has only 10 there; was it cut off",
         10},
        {"{" A "[0,8]}," A "[0,8]}}", "its header cannot be read", 8},
        {"{" A "[8,0]}}", "are not where something begins and ends", 8},
        {"{" A "[-8,0]}}", "are not where something begins and ends", 8},
        {"{" A "[0,9]}}", "9 bytes, which its shape and its type F32 do not fill", 9},
        {"{" A "[0,9223372036854775808]}}", "its header cannot be read", 8},
        {"{\"a\":{\"dtype\":\"F5\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         "the numbers of a are F5, which is not read", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}",
         "a length that cannot be", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "a length that cannot be", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":7,\"data_offsets\":[0,4]}}", "is not a list of at most 16 lengths", 4},
        {"{\"a\":3}", "the entry of a says no dtype", 0},
        {"{\"__metadata__\":{\"a\":3}}", "its __metadata__ holds something else than texts", 0},
        {"[]", "its header is not that of safetensors", 0},
        {"{", "its header cannot be read", 0},
    };
    OtoLayer *net = oto_sequential(oto_nn_linear(2, 1)), *twin = oto_sequential(oto_nn_linear(2, 1));
    oto_scope {
        OtoTensorList a = oto_layer_tensors(net), b = oto_layer_tensors(twin);
        for (int i = 0; i < a.count; i++)
            memcpy(b.items[i].tensor->data, a.items[i].tensor->data, (size_t)a.items[i].tensor->size * sizeof(float));
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        unsigned char *bytes = file_of(cases[i].header, cases[i].data, &size);
        oto_scope assert_refused(oto_load_bytes(net, "hostile", bytes, size, (OtoLoadOptions){}), cases[i].message);
        free(bytes);
    }
    assert_same_numbers(net, twin);
}

static void deep_json_and_huge_lengths_are_refused(void **state) {
    OtoLayer *net = small_net(1);
    char *deep = malloc(200001);
    memset(deep, '[', 200000);
    memcpy(deep, "{\"a\":", 5);
    deep[200000] = '\0';
    size_t size;
    unsigned char *bytes = file_of(deep, 0, &size);
    oto_scope assert_refused(oto_load_bytes(net, "deep", bytes, size, (OtoLoadOptions){}), "its header cannot be read");
    memset(bytes, 255, 8);
    oto_scope assert_refused(oto_load_bytes(net, "huge", bytes, size, (OtoLoadOptions){}),
                             "its header should have 18446744073709551615 bytes");
    oto_scope assert_refused(oto_load_bytes(net, "short", bytes, 5, (OtoLoadOptions){}), "5 bytes are too few");
    free(bytes);
    free(deep);
}

static void every_shorter_file_is_refused_and_changes_nothing(void **state) {
    OtoLayer *net = small_net(1), *twin = small_net(1);
    OtoOptimizer *adam = oto_adam(net);
    oto_save(small_net(2), path_of("whole.safetensors"), .optimizer = NULL);
    size_t size;
    unsigned char *bytes = whole_file(path_of("whole.safetensors"), &size);
    for (size_t length = 0; length < size; length++)
        oto_scope assert_refused(
            oto_load_bytes(net, "cut", bytes, length, (OtoLoadOptions){.optimizer = length % 2 ? adam : NULL}), "cut");
    assert_same_numbers(net, twin);
    free(bytes);
}

static void a_file_that_cannot_be_written_leaves_the_old_one(void **state) {
    OtoLayer *net = small_net(1), *read = small_net(2);
    oto_save(net, path_of("net.safetensors"));
    oto_scope assert_refused(oto_save(net, "/nowhere/net.safetensors"),
                             "/nowhere/net.safetensors cannot be written: No such");
    char inside[100];
    snprintf(inside, sizeof inside, "%s/folder", folder);
    mkdir(inside, 0700);
    oto_scope assert_refused(oto_save(read, inside), "cannot be written");
    oto_load(read, path_of("net.safetensors"));
    assert_same_numbers(net, read);
    char command[200];
    snprintf(command, sizeof command, "ls %s | grep -c 'XXXX\\|folder\\.' | grep -qx 0", folder);
    assert_int_equal(system(command), 0);
    oto_scope assert_refused(oto_load(read, path_of("none.safetensors")), "cannot be read: No such file");
    oto_scope assert_refused(oto_load(read, inside), "is no file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_comes_back_to_the_bit),
        cmocka_unit_test(what_the_package_writes_is_read_and_written_again_byte_for_byte),
        cmocka_unit_test(other_types_of_numbers_are_converted_or_refused),
        cmocka_unit_test(a_training_goes_on_from_a_file_to_the_bit),
        cmocka_unit_test(an_optimizer_that_is_not_in_the_file_or_another_is_refused),
        cmocka_unit_test(a_checkpoint_of_another_net_names_what_differs_and_changes_nothing),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(deep_json_and_huge_lengths_are_refused),
        cmocka_unit_test(every_shorter_file_is_refused_and_changes_nothing),
        cmocka_unit_test(a_file_that_cannot_be_written_leaves_the_old_one),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
