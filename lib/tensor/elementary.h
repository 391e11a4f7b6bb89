/* elementary: logarithm, exponential, angle, sigmoid and hyperbolic tangent of float32 as plain arithmetic, for loops
 * under OTO_VECTORISED, where a call into the mathematics library would cost more than all the rest. Relative error
 * below 3e-7 (exp2, exp, sigmoid) or 4e-7 (tanh), and absolute error below 2e-7 times the result's size, or 2e-7
 * (log2). The sine is one of doubles, because a phase has many turns; its absolute error is below 1e-9. For the
 * library's own files. */
#ifndef OTO_ELEMENTARY_H
#define OTO_ELEMENTARY_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* log2 x of a normal x > 0: the exponent, and for the mantissa m in [sqrt(1/2), sqrt 2) the series of
 * log2 m = 2 / ln 2 * artanh((m - 1) / (m + 1)). Infinity and NaN are given back; of 0, about -127. */
static inline __attribute__((always_inline)) float oto_fast_log2(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t exponent = (bits - 0x3f3504f3) >> 23; /* 0x3f3504f3: sqrt(1/2) */
    int32_t mantissa_bits = bits - exponent * (1 << 23);
    float m, r;
    memcpy(&m, &mantissa_bits, sizeof m);
    float s = (m - 1) / (m + 1), q = s * s;
    r = q * (2.8853901f / 9) + 2.8853901f / 7;
    r = q * r + 2.8853901f / 5;
    r = q * r + 2.8853901f / 3;
    r = q * r + 2.8853901f;
    r = s * r + (float)exponent;
    return x <= FLT_MAX ? r : x;
}

/* ln x of any x, as logf: of 0 -infinity, below NaN. */
static inline __attribute__((always_inline)) float oto_fast_log(float x) {
    float scaled = x < FLT_MIN ? x * 16777216.0f : x; /* below, numbers have lost digits of their mantissa */
    float r = 0.69314718f * (oto_fast_log2(scaled) - (x < FLT_MIN ? 24.0f : 0.0f));
    return x > 0 ? r : x == 0 ? -INFINITY : NAN;
}

/* 2^whole e^f for |f| <= ln 2 / 2: the series of e^f, and 2^whole put together from bits in two halves so that small
 * results end softly. */
static inline __attribute__((always_inline)) float oto_scaled_exp(float whole, float f) {
    float r = f * (1.0f / 5040) + 1.0f / 720;
    r = f * r + 1.0f / 120;
    r = f * r + 1.0f / 24;
    r = f * r + 1.0f / 6;
    r = f * r + 0.5f;
    r = f * r + 1;
    r = f * r + 1;
    int32_t n = (int32_t)whole, half = n >> 1, bits_a = (half + 127) * (1 << 23), bits_b = (n - half + 127) * (1 << 23);
    float a, b;
    memcpy(&a, &bits_a, sizeof a);
    memcpy(&b, &bits_b, sizeof b);
    return r * a * b;
}

/* 2^x: 2^round(x) (rounded by adding 1.5 * 2^23, behind which a float has no digits) times e^(ln 2 * rest). */
static inline __attribute__((always_inline)) float oto_fast_exp2(float x) {
    float below = x < 200 ? x : 200, inside = below > -200 ? below : -200, whole = (inside + 12582912.0f) - 12582912.0f,
          r = oto_scaled_exp(whole, (inside - whole) * 0.69314718f);
    return x == x ? r : x;
}

/* e^x: 2^n e^f with f = x - n ln 2, in two steps because n ln 2 has more digits than a float. 0 below -104, infinity
 * above 89. */
static inline __attribute__((always_inline)) float oto_fast_exp(float x) {
    float below = x < 89 ? x : 89, inside = below > -104 ? below : -104,
          whole = (inside * 1.44269504f + 12582912.0f) - 12582912.0f,
          r = oto_scaled_exp(whole, (inside - whole * 0.693359375f) + whole * 2.12194440e-4f);
    return x == x ? r : x;
}

/* 1 / (1 + e^-x). */
static inline __attribute__((always_inline)) float oto_fast_sigmoid(float x) {
    return 1 / (1 + oto_fast_exp(-x));
}

/* tanh x as a quotient of polynomials (those of Eigen's ptanh); beyond 7.9, 1 to the last digit. */
static inline __attribute__((always_inline)) float oto_fast_tanh(float x) {
    float inside = x > 7.90531110763549805f    ? 7.90531110763549805f
                   : x < -7.90531110763549805f ? -7.90531110763549805f
                                               : x,
          q = inside * inside;
    float above = q * -2.76076847742355e-16f + 2.00018790482477e-13f;
    above = q * above - 8.60467152213735e-11f;
    above = q * above + 5.12229709037114e-08f;
    above = q * above + 1.48572235717979e-05f;
    above = q * above + 6.37261928875436e-04f;
    above = inside * (q * above + 4.89352455891786e-03f);
    float below = q * 1.19825839466702e-06f + 1.18534705686654e-04f;
    below = q * below + 2.26843463243900e-03f;
    below = q * below + 4.89352518554385e-03f;
    float r = above / below;
    return x == x ? r : x;
}

/* The angle of (x, y) in (-pi, pi], as atan2f; within 3e-7. The smaller of |x| and |y| over the larger is brought below
 * tan(pi / 8) once more, by atan t = pi / 4 + atan((t - 1) / (t + 1)), and the rest is a polynomial (Moshier's Cephes).
 */
static inline __attribute__((always_inline)) float oto_fast_angle(float y, float x) {
    float ax = fabsf(x), ay = fabsf(y), large = ax > ay ? ax : ay, small = ax > ay ? ay : ax;
    float ratio = small / (large > 0 ? large : 1);
    float turned = (ratio - 1) / (ratio + 1), base = ratio > 0.41421356f ? 0.78539816f : 0;
    float t = ratio > 0.41421356f ? turned : ratio, q = t * t;
    float r = q * 8.05374449538e-2f - 1.38776856032e-1f;
    r = q * r + 1.99777106478e-1f;
    r = q * r - 3.33329491539e-1f;
    r = base + (t + q * r * t);
    r = ay > ax ? 1.57079633f - r : r;
    r = copysignf(1, x) < 0 ? 3.14159265f - r : r;
    r = copysignf(r, y);
    return x == x && y == y ? r : x + y;
}

/* sin(2 pi turns) for |turns| < 2^50: what is left of the nearest whole turn (rounded by adding 1.5 * 2^52, behind
 * which a double has no fraction) is mirrored into a quarter, and its sine is the series up to the 13th power. */
static inline __attribute__((always_inline)) double oto_fast_sine(double turns) {
    double rest = turns - ((turns + 0x1.8p52) - 0x1.8p52), size = fabs(rest);
    double x = 2 * M_PI * copysign(size > 0.25 ? 0.5 - size : size, rest), q = x * x;
    double r = q * (1.0 / 6227020800) - 1.0 / 39916800;
    r = q * r + 1.0 / 362880;
    r = q * r - 1.0 / 5040;
    r = q * r + 1.0 / 120;
    r = q * r - 1.0 / 6;
    return x + x * q * r;
}

#endif
