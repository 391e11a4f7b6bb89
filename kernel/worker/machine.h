/* machine: the few facts about a stopped thread that each machine keeps in a place of its own. */
#ifndef OTO_WORKER_MACHINE_H
#define OTO_WORKER_MACHINE_H

#include <string.h>
#include <ucontext.h>

#include "kernel/worker/worker.h"

#if defined(__x86_64__)

static inline uintptr_t machine_pc(const void *context) {
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}
static inline void machine_set_pc(void *context, uintptr_t pc) {
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
}
static inline uintptr_t machine_fp(const void *context) {
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RBP];
}
static inline uintptr_t machine_sp(const void *context) {
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RSP];
}
/* Right after a jump to a bad address: where its caller would have gone on, 0 when it is on the stack (at sp). */
static inline uintptr_t machine_link(const void *context) {
    return 0;
}

/* The general registers, in any order. */
static inline int machine_register_count(void) {
    return REG_RIP;
}
static inline uintptr_t machine_register(const void *context, int number) {
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[number];
}

/* Does the instruction at the program counter name this number (32 bits) as its displacement? */
static inline bool machine_mentions(const unsigned char *code, uintptr_t number) {
    uint32_t word;
    for (int i = 1; i <= 8; i++) {
        memcpy(&word, code + i, sizeof word);
        if (word == number) return true;
    }
    return false;
}

/* What a SIGSEGV tried, from the page fault's error code. */
static inline const char *machine_access(const void *context) {
    const ucontext_t *thread = context;
    if (thread->uc_mcontext.gregs[REG_TRAPNO] != 14) return "unknown";
    long long error = thread->uc_mcontext.gregs[REG_ERR];
    return error & 16 ? "execute" : error & 2 ? "write" : "read";
}

/* Do the bytes before an address belong to a call? window holds the eight bytes before it. */
static inline bool machine_is_call(const unsigned char window[8]) {
    if (window[3] == 0xe8) return true; /* call rel32 */
    for (int length = 2; length <= 7; length++) {
        const unsigned char *code = window + 8 - length;
        if (code[0] != 0xff || (code[1] & 0x38) != 0x10) continue; /* call r/m64 */
        int mode = code[1] >> 6, base = code[1] & 7;
        int wanted = 2 + (mode != 3 && base == 4) + (mode == 1 ? 1 : mode == 2 || (mode == 0 && base == 5) ? 4 : 0);
        if (wanted == length) return true;
    }
    return false;
}

/* Was the thread inside a system call? window holds the eight bytes before its program counter. */
static inline bool machine_is_system_call(const unsigned char window[8]) {
    return window[6] == 0x0f && window[7] == 0x05;
}

#elif defined(__aarch64__)

static inline uintptr_t machine_pc(const void *context) {
    return ((const ucontext_t *)context)->uc_mcontext.pc;
}
static inline void machine_set_pc(void *context, uintptr_t pc) {
    ((ucontext_t *)context)->uc_mcontext.pc = pc;
}
static inline uintptr_t machine_fp(const void *context) {
    return ((const ucontext_t *)context)->uc_mcontext.regs[29];
}
static inline uintptr_t machine_sp(const void *context) {
    return ((const ucontext_t *)context)->uc_mcontext.sp;
}
static inline uintptr_t machine_link(const void *context) {
    return ((const ucontext_t *)context)->uc_mcontext.regs[30];
}

static inline int machine_register_count(void) {
    return 31;
}
static inline uintptr_t machine_register(const void *context, int number) {
    return ((const ucontext_t *)context)->uc_mcontext.regs[number];
}

/* Displacements are short here; numbers are in registers. */
static inline bool machine_mentions(const unsigned char *code, uintptr_t number) {
    return false;
}

/* The exception syndrome register is one of the records behind the general registers. */
static inline const char *machine_access(const void *context) {
    enum { ESR_MAGIC = 0x45535201 };
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
    const unsigned char *at = machine->__reserved, *end = at + sizeof machine->__reserved;
    while (end - at >= 16) {
        uint32_t head[2];
        uint64_t syndrome;
        memcpy(head, at, 8);
        if (head[0] == 0 || head[1] < 8 || head[1] > (size_t)(end - at)) break;
        memcpy(&syndrome, at + 8, 8);
        if (head[0] == ESR_MAGIC) {
            uint64_t class = syndrome >> 26 & 0x3f;
            if (class == 0x20 || class == 0x21) return "execute";
            if (class == 0x24 || class == 0x25) return syndrome & 64 ? "write" : "read";
            return "unknown";
        }
        at += head[1];
    }
    return "unknown";
}

static inline bool machine_is_call(const unsigned char window[8]) {
    uint32_t code;
    memcpy(&code, window + 4, 4);
    return (code & 0xfc000000) == 0x94000000 || (code & 0xfffffc1f) == 0xd63f0000; /* bl, blr */
}
static inline bool machine_is_system_call(const unsigned char window[8]) {
    uint32_t code;
    memcpy(&code, window + 4, 4);
    return code == 0xd4000001;
}

#endif
#endif
