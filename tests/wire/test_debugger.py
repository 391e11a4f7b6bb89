"""The debugger through the wire: what JupyterLab's front end asks, in its order."""

import pytest
from conftest import SPIN, descendants, is_running, start_cell, text_of, wait_until

FUNCTION = """int add(int a, int b) {
    int sum = a + b;
    sum *= 2;
    return sum;
}
int total = 5;"""
LOOP = """double w = 1.5;
for (int i = 0; i < 3; i++) {
    total = add(i, 3);
}
printf("%d %g\\n", total, w);"""


class Debugger:
    def __init__(self, kernel):
        self.kernel = kernel
        self.sequence = 0
        self.cell = None
        self.held = []  # what came on iopub and was not asked for yet

    def ask(self, command, **arguments):
        self.sequence += 1
        content = {"type": "request", "seq": self.sequence, "command": command, "arguments": arguments}
        answer = self.kernel.ask("debug_request", content, channel="control")
        assert answer["type"] == "response" and answer["command"] == command
        assert answer["request_seq"] == self.sequence
        return answer

    def must(self, command, **arguments):
        answer = self.ask(command, **arguments)
        assert answer["success"], answer
        return answer.get("body", {})

    def begin(self):
        self.must("initialize", clientID="test")
        self.must("attach")
        self.must("configurationDone")
        return self

    def break_at(self, source, *lines):
        path = self.must("dumpCell", code=source)["sourcePath"]
        points = self.must("setBreakpoints", source={"path": path}, breakpoints=[{"line": line} for line in lines])
        assert len(points["breakpoints"]) == len(lines)
        return path

    def execute(self, source):
        self.cell = self.kernel.client.execute(source)

    def next_message(self):
        return self.held.pop(0) if self.held else self.kernel.client.get_iopub_msg(timeout=30)

    def event(self, name):
        """The next event of that name; what the cell publishes meanwhile is kept."""
        kept = []
        while True:
            message = self.next_message()
            if message["msg_type"] == "debug_event" and message["content"]["event"] == name:
                self.held = kept + self.held
                return message["content"].get("body", {})
            kept.append(message)

    def stop(self):
        """Waits until the cell stops; returns its frames."""
        self.thread = self.event("stopped")["threadId"]
        return self.frames()

    def frames(self):
        return self.must("stackTrace", threadId=self.thread)["stackFrames"]

    def variables(self, frame, scope="Locals"):
        scopes = {s["name"]: s["variablesReference"] for s in self.must("scopes", frameId=frame["id"])["scopes"]}
        found = self.must("variables", variablesReference=scopes[scope])["variables"]
        return {variable["name"]: variable["value"] for variable in found}

    def go(self, command="continue"):
        self.must(command, threadId=self.thread)

    def finish(self):
        """The cell's reply, and what it published."""
        published, events = [], []
        while True:
            message = self.next_message()
            if message["msg_type"] == "debug_event":
                events.append(message)
            if message["parent_header"].get("msg_id") != self.cell:
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    break
                continue
            published.append(message)
        self.held = events + self.held
        return self.kernel.reply_to(self.cell)["content"], published


@pytest.fixture
def debugger(start):
    return Debugger(start()).begin()


def places(frames):
    return [(frame["name"], frame["line"]) for frame in frames]


def test_kernel_info_says_that_there_is_a_debugger(kernel):
    info = kernel.ask("kernel_info_request")
    assert info["debugger"] is True and "debugger" in info["supported_features"]


def test_debug_info_describes_the_files(kernel):
    info = Debugger(kernel).must("debugInfo")
    assert info["isStarted"] is False and info["hashMethod"] == "Murmur2"
    assert info["tmpFilePrefix"].endswith("/") and info["tmpFileSuffix"] == ".c"
    assert info["breakpoints"] == [] and info["stoppedThreads"] == []


def test_before_initialize_only_questions_are_answered(kernel):
    answer = Debugger(kernel).ask("setBreakpoints", source={"path": "x"}, breakpoints=[])
    assert not answer["success"] and "initialize" in answer["message"]


@pytest.mark.parametrize("content", [{}, {"command": 3}, {"command": "setBreakpoints", "arguments": []}, {"command": ""}])
def test_a_request_that_is_none_is_refused(kernel, content):
    answer = kernel.ask("debug_request", content, channel="control")
    assert answer["success"] is False and answer["message"]


def test_the_file_of_a_cell_is_the_hash_that_the_client_computes(debugger):
    from ipykernel.compiler import murmur2_x86

    info = debugger.must("debugInfo")
    for code in ("", "a", "ab", "abc", "int x = 1;\n", "/* 音 */ 1 + 1"):
        hashed = murmur2_x86(code, info["hashSeed"])
        path = debugger.must("dumpCell", code=code)["sourcePath"]
        assert path == f"{info['tmpFilePrefix']}{hashed}{info['tmpFileSuffix']}"
        assert debugger.must("source", source={"path": path})["content"] == code


