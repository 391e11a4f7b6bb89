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
    case R_X86_64_NONE: *width = 0; return RELOCATION_NOTHING;
    case R_X86_64_64:
    case R_X86_64_PC64: *width = 8; return RELOCATION_ADDRESS;
    case R_X86_64_32:
    case R_X86_64_32S:
    case R_X86_64_PC32: return RELOCATION_ADDRESS;
    case R_X86_64_PLT32: return RELOCATION_CALL;
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX: return RELOCATION_SLOT;
    default: return RELOCATION_UNKNOWN;
    }
}

const char *relocation_apply(uint32_t type, unsigned char *place, uintptr_t value, int64_t addend) {
    int64_t result = (int64_t)value + addend;
    switch (type) {
    case R_X86_64_NONE: return NULL;
    case R_X86_64_64: memcpy(place, &result, 8); return NULL;
    case R_X86_64_PC64:
        result -= (int64_t)place;
        memcpy(place, &result, 8);
        return NULL;
    case R_X86_64_32:
        if (result != (int64_t)(uint32_t)result) return "a 32-bit address is too far away";
        break;
    case R_X86_64_32S:
        if (result != (int32_t)result) return "a 32-bit address is too far away";
        break;
    default:
        result -= (int64_t)place;
        if (result != (int32_t)result) return "a 32-bit displacement is too short";
    }
    int32_t low = (int32_t)result;
    memcpy(place, &low, 4);
    return NULL;
}

void *stub_make(uintptr_t *slot) {
    unsigned char *stub = arena_allocate(AREA_TEXT, 8, 8); /* jmp *slot(%rip); int3; int3 */
    if (!stub) return NULL;
    int32_t displacement = (int32_t)((intptr_t)slot - (intptr_t)(stub + 6));
    memcpy(stub, "\xff\x25", 2);
    memcpy(stub + 2, &displacement, 4);
    memcpy(stub + 6, "\xcc\xcc", 2);
    return stub;
}

void *recorder_make(struct caller *caller, uintptr_t target) {
    static const unsigned char code[] = {
        0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, /* movabs $caller, %r11 */
        0x49, 0x89, 0x2b,                   /* mov %rbp, (%r11) */
        0x4c, 0x8b, 0x14, 0x24,             /* mov (%rsp), %r10 */
        0x4d, 0x89, 0x53, 0x08,             /* mov %r10, 8(%r11) */
        0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, /* movabs $target, %r11 */
        0x41, 0xff, 0xe3                    /* jmp *%r11 */
    };
    unsigned char *recorder = arena_allocate(AREA_TEXT, sizeof code, 16);
    if (!recorder) return NULL;
    memcpy(recorder, code, sizeof code);
    memcpy(recorder + 2, &caller, 8);
    memcpy(recorder + 23, &target, 8);
    return recorder;
}
#endif
