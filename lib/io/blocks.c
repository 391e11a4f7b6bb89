#include "lib/io/blocks.h"
#include "lib/io/truncation.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

struct OtoBlockFile {
    SNDFILE *file;
    char *path;
    int channels, sample_rate;
    bool mono;
    int64_t length, overlap; /* of a block, in samples of each channel */
    int64_t held;            /* samples in the buffer, from the block before */
    int64_t position;        /* of the buffer's first sample in the file */
    int64_t left;            /* samples of the file not read yet */
    bool endless;            /* a stream that does not say how long it is */
    float *buffer;           /* length, channels interleaved */
};

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void give_back(struct OtoBlockFile *f) {
    if (!f) return;
    if (f->file) sf_close(f->file);
    free(f->path);
    free(f->buffer);
    free(f);
}

static void check_options(const OtoAudioBlocks *o) {
    oto_check_range("oto_audio_blocks", "block_length", o->block_length, 1, 1 << 24);
    oto_check_range("oto_audio_blocks", "frame_length", o->frame_length, 1, 1 << 24);
    oto_check_range("oto_audio_blocks", "hop_length", o->hop_length, 1, 1 << 24);
    if (o->hop_length > o->frame_length)
        oto_refuse("oto_audio_blocks",
                   "hop_length is %d, but must not exceed frame_length = %d, or samples between would be left out",
                   o->hop_length, o->frame_length);
    oto_check_range("oto_audio_blocks", "offset", o->offset, 0, 1e9);
    oto_check_range("oto_audio_blocks", "duration", o->duration, 0, 1e9);
}

/* libsndfile plays what is there of a file that ends too early without a word. */
static void check_whole(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) oto_refuse("oto_audio_blocks", "%s: %s", path, strerror(errno));
    long long expected = 0, size = 0;
    bool cut = oto_file_is_cut_short(file, &expected, &size);
    fclose(file);
    if (cut)
        oto_refuse("oto_audio_blocks", "%s is cut short: its %lld bytes are not all that it says it has; get it again",
                   path, size);
}

/* How many samples are to be read from where the file stands; negative: the offset lies behind the end. */
static int64_t samples_wanted(SNDFILE *file, const SF_INFO *info, const OtoAudioBlocks *o, int64_t *skip) {
    *skip = (int64_t)llround(o->offset * info->samplerate);
    if (*skip > 0 && (*skip >= info->frames || sf_seek(file, *skip, SEEK_SET) < 0)) return -1;
    int64_t wanted = info->frames - *skip, asked = (int64_t)llround(o->duration * info->samplerate);
    return o->duration > 0 && asked < wanted ? asked : wanted;
}

OtoBlockReader oto_block_reader(const char *path, OtoAudioBlocks options) {
    oto_check_text("oto_audio_blocks", "path", path);
    check_options(&options);
    check_whole(path);
    SF_INFO info = {};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file)
        oto_refuse("oto_audio_blocks", "%s cannot be read as WAV, FLAC, OGG or MP3: %s", path, sf_strerror(NULL));
    int64_t skip = 0, wanted = samples_wanted(file, &info, &options, &skip);
    if (info.channels < 1 || info.samplerate < 1 || wanted <= 0) {
        sf_close(file);
        if (wanted < 0)
            oto_refuse("oto_audio_blocks", "offset %g s lies behind the end of %s, %g s", options.offset, path,
                       (double)info.frames / info.samplerate);
        oto_refuse("oto_audio_blocks", "%s holds no samples (%d channels at %d Hz)", path, info.channels,
                   info.samplerate);
    }
    struct OtoBlockFile *f = calloc(1, sizeof *f);
    if (!f) {
        sf_close(file);
        oto_refuse("oto_audio_blocks", "no memory to read %s", path);
    }
    *f = (struct OtoBlockFile){
        .file = file,
        .path = strdup(path),
        .channels = info.channels,
        .sample_rate = info.samplerate,
        .mono = options.mono,
        .length = options.frame_length + (int64_t)(options.block_length - 1) * options.hop_length,
        .overlap = options.frame_length - options.hop_length,
        .position = skip,
        .left = wanted,
        .endless = info.frames == SF_COUNT_MAX,
    };
    f->buffer = malloc((size_t)f->length * (size_t)f->channels * sizeof *f->buffer);
    if (!f->path || !f->buffer) {
        give_back(f);
        oto_refuse("oto_audio_blocks", "no memory for blocks of %lld samples of %s",
                   (long long)options.frame_length + (options.block_length - 1LL) * options.hop_length, path);
    }
    return (OtoBlockReader){.open = true, .file = f};
}