def test_files_of_others_are_no_sources(debugger):
    assert not debugger.ask("source", source={"path": "/etc/hostname"})["success"]
    assert not debugger.ask("source", source={"path": debugger.must("debugInfo")["tmpFilePrefix"] + "../x"})["success"]


def test_a_cell_stops_at_its_line_and_goes_on(debugger):
    debugger.kernel.run(FUNCTION)
    debugger.break_at(LOOP, 3)
    debugger.execute(LOOP)
    for i in range(3):
        frames = debugger.stop()
        assert places(frames) == [("cell", 3)]
        assert debugger.variables(frames[0])["i"] == str(i)
        debugger.go()
        debugger.event("continued")
    reply, published = debugger.finish()
    assert reply["status"] == "ok" and text_of(published) == "10 1.5\n"


def test_a_function_of_an_earlier_cell_stops_with_its_caller(debugger):
    debugger.break_at(FUNCTION, 3)
    debugger.kernel.run(FUNCTION)
    debugger.execute(LOOP)
    frames = debugger.stop()
    assert places(frames) == [("add", 3), ("cell", 3)]
    assert frames[0]["source"]["path"] != frames[1]["source"]["path"]
    assert debugger.variables(frames[0]) == {"a": "0", "b": "3", "sum": "3"}
    assert debugger.variables(frames[1]) == {"i": "0"}


def test_session_variables_are_those_of_the_stopped_program(debugger):
    debugger.kernel.run(FUNCTION + "\ndouble samples[3] = {1, 2, 3};\nchar *word = \"oto\";")
    debugger.break_at(LOOP, 3)
    debugger.execute(LOOP)
    first = debugger.variables(debugger.stop()[0], "Session")
    debugger.go()
    second = debugger.variables(debugger.stop()[0], "Session")
    assert first["total"] == "5" and second["total"] == "6"
    assert '"oto"' in first["word"] and "samples" in first


def test_stepping_stays_in_cells(debugger):
    debugger.break_at(FUNCTION, 2)
    debugger.kernel.run(FUNCTION)
    source = "int before = 1;\nbefore++;\nint value = add(before, 1);\nvalue++;\nprintf(\"%d\\n\", value);"
    debugger.break_at(source, 2)
    debugger.execute(source)
    assert places(debugger.stop())[0] == ("cell", 2)
    debugger.go("next")
    assert places(debugger.stop())[0] == ("cell", 3)
    debugger.go("stepIn")
    assert places(debugger.stop())[0][0] == "add"
    debugger.go("next")
    assert places(debugger.stop())[0] == ("add", 3)
    debugger.go("stepOut")
    assert places(debugger.stop())[0][0] == "cell"
    debugger.go("next")
    assert places(debugger.stop())[0] == ("cell", 4)
    debugger.go("next")
    assert places(debugger.stop())[0] == ("cell", 5)
    debugger.go("next")
    reply, published = debugger.finish()
    assert reply["status"] == "ok" and text_of(published) == "7\n"


def test_fast_cells_stop_too(debugger):
    source = "%fast\nint triple(int n) {\n    printf(\"%d\\n\", n);\n    return 3 * n;\n}"
    debugger.break_at(source, 3)
    debugger.kernel.run(source)
    debugger.execute("triple(5)")
    assert places(debugger.stop())[0] == ("triple", 3)
    debugger.go()
    assert text_of(debugger.finish()[1]) == "5\n"


def test_a_condition_is_asked_before_stopping(debugger):
    debugger.kernel.run(FUNCTION)
    path = debugger.must("dumpCell", code=LOOP)["sourcePath"]
    debugger.must("setBreakpoints", source={"path": path}, breakpoints=[{"line": 3, "condition": "i == 2"}])
    debugger.execute(LOOP)
    assert debugger.variables(debugger.stop()[0])["i"] == "2"


def test_expressions_and_new_values(debugger):
    debugger.break_at(FUNCTION, 3)
    debugger.kernel.run(FUNCTION)
    debugger.execute("add(20, 1)")
    frame = debugger.stop()[0]
    assert debugger.must("evaluate", expression="a + b", frameId=frame["id"])["result"].endswith("21")
    assert not debugger.ask("evaluate", expression="nonsense +", frameId=frame["id"])["success"]
    locals_ = debugger.must("scopes", frameId=frame["id"])["scopes"][0]["variablesReference"]
    debugger.must("setVariable", variablesReference=locals_, name="sum", value="50")
    debugger.go()
    reply, published = debugger.finish()
    assert [m["content"]["data"]["text/plain"] for m in published if m["msg_type"] == "execute_result"] == ["100"]


def test_an_expression_is_never_a_command_of_the_debugger(debugger, tmp_path):
    debugger.break_at(FUNCTION, 3)
    debugger.kernel.run(FUNCTION)
    debugger.execute("add(20, 1)")
    frame = debugger.stop()[0]
    debugger.ask("evaluate", expression=f"platform shell touch {tmp_path}/made", frameId=frame["id"], context="repl")
    assert not (tmp_path / "made").exists()


