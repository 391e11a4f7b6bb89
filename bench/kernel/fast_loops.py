"""Numeric loops in %fast cells beside the same code in a file, compiled with gcc and clang -O3 -march=native.

Each loop is a function that a cell defines, with the arrays outside functions, as in a notebook; it is not inlined, so
that no compiler merges the repetitions, which only make the time long enough to measure. The three take turns; the
median of the turns counts. The last one does little but malloc and free: there a cell pays for AddressSanitizer's
allocator, which keeps what was freed and finds errors of checked cells that use the same blocks.
"""

import statistics
import subprocess
import tempfile
from pathlib import Path

from kernels import Kernel
from table import Fact, Row

CLOCK = """#include <stdio.h>
#include <stdlib.h>
#include <time.h>
double now(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return t.tv_sec * 1e3 + t.tv_nsec * 1e-6; }
"""
LOOPS = {
    "saxpy": """#define N 20000
float x[N], y[N];
[[gnu::noinline]] void saxpy(int n, float a, const float *x, float *y) { for (int i = 0; i < n; i++) y[i] += a * x[i]; }
double work(void) { for (int r = 0; r < 4000; r++) saxpy(N, 1.0f / (r + 1), x, y); return y[7]; }
""",
    "FIR filter": """#define FRAMES 200000
#define TAPS 64
float in[FRAMES + TAPS], out[FRAMES], taps[TAPS];
[[gnu::noinline]] void fir(void) {
    for (int i = 0; i < FRAMES; i++) {
        float sum = 0;
        for (int k = 0; k < TAPS; k++) sum += taps[k] * in[i + k];
        out[i] = sum;
    }
}
double work(void) { for (int r = 0; r < 5; r++) { in[r] = r; fir(); } return out[9]; }
""",
    "matmul": """#define SIZE 320
float a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
[[gnu::noinline]] void matmul(void) {
    for (int i = 0; i < SIZE; i++)
        for (int k = 0; k < SIZE; k++)
            for (int j = 0; j < SIZE; j++) c[i][j] += a[i][k] * b[k][j];
}
double work(void) { for (int r = 0; r < 10; r++) { a[r][r] = r; matmul(); } return c[3][4]; }
""",
    "mandelbrot": """int inside(double re, double im) {
    double x = 0, y = 0;
    int n = 0;
    while (n < 200 && x * x + y * y < 4) { double t = x * x - y * y + re; y = 2 * x * y + im; x = t; n++; }
    return n;
}
double work(void) {
    long sum = 0;
    for (int i = 0; i < 300; i++)
        for (int j = 0; j < 400; j++) sum += inside(j / 200.0 - 1.5, i / 150.0 - 1.0);
    return sum;
}
""",
    "sort": """#define COUNT 300000
int values[COUNT];
void sort(int *v, int n) {
    if (n < 2) return;
    int pivot = v[(n - 1) / 2], i = -1, j = n;
    for (;;) {
        do i++; while (v[i] < pivot);
        do j--; while (v[j] > pivot);
        if (i >= j) break;
        int t = v[i]; v[i] = v[j]; v[j] = t;
    }
    sort(v, j + 1);
    sort(v + j + 1, n - j - 1);
}
double work(void) {
    unsigned seed = 1;
    for (int i = 0; i < COUNT; i++) values[i] = (int)((seed = seed * 1664525 + 1013904223) >> 1);
    sort(values, COUNT);
    return values[COUNT / 2];
}
""",
}
MALLOC = """struct node { struct node *next; int value; };
double work(void) {
    double sum = 0;
    for (int r = 0; r < 20; r++) {
        struct node *list = NULL;
        for (int i = 0; i < 10000; i++) { struct node *n = malloc(sizeof *n); n->next = list; n->value = i; list = n; }
        while (list) { struct node *n = list; list = n->next; sum += n->value; free(n); }
    }
    return sum;
}
"""
CALL = """double began = now(), result = work();
printf("%.4f %g\\n", now() - began, result);
"""


def compiled(compiler, source, folder):
    """The program of that source; running it prints milliseconds and a result."""
    path = Path(folder) / compiler
    text = CLOCK + source + "int main(void) { work();\n" + CALL + "return 0; }\n"
    command = [compiler, "-O3", "-march=native", "-x", "c", "-", "-o", path, "-lm"]
    subprocess.run(command, input=text, text=True, check=True)
    return path


def turns(kernel, source, folder, count):
    """-> {who: median ms}, and whether all three came to the same result."""
    programs = {name: compiled(name, source, folder) for name in ("gcc", "clang-19")}
    kernel.run("%reset")
    kernel.run("%config mode fast")
    kernel.run(CLOCK + source)
    kernel.run("work();")
    times, results = {"oto": [], **{name: [] for name in programs}}, set()
    for _ in range(count):
        for name in times:
            if name == "oto":
                text = kernel.run(CALL)[1]
            else:
                text = subprocess.run([programs[name]], capture_output=True, text=True, check=True).stdout
            milliseconds, result = text.split()
            times[name].append(float(milliseconds))
            results.add(result)
    return {name: statistics.median(list_) for name, list_ in times.items()}, len(results) == 1


def measure(count=15):
    rows = []
    with Kernel("oto") as kernel, tempfile.TemporaryDirectory() as folder:
        for name, source in LOOPS.items():
            ms, same = turns(kernel, source, folder, count)
            peer = min(("gcc", "clang-19"), key=ms.get)
            rows.append(Row(f"%fast {name}", "ms", ms["oto"], f"{peer} -O3", ms[peer], 0.95))
            if not same:
                rows.append(Fact(f"%fast {name}, results", "differ in a last digit", "-", True))
        ms, _ = turns(kernel, MALLOC, folder, count)
        peer = min(("gcc", "clang-19"), key=ms.get)
        seen = f"{ms['oto']:.1f} ms, {peer} {ms[peer]:.1f}"
        rows.append(Fact("%fast malloc and free of a list", seen, "none: AddressSanitizer's allocator", True))
    return rows
