"""Oto's side: program.c, compiled, in a process that answers questions with numbers."""

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Program:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        program = Path(self.folder.name) / "program"
        subprocess.run(
            ["clang-19", "-std=gnu23", "-O2", "-Wno-initializer-overrides", f"-I{ROOT}", "-o", program]
            + [Path(__file__).parent / "program.c", f"-L{ROOT}/build/lib", f"-Wl,-rpath,{ROOT}/build/lib", "-loto", "-lm"],
            check=True,
        )
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what, model, times):
        self.process.stdin.write(f"{what} {model} {times}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the C program ended at {what} of {model} (status {self.process.wait()})")
        return float(line)

    def milliseconds(self, what, model, times):
        """Of one `step` or `infer`, the mean of so many."""
        return self.ask(what, model, times)

    def megabytes(self, model, steps):
        """The largest resident size of this process after so many steps."""
        return self.ask("memory", model, steps)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()
