"""STFT and back, mel, MFCC, features, resampling: beside librosa, and STFT and mel beside torch, essentia and audioFlux."""

import audioflux
import essentia
import essentia.standard
import librosa
import torch

from case import SAMPLE_RATE, Case, y

essentia.log.infoActive = False
essentia.log.warningActive = False
torch.set_num_threads(1)

y_torch, window = torch.from_numpy(y), torch.hann_window(2048)
S = librosa.stft(y)
M = librosa.feature.melspectrogram(y=y, sr=SAMPLE_RATE)
flux_mel = audioflux.BFT(
    num=128,
    radix2_exp=11,
    samplate=SAMPLE_RATE,
    slide_length=512,
    scale_type=audioflux.type.SpectralFilterBankScaleType.MEL,
    data_type=audioflux.type.SpectralDataType.POWER,
)


def essentia_mel():
    windowing = essentia.standard.Windowing(type="hann", size=2048)
    spectrum = essentia.standard.Spectrum(size=2048)
    bands = essentia.standard.MelBands(
        numberBands=128, sampleRate=SAMPLE_RATE, inputSize=1025, highFrequencyBound=SAMPLE_RATE / 2
    )
    frames = essentia.standard.FrameGenerator(y, 2048, 512)
    return [bands(spectrum(windowing(frame))) for frame in frames]


def torch_stft():
    return torch.stft(y_torch, 2048, 512, window=window, return_complex=True)


CASES = [
    Case("STFT 2048/512", "oto_stft(y)", "librosa", lambda: librosa.stft(y)),
    Case("STFT 2048/512", "oto_stft(y)", "torch", torch_stft, goal=1.5, threads=(1,)),
    Case("inverse STFT", "oto_istft(S)", "librosa", lambda: librosa.istft(S)),
    Case("mel spectrogram 128", "oto_mel(y)", "librosa", lambda: librosa.feature.melspectrogram(y=y, sr=SAMPLE_RATE)),
    Case("mel spectrogram 128", "oto_mel(y)", "essentia", essentia_mel, threads=(1,)),
    Case("mel spectrogram 128", "oto_mel(y)", "audioFlux", lambda: flux_mel.bft(y), threads=(1,)),
    Case("MFCC 20", "oto_mfcc(y)", "librosa", lambda: librosa.feature.mfcc(y=y, sr=SAMPLE_RATE)),
    *[
        Case(name, run, "librosa", call)
        for name, run, call in [
            ("spectral centroid", "oto_spectral_centroid(y)", lambda: librosa.feature.spectral_centroid(y=y)),
            ("spectral bandwidth", "oto_spectral_bandwidth(y)", lambda: librosa.feature.spectral_bandwidth(y=y)),
            ("spectral rolloff", "oto_spectral_rolloff(y)", lambda: librosa.feature.spectral_rolloff(y=y)),
            ("spectral flatness", "oto_spectral_flatness(y)", lambda: librosa.feature.spectral_flatness(y=y)),
            ("spectral contrast", "oto_spectral_contrast(y)", lambda: librosa.feature.spectral_contrast(y=y)),
            ("polynomial features", "oto_poly_features(y)", lambda: librosa.feature.poly_features(y=y)),
            ("RMS of frames", "oto_frame_rms(y)", lambda: librosa.feature.rms(y=y)),
            ("zero crossing rate", "oto_zero_crossing_rate(y)", lambda: librosa.feature.zero_crossing_rate(y)),
            ("trim", "oto_trim(y)", lambda: librosa.effects.trim(y)),
            ("delta of mel bands", "oto_delta(M)", lambda: librosa.feature.delta(M)),
            ("PCEN of mel bands", "oto_pcen(M)", lambda: librosa.pcen(M)),
            ("reassigned spectrogram", "oto_reassigned_spectrogram(y).times", lambda: librosa.reassigned_spectrogram(y)),
        ]
    ],
    Case(
        "resampling to 16000 Hz",
        "oto_resample(y, 16000)",
        "librosa",
        lambda: librosa.resample(y, orig_sr=SAMPLE_RATE, target_sr=16000),
        goal=1.0,
    ),
]