static void end_pass(OtoBlockReader *reader) {
    if (reader->scope.open) oto_scope_end(&reader->scope);
    reader->scope.open = false;
}

void oto_block_reader_close(OtoBlockReader *reader) {
    end_pass(reader);
    give_back(reader->file);
    *reader = (OtoBlockReader){};
}

/* Closes the file and refuses. */
__attribute__((noreturn)) static void fail(OtoBlockReader *reader, int64_t at, const char *what) {
    static _Thread_local char *path; /* outlives the call, as the message does */
    free(path);
    path = reader->file->path;
    reader->file->path = NULL;
    double seconds = (double)at / reader->file->sample_rate;
    oto_block_reader_close(reader);
    oto_refuse("oto_audio_blocks", "%s %s, at %.3f s; the file is damaged", path, what, seconds);
}

/* The buffer's samples as a sound, channel after channel or their mean. */
static OtoTensor *block_of(const struct OtoBlockFile *f, int64_t count) {
    bool one = f->mono || f->channels == 1;
    OtoTensor *x =
        oto_zeros_of(OTO_FLOAT32, one ? 1 : 2, one ? (long long[]){count} : (long long[]){f->channels, count});
    float *to = x->data;
    for (int64_t i = 0; i < count; i++) {
        const float *samples = f->buffer + i * f->channels;
        float sum = 0;
        for (int c = 0; c < f->channels; c++) {
            if (!one) to[c * count + i] = samples[c];
            sum += samples[c];
        }
        if (one) to[i] = sum / (float)f->channels;
    }
    if (!one) oto_name_axis(x, 0, "channels");
    oto_name_axis(x, x->rank - 1, "time", .unit = "s", .start = (double)f->position / f->sample_rate,
                  .step = 1.0 / f->sample_rate);
    x->sample_rate = f->sample_rate;
    x->quantity = OTO_AMPLITUDE;
    oto_set_origin(x, base_name(f->path), NULL);
    return x;
}

OtoTensor *oto_block_next(OtoBlockReader *reader) {
    end_pass(reader);
    struct OtoBlockFile *f = reader->file;
    if (!f || f->left == 0 || oto_interrupt_pending()) return NULL;
    /* What the last block ended with begins this one. */
    int64_t kept = f->held < f->overlap ? f->held : f->overlap;
    memmove(f->buffer, f->buffer + (f->held - kept) * f->channels, (size_t)(kept * f->channels) * sizeof *f->buffer);
    f->position += f->held - kept;
    int64_t wanted = f->length - kept < f->left ? f->length - kept : f->left;
    int64_t got = sf_readf_float(f->file, f->buffer + kept * f->channels, wanted);
    if (got < 0) got = 0;
    if (got < wanted && f->endless && !sf_error(f->file)) f->left = got;
    if (got < wanted && f->left > got) fail(reader, f->position + kept + got, "is cut short");
    for (int64_t i = kept * f->channels; i < (kept + got) * f->channels; i++)
        if (!isfinite(f->buffer[i]))
            fail(reader, f->position + i / f->channels, "has a sample that is NaN or infinite");
    if (got == 0) return NULL;
    f->held = kept + got;
    f->left -= got;
    reader->scope = oto_scope_begin();
    return block_of(f, f->held);
}
