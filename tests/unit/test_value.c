/* Values as text (kernel/worker/value.h), by the descriptions the engine makes. */
#include <complex.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <uchar.h>
#include <wchar.h>

#include <cmocka.h>

#include "kernel/worker/value.h"

static void assert_shows(const void *address, const char *type, const char *expected) {
    char *text = value_format(address, type);
    if (!text || strcmp(text, expected) != 0) fail_msg("%s: %s, not %s", type, text ? text : "(malformed)", expected);
    free(text);
}
#define SHOWS(kind, value, type, expected)                                                                             \
    do {                                                                                                               \
        kind object = value;                                                                                           \
        assert_shows(&object, type, expected);                                                                         \
    } while (0)

static void integers_of_every_size(void **state) {
    SHOWS(signed char, -128, "i1", "-128");
    SHOWS(unsigned char, 255, "u1", "255");
    SHOWS(short, -2, "i2", "-2");
    SHOWS(int, -2147483647 - 1, "i4", "-2147483648");
    SHOWS(long, INT64_MIN, "i8", "-9223372036854775808");
    SHOWS(unsigned long, UINT64_MAX, "u8", "18446744073709551615");
    SHOWS(__int128, (__int128)((unsigned __int128)1 << 127), "i16", "-170141183460469231731687303715884105728");
    SHOWS(unsigned __int128, ~(unsigned __int128)0, "u16", "340282366920938463463374607431768211455");
}

static void floats_are_the_shortest_text_that_reads_back(void **state) {
    SHOWS(float, 0.1f, "f4", "0.1");
    SHOWS(double, 0.1 + 0.2, "f8", "0.30000000000000004");
    SHOWS(double, 4, "f8", "4.0");
    SHOWS(double, -0.0, "f8", "-0.0");
    SHOWS(double, 100000, "f8", "100000.0");
    SHOWS(double, 123456789.25, "f8", "123456789.25");
    SHOWS(double, 0.0001, "f8", "0.0001");
    SHOWS(double, 0.00001, "f8", "1e-05");
    SHOWS(double, 1e20, "f8", "1e+20");
    SHOWS(double, 1.5e300, "f8", "1.5e+300");
    SHOWS(double, 5e-324, "f8", "5e-324");
    SHOWS(double, INFINITY, "f8", "inf");
    SHOWS(double, -INFINITY, "f8", "-inf");
    SHOWS(double, NAN, "f8", "nan");
    SHOWS(long double, 0.1L, "f16", "0.1");
    SHOWS(float, 16777216.0f, "f4", "16777216.0");
}

static void short_floats_too(void **state) {
    SHOWS(uint16_t, 0x3c00, "f2", "1.0");
    SHOWS(uint16_t, 0x2e66, "f2", "0.1");
    SHOWS(uint16_t, 0x0001, "f2", "6e-08");
    SHOWS(uint16_t, 0x7bff, "f2", "65500.0");
    SHOWS(uint16_t, 0xfc00, "f2", "-inf");
    SHOWS(uint16_t, 0x7e00, "f2", "nan");
    SHOWS(uint16_t, 0x8000, "f2", "-0.0");
    SHOWS(uint16_t, 0x3fc0, "h2", "1.5");
    SHOWS(uint16_t, 0x3dcd, "h2", "0.1");
}

static void bit_precise_integers(void **state) {
    SHOWS(uint32_t, 0x1fffb, "n17+4", "-5");
    SHOWS(uint32_t, 0xfffffffb, "N17+4", "131067");
    SHOWS(unsigned char, 6, "N3+1", "6");
    uint64_t wide[4] = {0, 0, 1, 0}, least[4] = {0, 0, 0, 1ull << 63};
    assert_shows(wide, "n256+32", "340282366920938463463374607431768211456");
    assert_shows(least, "n256+32", "-57896044618658097711785492504343953926634992332820282019728792003956564819968");
    assert_shows(least, "N256+32", "57896044618658097711785492504343953926634992332820282019728792003956564819968");
    memset(wide, 0, sizeof wide);
    assert_shows(wide, "n200+32", "0");
}

static void wide_text(void **state) {
    wchar_t word[8] = L"größe", full[2] = L"ab";
    SHOWS(const wchar_t *, L"tab\t\"音", "wL", "L\"tab\\t\\\"音\"");
    SHOWS(const char16_t *, u"é😀", "wu", "u\"é😀\"");
    SHOWS(const char32_t *, NULL, "wU", "NULL");
    assert_shows(word, "a8[kLi4]", "L\"größe\"");
    assert_shows(full, "a2[kLi4]", "{97, 98}");
    SHOWS(wchar_t, L'a', "kLi4", "97");
}

