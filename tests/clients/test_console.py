"""jupyter console in a real (pseudo) terminal."""

import os
import re
import sys
import time

import pexpect
import pytest

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-B0]|\x1b[=>]|\x1b\][^\x07]*\x07|\r|\x07|\x08")


class Console:
    """`jupyter console` as a person types into it."""

    def __init__(self):
        environment = os.environ | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
        arguments = ["-m", "jupyter", "console", "--kernel", "oto"]
        self.child = pexpect.spawn(sys.executable, arguments, env=environment, dimensions=(40, 120), encoding="utf-8", timeout=30)
        self.seen = ""
        self.prompt()

    def wait_for(self, pattern):
        """Waits until the terminal has shown the pattern since the last wait; returns what it has shown."""
        until = time.monotonic() + 30
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < until, f"no {pattern!r} in:\n{self.seen}"
            try:
                self.seen += ESCAPES.sub("", self.child.read_nonblocking(65536, 0.2))
            except pexpect.TIMEOUT:
                pass
        shown, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return shown

    def prompt(self):
        return self.wait_for(r"In \[\d+\]: ")

    def enter(self, line):
        self.child.send(line + "\r")


@pytest.fixture(scope="module")
def console():
    console = Console()
    yield console
    console.child.close(force=True)


def test_a_line_shows_what_it_prints_and_its_value(console):
    console.enter('printf("six times seven is "); 6 * 7')
    assert "six times seven is" in console.wait_for(r"Out\[\d+\]: ")
    console.wait_for("42")
    console.prompt()


def test_an_open_brace_asks_for_more_lines(console):
    console.enter("int twice(int n) {")
    console.wait_for(r"\.\.\.: ")
    console.enter("return 2 * n;")
    console.wait_for(r"\.\.\.: ")
    console.enter("}")
    console.prompt()
    console.enter("twice(21)")
    console.wait_for(r"Out\[\d+\]: \n?42")
    console.prompt()


def test_an_error_shows_its_traceback_and_the_console_goes_on(console):
    console.enter("int zero = 0; 1 / zero")
    shown = console.wait_for("UndefinedBehavior")
    console.prompt()
    console.enter("twice(4)")
    console.wait_for(r"Out\[\d+\]: \n?8")
    console.prompt()


def test_a_cell_reads_a_line_from_the_keyboard(console):
    console.enter('int age; printf("your age: "); scanf("%d", &age); printf("next year %d", age + 1);')
    console.wait_for('your age: (?!")')
    console.child.send("41\n")
    console.wait_for("next year 42")
    console.prompt()


def test_control_c_interrupts_a_cell_and_keeps_the_session(console):
    console.enter('int counted = 0; printf("running"); for (;;) counted++;')
    console.wait_for("running(?!\")")
    time.sleep(0.5)
    console.child.sendintr()
    console.wait_for("KeyboardInterrupt")
    console.prompt()
    console.enter("counted > 0")
    console.wait_for(r"Out\[\d+\]: \n?1")
    console.prompt()


def test_control_d_ends_console_and_kernel(console):
    console.child.send("\x04")
    if console.child.expect([r"\[y\]/n", pexpect.EOF]) == 0:  # older consoles do not ask
        console.child.send("y\r")
        console.child.expect(pexpect.EOF)
    console.child.close()
    assert console.child.exitstatus == 0
