"""Kernels for the wire tests: started from a kernelspec made on the spot, so that nothing has to be installed."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest
from jupyter_client import BlockingKernelClient, KernelManager
from messages import validate

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
from ports import free_ports

BINARIES = pathlib.Path(os.environ.get("OTO_BINDIR", ROOT / "build" / "bin"))
PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
PATIENCE = 30  # seconds until a message that must come counts as lost
SPIN = 'printf("spinning\\n"); for (volatile unsigned long i = 0;; i++);'


def kernel_environment(folder, **more):
    """The environment of a kernel that keeps its history in the folder."""
    return {**os.environ, "XDG_DATA_HOME": str(folder / "data"), **more}


@pytest.fixture(scope="session", autouse=True)
def kernelspec(tmp_path_factory):
    """Makes the kernelspec `oto` findable by jupyter_client."""
    if not (BINARIES / "oto-kernel").exists():
        pytest.exit(f"{BINARIES}/oto-kernel is not there: run `make` first", returncode=2)
    home = tmp_path_factory.mktemp("jupyter")
    spec = home / "kernels" / "oto"
    spec.mkdir(parents=True)
    for file in (ROOT / "kernel" / "kernelspec").iterdir():
        if file.suffix == ".in":
            (spec / file.stem).write_text(file.read_text().replace("@BINDIR@", str(BINARIES)))
        else:
            shutil.copy(file, spec)
    os.environ["JUPYTER_PATH"] = str(home)
    os.environ["XDG_DATA_HOME"] = str(home / "data")
    return spec


class Kernel:
    """A running kernel, its client, and what a test asks of them."""

    def __init__(self, log, arguments=(), wait=True, **options):
        self.log_path = log
        self.manager = KernelManager(kernel_name="oto", **options)
        self.errors = open(log, "w")  # stays open: a restart uses it again
        self.manager.start_kernel(stderr=self.errors, extra_arguments=list(arguments))
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        if wait:
            self.client.wait_for_ready(timeout=PATIENCE)

    def pid(self):
        return self.manager.provisioner.process.pid

    def log(self):
        return self.log_path.read_text()

    def wait_for_log(self, *words, count=1):
        """Waits for the log lines that hold all the words; returns them."""
        until = time.monotonic() + PATIENCE
        while True:
            lines = [line for line in self.log().splitlines() if all(word in line for word in words)]
            if len(lines) >= count or time.monotonic() > until:
                assert len(lines) >= count, f"no line with {words} in:\n{self.log()}"
                return lines
            time.sleep(0.02)

    def next_message(self, channel, timeout=PATIENCE):
        """The next message of a channel, whatever it answers. It must be a valid one."""
        message = getattr(self.client, f"get_{channel}_msg")(timeout=timeout)
        validate(message)
        return message

    def reply_to(self, message_id, channel="shell", timeout=PATIENCE):
        while True:
            message = self.next_message(channel, timeout)
            if message["parent_header"].get("msg_id") == message_id:
                return message

    def published(self, message_id, timeout=PATIENCE):
        """Everything on iopub that answers the message, up to idle (busy and idle left out)."""
        messages = []
        while True:
            message = self.next_message("iopub", timeout)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    return messages
                continue
            messages.append(message)

    def run(self, code, **options):
        """Runs a cell; returns its reply and what it published."""
        message_id = self.client.execute(code, **options)
        published = self.published(message_id)
        return self.reply_to(message_id), published

    def request(self, type, content=None, channel="shell", subshell=None):
        """Sends any message; returns its id."""
        message = self.client.session.msg(type, content or {})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        getattr(self.client, f"{channel}_channel").send(message)
        return message["header"]["msg_id"]

    def ask(self, type, content=None, channel="shell", subshell=None, timeout=PATIENCE):
        """Sends any request; returns the content of its reply."""
        return self.reply_to(self.request(type, content, channel, subshell), channel, timeout)["content"]

    def alive(self):
        """Still answers, and still runs cells."""
        reply, published = self.run('printf("alive\\n");')
        assert reply["content"]["status"] == "ok"
        assert text_of(published) == "alive\n"
        return True

    def stop(self):
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=False)
        self.errors.close()


def text_of(published, name="stdout"):
    """What was printed, of the messages that a cell published."""
    return "".join(
        message["content"]["text"]
        for message in published
        if message["msg_type"] == "stream" and message["content"]["name"] == name
    )


@pytest.fixture
def start(tmp_path):
    """start(arguments=[of oto-kernel], wait=until it answers, **options of KernelManager) -> Kernel; all of them end with the test."""
    kernels = []

    def start_one(**options):
        kernels.append(Kernel(tmp_path / f"kernel{len(kernels)}.log", **options))
        return kernels[-1]

    yield start_one
    for kernel in kernels:
        kernel.stop()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for the tests of a file that leave it as they found it."""
    kernel = Kernel(tmp_path_factory.mktemp("kernel") / "kernel.log")
    yield kernel
    kernel.stop()


def start_cell(kernel, code, subshell=None):
    """Starts a cell; returns its message id once it has printed."""
    message_id = kernel.request("execute_request", {"code": code}, subshell=subshell)
    while True:
        message = kernel.next_message("iopub")
        if message["msg_type"] == "stream" and message["parent_header"]["msg_id"] == message_id:
            return message_id


def descendants(pid):
    """The processes below a process."""
    children = {}
    for line in subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def is_running(pid):
    """False also for a process that is dead and waits to be collected."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition, seconds=PATIENCE):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to pass in time"
        time.sleep(0.01)


def write_connection(path, **fields):
    path.write_text(json.dumps(fields))
    return path


def connection_fields(**changes):
    all_fields = {**dict(zip(PORTS, free_ports(5))), "ip": "127.0.0.1", "transport": "tcp", "key": "secret",
                  "signature_scheme": "hmac-sha256", **changes}
    return {name: value for name, value in all_fields.items() if value is not ...}
