#include "lib/io/audio.h"
#include "lib/io/file.h"
#include "lib/io/truncation.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK_FRAMES = 1 << 16, CHANNELS_MAX = 256 };

/* Interleaved samples while they are read; a header's promise of length is not believed before the samples come. */
struct reading {
    float *samples;
    int64_t frames, capacity; /* in frames */
};

/* Refuses a file that ends before its own header says so; libsndfile plays what is there of it without a word. */
static void check_whole(FILE *file, const char *name) {
    long long expected = 0, size = 0;
    bool cut = oto_file_is_cut_short(file, &expected, &size);
    fclose(file);
    if (cut && expected > 0)
        oto_refuse("oto_audio_load", "%s is cut short: it has %lld bytes, but its header speaks of %lld; get it again",
                   name, size, expected);
    if (cut)
        oto_refuse("oto_audio_load", "%s is cut short: its last page, at byte %lld, is not the end; get it again", name,
                   size);
}

/* What can be said about a file before libsndfile opens it. */
static void check_file(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0)
        oto_refuse("oto_audio_load", "%s: %s%s", path, strerror(errno),
                   errno == ENOENT ? "; look at the spelling, and at the folder with %ls" : "");
    if (S_ISDIR(status.st_mode)) oto_refuse("oto_audio_load", "%s is a folder, not a file", path);
    if (S_ISREG(status.st_mode) && status.st_size == 0) oto_refuse("oto_audio_load", "%s is empty (0 bytes)", path);
    FILE *file = fopen(path, "rb");
    if (!file) oto_refuse("oto_audio_load", "%s: %s", path, strerror(errno));
    check_whole(file, path);
}

/* Reads up to `wanted` frames; false when memory ran out. */
static bool read_frames(SNDFILE *file, int channels, int64_t wanted, struct reading *reading) {
    while (reading->frames < wanted && !oto_interrupt_pending()) {
        if (reading->frames + BLOCK_FRAMES > reading->capacity) {
            int64_t capacity = reading->capacity * 2 + BLOCK_FRAMES;
            float *grown = realloc(reading->samples, (size_t)capacity * (size_t)channels * sizeof *grown);
            if (!grown) return false;
            reading->samples = grown;
            reading->capacity = capacity;
        }
        int64_t ask = wanted - reading->frames < BLOCK_FRAMES ? wanted - reading->frames : BLOCK_FRAMES;
        sf_count_t got = sf_readf_float(file, reading->samples + reading->frames * channels, ask);
        if (got <= 0) break;
        reading->frames += got;
    }
    return true;
}

/* The index of the first sample that is no number, or -1. */
static int64_t find_nan(const float *samples, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(samples[i])) return i;
    return -1;
}

/* Channel after channel, or their mean. */
static OtoTensor *to_tensor(const struct reading *reading, int channels, bool mono, double sample_rate) {
    int64_t frames = reading->frames;
    bool one = mono || channels == 1;
    OtoTensor *x =
        oto_zeros_of(OTO_FLOAT32, one ? 1 : 2, one ? (long long[]){frames} : (long long[]){channels, frames});
    float *to = x->data;
    for (int64_t i = 0; i < frames; i++) {
        const float *frame = reading->samples + i * channels;
        if (one) {
            float sum = 0;
            for (int c = 0; c < channels; c++) sum += frame[c];
            to[i] = sum / (float)channels;
        } else {
            for (int c = 0; c < channels; c++) to[c * frames + i] = frame[c];
        }
    }
    if (!one) oto_name_axis(x, 0, "channels");
    oto_name_axis(x, x->rank - 1, "time", .unit = "s", .step = 1 / sample_rate);
    x->sample_rate = sample_rate;
    x->quantity = OTO_AMPLITUDE;
    return x;
}

static void check_options(const OtoAudioLoad *options) {
    if (options->sample_rate != 0) oto_check_range("oto_audio_load", "sample_rate", options->sample_rate, 100, 1e6);
    oto_check_range("oto_audio_load", "offset", options->offset, 0, 1e9);
    oto_check_range("oto_audio_load", "duration", options->duration, 0, 1e9);
}

