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

/* Writes a sound; the ending of the name chooses the format: .wav, .flac, .ogg, .mp3.
 *     .bits   16, 24 or 32 (32: float, .wav only)
 * Samples beyond +-1 are clipped in all but 32-bit files; a note on stderr then says how many. Refuses NaN. */
typedef struct OtoAudioSave {
    int bits;
} OtoAudioSave;
void oto_audio_save(OtoTensor *audio, const char *path, OtoAudioSave options);
#define oto_audio_save(audio, path, ...)                                                                               \
    oto_audio_save(audio, path, OTO_OPTIONS(OtoAudioSave, (.bits = 16), __VA_ARGS__))

/* A WAV file in memory (16 bit, clipped), as a player needs it: allocated bytes, *size of them; free() them. */
unsigned char *oto_audio_wav(OtoTensor *audio, size_t *size);

/* The same sound at another sample rate in Hz (soxr, high quality: band-limited, as librosa.resample "soxr_hq"). */
OtoTensor *oto_resample(OtoTensor *audio, double sample_rate);

#endif
