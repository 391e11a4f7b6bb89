/* Where FluidSynth's library is not installed, the library's own synthesiser plays. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/music/notes.h"
#include "lib/music/soundfont.h"

static int hide_fluidsynth(void **state) {
    return setenv("OTO_FLUIDSYNTH", "/nowhere/libfluidsynth.so", 1);
}

static void what_is_missing_is_named(void **state) {
    const char *problem = oto_soundfont_problem("TimGM6mb");
    assert_non_null(problem);
    assert_non_null(strstr(problem, "libfluidsynth3"));
}

static void the_librarys_own_synthesiser_plays(void **state) {
    OtoNotes *notes = oto_notes({0, 0.5, 69}, {0.5, 0.1, 36, .channel = 9});
    OtoTensor *own = oto_render(notes), *instead = oto_render(notes, .soundfont = "any");
    assert_int_equal(own->size, instead->size);
    assert_memory_equal(own->data, instead->data, (size_t)own->size * sizeof(float));
}

static void a_name_that_is_no_soundfont_is_refused_all_the_same(void **state) {
    assert_refused(oto_render(oto_notes({0, 1, 60}), .soundfont = "piano"), "\"piano\" is no soundfont");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(the_librarys_own_synthesiser_plays),
        cmocka_unit_test(a_name_that_is_no_soundfont_is_refused_all_the_same),
    };
    return cmocka_run_group_tests(tests, hide_fluidsynth, NULL);
}
