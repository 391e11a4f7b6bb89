/* Where functions keep their locals, from the code with which clang begins them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/engine/prologue.h"

#if defined(__x86_64__)

static void an_aligned_frame_lies_below_the_saved_registers(void **state) {
    /* push rbp; mov rbp, rsp; push rbx; and rsp, -32; sub rsp, 0xc0; mov rbx, rsp */
    static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x53, 0x48, 0x83, 0xe4, 0xe0, 0x48,
                                         0x81, 0xec, 0xc0, 0,    0,    0,    0x48, 0x89, 0xe3};
    assert_int_equal(prologue_base(code, sizeof code, 0x1010), 0x1000 - 0xc0);
    assert_int_equal(prologue_base(code, sizeof code, 0x1008), 0x1000 - 0xc0);
    assert_int_equal(prologue_base(code, sizeof code, 0x1004), 0xfe0 - 0xc0);
}

static void more_registers_and_a_small_frame_are_read_too(void **state) {
    /* push rbp; mov rbp, rsp; push r15; push rbx; and rsp, -64; sub rsp, 0x40; mov rbx, rsp */
    static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x53, 0x48, 0x83,
                                         0xe4, 0xc0, 0x48, 0x83, 0xec, 0x40, 0x48, 0x89, 0xe3};
    assert_int_equal(prologue_base(code, sizeof code, 0x2050), 0x2040 - 0x40);
}

static void a_frame_without_base_pointer_has_none(void **state) {
    /* push rbp; mov rbp, rsp; sub rsp, 0x10; mov [rbp-4], edi */
    static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10, 0x89, 0x7d, 0xfc};
    assert_int_equal(prologue_base(code, sizeof code, 0x1000), 0);
    for (size_t size = 0; size < sizeof code; size++) assert_int_equal(prologue_base(code, size, 0x1000), 0);
}

#elif defined(__aarch64__)

static void an_aligned_frame_lies_below_the_saved_registers(void **state) {
    /* stp x29, x30, [sp, #-32]!; str x19, [sp, #16]; mov x29, sp; sub x9, sp, #128; and sp, x9, #-32; mov x19, sp */
    static const uint32_t code[] = {0xa9be7bfd, 0xf9000bf3, 0x910003fd, 0xd10203e9, 0x927be93f, 0x910003f3};
    assert_int_equal(prologue_base((const unsigned char *)code, sizeof code, 0x1010), 0x1000 - 0x80);
}

static void more_registers_and_a_small_frame_are_read_too(void **state) {
    /* stp x29, x30, [sp, #16]; add x29, sp, #16; sub x9, sp, #64; and sp, x9, #-64; mov x19, sp */
    static const uint32_t code[] = {0xa9017bfd, 0x910043fd, 0xd10103e9, 0x927ae53f, 0x910003f3};
    assert_int_equal(prologue_base((const unsigned char *)code, sizeof code, 0x2050), 0x2000);
}

static void a_frame_without_base_pointer_has_none(void **state) {
    static const uint32_t code[] = {0xa9bf7bfd, 0x910003fd, 0xd65f03c0};
    assert_int_equal(prologue_base((const unsigned char *)code, sizeof code, 0x1000), 0);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aligned_frame_lies_below_the_saved_registers),
        cmocka_unit_test(more_registers_and_a_small_frame_are_read_too),
        cmocka_unit_test(a_frame_without_base_pointer_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
