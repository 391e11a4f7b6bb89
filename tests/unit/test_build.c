/* Compilers that stand ready (kernel/engine/build.h, kernel/compiler), and what is known by its content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/engine/build.h"
#include "kernel/engine/content.h"
#include "kernel/engine/facts.h"

static const struct toolchain *toolchain;
static struct flavour flavour;
static struct builder *builder;

static int start(bool thrifty) {
    char *error = NULL;
    setenv("OTO_ROOT", "build", 0);
    toolchain = toolchain_find(&error);
    if (!toolchain || !flavour_make(toolchain, MODE_CHECKED, NULL, NULL, &flavour, &error)) return -1;
    builder = builder_open(toolchain, NULL, thrifty);
    return 0;
}

static int start_ready(void **state) {
    return start(false);
}

static int start_thrifty(void **state) {
    return start(true);
}

static int stop(void **state) {
    builder_close(builder);
    flavour_free(&flavour);
    return 0;
}

static enum compile_end compile(const char *text, const struct stop_wish *stop, struct object *object, char **errors) {
    *errors = NULL;
    *object = (struct object){};
    return builder_compile(builder, &flavour, text, strlen(text), stop, object, errors);
}

static void assert_compiles(const char *text) {
    struct object object;
    char *errors;
    assert_int_equal(compile(text, NULL, &object, &errors), COMPILE_DONE);
    assert_memory_equal(object.bytes, "\177ELF", 4);
    free(object.bytes);
}

static void a_text_becomes_an_object(void **state) {
    assert_compiles("int f(void) { return 1; }\n");
}

static void what_another_builder_built_is_not_built_again(void **state) {
    static const char text[] = "int h(void) { return 2; }\n", known[] = "taught";
    struct object object;
    char *errors;
    builder_teach(builder, content_key((const char *const *)flavour.parse_flags, text, strlen(text)), known, 6);
    assert_int_equal(compile(text, NULL, &object, &errors), COMPILE_DONE);
    assert_int_equal(object.size, 6);
    assert_memory_equal(object.bytes, known, 6);
    free(object.bytes);
}

static void what_is_made_for_this_processor_is_not_for_others(void **state) {
    static const char text[] = "int k(void) { return 3; }\n";
    struct learned learned = {.wanted = true};
    struct builder *learning = builder_open(toolchain, &learned, false);
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        struct flavour own = {};
        struct object object;
        char *error = NULL;
        assert_true(flavour_make(toolchain, (enum mode)mode, NULL, NULL, &own, &error));
        assert_int_equal(builder_compile(learning, &own, text, strlen(text), NULL, &object, &error), COMPILE_DONE);
        assert_true((learned.bytes.length > 0) == (mode == MODE_CHECKED));
        text_clear(&learned.bytes);
        free(object.bytes);
        flavour_free(&own);
    }
    builder_close(learning);
    text_free(&learned.bytes);
}

/* And the next text is compiled. */
static void assert_refused(const char *text, const char *why) {
    struct object object;
    char *errors;
    assert_int_equal(compile(text, NULL, &object, &errors), COMPILE_REFUSED);
    assert_non_null(strstr(errors, why));
    free(errors);
    assert_compiles("int g(void) { return 1; }\n");
}

static void a_wrong_text_is_refused_with_what_is_wrong(void **state) {
    assert_refused("int f(void) { return x; }\n", "undeclared identifier 'x'");
}

static void after_a_rest_it_compiles_again(void **state) {
    assert_compiles("int a(void) { return 1; }\n");
    builder_rest(builder);
    assert_compiles("int b(void) { return 1; }\n");
}

static bool always(void *context) {
    return true;
}

static void one_that_crashes_is_started_again(void **state) {
    assert_refused("int e;\n#pragma clang __debug crash\n", "the compiler itself failed");
}

static void a_compilation_is_stopped_on_request(void **state) {
    struct stop_wish stop = {.wake = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), .wished = always};
    struct object object;
    char *errors;
    assert_int_equal(compile("int c(void) { return 1; }\n", &stop, &object, &errors), COMPILE_STOPPED);
    free(errors);
    close(stop.wake);
    assert_compiles("int d(void) { return 1; }\n");
}

