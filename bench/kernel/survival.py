"""What a session survives: crashes of every kind, interrupts, memory limits, one after the other in one kernel.

After each, a variable, a block of the heap and a file's offset must be what they were. At the end nothing may be left:
no process below the kernel while it idles but those that were there before, none at all and no file when it has gone.

usage: python bench/kernel/survival.py [--crashes 2000] [--interrupts 500] [--limits 200]
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from kernels import Kernel, kernelspecs, process_tree
from table import Fact, print_table

DEFINITIONS = """int kept = 0;
int *block = malloc(1000 * sizeof *block);
for (int i = 0; i < 1000; i++) block[i] = i;
FILE *words = tmpfile();
fputs("one two three four five six seven eight nine ten", words); rewind(words);
char word[16]; fscanf(words, "%15s", word);
int down(int n) { char room[1000]; room[0] = (char)n; return down(n + 1) + room[0]; }
#include <pthread.h>
#include <signal.h>
void *crash(void *p) { *(volatile int *)p = 1; return p; }"""
CHECK = r"""int sum = 0;
for (int i = 0; i < 1000; i++) sum += block[i];
printf("%d %d %ld\n", ++kept, sum, ftell(words));"""
HARM = "kept = -1; for (int i = 0; i < 1000; i++) block[i] = -1; fscanf(words, \"%15s\", word);\n"
CRASHES = {
    "memset(NULL, 1, (size_t)kept * -4);": "SegmentationFault",
    "*(volatile char *)\"text\" = 'x';": "SegmentationFault",
    "int *volatile p = (int *)0xdead0000; printf(\"%d\", *p);": "SegmentationFault",
    "down(0);": "StackOverflow",
    "volatile int i = 1000; block[i] = 1;": "HeapBufferOverflow",
    "int a[4]; volatile int i = 5; a[i] = 1; printf(\"%d\", a[i]);": None,
    "free(block); printf(\"%d\", block[0]);": "UseAfterFree",
    "free(block); free(block);": "DoubleFree",
    "free(block + 1);": "InvalidFree",
    "volatile int zero = 0; printf(\"%d\", 1 / zero);": "UndefinedBehavior",
    "volatile int big = 2147483647; printf(\"%d\", big + 1);": "UndefinedBehavior",
    "abort();": "Abort",
    "assert(kept == 7);": "Abort",
    "exit(3);": "Exit",
    "raise(SIGKILL);": "Signal",
    "raise(SIGTERM);": "Signal",
    "pthread_t t; pthread_create(&t, NULL, crash, NULL); pthread_join(t, NULL);": "SegmentationFault",
    "if (fork() == 0) { for (;;) sleep(1); } abort();": "Abort",
    "if (fork() == 0) { if (fork() == 0) for (;;) sleep(1); _exit(0); } usleep(2000); abort();": "Abort",
    "oto_tensor_matmul(oto_tensor_zeros(2, 3), oto_tensor_zeros(2, 3));": None,
}
LIMITS = [
    "for (;;) memset(malloc(1 << 20), 1, 1 << 20);",
    "for (;;) *(int *)malloc(100) = 1;",
    "memset(malloc(60 << 20), 1, 60 << 20); memset(malloc(60 << 20), 1, 60 << 20);",
]


class Session:
    """A kernel with state to lose, and what was lost."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.kept = 0
        self.lost = self.wrong = 0
        self.names = set()
        kernel.run(DEFINITIONS)
        self.check()

    def check(self):
        _, text, ename = self.kernel.run(CHECK, allow_error=True)
        self.kept += 1
        if ename or text.split() != [str(self.kept), "499500", "3"]:
            print(f"lost: {text!r} {ename}", file=sys.stderr)
            self.lost += 1
            self.kernel.run("%reset")
            self.kernel.run(DEFINITIONS)
            self.kept = 0

    def fail(self, harm, expected):
        _, _, ename = self.kernel.run(HARM + harm, allow_error=True)
        if ename is None or (expected and ename != expected):
            print(f"wrong: {harm!r} ended as {ename}, not {expected}", file=sys.stderr)
            self.wrong += 1
        self.check()

    def interrupt(self, body, after):
        """A cell that would not end; what it did before it was interrupted may stay, so it does nothing that counts."""
        timer = threading.Timer(after, self.kernel.manager.interrupt_kernel)
        _, _, ename = self.kernel.run('printf("begun\\n"); ' + body, allow_error=True, when_it_prints=timer.start)
        timer.join()
        if ename != "KeyboardInterrupt":
            print(f"wrong: {body!r} ended as {ename}", file=sys.stderr)
            self.wrong += 1
        self.check()


def remaining(tree, patience=5):
    """How many of those processes still run; they may take a moment to end."""
    deadline = time.monotonic() + patience
    while (left := sum(runs(pid) for pid in tree)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def left_files(folder):
    return [str(path) for path in Path(folder).rglob("*") if not path.is_dir()]


def measure(crashes=2000, interrupts=500, limits=200):
    loops = ["for (volatile long i = 0;; i++);", "double x = 1; for (;;) x = sin(x);", "sleep(1000);",
             "for (;;) free(malloc(100));"]
    with tempfile.TemporaryDirectory(prefix="oto-survival-") as folder:
        os.environ["TMPDIR"] = folder  # every file that the kernel makes lies here
        began = time.monotonic()
        with Kernel("oto") as kernel:
            pid = kernel.pid
            session = Session(kernel)
            processes = len(process_tree(pid))
            kinds = list(CRASHES.items())
            for i in range(crashes):
                session.fail(*kinds[i % len(kinds)])
            for i in range(interrupts):
                session.interrupt(loops[i % len(loops)], 0.001 * (i % 50))
            kernel.run("%config memory_limit 96M")
            for i in range(limits):
                session.fail(LIMITS[i % len(LIMITS)], "MemoryLimit")
            dead = int(kernel.pid != pid or not kernel.manager.is_alive())
            time.sleep(1)
            tree = process_tree(pid)
            more = max(len(tree) - processes, 0)
        left = remaining(tree)
        files = left_files(folder)
        del os.environ["TMPDIR"]
    seen = (f"{session.lost} losses, {session.wrong} wrong names, {dead} dead kernels, {more} processes more, "
            f"{left} processes and {len(files)} files left ({time.monotonic() - began:.0f} s)")
    return [
        Fact(f"{crashes} crashes, {interrupts} interrupts, {limits} limits", seen, "none of them",
             not (session.lost or session.wrong or dead or more or left or files))
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, count in (("crashes", 2000), ("interrupts", 500), ("limits", 200)):
        parser.add_argument(f"--{name}", type=int, default=count)
    with kernelspecs():
        print_table(measure(**vars(parser.parse_args())))
