/* System V ABI, AMD64 supplement, 4.4: the relocations clang emits for position-independent code of the small model. */
#if defined(__x86_64__)
#include "kernel/worker/relocate.h"

#include <elf.h>
#include <string.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/symbols.h"

enum relocation_value relocation_needs(uint32_t type, size_t *width) {
    *width = 4;
    switch (type) {
    case R_X86_64_NONE:
        *width = 0;
        return RELOCATION_NOTHING;
    case R_X86_64_64:
    case R_X86_64_PC64:
        *width = 8;
        return RELOCATION_ADDRESS;
    case R_X86_64_32:
    case R_X86_64_32S:
    case R_X86_64_PC32:
        return RELOCATION_ADDRESS;
    case R_X86_64_PLT32:
        return RELOCATION_CALL;
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        return RELOCATION_SLOT;
    default:
        return RELOCATION_UNKNOWN;
    }
}

const char *relocation_apply(uint32_t type, unsigned char *place, uintptr_t address, uintptr_t value, int64_t addend) {
    int64_t result = (int64_t)value + addend;
    switch (type) {
    case R_X86_64_NONE:
        return NULL;
    case R_X86_64_64:
        memcpy(place, &result, 8);
        return NULL;
    case R_X86_64_PC64:
        result -= (int64_t)address;
        memcpy(place, &result, 8);
        return NULL;
    case R_X86_64_32:
        if (result != (int64_t)(uint32_t)result) return "a 32-bit address is too far away";
        break;
    case R_X86_64_32S:
        if (result != (int32_t)result) return "a 32-bit address is too far away";
        break;
    default:
        result -= (int64_t)address;
        if (result != (int32_t)result) return "a 32-bit displacement is too short";
    }
    int32_t low = (int32_t)result;
    memcpy(place, &low, 4);
    return NULL;
}

void *stub_make(uintptr_t *slot, struct call_out *call_out) {
    static const unsigned char note[] = {
        0x49, 0xbb, 0,    0,    0, 0, 0, 0, 0, 0, /* movabs $call_out, %r11 */
        0x49, 0x89, 0x2b,                         /* mov %rbp, (%r11) */
        0x4c, 0x8b, 0x14, 0x24,                   /* mov (%rsp), %r10 */
        0x4d, 0x89, 0x53, 0x08,                   /* mov %r10, 8(%r11) */
        0x49, 0x89, 0x63, 0x10,                   /* mov %rsp, 16(%r11) */
    };
    static_assert(offsetof(struct call_out, fp) == 0 && offsetof(struct call_out, pc) == 8 &&
                  offsetof(struct call_out, sp) == 16);
    size_t noting = call_out ? sizeof note : 0;
    unsigned char *stub = arena_allocate(AREA_STUBS, noting + 8, 8);
    if (!stub) return NULL;
    unsigned char *written = arena_writable(stub), *jump = written + noting; /* jmp *slot(%rip); int3; int3 */
    memcpy(written, note, noting);
    if (call_out) memcpy(written + 2, &call_out, 8);
    int32_t displacement = (int32_t)((intptr_t)slot - (intptr_t)(stub + noting + 6));
    memcpy(jump, "\xff\x25", 2);
    memcpy(jump + 2, &displacement, 4);
    memcpy(jump + 6, "\xcc\xcc", 2);
    return stub;
}
#endif
