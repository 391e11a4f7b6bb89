/* audio: sound files to tensors and back, and another sample rate. */
#ifndef OTO_IO_AUDIO_H
#define OTO_IO_AUDIO_H

#include "../tensor/tensor.h"

/* Reads WAV, FLAC, OGG or MP3 (whatever libsndfile reads): (time) for one channel, (channels, time) for more;
 * amplitude,
 * +-1 is full scale.
 *     .sample_rate  0: the file's; otherwise resampled to this, in Hz
 *     .mono         true: the mean of the channels, always (time)
 *     .offset, .duration   seconds to skip, and to read (0: all)
 * Refuses a file that is missing, empty, not audio, cut short, or that holds NaN: the message names it. */
typedef struct OtoAudioLoad {
    double sample_rate;
    bool mono;
    double offset, duration;
} OtoAudioLoad;
OtoTensor *oto_audio_load(const char *path, OtoAudioLoad options);
#define oto_audio_load(path, ...) oto_audio_load(path, OTO_OPTIONS(OtoAudioLoad, (.sample_rate = 0), __VA_ARGS__))
/* The same of a file in memory, such as oto_audio_wav makes; name is for messages. */
OtoTensor *oto_audio_parse(const void *bytes, size_t size, const char *name, OtoAudioLoad options);
#define oto_audio_parse(bytes, size, name, ...)                                                                        \
    oto_audio_parse(bytes, size, name, OTO_OPTIONS(OtoAudioLoad, (.sample_rate = 0), __VA_ARGS__))

/* What a sound file says of itself; no samples are read. */
typedef struct OtoAudioInfo {
    double sample_rate, seconds; /* Hz, s */
    int channels;
    int64_t samples;    /* of each channel; -1: a stream that does not say */
    const char *format; /* "WAV (Microsoft)", "FLAC (Free Lossless Audio Codec)": the library's */
    const char *coding; /* "Signed 16 bit PCM", "Vorbis" */
} OtoAudioInfo;
/* Refuses a file that is missing, or not audio. */
OtoAudioInfo oto_audio_info(const char *path);
/* A text that the file carries: "title", "artist", "album", "date", "genre", "comment", "copyright", "license",
 * "software", "tracknumber"; free() it. NULL when it has none of that name. */
char *oto_audio_tag(const char *path, const char *name);

/* Writes a sound; the ending of the name chooses the format: .wav, .flac, .ogg, .mp3.
 *     .bits   16, 24 or 32 (32: float, .wav only)
 *     .title, .artist, .album, .comment   texts that oto_audio_tag reads again, where the format has a place for them
 * Samples beyond +-1 are clipped in all but 32-bit files; a note on stderr then says how many. Refuses NaN. */
typedef struct OtoAudioSave {
    int bits;
    const char *title, *artist, *album, *comment;
} OtoAudioSave;
void oto_audio_save(OtoTensor *audio, const char *path, OtoAudioSave options);
#define oto_audio_save(audio, path, ...)                                                                               \
    oto_audio_save(audio, path, OTO_OPTIONS(OtoAudioSave, (.bits = 16), __VA_ARGS__))

/* A WAV file in memory (16 bit, clipped), as a player needs it: allocated bytes, *size of them; free() them. */
unsigned char *oto_audio_wav(OtoTensor *audio, size_t *size);

/* The same sound at another sample rate in Hz (soxr, high quality: band-limited, as librosa.resample "soxr_hq"). */
OtoTensor *oto_resample(OtoTensor *audio, double sample_rate);

#endif