static void flags_of_the_users_own_are_checked(void **state) {
    const char *const wrong[] = {"-fno-such-flag", NULL};
    struct flavour refused = {};
    char *error = NULL;
    assert_false(flavour_make(toolchain, MODE_CHECKED, NULL, wrong, &refused, &error));
    assert_non_null(strstr(error, "-fno-such-flag"));
    free(error);
}

static void a_text_that_includes_a_local_file_may_change(void **state) {
    static const char *const changing[] = {"#include \"mine.h\"\n",
                                           "# include MINE\n",
                                           "#if __has_include(\"a\")\n",
                                           "#embed \"x\"\n",
                                           "#include",
                                           "# import <mine.h>\n",
                                           "__asm__(\".incbin \\\"x\\\"\");\n"};
    for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
        assert_true(content_reads_files(changing[i], strlen(changing[i])));
    const char *lasting = "#include <stdio.h>\nint x; // important\n";
    assert_false(content_reads_files(lasting, strlen(lasting)));
    static const char *const own[] = {"-O2", "-Ioto", "-iquote.", "-include-pch", "x.pch", NULL};
    static const char *const users[][8] = {{"-Ioto", "-I."}, {"-Ioto", "-I", "."}, {"-include", "mine.h"},
                                           {"-isystem."},    {"-idirafter", "."},  {"--include=mine.h"}};
    assert_false(content_may_change(own, lasting, strlen(lasting)));
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        assert_true(content_may_change(users[i], lasting, strlen(lasting)));
}

static void facts_survive_packing(void **state) {
    struct facts facts = {.skipped_count = 1}, read;
    struct text packed = {};
    facts.skipped = calloc(1, sizeof *facts.skipped);
    facts.skipped[0].start = 3;
    struct fact *fact = &ARRAY_ADD(facts.list, facts.count, facts.capacity);
    *fact = (struct fact){.kind = FACT_FUNCTION, .name = must_copy("f"), .offset = (size_t)-1};
    struct diagnostic *d = &ARRAY_ADD(facts.diagnostics, facts.diagnostic_count, facts.diagnostic_capacity);
    *d = (struct diagnostic){.severity = SEVERITY_ERROR, .message = must_copy("wrong"), .line = 7};
    facts_pack(&facts, &packed);
    assert_true(facts_unpack(&(struct packed){packed.data, packed.data + packed.length, false}, &read));
    assert_int_equal(read.count, 1);
    assert_string_equal(read.list[0].name, "f");
    assert_null(read.list[0].declaration);
    assert_true(read.list[0].offset == (size_t)-1);
    assert_string_equal(read.diagnostics[0].message, "wrong");
    assert_int_equal(read.diagnostics[0].line, 7);
    assert_int_equal(read.skipped[0].start, 3);
    facts_free(&read);
    for (size_t length = 0; length < packed.length; length++) /* cut anywhere, they are no facts */
        assert_false(facts_unpack(&(struct packed){packed.data, packed.data + length, false}, &read));
    facts_free(&facts);
    text_free(&packed);
}

int main(void) {
    const struct CMUnitTest compiling[] = {
        cmocka_unit_test(a_text_becomes_an_object),
        cmocka_unit_test(what_another_builder_built_is_not_built_again),
        cmocka_unit_test(what_is_made_for_this_processor_is_not_for_others),
        cmocka_unit_test(a_wrong_text_is_refused_with_what_is_wrong),
        cmocka_unit_test(after_a_rest_it_compiles_again),
        cmocka_unit_test(one_that_crashes_is_started_again),
        cmocka_unit_test(a_compilation_is_stopped_on_request),
    };
    const struct CMUnitTest reading[] = {
        cmocka_unit_test(flags_of_the_users_own_are_checked),
        cmocka_unit_test(a_text_that_includes_a_local_file_may_change),
        cmocka_unit_test(facts_survive_packing),
    };
    int failed = cmocka_run_group_tests_name("compilers ready ahead", compiling, start_ready, stop);
    failed += cmocka_run_group_tests_name("thrifty compilers", compiling, start_thrifty, stop);
    return failed + cmocka_run_group_tests_name("texts and facts", reading, start_ready, stop);
}
