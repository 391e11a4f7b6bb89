"""The C side: one program with a function for each case, which answers "run case i" with milliseconds."""

import subprocess
import tempfile
from pathlib import Path

from case import SAMPLE_RATE, y

ROOT = Path(__file__).resolve().parent.parent.parent

HEAD = r"""
#include "oto.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static OtoTensor *y, *S, *M;
static FILE *answers; /* stdout as it was: what the library prints, as the progress of long work, goes nowhere */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}
#define MEASURED(expression)                                                                                           \
    for (int i = 0; i < repeats; i++) {                                                                                \
        double began = now();                                                                                          \
        oto_scope {                                                                                                    \
            (void)(expression);                                                                                        \
            began = now() - began; /* what is freed afterwards is freed by the peer, too, after its time */            \
        }                                                                                                              \
        fprintf(answers, "%.4f ", began);                                                                              \
    }
"""

TAIL = r"""
int main(int count, char *arguments[]) {
    FILE *file = fopen(arguments[1], "rb");
    answers = fdopen(dup(1), "w");
    if (!file || !answers || !freopen("/dev/null", "w", stdout)) return 2;
    static float samples[%(samples)d];
    if (fread(samples, sizeof *samples, %(samples)d, file) != %(samples)d) return 2;
    fclose(file);
    y = oto_audio(samples, %(samples)d, %(rate)d);
    S = oto_stft(y);
    M = oto_mel(y);
    int which, repeats;
    while (scanf("%%d %%d", &which, &repeats) == 2) {
        cases[which](repeats);
        fprintf(answers, "\n");
        fflush(answers);
    }
    return 0;
}
"""


class Program:
    """Runs cases of Oto's side in a process of its own."""

    def __init__(self, cases):
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        functions = "".join(
            f"static void case_{i}(int repeats) {{\n    {case.setup}\n    MEASURED({case.run})\n}}\n"
            for i, case in enumerate(cases)
        )
        table = "static void (*cases[])(int) = {" + ", ".join(f"case_{i}" for i in range(len(cases))) + "};\n"
        (folder / "cases.c").write_text(
            HEAD + functions + table + TAIL % {"samples": len(y), "rate": SAMPLE_RATE}
        )
        y.tofile(folder / "signal.f32")
        subprocess.run(
            ["clang-19", "-std=gnu23", "-O2", "-Wno-initializer-overrides", f"-I{ROOT}/build/include/oto", "-o"]
            + [folder / "program", folder / "cases.c", f"-L{ROOT}/build/lib", f"-Wl,-rpath,{ROOT}/build/lib", "-loto"],
            check=True,
        )
        self.process = subprocess.Popen(
            [folder / "program", folder / "signal.f32"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def milliseconds(self, which, repeats):
        self.process.stdin.write(f"{which} {repeats}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the C program ended in case {which} (status {self.process.wait()})")
        return [float(word) for word in line.split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()
