#include "kernel/worker/debugger.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* The interface's own names and layout: https://sourceware.org/gdb/current/onlinedocs/gdb/Declarations.html */
struct jit_code_entry {
    struct jit_code_entry *next_entry, *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
};
enum { JIT_NOACTION, JIT_REGISTER_FN };
struct jit_descriptor {
    uint32_t version, action_flag;
    struct jit_code_entry *relevant_entry, *first_entry;
};

[[gnu::visibility("default")]] struct jit_descriptor __jit_debug_descriptor = {.version = 1};

[[gnu::visibility("default"), gnu::noinline]] void __jit_debug_register_code(void) {
    __asm__ volatile("" ::: "memory");
}

bool debugger_register(const void *object, size_t size, const struct loaded *loaded) {
    char *copy = malloc(size);
    struct jit_code_entry *entry = calloc(1, sizeof *entry);
    if (!copy || !entry) {
        free(copy);
        free(entry);
        return false;
    }
    memcpy(copy, object, size);
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy + ((const Elf64_Ehdr *)object)->e_shoff);
    for (size_t i = 0; i < loaded->section_count; i++)
        sections[loaded->sections[i].index].sh_addr = loaded->sections[i].address;
    *entry = (struct jit_code_entry){
        .next_entry = __jit_debug_descriptor.first_entry, .symfile_addr = copy, .symfile_size = size};
    if (entry->next_entry) entry->next_entry->prev_entry = entry;
    __jit_debug_descriptor.first_entry = __jit_debug_descriptor.relevant_entry = entry;
    __jit_debug_descriptor.action_flag = JIT_REGISTER_FN;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = JIT_NOACTION;
    return true;
}
