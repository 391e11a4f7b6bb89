/* simd: loops that use wide registers where the processor has them.
 *
 *     OTO_VECTORISED static void add(float *restrict sum, const float *restrict x, int64_t count) {
 *         for (int64_t i = 0; i < count; i++) sum[i] += x[i];
 *     }
 *
 * is compiled twice, for every x86-64 and for those with AVX2 and FMA, and which of the two runs is chosen when the
 * program is loaded. Elsewhere (arm64) the compiler's baseline is wide enough already. What it needs is a plain loop
 * over `restrict` floats; a sum wants several accumulators, because the order of additions is never changed behind
 * one's back. Such a function calls nothing small: what is inlined elsewhere is not inlined here unless it is a macro
 * or always_inline.
 */
#ifndef OTO_SIMD_H
#define OTO_SIMD_H

#if defined(__x86_64__) && defined(__clang__)
#define OTO_VECTORISED __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define OTO_VECTORISED
#endif

#endif
