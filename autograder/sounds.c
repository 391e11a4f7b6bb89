#include "autograder/sounds.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "lib/check/observation.h"

/* ---- a FLAC file in memory ---- */

struct memory {
    struct text bytes;
    size_t position;
};

static sf_count_t memory_length(void *context) {
    return (sf_count_t)((struct memory *)context)->bytes.length;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *context) {
    struct memory *memory = context;
    sf_count_t from = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? (sf_count_t)memory->position
                                           : (sf_count_t)memory->bytes.length;
    if (from + offset < 0 || from + offset > (sf_count_t)memory->bytes.length) return -1;
    memory->position = (size_t)(from + offset);
    return (sf_count_t)memory->position;
}

static sf_count_t memory_read(void *to, sf_count_t count, void *context) {
    struct memory *memory = context;
    size_t left = memory->bytes.length - memory->position, taken = (size_t)count < left ? (size_t)count : left;
    memcpy(to, text_c(&memory->bytes) + memory->position, taken);
    memory->position += taken;
    return (sf_count_t)taken;
}

/* Over what is there, then behind it. */
static sf_count_t memory_write(const void *from, sf_count_t count, void *context) {
    struct memory *memory = context;
    size_t left = memory->bytes.length - memory->position, over = (size_t)count < left ? (size_t)count : left;
    if (over) memcpy(memory->bytes.data + memory->position, from, over);
    text_add_n(&memory->bytes, (const char *)from + over, (size_t)count - over);
    memory->position += (size_t)count;
    return count;
}

static sf_count_t memory_tell(void *context) {
    return (sf_count_t)((struct memory *)context)->position;
}

/* ---- pieces ---- */

struct piece {
    int64_t first, frames;
    int channels, sample_rate;
    double gain;
};

static int64_t frames_of(const struct oto_observation *sound) {
    return sound->rank ? sound->shape[sound->rank - 1] : 0;
}

static int64_t channels_of(const struct oto_observation *sound) {
    return sound->rank == 2 ? sound->shape[0] : 1;
}

/* 16-bit samples; silence behind the end and for what is no number. */
static short sample(const struct oto_observation *sound, const struct piece *piece, int64_t frame, int channel) {
    int64_t frames = frames_of(sound);
    if (frame >= frames || channel >= channels_of(sound)) return 0;
    double value = piece->gain * oto_observation_real(sound, (size_t)(channel * frames + frame));
    return isfinite(value) ? (short)lrint(32767 * fmin(1, fmax(-1, value))) : 0;
}

static bool write_flac(struct memory *memory, const struct oto_observation *sound, const struct piece *piece) {
    SF_VIRTUAL_IO access = {memory_length, memory_seek, memory_read, memory_write, memory_tell};
    SF_INFO info = {
        .samplerate = piece->sample_rate, .channels = piece->channels, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    SNDFILE *file = sf_open_virtual(&access, SFM_WRITE, &info, memory);
    if (!file) return false;
    short *samples = must_allocate((size_t)(piece->frames * piece->channels) * sizeof *samples);
    for (int64_t frame = 0; frame < piece->frames; frame++)
        for (int channel = 0; channel < piece->channels; channel++)
            samples[frame * piece->channels + channel] = sample(sound, piece, piece->first + frame, channel);
    bool written = sf_writef_short(file, samples, piece->frames) == piece->frames;
    free(samples);
    return sf_close(file) == 0 && written;
}

/* " " and the piece in base64. */
static bool add_piece(struct text *out, const struct oto_observation *sound, const struct piece *piece) {
    struct memory memory = {};
    bool made = write_flac(&memory, sound, piece);
    if (made) {
        text_add(out, " ");
        escape_base64(out, memory.bytes.data, memory.bytes.length);
    }
    text_free(&memory.bytes);
    return made;
}

static struct piece choose(const struct oto_observation *expected, const struct oto_observation *got, int64_t worst) {
    int64_t frames = frames_of(expected) > frames_of(got) ? frames_of(expected) : frames_of(got);
    struct piece piece = {.sample_rate = (int)expected->sample_rate, .gain = 1};
    int64_t most = (int64_t)SOUND_SECONDS * piece.sample_rate;
    piece.channels = channels_of(expected) < SOUND_CHANNELS ? (int)channels_of(expected) : SOUND_CHANNELS;
    piece.frames = frames < most ? frames : most;
    if (worst >= 0 && frames_of(expected)) piece.first = worst % frames_of(expected) - piece.frames / 2;
    if (piece.first > frames - piece.frames) piece.first = frames - piece.frames;
    if (piece.first < 0) piece.first = 0;
    double peak = 1;
    for (size_t i = 0; i < expected->count; i++)
        if (isfinite(oto_observation_real(expected, i))) peak = fmax(peak, fabs(oto_observation_real(expected, i)));
    piece.gain = 1 / peak;
    return piece;
}

static bool is_sound(const struct oto_observation *seen) {
    return seen->kind == OTO_CHECK_AUDIO && !seen->problem && seen->count > 0 && seen->rank >= 1 && seen->rank <= 2 &&
           (seen->type == OTO_OBSERVED_FLOAT32 || seen->type == OTO_OBSERVED_FLOAT64);
}

char *sounds_of(const struct oto_record *expected, const struct oto_record *got, int64_t worst) {
    struct oto_observation wanted, came;
    const char *why;
    struct text out = {};
    if (!oto_observation_read(&wanted, expected, &why) || !oto_observation_read(&came, got, &why)) return NULL;
    if (!is_sound(&wanted) || !is_sound(&came)) return NULL;
    if (!(wanted.sample_rate >= 1000 && wanted.sample_rate <= 192000)) return NULL;
    struct piece piece = choose(&wanted, &came, worst);
    text_format(&out, "%.4g %.6g", (double)piece.frames / piece.sample_rate, (double)piece.first / piece.sample_rate);
    bool made = add_piece(&out, &wanted, &piece) && add_piece(&out, &came, &piece);
    char *both = made ? text_take(&out) : NULL;
    text_free(&out);
    return both;
}

void sounds_fit(char *sounds, size_t *room) {
    size_t size = sounds ? strlen(sounds) : 0;
    char *between = sounds ? strchr(sounds, ' ') : NULL, *behind = between ? strchr(between + 1, ' ') : NULL;
    if (size <= *room)
        *room -= size;
    else if (behind)
        *behind = '\0';
}