def test_breakpoints_may_change_while_a_cell_is_stopped(debugger):
    debugger.kernel.run(FUNCTION)
    path = debugger.break_at(LOOP, 3)
    debugger.execute(LOOP)
    debugger.stop()
    debugger.must("setBreakpoints", source={"path": path}, breakpoints=[{"line": 5}])
    debugger.go()
    assert places(debugger.stop()) == [("cell", 5)]


def test_crashes_stop_where_they_happen_and_end_as_errors(debugger):
    debugger.must("setExceptionBreakpoints", filters=["Crashes"])
    debugger.kernel.run("int first(int *v) {\n    return v[0];\n}\nint kept = 1;")
    debugger.execute("kept = 2;\nfirst(NULL)")
    frames = debugger.stop()
    assert places(frames) == [("first", 2), ("cell", 2)]
    assert "0x0" in debugger.variables(frames[0])["v"] or "NULL" in debugger.variables(frames[0])["v"]
    debugger.go()
    reply, _ = debugger.finish()
    assert reply["status"] == "error" and "line 2" in "\n".join(reply["traceback"])
    reply, published = debugger.kernel.run("kept")
    assert published[-1]["content"]["data"]["text/plain"] == "1"


def test_errors_still_name_cells_while_the_debugger_is_on(debugger):
    debugger.kernel.run("int first(int *v) {\n    return v[0];\n}")
    reply, _ = debugger.kernel.run("first(NULL)")
    traceback = "\n".join(reply["content"]["traceback"])
    assert "cell [1] line 2 in first" in traceback and "/oto-" not in traceback


def test_an_interrupt_ends_a_stopped_cell(debugger):
    debugger.kernel.run(FUNCTION)
    debugger.break_at(LOOP, 3)
    debugger.execute(LOOP)
    debugger.stop()
    debugger.kernel.ask("interrupt_request", channel="control")
    reply, _ = debugger.finish()
    assert reply["ename"] == "KeyboardInterrupt"
    debugger.event("continued")
    assert debugger.must("debugInfo")["stoppedThreads"] == []
    reply, published = debugger.kernel.run("total")
    assert published[-1]["content"]["data"]["text/plain"] == "5"


def test_disconnecting_lets_a_stopped_cell_run_on(debugger):
    debugger.kernel.run(FUNCTION)
    debugger.break_at(LOOP, 3)
    debugger.execute(LOOP)
    debugger.stop()
    debugger.must("disconnect", restart=False, terminateDebuggee=False)
    reply, published = debugger.finish()
    assert reply["status"] == "ok" and text_of(published) == "10 1.5\n"
    assert debugger.must("debugInfo")["isStarted"] is False
    reply, published = debugger.kernel.run(LOOP)
    assert text_of(published) == "10 1.5\n"


def test_variables_are_told_while_nothing_runs(debugger):
    debugger.kernel.run('int count = 3; char *word = "oto"; struct point { int x, y; } p = {1, 2};')
    found = {v["name"]: v for v in debugger.must("inspectVariables")["variables"]}
    assert found["count"]["value"] == "3" and found["count"]["type"] == "int"
    assert found["word"]["value"] == '"oto"' and found["p"]["value"] == "{.x = 1, .y = 2}"
    rich = debugger.must("richInspectVariables", variableName="p")
    assert rich["data"]["text/plain"] == "{.x = 1, .y = 2}"


@pytest.mark.parametrize("in_subshell", [False, True])
def test_variables_are_not_waited_for_while_a_cell_runs(debugger, in_subshell):
    kernel = debugger.kernel
    subshell = kernel.ask("create_subshell_request", channel="control")["subshell_id"] if in_subshell else None
    cell = start_cell(kernel, SPIN, subshell)
    assert debugger.must("inspectVariables")["variables"] == []
    kernel.ask("interrupt_request", channel="control")
    assert kernel.reply_to(cell)["content"]["status"] == "error"


def test_variables_are_told_as_soon_as_a_cell_is_idle(debugger):
    """JupyterLab asks for them when it hears `idle`; the cell's thread may not be through with it."""
    for number in range(100):
        debugger.kernel.run(f"int count = {number};")
        assert [v["value"] for v in debugger.must("inspectVariables")["variables"]] == [str(number)]


def test_a_stopped_kernel_ends_without_leftovers(start):
    debugger = Debugger(start()).begin()
    debugger.kernel.run(FUNCTION)
    path = debugger.break_at(LOOP, 3)
    debugger.execute(LOOP)
    debugger.stop()
    processes = [debugger.kernel.pid(), *descendants(debugger.kernel.pid())]
    debugger.kernel.manager.shutdown_kernel(now=False)
    wait_until(lambda: not any(is_running(pid) for pid in processes))
    import pathlib

    assert not pathlib.Path(path).parent.exists()


def test_without_breakpoints_cells_run_as_ever(debugger):
    debugger.kernel.run(FUNCTION)
    reply, published = debugger.kernel.run(LOOP)
    assert text_of(published) == "10 1.5\n"
    assert not [m for m in published if m["msg_type"] == "debug_event"]
