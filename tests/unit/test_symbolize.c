/* Which line an instruction of a cell belongs to. */
#include <gelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/engine/symbolize.h"
#include "kernel/engine/text.h"
#include "kernel/worker/protocol.h"
#include "lib/record/record.h"
#include "tests/unit/whole_file.h"

enum { ADDRESS = 0x10000 };

/* As cells are compiled with checks. */
static struct object compile(const char *source) {
    char path[] = "/tmp/symbolize-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    char *command = must_format("clang-19 -x c -O0 -g -gdwarf-aranges -fsanitize=address,undefined -c - -o %s", path);
    FILE *compiler = popen(command, "w");
    assert_non_null(compiler);
    fputs(source, compiler);
    assert_int_equal(pclose(compiler), 0);
    struct object object;
    object.bytes = whole_file(path, &object.size);
    unlink(path);
    free(command);
    return object;
}

/* A session into which one unit was loaded, its code at ADDRESS. Returns the code's size. */
static uint64_t load(struct session *session, const char *source) {
    struct object object = compile(source);
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)object.bytes, object.size);
    GElf_Shdr header = {};
    Elf_Scn *code = NULL;
    while ((code = elf_nextscn(elf, code)) && gelf_getshdr(code, &header) &&
           !(header.sh_size && (header.sh_flags & SHF_EXECINSTR))) {
    }
    assert_non_null(code);
    unsigned char section[20];
    memcpy(section, &(uint32_t){(uint32_t)elf_ndxscn(code)}, 4);
    memcpy(section + 4, &(uint64_t){ADDRESS}, 8);
    memcpy(section + 12, &(uint64_t){header.sh_size}, 8);
    elf_end(elf);
    struct oto_record loaded;
    oto_record_begin(&loaded, WORKER_LOADED);
    oto_record_integer(&loaded, "text_low", ADDRESS);
    oto_record_integer(&loaded, "text_high", ADDRESS + (int64_t)header.sh_size);
    oto_record_bytes(&loaded, "section", section, sizeof section);
    *session = (struct session){};
    loaded_open(&session->units);
    loaded_add(&session->units, 1, 1, true, false, &object, &loaded);
    oto_record_free(&loaded);
    free(object.bytes);
    return header.sh_size;
}

/* clang gives what a sanitizer adds to an expression line 0. */
static void each_instruction_of_a_function_has_a_line_of_it(void **state) {
    struct session session;
    uint64_t size = load(&session, "#line 1 \"cell\"\n"
                                   "int spin(int n) {\n"
                                   "    for (;;) n++;\n"
                                   "    return n;\n"
                                   "}\n"
                                   "int sum(int a, int b) {\n"
                                   "    return a + b;\n"
                                   "}\n");
    int in_loop = 0, in_sum = 0;
    for (uint64_t at = ADDRESS; at < ADDRESS + size; at++) {
        struct place place;
        assert_true(symbolize(&session, at, NULL, &place));
        if (place.function) {
            bool spins = !strcmp(place.function, "spin");
            assert_in_range(place.line, spins ? 1 : 5, spins ? 4 : 7);
            assert_int_equal(place.cell, 1);
            in_loop += place.line == 2;
            in_sum += place.line == 6;
        }
        place_free(&place);
    }
    assert_true(in_loop > 0 && in_sum > 0);
    loaded_close(&session.units);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_instruction_of_a_function_has_a_line_of_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
