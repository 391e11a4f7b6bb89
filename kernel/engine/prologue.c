#include "kernel/engine/prologue.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)

/* Steps over `bytes` when the code goes on with them. */
static bool take(const unsigned char **at, const unsigned char *end, const char *bytes, size_t count) {
    if ((size_t)(end - *at) < count || memcmp(*at, bytes, count)) return false;
    *at += count;
    return true;
}

/* The operand of `48 83 xx imm8` or `48 81 xx imm32`. */
static bool take_operation(const unsigned char **at, const unsigned char *end, unsigned char operation,
                           int32_t *value) {
    if (end - *at < 7 || (*at)[0] != 0x48 || (*at)[2] != operation) return false;
    if ((*at)[1] == 0x83) {
        *value = (int8_t)(*at)[3];
        *at += 4;
        return true;
    }
    if ((*at)[1] != 0x81) return false;
    memcpy(value, *at + 3, sizeof *value);
    *at += 7;
    return true;
}

/* push rbp; mov rbp, rsp; push...; and rsp, -alignment; sub rsp, size; mov rbx, rsp */
uint64_t prologue_base(const unsigned char *code, size_t size, uint64_t frame) {
    const unsigned char *at = code, *end = code + size;
    int32_t mask, bytes;
    uint64_t stack = frame;
    if (!take(&at, end, "\x55\x48\x89\xe5", 4)) return 0;
    for (;; stack -= 8) {
        if (end - at < 2) return 0;
        if (at[0] == 0x41 && (at[1] & 0xf8) == 0x50)
            at += 2;
        else if ((at[0] & 0xf8) == 0x50)
            at++;
        else
            break;
    }
    if (!take_operation(&at, end, 0xe4, &mask) || !take_operation(&at, end, 0xec, &bytes)) return 0;
    if (!take(&at, end, "\x48\x89\xe3", 3)) return 0;
    return (stack & (uint64_t)(int64_t)mask) - (uint64_t)bytes;
}

#elif defined(__aarch64__)

/* mov x29, sp (or add x29, sp, #n); sub x9, sp, #size...; and sp, x9, #-alignment; mov x19, sp. Before the first, the
 * stack pointer already stands where the saved registers begin, n below the frame pointer. */
uint64_t prologue_base(const unsigned char *code, size_t size, uint64_t frame) {
    uint64_t stack = 0, low = 0;
    for (size_t i = 0; i + 4 <= size && i < 64; i += 4) {
        uint32_t word;
        memcpy(&word, code + i, 4);
        if ((word & 0xffc003ff) == 0x910003fd) { /* add x29, sp, #n */
            stack = low = frame - (word >> 10 & 0xfff);
        } else if ((word & 0xff8003ff) == 0xd10003e9) { /* sub x9, sp, #n {, lsl 12} */
            low = stack - ((uint64_t)(word >> 10 & 0xfff) << (word & 0x400000 ? 12 : 0));
        } else if ((word & 0xff8003ff) == 0xd1000129) { /* sub x9, x9, #n {, lsl 12} */
            low -= (uint64_t)(word >> 10 & 0xfff) << (word & 0x400000 ? 12 : 0);
        } else if ((word & 0xffc003ff) == 0x9240013f) { /* and sp, x9, #mask: a run of ones above cleared low bits */
            uint32_t ones = (word >> 10 & 0x3f) + 1;
            low &= ~(((uint64_t)1 << (64 - ones)) - 1);
        } else if (word == 0x910003f3) { /* mov x19, sp */
            return stack ? low : 0;
        }
    }
    return 0;
}

#else
#error "the prologue of this machine's functions is not known"
#endif