static void text_stops_where_the_checks_know_nothing_of_it(void **state) {
    char *open = malloc(3), *gone = malloc(8);
    memcpy(open, "abc", 3);
    memcpy(gone, "gone", 5);
    SHOWS(char *, open, "s", "\"abc\"...");
    free(open);
    free(gone);
    char *text = value_format(&gone, "s");
    assert_non_null(strstr(text, "<unreadable>"));
    free(text);
}

static void every_float_reads_back(void **state) {
    uint32_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        float value;
        bits = bits * 1664525u + 1013904223u;
        memcpy(&value, &bits, 4);
        if (isnan(value)) continue;
        char *text = value_format(&value, "f4");
        assert_non_null(text);
        assert_true(strtof(text, NULL) == value);
        free(text);
    }
}

#define CMPLX_OF(real, imaginary) __builtin_complex((double)(real), (double)(imaginary))
static void complex_numbers(void **state) {
    SHOWS(double complex, 1 + 2i, "zf8", "1 + 2i");
    SHOWS(double complex, -3 + 4i, "zf8", "-3 + 4i");
    SHOWS(float complex, 1 - 2.5fi, "zf4", "1 - 2.5i");
    SHOWS(double complex, CMPLX_OF(-0.0, -0.0), "zf8", "-0 - 0i");
    SHOWS(_Complex int, 3 + 4i, "zi4", "3 + 4i");
}

static void characters_and_booleans(void **state) {
    SHOWS(char, 'a', "c", "'a'");
    SHOWS(char, '\n', "c", "'\\n'");
    SHOWS(char, 0, "c", "'\\0'");
    SHOWS(char, '\'', "c", "'\\''");
    SHOWS(char, '"', "c", "'\"'");
    SHOWS(char, (char)0xe9, "c", "'\\351'");
    SHOWS(bool, true, "b", "true");
    SHOWS(bool, false, "b", "false");
}

static void text_is_quoted_and_escaped(void **state) {
    SHOWS(const char *, "tab\there", "s", "\"tab\\there\"");
    SHOWS(const char *, "quote \" and \\", "s", "\"quote \\\" and \\\\\"");
    SHOWS(const char *, "größe 音", "s", "\"größe 音\"");
    SHOWS(const char *, "bad \xff\xc0\x80 utf", "s", "\"bad \\377\\300\\200 utf\"");
    SHOWS(const char *,
          "\x01"
          "2",
          "s", "\"\\0012\"");
    SHOWS(const char *, NULL, "s", "NULL");
    char word[8] = "abc", full[3] = {'a', 'b', 'c'};
    assert_shows(word, "a8[c]", "\"abc\"");
    assert_shows(full, "a3[c]", "{'a', 'b', 'c'}");
}

static void memory_that_is_not_there_is_not_touched(void **state) {
    SHOWS(const char *, (const char *)16, "s", "(char *) 0x10 <unreadable>");
    assert_shows((void *)16, "i4", "<unreadable>");
    assert_shows((void *)16, "r8{x@0:i4;y@4:i4}", "{.x = <unreadable>, .y = <unreadable>}");
    /* a string that ends right before a page of no access */
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    memcpy(pages + 4092, "end", 4);
    SHOWS(char *, pages + 4092, "s", "\"end\"");
    munmap(pages, 8192);
}

static void pointers_and_functions(void **state) {
    int *nothing = NULL, *something = (int *)0x1234;
    assert_shows(&nothing, "p{int *}", "NULL");
    assert_shows(&something, "p{int *}", "(int *) 0x1234");
    assert_shows(&something, "p{struct \\{ int a; \\} *}", "(struct { int a; } *) 0x1234");
    assert_shows((void *)abs, "F{double half(double)}", "double half(double)");
}

static void enums_by_name(void **state) {
    SHOWS(int, 4, "e4{MAJOR=0,MINOR=4}", "MINOR");
    SHOWS(int, 9, "e4{MAJOR=0,MINOR=4}", "9");
    SHOWS(int, -1, "e4{BELOW=-1}", "BELOW");
    SHOWS(signed char, -1, "e1{BELOW=-1}", "BELOW");
    SHOWS(unsigned, 4294967295u, "E4{LOW=0}", "4294967295");
    SHOWS(uint64_t, UINT64_MAX, "E8{ALL=18446744073709551615}", "ALL");
    SHOWS(unsigned char, 0x28, "r1{x@0#3+2:E4{A=0,B=1}}", "{.x = B}");
}

