"""Every message type that the kernel sends is valid, and stands between the busy and the idle of what it answers."""

import itertools

import messages
import pytest
from conftest import PATIENCE, start_cell

CELL = """
printf("out\\n");
fprintf(stderr, "err\\n");
oto_display_html("<b>bold</b>");
oto_clear_output(0);
oto_display_markdown("*one*", .id = "first");
6 * 7
"""
REQUESTS = [  # channel, type, content
    ("shell", "execute_request", {"code": CELL, "user_expressions": {"good": "1 + 1", "bad": "nobody", "none": "(void)0"}}),
    ("shell", "execute_request", {"code": "int broken = ;", "stop_on_error": False}),
    ("shell", "execute_request", {"code": "printf?"}),
    ("shell", "execute_request", {"code": "1", "silent": True}),
    ("shell", "execute_request", {}),
    ("shell", "complete_request", {"code": "print", "cursor_pos": 5}),
    ("shell", "inspect_request", {"code": "printf", "cursor_pos": 3, "detail_level": 1}),
    ("shell", "is_complete_request", {"code": "int a;"}),
    ("shell", "is_complete_request", {"code": "int f(void) {"}),
    ("shell", "is_complete_request", {"code": "}"}),
    ("shell", "history_request", {"hist_access_type": "tail", "n": 3, "output": True, "raw": True}),
    ("shell", "comm_info_request", {}),
    ("shell", "comm_open", {"comm_id": "c", "target_name": "nobody", "data": {}}),
    ("shell", "connect_request", {}),
    ("shell", "kernel_info_request", {}),
    ("control", "kernel_info_request", {}),
    ("control", "interrupt_request", {}),
    ("control", "debug_request", {"type": "request", "seq": 7, "command": "initialize", "arguments": {}}),
    ("control", "debug_request", {"type": "request", "seq": 8, "command": "attach", "arguments": {}}),
    ("control", "create_subshell_request", {}),
    ("control", "list_subshell_request", {}),
    ("control", "delete_subshell_request", {"subshell_id": "nobody"}),
    ("shell", "no_such_request", {}),
    ("control", "no_such_request", {}),
]


@pytest.mark.parametrize("channel, type, content", REQUESTS)
def test_busy_answer_idle(kernel, channel, type, content):
    message_id = kernel.request(type, content, channel)
    about = []
    while not about or about[-1]["content"].get("execution_state") != "idle":
        message = kernel.next_message("iopub")
        if message["parent_header"].get("msg_id") == message_id:
            about.append(message)
    states = [message["content"]["execution_state"] for message in about if message["msg_type"] == "status"]
    assert states == ["busy", "idle"]
    assert about[0]["content"] == {"execution_state": "busy"}
    assert all(message["parent_header"]["msg_type"] == type for message in about)
    if type.endswith("_request") and not type.startswith("no_such"):
        reply = kernel.reply_to(message_id, channel)
        assert reply["msg_type"] == type.replace("_request", "_reply")


def test_every_type_that_is_sent_is_valid(start, monkeypatch):
    """conftest.Kernel validates what it receives; here it receives all there is."""
    seen = set()
    monkeypatch.setattr("conftest.validate", lambda message: seen.add(message["msg_type"]) or messages.validate(message))
    kernel = start(wait=False)
    kernel.next_message("iopub")  # iopub_welcome
    for channel, type, content in REQUESTS:
        kernel.published(kernel.request(type, content, channel))
        if type.endswith("_request") and not type.startswith("no_such"):
            kernel.next_message(channel)
    asking = kernel.client.execute('char *line = NULL; size_t n = 0; getline(&line, &n, stdin);', allow_stdin=True)
    kernel.next_message("stdin")
    kernel.client.input("line")
    kernel.reply_to(asking)
    kernel.run('oto_display_update("first", "text/markdown", "*two*");')
    failing = start_cell(kernel, 'printf("x"); usleep(200000); *(volatile int *)0 = 1;')
    waiting = kernel.client.execute(";")
    kernel.reply_to(failing)
    assert kernel.reply_to(waiting)["content"]["status"] == "aborted"
    kernel.reply_to(kernel.request("shutdown_request", {"restart": False}, "control"), "control")
    assert seen == messages.TYPES


def test_message_ids_are_unique_and_dates_ascend(kernel):
    message_id = kernel.client.execute('for (int i = 0; i < 5; i++) { printf("%d", i); fprintf(stderr, "%d", i); }')
    received = [kernel.reply_to(message_id)] + kernel.published(message_id)
    assert len({message["header"]["msg_id"] for message in received}) == len(received)
    for earlier, later in itertools.pairwise(received[1:]):
        assert earlier["header"]["date"] <= later["header"]["date"]


def test_the_parent_header_is_the_request_as_it_came(kernel):
    message = kernel.client.session.msg("kernel_info_request", {})
    message["header"]["of_a_later_protocol"] = {"é": [1.5, None]}
    kernel.client.shell_channel.send(message)
    reply = kernel.reply_to(message["header"]["msg_id"])
    assert reply["parent_header"]["of_a_later_protocol"] == {"é": [1.5, None]}


def test_shutdown_on_the_shell_waits_for_no_cell(start):
    kernel = start()
    start_cell(kernel, 'printf("x"); for (;;);')
    assert kernel.ask("shutdown_request", {"restart": True}, timeout=PATIENCE) == {"status": "ok", "restart": True}
