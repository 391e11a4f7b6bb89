/* mu_law: few bits where a sound is soft, and fewer where it is loud. */
#ifndef OTO_MU_LAW_H
#define OTO_MU_LAW_H

#include "../tensor/tensor.h"

/* sign(x) log(1 + mu |x|) / log(1 + mu), for x within [-1, 1]; with .quantize (true) rounded up to one of 1 + mu
 * levels: int64 from -(1 + mu) / 2 on. .mu 255. As librosa.mu_compress (ITU-T G.711). */
typedef struct OtoMuLaw {
    double mu;
    bool quantize;
} OtoMuLaw;
#define OTO_MU_LAW(...) OTO_OPTIONS(OtoMuLaw, (.mu = 255, .quantize = true), __VA_ARGS__)
OtoTensor *oto_mu_compress(OtoTensor *x, OtoMuLaw options);
#define oto_mu_compress(x, ...) oto_mu_compress(x, OTO_MU_LAW(__VA_ARGS__))
/* And back: sign(x) ((1 + mu)^|x| - 1) / mu; with .quantize, x holds the levels that oto_mu_compress gave. As
 * librosa.mu_expand. */
OtoTensor *oto_mu_expand(OtoTensor *x, OtoMuLaw options);
#define oto_mu_expand(x, ...) oto_mu_expand(x, OTO_MU_LAW(__VA_ARGS__))

#endif
