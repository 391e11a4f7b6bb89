"""The control channel answers while a cell spins; nothing is left when the kernel ends."""

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import (
    BINARIES, PATIENCE, SPIN, connection_fields, descendants, is_running, kernel_environment, start_cell, wait_until,
    write_connection,
)

def test_control_answers_while_a_cell_spins(start):
    kernel = start()
    cell = start_cell(kernel, SPIN)
    assert kernel.ask("kernel_info_request", channel="control")["protocol_version"] == "5.5"
    assert kernel.ask("interrupt_request", channel="control")["status"] == "ok"
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


def test_an_interrupt_ends_the_cell_that_is_at_work_whatever_it_is_at(start):
    """Compiled, forked, loaded or run: from `busy` on an interrupt is this cell's, and only this one's."""
    kernel = start()
    kernel.run("int kept = 41;")
    for i in range(40):
        cell = kernel.request("execute_request", {"code": f"for (volatile unsigned i = {i};; i++);"})
        while (message := kernel.next_message("iopub"))["parent_header"].get("msg_id") != cell or message["msg_type"] != "execute_input":
            pass
        time.sleep(0.0005 * i)
        kernel.ask("interrupt_request", channel="control")
        assert kernel.reply_to(cell)["content"]["ename"] == "KeyboardInterrupt"
        reply, published = kernel.run("kept + 1")
        assert reply["content"]["status"] == "ok", (i, reply["content"])
        assert published[-1]["content"]["data"]["text/plain"] == "42"


def arrived(kernel, subshell):
    """Returns when all that was sent on shell has arrived: a subshell of its own waits for nobody."""
    kernel.ask("kernel_info_request", subshell=subshell)


def test_an_interrupt_ends_a_cell_that_waits_for_its_session(start):
    kernel = start(wait=False)
    subshell = kernel.ask("create_subshell_request", channel="control")["subshell_id"]
    cell = kernel.request("execute_request", {"code": SPIN})
    arrived(kernel, subshell)
    kernel.ask("interrupt_request", channel="control")
    assert kernel.reply_to(cell)["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.alive()


def test_an_interrupt_ends_the_first_of_the_cells_that_wait_and_no_other(start):
    kernel = start()
    subshell = kernel.ask("create_subshell_request", channel="control")["subshell_id"]
    for _ in range(20):
        first = kernel.request("execute_request", {"code": SPIN, "stop_on_error": False})
        second = kernel.request("execute_request", {"code": "6 * 7", "stop_on_error": False})
        arrived(kernel, subshell)
        kernel.ask("interrupt_request", channel="control")
        assert kernel.reply_to(first)["content"]["ename"] == "KeyboardInterrupt"
        assert kernel.reply_to(second)["content"]["status"] == "ok"


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
    message_id = kernel.request("shutdown_request", {"restart": restart}, channel="control")
    reply = kernel.reply_to(message_id, channel="control")
    assert reply["content"] == {"status": "ok", "restart": restart}
    wait_until(ended(kernel))
    wait_until(lambda: not [pid for pid in below if is_running(pid)])


def test_shutdown_is_announced_to_all(start):
    kernel = start()
    message_id = kernel.request("shutdown_request", {"restart": False}, channel="control")
    assert [m["msg_type"] for m in kernel.published(message_id)] == ["shutdown_reply"]


@pytest.mark.parametrize("name", ["TERM", "HUP", "QUIT", "KILL", "ABRT", "SEGV", "USR1"])
def test_a_signal_leaves_no_process_and_no_file(start, tmp_path, monkeypatch, name):
    places = [tmp_path / "sockets", tmp_path / "temporary"]
    for place in places:
        place.mkdir()
    monkeypatch.setenv("TMPDIR", str(places[1]))
    kernel = start(transport="ipc", ip=str(places[0] / "kernel"))
    start_cell(kernel, "if (fork() == 0) { setsid(); for (;;) sleep(100); }\n" + SPIN)
    assert list(places[0].iterdir())
    below = descendants(kernel.pid())
    assert below
    os.kill(kernel.pid(), getattr(signal, f"SIG{name}"))
    wait_until(ended(kernel))
    wait_until(lambda: not [pid for pid in below if is_running(pid)])
    wait_until(lambda: [file for place in places for file in place.rglob("*")] == [])


def test_sigpipe_ends_nothing(start):
    kernel = start()
    os.kill(kernel.pid(), signal.SIGPIPE)
    assert kernel.alive()


def test_a_killed_kernels_guard_leaves_its_successors_files_alone(start, tmp_path):
    kernel = start(transport="ipc", ip=str(tmp_path / "kernel"))
    kernel.manager.provisioner.process.kill()
    wait_until(ended(kernel))
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=PATIENCE)
    time.sleep(0.5)
    assert len(list(tmp_path.glob("kernel-*"))) == 5
    assert kernel.alive()


def test_ten_restarts_forget_and_leave_nothing(start):
    kernel = start()
    for _ in range(10):
        kernel.run("int kept = 41;")
        first, below = kernel.pid(), descendants(kernel.pid())
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=PATIENCE)
        assert kernel.pid() != first
        wait_until(lambda: not [pid for pid in below if is_running(pid)])
        reply, _ = kernel.run("kept + 1")
        assert reply["content"]["ename"] == "CompileError"
        assert reply["content"]["execution_count"] == 1


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
    wait_until(lambda: not is_running(kernel))
    wait_until(lambda: not [pid for pid in below if is_running(pid)])


def test_an_orphan_ends_though_its_parent_is_not_the_one_it_was_told_of(tmp_path):
    """As when the client lives in another PID namespace: JPY_PARENT_PID names nobody here."""
    connection = write_connection(tmp_path / "connection.json", **connection_fields())
    shell = subprocess.Popen(
        ["sh", "-c", f"{BINARIES}/oto-kernel -f {connection} & echo $!; wait"], stdout=subprocess.PIPE, text=True,
        env=kernel_environment(tmp_path, JPY_PARENT_PID="4194304"),
    )
    kernel = int(shell.stdout.readline())
    time.sleep(0.5)
    assert is_running(kernel)
    shell.kill()
    shell.wait()
    wait_until(lambda: not is_running(kernel))


def test_binary_is_where_the_kernelspec_says(kernelspec):
    assert (kernelspec / "kernel.json").read_text().count(str(BINARIES)) == 1
