/* The //% lines of a program cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/engine/settings.h"
#include "kernel/engine/text.h"

static struct settings settings_of(const char *source) {
    return settings_read(source, strlen(source));
}

static void words_are_kept_in_order(void **state) {
    (void)state;
    struct settings s =
        settings_of("//%cflags:-DN=7 -Wall\n  //%ldflags: -lm\n//%args:one two\nint x;\n//%cflags: -O2\r\n");
    assert_int_equal(s.compiler.count, 3);
    assert_string_equal(s.compiler.list[0], "-DN=7");
    assert_string_equal(s.compiler.list[1], "-Wall");
    assert_string_equal(s.compiler.list[2], "-O2");
    assert_int_equal(s.linker.count, 1);
    assert_int_equal(s.arguments.count, 2);
    assert_string_equal(s.arguments.list[1], "two");
    assert_null(s.arguments.list[2]);
    settings_free(&s);
}

static void quotes_hold_a_word_together(void **state) {
    (void)state;
    struct settings s = settings_of("//%args: \"two words\" it\"'s\" '' \"open");
    assert_int_equal(s.arguments.count, 4);
    assert_string_equal(s.arguments.list[0], "two words");
    assert_string_equal(s.arguments.list[1], "it's");
    assert_string_equal(s.arguments.list[2], "");
    assert_string_equal(s.arguments.list[3], "open");
    settings_free(&s);
}

static void other_lines_are_none(void **state) {
    (void)state;
    struct settings s = settings_of("// %cflags: -O2\nint x; //%args: one\n//%args\n//%cflags:\n");
    assert_int_equal(s.compiler.count + s.linker.count + s.arguments.count, 0);
    assert_null(settings_libraries(&s, "."));
    settings_free(&s);
}

static void libraries_come_by_name_or_by_path(void **state) {
    (void)state;
    char folder[] = "/tmp/oto-settings-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *file = must_format("%s/libthree.so", folder), *source = must_format("//%%cflags: -lm\n"
                                                                              "//%%ldflags: -L%s -lthree -lz four.so\n",
                                                                              folder);
    assert_int_equal(symlink("/dev/null", file), 0);
    struct settings s = settings_of(source);
    char *libraries = settings_libraries(&s, "/home/me"), *expected = must_format("m\n%s\nz\n/home/me/four.so\n", file);
    assert_string_equal(libraries, expected);
    settings_free(&s);
    unlink(file);
    rmdir(folder);
    free(libraries);
    free(expected);
    free(source);
    free(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_kept_in_order),
        cmocka_unit_test(quotes_hold_a_word_together),
        cmocka_unit_test(other_lines_are_none),
        cmocka_unit_test(libraries_come_by_name_or_by_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
