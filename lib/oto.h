/* oto: a library to learn audio and neural networks with, in C.
 *
 * Lifetime. Everything the library makes (tensors, note lists, MIDI files) is returned as a pointer and lives until
 * oto_free(it), or until the end of the `oto_scope { ... }` it was made in; made outside any scope, it lives as long as
 * the session or program. So nothing has to be freed: free large values you no longer need, or wrap a loop's body in
 * oto_scope and oto_keep what shall survive. Functions never change or keep their arguments, unless they say so; arrays
 * you hand over are copied and stay yours; `char *` results that a comment calls yours are given back with free().
 * Using a value after its end is an error that says so.
 *
 * Errors. No function returns an error code: see tensor/error.h.
 *
 * Options are written by name behind the arguments, in any order: oto_stft(song, .n_fft = 1024). What is left out has
 * the default that the comment names, which is that of librosa 0.11 where librosa has such a function.
 */
#ifndef OTO_H
#define OTO_H

#include "tensor/error.h"
#include "tensor/lifetime.h"
#include "tensor/options.h"
#include "tensor/tensor.h"
#include "tensor/arithmetic.h"
#include "tensor/parallel.h"
#include "tensor/random.h"
#include "io/audio.h"
#include "io/blocks.h"
#include "io/notes_file.h"
#include "io/table.h"
#include "music/chord.h"
#include "music/key.h"
#include "music/loudness.h"
#include "music/notes.h"
#include "music/piano_roll.h"
#include "music/pitch.h"
#include "music/quantise.h"
#include "music/sonify.h"
#include "music/sound.h"
#include "music/soundfont.h"
#include "music/synthesis.h"
#include "music/timeline.h"
#include "midi/midi.h"
#include "midi/render.h"
#include "score/score.h"
#include "labels/labels.h"
#include "dataset/dataset.h"
#include "dsp/autocorrelation.h"
#include "dsp/beat.h"
#include "dsp/chroma.h"
#include "dsp/constant_q.h"
#include "dsp/convert.h"
#include "dsp/decibel.h"
#include "dsp/delta.h"
#include "dsp/distance.h"
#include "dsp/dtw.h"
#include "dsp/emphasis.h"
#include "dsp/features.h"
#include "dsp/fingerprint.h"
#include "dsp/fourier.h"
#include "dsp/frames.h"
#include "dsp/griffin_lim.h"
#include "dsp/harmonics.h"
#include "dsp/hmm.h"
#include "dsp/hpss.h"
#include "dsp/magnitude.h"
#include "dsp/masks.h"
#include "dsp/mel.h"
#include "dsp/mfcc.h"
#include "dsp/mu_law.h"
#include "dsp/nmf.h"
#include "dsp/onset.h"
#include "dsp/pcen.h"
#include "dsp/phase_vocoder.h"
#include "dsp/reassigned.h"
#include "dsp/recurrence.h"
#include "dsp/sampling.h"
#include "dsp/segmentation.h"
#include "dsp/silence.h"
#include "dsp/spec_augment.h"
#include "dsp/spectrogram.h"
#include "dsp/stft.h"
#include "dsp/sync.h"
#include "dsp/tempogram.h"
#include "dsp/tuning.h"
#include "dsp/waveform.h"
#include "dsp/weighting.h"
#include "dsp/window.h"
#include "dsp/yin.h"
#include "learn/examples.h"
#include "learn/predict.h"
#include "metrics/classification.h"
#include "metrics/events.h"
#include "metrics/harmony.h"
#include "metrics/pitch.h"
#include "metrics/ranking.h"
#include "metrics/segments.h"
#include "show/show.h"
#include "check/check.h"

#endif
