#include "lib/nn/windows.h"
#include "lib/tensor/error.h"

void oto_need_images(const char *operation, OtoTensor *x, int rank) {
    oto_need_float(operation, "x", x);
    if (x->rank != rank)
        oto_refuse(operation, "x is %s, but must be (batch, channels, %s); see oto_reshape", oto_shape_quoted(x),
                   rank == 3 ? "time" : "height, width");
}

const char *oto_channels_hint(OtoTensor *x, int64_t wanted) {
    if (x->rank < 3 || x->shape[x->rank - 1] != wanted) return "";
    return x->rank == 3   ? "; its last axis has as many: are these the channels? then oto_permute(x, 0, 2, 1)"
           : x->rank == 4 ? "; its last axis has as many: are these the channels? then oto_permute(x, 0, 3, 1, 2)"
                          : "";
}

void oto_check_windows(const char *operation, int axes, int kernel, const OtoPoolOptions *options) {
    for (int i = 0; i < axes; i++) {
        int64_t size = oto_of_axis(kernel, options->kernels, i);
        oto_check_range(operation, "kernel", (double)size, 1, 1 << 30);
        oto_check_range(operation, "stride", (double)oto_of_axis(options->stride, options->strides, i), 0, 1 << 30);
        oto_check_range(operation, "padding", (double)oto_of_axis(options->padding, options->paddings, i), 0,
                        (double)(size / 2));
    }
}

struct windows oto_windows(const char *operation, OtoTensor *x, int rank, int kernel, const OtoPoolOptions *options) {
    oto_need_images(operation, x, rank);
    oto_check_windows(operation, rank - 2, kernel, options);
    struct windows windows = {.in = {1, 1}, .out = {1, 1}, .kernel = {1, 1}, .stride = {1, 1}};
    for (int i = 4 - rank; i < 2; i++) {
        int one = rank == 3 ? 0 : i;
        const char *name = rank == 3 ? "time" : i ? "width" : "height";
        int64_t size = oto_of_axis(kernel, options->kernels, one),
                stride = oto_of_axis(options->stride, options->strides, one),
                padding = oto_of_axis(options->padding, options->paddings, one), in = x->shape[rank - 2 + i];
        if (stride == 0) stride = size;
        if (size > in + 2 * padding)
            oto_refuse(operation, "a window of %lld along %s is longer than x %s there, padding included",
                       (long long)size, name, oto_shape_quoted(x));
        windows.in[i] = in;
        windows.kernel[i] = size;
        windows.stride[i] = stride;
        windows.padding[i] = padding;
        windows.out[i] = (in + 2 * padding - size) / stride + 1;
    }
    return windows;
}

OtoTensor *oto_windows_results(OtoTensor *x, const int64_t out[2], OtoType type) {
    long long shape[4] = {x->shape[0], x->shape[1], out[x->rank == 3 ? 1 : 0], out[1]};
    OtoTensor *y = oto_tensor_new(type, x->rank, shape);
    for (int i = 0; i < x->rank; i++) y->axes[i].name = x->axes[i].name;
    return y;
}
