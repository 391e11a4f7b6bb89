/* ELF for the Arm 64-bit Architecture, 5.7: the relocations clang emits for position-independent code, small model. */
#if defined(__aarch64__)
#include "kernel/worker/relocate.h"

#include <elf.h>
#include <string.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/symbols.h"

enum relocation_value relocation_needs(uint32_t type, size_t *width) {
    *width = 4;
    switch (type) {
    case R_AARCH64_NONE:
        *width = 0;
        return RELOCATION_NOTHING;
    case R_AARCH64_ABS64:
    case R_AARCH64_PREL64:
        *width = 8;
        return RELOCATION_ADDRESS;
    case R_AARCH64_ABS16:
    case R_AARCH64_PREL16:
        *width = 2;
        return RELOCATION_ADDRESS;
    case R_AARCH64_ABS32:
    case R_AARCH64_PREL32:
    case R_AARCH64_LD_PREL_LO19:
    case R_AARCH64_ADR_PREL_LO21:
    case R_AARCH64_ADR_PREL_PG_HI21:
    case R_AARCH64_ADR_PREL_PG_HI21_NC:
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC:
    case R_AARCH64_LDST16_ABS_LO12_NC:
    case R_AARCH64_LDST32_ABS_LO12_NC:
    case R_AARCH64_LDST64_ABS_LO12_NC:
    case R_AARCH64_LDST128_ABS_LO12_NC:
        return RELOCATION_ADDRESS;
    case R_AARCH64_TSTBR14:
    case R_AARCH64_CONDBR19:
    case R_AARCH64_JUMP26:
    case R_AARCH64_CALL26:
        return RELOCATION_CALL;
    case R_AARCH64_ADR_GOT_PAGE:
    case R_AARCH64_LD64_GOT_LO12_NC:
    case R_AARCH64_GOT_LD_PREL19:
        return RELOCATION_SLOT;
    default:
        return RELOCATION_UNKNOWN;
    }
}

/* Replaces bits [shift, shift + count) of the instruction. */
static void put_bits(unsigned char *place, int64_t value, int shift, int count) {
    uint32_t instruction, mask = ((1u << count) - 1) << shift;
    memcpy(&instruction, place, 4);
    instruction = (instruction & ~mask) | (((uint32_t)value << shift) & mask);
    memcpy(place, &instruction, 4);
}

static bool fits(int64_t value, int bits) {
    return value >= -(1ll << (bits - 1)) && value < 1ll << (bits - 1);
}

static int64_t page_of(int64_t address) {
    return address & ~0xfffll;
}

/* adr and adrp split their 21 bits: two at 29, nineteen at 5. */
static const char *put_adr(unsigned char *place, int64_t value) {
    if (!fits(value, 21)) return "a page is too far away";
    put_bits(place, value & 3, 29, 2);
    put_bits(place, value >> 2, 5, 19);
    return NULL;
}

static const char *put_branch(unsigned char *place, int64_t distance, int shift, int count) {
    if (distance & 3 || !fits(distance >> 2, count)) return "a branch is too short";
    put_bits(place, distance >> 2, shift, count);
    return NULL;
}

static const char *put_data(unsigned char *place, int64_t value, size_t width) {
    if (width < 8 && !fits(value, (int)width * 8 + 1)) return "a short address is too far away";
    memcpy(place, &value, width);
    return NULL;
}

const char *relocation_apply(uint32_t type, unsigned char *place, uintptr_t address, uintptr_t value, int64_t addend) {
    int64_t result = (int64_t)value + addend, distance = result - (int64_t)address;
    switch (type) {
    case R_AARCH64_NONE:
        return NULL;
    case R_AARCH64_ABS64:
        return put_data(place, result, 8);
    case R_AARCH64_ABS32:
        return put_data(place, result, 4);
    case R_AARCH64_ABS16:
        return put_data(place, result, 2);
    case R_AARCH64_PREL64:
        return put_data(place, distance, 8);
    case R_AARCH64_PREL32:
        return put_data(place, distance, 4);
    case R_AARCH64_PREL16:
        return put_data(place, distance, 2);
    case R_AARCH64_ADR_PREL_LO21:
        return put_adr(place, distance);
    case R_AARCH64_ADR_PREL_PG_HI21:
    case R_AARCH64_ADR_PREL_PG_HI21_NC:
    case R_AARCH64_ADR_GOT_PAGE:
        return put_adr(place, (page_of(result) - page_of((int64_t)address)) >> 12);
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC:
        put_bits(place, result & 0xfff, 10, 12);
        return NULL;
    case R_AARCH64_LDST16_ABS_LO12_NC:
        put_bits(place, (result & 0xfff) >> 1, 10, 12);
        return NULL;
    case R_AARCH64_LDST32_ABS_LO12_NC:
        put_bits(place, (result & 0xfff) >> 2, 10, 12);
        return NULL;
    case R_AARCH64_LDST64_ABS_LO12_NC:
    case R_AARCH64_LD64_GOT_LO12_NC:
        put_bits(place, (result & 0xfff) >> 3, 10, 12);
        return NULL;
    case R_AARCH64_LDST128_ABS_LO12_NC:
        put_bits(place, (result & 0xfff) >> 4, 10, 12);
        return NULL;
    case R_AARCH64_TSTBR14:
        return put_branch(place, distance, 5, 14);
    case R_AARCH64_CONDBR19:
    case R_AARCH64_LD_PREL_LO19:
    case R_AARCH64_GOT_LD_PREL19:
        return put_branch(place, distance, 5, 19);
    case R_AARCH64_JUMP26:
    case R_AARCH64_CALL26:
        return put_branch(place, distance, 0, 26);
    default:
        return "an unknown relocation";
    }
}

void *stub_make(uintptr_t *slot, struct call_out *call_out) {
    static const uint32_t note[] = {
        0x58000110, /* ldr x16, .+32 */
        0xa9007a1d, /* stp x29, x30, [x16] */
        0x910003f1, /* mov x17, sp */
        0xf9000a11, /* str x17, [x16, #16] */
    };
    static const uint32_t jump[] = {
        0x90000010, /* adrp x16, slot */
        0xf9400211, /* ldr x17, [x16, :lo12:slot] */
        0xd61f0220, /* br x17 */
        0xd503201f, /* nop */
    };
    static_assert(offsetof(struct call_out, fp) == 0 && offsetof(struct call_out, pc) == 8 &&
                  offsetof(struct call_out, sp) == 16);
    size_t noting = call_out ? sizeof note : 0;
    unsigned char *stub = arena_allocate(AREA_STUBS, noting + sizeof jump + 8, 8);
    if (!stub) return NULL;
    unsigned char *written = arena_writable(stub), *load = written + noting;
    uintptr_t address = (uintptr_t)stub + noting;
    memcpy(written, note, noting);
    memcpy(load, jump, sizeof jump);
    memcpy(load + sizeof jump, &call_out, 8);
    if (relocation_apply(R_AARCH64_ADR_GOT_PAGE, load, address, (uintptr_t)slot, 0) ||
        relocation_apply(R_AARCH64_LD64_GOT_LO12_NC, load + 4, address + 4, (uintptr_t)slot, 0))
        return NULL;
    __builtin___clear_cache((char *)stub, (char *)stub + noting + sizeof jump + 8);
    return stub;
}
#endif