/* The sound of an open file, which is closed. */
static OtoTensor *take(SNDFILE *file, SF_INFO info, const char *path, OtoAudioLoad options) {
    if (!file)
        oto_refuse("oto_audio_load", "%s is not audio that can be read (WAV, FLAC, OGG, MP3): %s", path,
                   sf_strerror(NULL));
    if (info.channels < 1 || info.channels > CHANNELS_MAX || info.samplerate < 1) {
        sf_close(file);
        oto_refuse("oto_audio_load", "%s says it has %d channels at %d Hz, which is no sound", path, info.channels,
                   info.samplerate);
    }
    int64_t skip = (int64_t)llround(options.offset * info.samplerate);
    if (skip >= info.frames || (skip > 0 && sf_seek(file, skip, SEEK_SET) < 0)) {
        sf_close(file);
        if (info.frames == 0) oto_refuse("oto_audio_load", "%s holds no samples", path);
        oto_refuse("oto_audio_load", "offset %g s lies behind the end of %s, %g s", options.offset, path,
                   (double)info.frames / info.samplerate);
    }
    int64_t promised = info.frames - skip, wanted = promised;
    if (options.duration > 0) {
        int64_t asked = (int64_t)llround(options.duration * info.samplerate);
        if (asked < wanted) wanted = asked > 0 ? asked : 1;
    }
    struct reading reading = {};
    bool read = read_frames(file, info.channels, wanted, &reading);
    int error = sf_error(file);
    sf_close(file);

    bool endless = info.frames == SF_COUNT_MAX; /* a stream that does not say how long it is */
    int64_t bad = read ? find_nan(reading.samples, reading.frames * info.channels) : -1;
    if (!read || bad >= 0 || reading.frames == 0 || error ||
        (reading.frames < wanted && !endless && !oto_interrupt_pending())) {
        free(reading.samples);
        if (!read) oto_refuse("oto_audio_load", "no memory for %s (%" PRId64 " samples)", path, wanted);
        if (bad >= 0)
            oto_refuse("oto_audio_load", "sample %" PRId64 " of %s is NaN or infinite; the file is damaged",
                       bad / info.channels, path);
        oto_refuse("oto_audio_load", "%s is cut short or damaged: %" PRId64 " of %" PRId64 " samples could be read%s%s",
                   path, reading.frames, wanted, error ? "; " : "", error ? sf_error_number(error) : "");
    }
    OtoTensor *x = to_tensor(&reading, info.channels, options.mono, info.samplerate);
    free(reading.samples);
    x->axes[x->rank - 1].start = (double)skip / info.samplerate;
    if (options.sample_rate != 0 && options.sample_rate != info.samplerate) {
        OtoTensor *other = oto_resample(x, options.sample_rate);
        oto_free(x);
        x = other;
    }
    oto_set_origin(x, oto_file_name(path), NULL);
    return x;
}

OtoTensor *(oto_audio_load)(const char *path, OtoAudioLoad options) {
    oto_check_text("oto_audio_load", "path", path);
    check_options(&options);
    check_file(path);
    SF_INFO info = {};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    return take(file, info, path, options);
}

/* A file in memory, as libsndfile asks for it. */
struct memory {
    const unsigned char *bytes;
    sf_count_t size, at;
};

static sf_count_t memory_size(void *context) {
    return ((struct memory *)context)->size;
}
static sf_count_t memory_tell(void *context) {
    return ((struct memory *)context)->at;
}
static sf_count_t memory_seek(sf_count_t offset, int from, void *context) {
    struct memory *memory = context;
    sf_count_t base = from == SEEK_SET ? 0 : from == SEEK_CUR ? memory->at : memory->size, to;
    if (__builtin_add_overflow(base, offset, &to) || to < 0) return -1;
    return memory->at = to;
}
static sf_count_t memory_read(void *to, sf_count_t count, void *context) {
    struct memory *memory = context;
    sf_count_t left = memory->at < memory->size ? memory->size - memory->at : 0;
    if (count > left) count = left;
    if (count <= 0) return 0;
    memcpy(to, memory->bytes + memory->at, (size_t)count);
    memory->at += count;
    return count;
}

OtoTensor *(oto_audio_parse)(const void *bytes, size_t size, const char *name, OtoAudioLoad options) {
    oto_check_text("oto_audio_parse", "name", name);
    oto_check_buffer("oto_audio_parse", "bytes", bytes, size);
    check_options(&options);
    if (size == 0) oto_refuse("oto_audio_load", "%s is empty (0 bytes)", name);
    FILE *file = fmemopen((void *)(size_t)bytes, size, "rb");
    if (!file) oto_refuse("oto_audio_parse", "no memory for %s", name);
    check_whole(file, name);
    struct memory memory = {.bytes = bytes, .size = (sf_count_t)size};
    SF_VIRTUAL_IO access = {.get_filelen = memory_size, .seek = memory_seek, .read = memory_read, .tell = memory_tell};
    SF_INFO info = {};
    SNDFILE *sound = sf_open_virtual(&access, SFM_READ, &info, &memory);
    return take(sound, info, name, options);
}
