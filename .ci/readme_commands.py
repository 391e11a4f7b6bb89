"""Runs every command of README.md: each ```sh block is one shell script, from the tree's root, with a home of its own.

`make test` is left to .ci/run, which has run it before; `make lab`, which stays, is started, asked for its kernels and
stopped. Ends with status 1 when a block fails.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 1500  # seconds for a block


def blocks():
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_lab(environment):
    """-> whether JupyterLab comes up and offers the kernel."""
    port = free_port()
    arguments = f"--no-browser --port={port} --ServerApp.port_retries=0 --IdentityProvider.token=readme"
    lab = subprocess.Popen(
        ["make", "lab"], cwd=ROOT, env=environment | {"LAB_ARGS": arguments}, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and lab.poll() is None:
            try:
                url = f"http://127.0.0.1:{port}/api/kernelspecs?token=readme"
                with urllib.request.urlopen(url, timeout=5) as answer:
                    return b'"oto"' in answer.read()
            except OSError:
                time.sleep(0.5)
        return False
    finally:
        if lab.poll() is None:
            os.killpg(lab.pid, signal.SIGTERM)
        lab.wait(30)


def main():
    failed = []
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"HOME": home}
        for block in blocks():
            script = "\n".join(line for line in block.splitlines() if line != "make test")
            print(f"== README.md\n{block}", flush=True)
            if script.strip() == "make lab":
                passed = run_lab(environment)
            else:
                done = subprocess.run(
                    ["bash", "-eu", "-o", "pipefail", "-c", script],
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    timeout=PATIENCE,
                )
                passed = done.returncode == 0
            print("ok" if passed else "FAILED", flush=True)
            if not passed:
                failed.append(block)
    print(f"README.md: {len(blocks()) - len(failed)} of {len(blocks())} blocks run")
    return 1 if failed or not blocks() else 0


if __name__ == "__main__":
    sys.exit(main())
