/* A sound file that somebody else wrote: it is loaded and every sample is a number, or it is refused. */
#include "lib/io/audio.h"
#include "survive.h"

/* libsndfile 1.2 forgets the decoder's state when it gives up a broken file; that is not ours to find here. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libsndfile.so\nleak:libvorbis\nleak:libogg\nleak:libFLAC\nleak:libmpg123\nleak:libopus\n";
}

static void use(const uint8_t *data, size_t size) {
    OtoTensor *x = oto_audio_parse(data, size, "fuzz.wav");
    oto_need_audio("fuzz", "x", x);
    for (int64_t i = 0; i < x->size; i++)
        if (!isfinite(((float *)x->data)[i])) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return survive(use, data, size);
}
