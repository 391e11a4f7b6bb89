"""The processes that read and compile cells may be killed, kept busy or interrupted: the session goes on."""

import os
import pathlib
import signal

import pytest
from conftest import descendants, is_running, start_cell, wait_until

# a million million tokens
BOMB = "#define X0(x) x+x\n" + "".join(f"#define X{i}(x) X{i - 1}(x)+X{i - 1}(x)\n" for i in range(1, 40)) + "int v = X39(1);"


def processes(kernel, name):
    return [
        pid
        for pid in descendants(kernel.pid())
        if is_running(pid) and name in pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]
    ]


@pytest.mark.parametrize("program", ["oto-compiler", "oto-parser"])
def test_a_killed_helper_is_started_again(start, program):
    kernel = start()
    kernel.run("int kept = 41;")
    killed = processes(kernel, program)
    assert killed
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    reply, published = kernel.run("kept + 1")
    assert reply["content"]["status"] == "ok"
    assert published[-1]["content"]["data"]["text/plain"] == "42"
    wait_until(lambda: not [pid for pid in killed if is_running(pid)])


def test_calls_in_a_header_go_deeper_than_the_parsers_stack(start, tmp_path):
    deepest = 20000
    header = tmp_path / "deep.h"
    header.write_text("static int f0(int n) { return n; }\n" +
                      "".join(f"static int f{i}(int n) {{ return f{i - 1}(n); }}\n" for i in range(1, deepest)))
    kernel = start()
    reply, _ = kernel.run(f'#include "{header}"\nint g(int n) {{ return n ? f{deepest - 1}(n) : 0; }}')
    assert reply["content"]["status"] == "ok", reply["content"]
    _, published = kernel.run("g(0)")
    assert published[-1]["content"]["data"]["text/plain"] == "0"


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_killed_worker_costs_what_it_held_and_is_not_hidden(start, which, running):
    """Whichever process of the worker is killed: values are right, or the cell says that they are gone."""
    kernel = start()
    kernel.run("int kept = 41;")
    kernel.run("kept = 42;")
    cell = start_cell(kernel, 'printf("on\\n"); sleep(2);') if running else None
    workers = processes(kernel, "oto-worker")
    os.kill(workers[which], signal.SIGKILL)
    replies = [kernel.reply_to(cell)["content"]] if running else []
    wait_until(lambda: workers[which] not in processes(kernel, "oto-worker"))
    reply, published = kernel.run("kept")
    gone = [r for r in [*replies, reply["content"]] if r["status"] == "error" and "names and values are gone" in r["evalue"]]
    if gone:
        kernel.run("int kept = 42;")
        reply, published = kernel.run("kept")
    assert published[-1]["content"]["data"]["text/plain"] == "42"


def test_a_macro_that_expands_without_end_is_interrupted(start):
    kernel = start()
    kernel.run("int kept = 41;")
    request = kernel.client.execute(BOMB)
    busy = kernel.next_message("iopub")
    while busy["msg_type"] != "execute_input":
        busy = kernel.next_message("iopub")
    kernel.ask("interrupt_request", channel="control")
    assert kernel.reply_to(request)["content"]["ename"] == "KeyboardInterrupt"
    reply, published = kernel.run("kept + 1")
    assert published[-1]["content"]["data"]["text/plain"] == "42"


def test_a_local_header_is_read_afresh_by_the_same_cell(start, tmp_path):
    kernel = start()
    for value in (1, 2):
        kernel.run(f"%%writefile {tmp_path}/value.h\n#define VALUE {value}\n")
        reply, published = kernel.run(f'#include "{tmp_path}/value.h"\nVALUE')
        assert published[-1]["content"]["data"]["text/plain"] == str(value)
