#include "lib/io/audio.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BLOCK_FRAMES = 4096 }; /* libvorbis needs stack for each block it is given */

static const struct format {
    const char *ending;
    int container, coded; /* coded: a lossy format, written from floats; otherwise chosen by the bits */
} formats[] = {
    {"wav", SF_FORMAT_WAV, 0},
    {"flac", SF_FORMAT_FLAC, 0},
    {"ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS},
    {"mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III},
};

static const struct format *format_of(const char *path) {
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof formats / sizeof *formats; i++)
        if (!strcasecmp(dot + 1, formats[i].ending)) return &formats[i];
    oto_refuse("oto_audio_save", "%s does not end in .wav, .flac, .ogg or .mp3, so its format is not known", path);
}

/* A sample as an integer of so many bits: multiples of 2^(1 - bits), so that what was read is written back exactly. */
static int32_t to_integer(float sample, int bits) {
    double scale = ldexp(1, bits - 1), level = nearbyint((double)sample * scale);
    return (int32_t)fmin(fmax(level, -scale), scale - 1);
}

/* Frames first ... first + count - 1, channels interleaved. */
static sf_count_t write_block(SNDFILE *file, OtoTensor *x, int64_t first, int64_t count, int bits, void *block) {
    const float *from = x->data;
    int channels = (int)x->rows;
    for (int64_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++) {
            float sample = from[c * x->cols + first + i];
            if (bits == 16 || bits == 24)
                ((int32_t *)block)[i * channels + c] = to_integer(sample, bits) * (1 << (32 - bits));
            else
                ((float *)block)[i * channels + c] = bits == 32 ? sample : fminf(fmaxf(sample, -1), 1);
        }
    return bits == 16 || bits == 24 ? sf_writef_int(file, block, count) : sf_writef_float(file, block, count);
}

/* How many samples lie beyond full scale. NaN is refused. */
static int64_t count_clipped(OtoTensor *x) {
    int64_t clipped = 0;
    for (int64_t i = 0; i < x->size; i++) {
        float sample = ((float *)x->data)[i];
        if (isnan(sample))
            oto_refuse("oto_audio_save", "sample %" PRId64 " is NaN; find out where it comes from before you save",
                       i % x->cols);
        clipped += fabsf(sample) > 1;
    }
    return clipped;
}

/* Texts go in before the first sample. A format without a place for one leaves it out. */
static void put_tags(SNDFILE *file, const OtoAudioSave *options) {
    if (options->title) sf_set_string(file, SF_STR_TITLE, options->title);
    if (options->artist) sf_set_string(file, SF_STR_ARTIST, options->artist);
    if (options->album) sf_set_string(file, SF_STR_ALBUM, options->album);
    if (options->comment) sf_set_string(file, SF_STR_COMMENT, options->comment);
}

void(oto_audio_save)(OtoTensor *audio, const char *path, OtoAudioSave options) {
    oto_need_audio("oto_audio_save", "audio", audio);
    oto_check_text("oto_audio_save", "path", path);
    const struct format *format = format_of(path);
    int bits = format->coded ? 0 : options.bits;
    if (bits != 0 && bits != 16 && bits != 24 && !(bits == 32 && format->container == SF_FORMAT_WAV))
        oto_refuse("oto_audio_save", "a .%s file cannot have %d bits; 16 and 24 go, and 32 in .wav", format->ending,
                   bits);
    int64_t clipped = count_clipped(audio);
    int coding = format->coded ? format->coded
                 : bits == 16  ? SF_FORMAT_PCM_16
                 : bits == 24  ? SF_FORMAT_PCM_24
                               : SF_FORMAT_FLOAT;
    SF_INFO info = {.samplerate = (int)lround(audio->sample_rate),
                    .channels = (int)audio->rows,
                    .format = format->container | coding};
    if (!sf_format_check(&info))
        oto_refuse("oto_audio_save", "a .%s file cannot hold %d channels at %d Hz", format->ending, info.channels,
                   info.samplerate);
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    if (!file) oto_refuse("oto_audio_save", "%s cannot be written: %s", path, sf_strerror(NULL));
    put_tags(file, &options);
    void *block = malloc((size_t)BLOCK_FRAMES * (size_t)info.channels * sizeof(float));
    bool written = block != NULL;
    for (int64_t at = 0; written && at < audio->cols; at += BLOCK_FRAMES) {
        int64_t count = audio->cols - at < BLOCK_FRAMES ? audio->cols - at : BLOCK_FRAMES;
        written = write_block(file, audio, at, count, bits, block) == count;
    }
    free(block);
    int error = sf_error(file), closed = sf_close(file);
    if (!written || closed != 0)
        oto_refuse("oto_audio_save", "%s was not written to its end: %s", path,
                   sf_error_number(error ? error : closed));
    if (clipped && bits != 32)
        fprintf(stderr,
                "oto_audio_save: %" PRId64
                " samples of %s were beyond +-1 and have been clipped; oto_normalise first\n",
                clipped, path);
}

static unsigned char *put(unsigned char *at, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) *at++ = (unsigned char)(value >> (8 * i));
    return at;
}

unsigned char *oto_audio_wav(OtoTensor *audio, size_t *size) {
    enum { HEADER = 44, SAMPLE = 2 };
    oto_need_audio("oto_audio_wav", "audio", audio);
    if (audio->size > (INT32_MAX - HEADER) / SAMPLE)
        oto_refuse("oto_audio_wav", "%s is too long for a WAV file; cut it with oto_cut", oto_shape_quoted(audio));
    uint32_t bytes = (uint32_t)audio->size * SAMPLE, channels = (uint32_t)audio->rows;
    uint32_t sample_rate = (uint32_t)lround(audio->sample_rate);
    unsigned char *wav = malloc(HEADER + bytes), *at = wav;
    if (!wav) oto_refuse("oto_audio_wav", "no memory for %u bytes", bytes);
    memcpy(at, "RIFF", 4);
    at = put(at + 4, HEADER - 8 + bytes, 4);
    memcpy(at, "WAVEfmt ", 8);
    at = put(put(put(at + 8, 16, 4), 1, 2), channels, 2);
    at = put(put(at, sample_rate, 4), sample_rate * channels * SAMPLE, 4);
    at = put(put(at, channels * SAMPLE, 2), 8 * SAMPLE, 2);
    memcpy(at, "data", 4);
    at = put(at + 4, bytes, 4);
    for (int64_t i = 0; i < audio->cols; i++)
        for (int64_t c = 0; c < audio->rows; c++) {
            float sample = ((float *)audio->data)[c * audio->cols + i];
            at = put(at, (uint32_t)to_integer(isnan(sample) ? 0 : sample, 16), SAMPLE);
        }
    *size = HEADER + bytes;
    return wav;
}
