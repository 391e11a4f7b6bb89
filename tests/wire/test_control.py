"""The control channel answers while a cell spins; nothing is left when the kernel ends."""

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import BINARIES, PATIENCE, SPIN, descendants, is_running, kernel_environment, start_cell, wait_until

def test_control_answers_while_a_cell_spins(start):
    kernel = start()
    cell = start_cell(kernel, SPIN)
    begin = time.monotonic()
    info = kernel.ask("kernel_info_request", channel="control")
    assert time.monotonic() - begin < 0.05
    assert info["protocol_version"] == "5.5"
    begin = time.monotonic()
    assert kernel.ask("interrupt_request", channel="control")["status"] == "ok"
    assert time.monotonic() - begin < 0.05
    assert kernel.reply_to(cell)["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.alive()


def test_sigint_interrupts(start):
    kernel = start()
    cell = start_cell(kernel, SPIN)
    os.kill(kernel.pid(), signal.SIGINT)
    assert kernel.reply_to(cell)["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.alive()


def test_interrupt_ends_waiting_for_a_line(start):
    kernel = start()
    cell = kernel.client.execute("char line[9];\nfgets(line, sizeof line, stdin);", allow_stdin=True)
    kernel.client.get_stdin_msg(timeout=PATIENCE)
    kernel.ask("interrupt_request", channel="control")
    kernel.reply_to(cell)
    kernel.client.input("too late")
    kernel.wait_for_log("no cell waits for a line")
    assert kernel.alive()


def test_interrupt_of_an_idle_kernel_does_nothing(kernel):
    assert kernel.ask("interrupt_request", channel="control") == {"status": "ok"}
    assert kernel.alive()


def ended(kernel):
    return lambda: not is_running(kernel.pid())


@pytest.mark.parametrize("restart", [False, True])
def test_shutdown_while_a_cell_spins(start, restart):
    kernel = start()
    start_cell(kernel, SPIN)
    below = descendants(kernel.pid())
    assert below
    begin = time.monotonic()
    message_id = kernel.request("shutdown_request", {"restart": restart}, channel="control")
    reply = kernel.reply_to(message_id, channel="control")
    assert time.monotonic() - begin < 0.05
    assert reply["content"] == {"status": "ok", "restart": restart}
    wait_until(ended(kernel))
    assert time.monotonic() - begin < 3
    assert not [pid for pid in below if is_running(pid)]


def test_shutdown_is_announced_to_all(start):
    kernel = start()
    message_id = kernel.request("shutdown_request", {"restart": False}, channel="control")
    assert [m["msg_type"] for m in kernel.published(message_id)] == ["shutdown_reply"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_process(start, number):
    kernel = start()
    start_cell(kernel, "if (fork() == 0) { setsid(); for (;;) sleep(100); }\n" + SPIN)
    below = descendants(kernel.pid())
    os.kill(kernel.pid(), number)
    wait_until(ended(kernel))
    wait_until(lambda: not [pid for pid in below if is_running(pid)], 3)


def test_a_killed_kernel_leaves_no_process(start):
    kernel = start()
    start_cell(kernel, SPIN)
    below = descendants(kernel.pid())
    assert below
    kernel.manager.provisioner.process.kill()
    wait_until(lambda: not [pid for pid in below if is_running(pid)], 5)


def test_restart_forgets_and_leaves_nothing(start):
    kernel = start()
    kernel.run("int kept = 41;")
    first, below = kernel.pid(), descendants(kernel.pid())
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=PATIENCE)
    assert kernel.pid() != first
    assert not [pid for pid in below if is_running(pid)]
    reply, _ = kernel.run("kept + 1")
    assert reply["content"]["ename"] == "CompileError"
    assert kernel.run(";")[0]["content"]["execution_count"] == 2


PARENT = """
import sys, time
from jupyter_client import KernelManager
manager = KernelManager(kernel_name="oto")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=30)
client.execute("for (;;);")
print(manager.provisioner.process.pid, flush=True)
time.sleep(100)
"""


def test_the_kernel_ends_with_its_parent(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=kernel_environment(tmp_path)
    )
    kernel = int(parent.stdout.readline())
    time.sleep(0.3)
    below = descendants(kernel)
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_running(kernel), 10)
    wait_until(lambda: not [pid for pid in below if is_running(pid)], 3)


def test_binary_is_where_the_kernelspec_says(kernelspec):
    assert (kernelspec / "kernel.json").read_text().count(str(BINARIES)) == 1
