/* A sound file that somebody else wrote: it is loaded and every sample is a number, or it is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/io/audio.h"
#include "lib/tensor/error.h"

/* libsndfile 1.2 forgets the decoder's state when it gives up a broken file; that is not ours to find here. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libsndfile.so\nleak:libvorbis\nleak:libogg\nleak:libFLAC\nleak:libmpg123\nleak:libopus\n";
}

static jmp_buf refused;
static void on_error(const char *message, void *context) {
    longjmp(refused, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[64];
    if (!*path) snprintf(path, sizeof path, "/tmp/oto_fuzz_audio_%d", (int)getpid());
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
    OtoScope scope = oto_scope_begin();
    oto_on_error(on_error, NULL);
    if (setjmp(refused) == 0) {
        OtoTensor *x = oto_audio_load(path);
        oto_need_audio("fuzz", "x", x);
        for (int64_t i = 0; i < x->size; i++)
            if (!isfinite(((float *)x->data)[i])) abort();
    }
    oto_scope_end(&scope);
    unlink(path);
    return 0;
}
