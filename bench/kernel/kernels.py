"""The kernels that are measured side by side, and what every measurement needs of them: a start, a cell, an end."""

import json
import os
import queue
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "bench"))  # table.py, which all benchmarks share; every module here imports this one first
BUILD = ROOT / "build"
COMMANDS = {
    "oto": [str(BUILD / "bin/oto-kernel"), "-f", "{connection_file}", "--history", ":memory:"],
    "ipykernel": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "jupyter-c-kernel": [sys.executable, "-m", "jupyter_c_kernel", "-f", "{connection_file}"],
}


@contextmanager
def kernelspecs():
    """Makes these kernels, and no others, findable; their own messages go to build/bench-kernel.log."""
    with tempfile.TemporaryDirectory() as folder, open(BUILD / "bench-kernel.log", "w") as log:
        for name, argv in COMMANDS.items():
            spec = Path(folder) / "kernels" / name
            spec.mkdir(parents=True)
            (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": "c"}))
        os.environ["JUPYTER_PATH"] = folder
        Kernel.log = log
        yield


class Kernel:
    """A started kernel that has answered kernel_info; .start_ms says how long that took."""

    log = None

    def __init__(self, name):
        began = time.perf_counter()
        self.name = name
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(stdout=self.log, stderr=self.log)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.kernel_info()
        self.client.get_shell_msg(timeout=60)
        self.start_ms = (time.perf_counter() - began) * 1e3
        self._wait_for_subscription()

    def _wait_for_subscription(self):
        """What a kernel publishes before the client's subscription has reached it is lost, the end of a cell too."""
        while True:
            try:
                self.client.get_iopub_msg(timeout=0.1)
                return
            except queue.Empty:
                self.client.kernel_info()
                self.client.get_shell_msg(timeout=60)

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def run(self, source, timeout=120, allow_error=False, when_it_prints=None):
        """Runs a cell. -> (milliseconds until idle, what it wrote to stdout, ename or None)"""
        began = time.perf_counter()
        request = self.client.execute(source, stop_on_error=False)
        parts, ename = [], None
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream" and content["name"] == "stdout":
                if when_it_prints and not parts:
                    when_it_prints()
                parts.append(content["text"])
            elif kind == "error":
                ename = content["ename"]
                if not allow_error:
                    raise SystemExit(f"{self.name}: {content}")
            elif kind == "status" and content["execution_state"] == "idle":
                break
        milliseconds = (time.perf_counter() - began) * 1e3
        while self.client.get_shell_msg(timeout=timeout)["parent_header"].get("msg_id") != request:
            pass
        return milliseconds, "".join(parts), ename

    def ask_ms(self, ask):
        """Milliseconds until the reply on the shell channel to ask(client), such as a completion; and its content."""
        began = time.perf_counter()
        request = ask(self.client)
        while True:
            message = self.client.get_shell_msg(timeout=60)
            if message["parent_header"].get("msg_id") == request:
                return (time.perf_counter() - began) * 1e3, message["content"]

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def process_tree(pid):
    """pid and all below it."""
    pids = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                pids += process_tree(int(child))
    except FileNotFoundError:
        pass  # it ended meanwhile
    return pids


def proportional_mb(pid, of="Pss:"):
    """Proportional set size of the process tree in MB: a page that n processes share counts 1/n in each. of: all of it,
    or that of files ("Pss_File:"), of memory without one ("Pss_Anon:"), of shared memory ("Pss_Shmem:")."""
    total = 0
    for process in process_tree(pid):
        try:
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith(of):
                    total += int(line.split()[1])
        except (FileNotFoundError, ProcessLookupError):
            pass  # it ended meanwhile
    return total / 1024
