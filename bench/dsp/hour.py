"""An hour: features of a file that is read in blocks, and how the cost of a feature grows with the length of a sound."""

import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from case import SAMPLE_RATE, y
from program import ROOT
from table import Fact

CASES = []
HOUR = 3600

PROGRAM = r"""
#include "oto.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Largest resident size so far, MB. */
static double peak(void) {
    char line[200];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &kilobytes);
    if (file) fclose(file);
    return kilobytes / 1024.0;
}

int main(int count, char *arguments[]) {
    if (count > 1) { /* features of a file; all of them are kept */
        double began = now();
        OtoTensor *kept = oto_zeros(21, 3600 * 22050LL / 512 + 1);
        int64_t frames = 0;
        oto_audio_blocks(block, arguments[1]) {
            OtoTensor *S = oto_spectrogram(block, .center = false, .power = 2);
            OtoTensor *parts[] = {oto_mfcc(S), oto_spectral_centroid(S)};
            for (int row = 0; row < 21; row++)
                memcpy(oto_data(kept) + row * kept->cols + frames,
                       oto_data(parts[row / 20]) + row % 20 * S->cols, S->cols * sizeof(float));
            frames += S->cols;
        }
        printf("%g %g %lld\n", peak(), now() - began, (long long)frames);
        return 0;
    }
    for (int seconds = 1; seconds <= 3600; seconds = seconds < 1000 ? seconds * 10 : 3600 + (seconds == 3600)) {
        double best = INFINITY;
        int64_t n = seconds * 22050LL;
        OtoTensor *sound = oto_zeros(n);
        for (int64_t i = 0; i < n; i++) oto_data(sound)[i] = (float)(i % 1000) / 1000 - 0.5f;
        sound = oto_as_audio(sound, 22050);
        for (int turn = 0; turn < (seconds < 1000 ? 20 : 3); turn++) {
            double began = now();
            oto_scope { oto_mfcc(sound); }
            began = now() - began;
            if (began < best) best = began;
        }
        printf("%d %g\n", seconds, best);
        oto_free(sound);
    }
    return 0;
}
"""


def facts():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "hour.c").write_text(PROGRAM)
        subprocess.run(
            ["clang-19", "-std=gnu23", "-O2", "-Wno-initializer-overrides", f"-I{ROOT}/build/include/oto", "-o"]
            + [folder / "hour", folder / "hour.c", f"-L{ROOT}/build/lib", f"-Wl,-rpath,{ROOT}/build/lib", "-loto", "-lm"],
            check=True,
        )
        samples = (np.clip(y, -1, 1) * 32767).astype("<i2").tobytes()
        with wave.open(str(folder / "hour.wav"), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            for _ in range(HOUR * SAMPLE_RATE // len(y)):
                file.writeframes(samples)
        run = lambda *arguments: subprocess.run([folder / "hour", *arguments], capture_output=True, text=True, check=True)
        megabytes, seconds, frames = map(float, run(folder / "hour.wav").stdout.split())
        lengths, times = np.array([line.split() for line in run().stdout.splitlines()], float).T
    exponent = np.polyfit(np.log(lengths[1:]), np.log(times[1:]), 1)[0]
    seen = f"{megabytes:.0f} MB, {seconds:.2f} s of CPU for {frames:.0f} frames"
    growth = ", ".join(f"{length:.0f} s {1e3 * t:.1f} ms" for length, t in zip(lengths, times))
    return [
        Fact("MFCC and centroid of an hour, in blocks", seen, "below 200 MB", megabytes < 200),
        Fact("MFCC grows as length to the power", f"{exponent:.2f} ({growth})", "1 +- 0.1", bool(abs(exponent - 1) < 0.1)),
    ]