static void arrays_and_matrices(void **state) {
    int a[] = {1, 2, 3}, none[1];
    float m[2][3] = {{1, 2, 3}, {4, 5, 6}};
    assert_shows(a, "a3[i4]", "{1, 2, 3}");
    assert_shows(none, "a0[i4]", "{}");
    assert_shows(m, "a2[a3[f4]]", "{{1.0, 2.0, 3.0},\n {4.0, 5.0, 6.0}}");
    char names[2][4] = {"ab", "cd"};
    assert_shows(names, "a2[a4[c]]", "{\"ab\", \"cd\"}");
    static double big[5000];
    char *text = value_format(big, "a5000[f8]");
    assert_non_null(text);
    assert_non_null(strstr(text, ", ..., "));
    assert_non_null(strstr(text, "} (5000 elements)"));
    assert_true(strlen(text) < 300);
    free(text);
    static int hundred[100];
    text = value_format(hundred, "a100[i4]");
    assert_non_null(text);
    assert_null(strstr(text, "..."));
    free(text);
}

static void structs_field_by_field(void **state) {
    struct line {
        struct {
            double x, y;
        } a;
        const char *name;
        int tags[2];
    } l = {{0, 3.5}, "edge", {7, 8}};
    assert_shows(&l, "r32{a@0:r16{x@0:f8;y@8:f8};name@16:s;tags@24:a2[i4]}",
                 "{.a = {.x = 0.0, .y = 3.5}, .name = \"edge\", .tags = {7, 8}}");
    struct {
        int n;
        unsigned low : 3, flags : 5;
        int sign : 4;
    } bits = {1, 5, 19, -3};
    assert_shows(&bits, "r8{n@0:i4;low@4#0+3:u4;flags@4#3+5:u4;sign@4#8+4:i4}",
                 "{.n = 1, .low = 5, .flags = 19, .sign = -3}");
    assert_shows(&l, "r32{@0:r16{x@0:f8;y@8:f8}}", "{{.x = 0.0, .y = 3.5}}");
    assert_shows(&l, "r0{}", "{}");
}

static void a_malformed_description_is_refused(void **state) {
    static const char *const bad[] = {"",
                                      "q",
                                      "i",
                                      "i3",
                                      "i4x",
                                      "f5",
                                      "a",
                                      "a3",
                                      "a3[",
                                      "a3[i4",
                                      "a3[q]",
                                      "e4{A=}",
                                      "e4{A",
                                      "p",
                                      "p{int *",
                                      "r8{x",
                                      "r8{x@0:i4",
                                      "r8{x@0#:i4}",
                                      "F",
                                      "i99",
                                      "e9{A=1}",
                                      "z",
                                      "zz",
                                      "zs",
                                      "n17",
                                      "n0+4",
                                      "f3",
                                      "k",
                                      "kL",
                                      "w",
                                      "a99999999999999999999[i4]",
                                      "r8{x@0:i4,y@4:i4}",
                                      "r8{x@0#3+5:f4}"};
    long long memory[8] = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (value_format(memory, bad[i])) fail_msg("accepted: %s", bad[i]);
    char deep[400];
    for (int i = 0; i < 99; i++) memcpy(deep + 3 * i, "a1[", 3);
    strcpy(deep + 297, "i4");
    assert_null(value_format(memory, deep));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_size),
        cmocka_unit_test(floats_are_the_shortest_text_that_reads_back),
        cmocka_unit_test(every_float_reads_back),
        cmocka_unit_test(short_floats_too),
        cmocka_unit_test(bit_precise_integers),
        cmocka_unit_test(wide_text),
        cmocka_unit_test(text_stops_where_the_checks_know_nothing_of_it),
        cmocka_unit_test(complex_numbers),
        cmocka_unit_test(characters_and_booleans),
        cmocka_unit_test(text_is_quoted_and_escaped),
        cmocka_unit_test(memory_that_is_not_there_is_not_touched),
        cmocka_unit_test(pointers_and_functions),
        cmocka_unit_test(enums_by_name),
        cmocka_unit_test(arrays_and_matrices),
        cmocka_unit_test(structs_field_by_field),
        cmocka_unit_test(a_malformed_description_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
