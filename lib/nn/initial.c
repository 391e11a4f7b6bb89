#include "lib/nn/initial.h"
#include "lib/tensor/random.h"

OtoTensor *oto_initial_uniform(double bound, int rank, const long long shape[]) {
    OtoTensor *x = oto_tensor_new(OTO_FLOAT32, rank, shape);
    for (int64_t i = 0; i < x->size; i++) ((float *)x->data)[i] = (float)(bound * (2 * oto_uniform() - 1));
    return x;
}

OtoTensor *oto_initial_normal(double standard_deviation, int rank, const long long shape[]) {
    OtoTensor *x = oto_tensor_new(OTO_FLOAT32, rank, shape);
    for (int64_t i = 0; i < x->size; i++) ((float *)x->data)[i] = (float)(standard_deviation * oto_normal());
    return x;
}
