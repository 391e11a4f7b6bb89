"""Windows, spectra, mel, resampling: what librosa and SciPy compute, for tests/unit/test_dsp.c."""

import librosa
import numpy as np
import scipy.signal

from golden import Golden, signal

SAMPLE_RATE = 22050
y = signal("melody", SAMPLE_RATE, 4000 / SAMPLE_RATE)

with Golden("dsp") as g:
    for window in ("hann", "hamming", "blackman"):
        call = f"scipy.signal.get_window('{window}', "
        g.write("oto_window", f"{window} periodic", call + "9)", scipy.signal.get_window(window, 9))
        symmetric = scipy.signal.get_window(window, 8, fftbins=False)
        g.write("oto_window", f"{window} symmetric", call + "8, fftbins=False)", symmetric)

    stft = librosa.stft(y, n_fft=256)
    g.write("oto_stft", "n_fft 256", "librosa.stft(y, n_fft=256)", stft, (8, 5))
    odd = librosa.stft(y, n_fft=256, hop_length=100, win_length=200)
    g.write("oto_stft", "odd hop, short window", "librosa.stft(y, n_fft=256, hop_length=100, win_length=200)", odd, (8, 5))
    left = librosa.stft(y, n_fft=200, center=False, window="hamming")
    g.write("oto_stft", "not centred, hamming", "librosa.stft(y, n_fft=200, center=False, window='hamming')", left, (8, 7))
    reflected = librosa.stft(y, n_fft=512, pad_mode="reflect")
    g.write("oto_stft", "reflected ends", "librosa.stft(y, n_fft=512, pad_mode='reflect')", reflected, (16, 3))
    half = librosa.istft(librosa.stft(y, n_fft=256, hop_length=128) * 0.5, hop_length=128)
    g.write("oto_istft", "half overlap", "librosa.istft(S / 2, hop_length=128)", half, (40,))

    amplitude = librosa.amplitude_to_db(np.abs(stft), ref=np.max)
    g.write("oto_db", "amplitude", "librosa.amplitude_to_db(S, ref=np.max)", amplitude, (8, 5))
    power = librosa.power_to_db(np.abs(stft) ** 2, ref=1.0, top_db=60)
    g.write("oto_db", "power, top_db 60", "librosa.power_to_db(S, ref=1.0, top_db=60)", power, (8, 5))

    filters = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=512, n_mels=12)
    g.write("oto_mel_filters", "12 bands", "librosa.filters.mel(sr=22050, n_fft=512, n_mels=12)", filters)
    band = librosa.filters.mel(sr=16000, n_fft=256, n_mels=6, fmin=200, fmax=5000)
    call = "librosa.filters.mel(sr=16000, n_fft=256, n_mels=6, fmin=200, fmax=5000)"
    g.write("oto_mel_filters", "200 to 5000 Hz", call, band)
    mel = librosa.feature.melspectrogram(y=y, sr=SAMPLE_RATE, n_mels=20, n_fft=1024)
    g.write("oto_mel", "20 bands", "librosa.feature.melspectrogram(y=y, sr=22050, n_mels=20, n_fft=1024)", mel)
    g.input("mel frequencies", librosa.mel_frequencies(n_mels=14, fmin=0, fmax=11025))

    for rate, stride in ((16000, 20), (44100, 80)):
        call = f"librosa.resample(y, orig_sr=22050, target_sr={rate})"
        g.write("oto_resample", f"to {rate} Hz", call, librosa.resample(y, orig_sr=22050, target_sr=rate), (stride,))
    clicks = librosa.clicks(times=[0.01, 0.12], sr=SAMPLE_RATE, click_duration=0.05)
    g.write("oto_clicks", "two", "librosa.clicks(times=[0.01, 0.12], sr=22050, click_duration=0.05)", clicks, (20,))
    frames = librosa.util.frame(y, frame_length=500, hop_length=300, axis=0)
    g.write("oto_frame", "500 by 300", "librosa.util.frame(y, frame_length=500, hop_length=300, axis=0)", frames, (1, 50))
    pitches = [0, 21, 60, 69, 69.5, 127]
    g.write("oto_midi_to_hz", "six pitches", f"librosa.midi_to_hz({pitches})", librosa.midi_to_hz(pitches))
