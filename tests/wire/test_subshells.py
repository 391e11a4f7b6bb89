"""Subshells (JEP 91): their cells wait for the one session; whatever needs no session is answered at once."""

import time

import pytest
from conftest import PATIENCE, SPIN, start_cell, text_of

# Every shell request but cells, with what must be true of the answer.
QUESTIONS = {
    "kernel_info_request": ({}, lambda reply: reply["protocol_version"] == "5.5"),
    "complete_request": ({"code": "known_na", "cursor_pos": 8}, lambda reply: reply["matches"] == ["known_name"]),
    "inspect_request": ({"code": "known_name", "cursor_pos": 3}, lambda reply: "int known_name" in reply["data"]["text/plain"]),
    "is_complete_request": ({"code": "for (;;) {"}, lambda reply: reply["status"] == "incomplete"),
    "history_request": (
        {"hist_access_type": "tail", "n": 9, "output": False, "raw": True},
        lambda reply: "int known_name = 1;" in [source for _, _, source in reply["history"]],
    ),
    "comm_info_request": ({}, lambda reply: reply["comms"] == {}),
    "connect_request": ({}, lambda reply: reply["shell_port"] > 0),
}


def create(kernel):
    return kernel.ask("create_subshell_request", channel="control")["subshell_id"]


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """(kernel, shell that runs a cell, shell that runs none), once with the main shell busy and once with a subshell."""
    from conftest import Kernel

    kernel = Kernel(tmp_path_factory.mktemp("busy") / "kernel.log")
    yield kernel, create(kernel)
    kernel.stop()


@pytest.fixture(params=["main", "subshell"])
def other_shell(busy, request):
    """(kernel, a shell) while a cell of another shell spins."""
    kernel, subshell = busy
    kernel.run("int known_name = 1;")
    running, asking = (None, subshell) if request.param == "main" else (subshell, None)
    cell = start_cell(kernel, SPIN, running)
    yield kernel, asking
    kernel.ask("interrupt_request", channel="control")
    assert kernel.reply_to(cell)["content"]["status"] == "error"


@pytest.mark.parametrize("type", QUESTIONS)
def test_questions_are_answered_while_another_shells_cell_runs(other_shell, type):
    kernel, asking = other_shell
    content, is_right = QUESTIONS[type]
    reply = kernel.ask(type, content, subshell=asking)
    assert is_right(reply), reply


def test_a_shells_own_requests_keep_their_order(start):
    kernel = start()
    subshell = create(kernel)
    for shell in (None, subshell):
        sent = [kernel.request("execute_request", {"code": "usleep(200000);"}, subshell=shell)]
        for type, (content, _) in QUESTIONS.items():
            sent.append(kernel.request(type, content, subshell=shell))
        sent.append(kernel.request("execute_request", {"code": ";"}, subshell=shell))
        answered = [kernel.client.get_shell_msg(timeout=PATIENCE)["parent_header"]["msg_id"] for _ in sent]
        assert answered == sent


def test_create_list_delete(start):
    kernel = start()
    assert "kernel subshells" in kernel.ask("kernel_info_request")["supported_features"]
    assert kernel.ask("list_subshell_request", channel="control") == {"status": "ok", "subshell_id": []}
    first, second = create(kernel), create(kernel)
    assert first != second
    assert kernel.ask("list_subshell_request", channel="control")["subshell_id"] == [first, second]
    assert kernel.ask("delete_subshell_request", {"subshell_id": first}, channel="control") == {"status": "ok"}
    assert kernel.ask("list_subshell_request", channel="control")["subshell_id"] == [second]
    again = kernel.ask("delete_subshell_request", {"subshell_id": first}, channel="control")
    assert again["status"] == "error" and first in again["evalue"]


def test_cells_of_all_shells_share_the_session_and_wait_for_it(start):
    kernel = start()
    subshells = [create(kernel), create(kernel)]
    cell = start_cell(kernel, SPIN)
    queued = [
        kernel.request("execute_request", {"code": f'int of_{i} = {i}; printf("{i}\\n");'}, subshell=subshell)
        for i, subshell in enumerate(subshells)
    ]
    time.sleep(0.2)
    kernel.ask("interrupt_request", channel="control")
    assert kernel.reply_to(cell)["content"]["ename"] == "KeyboardInterrupt"
    assert [text_of(kernel.published(message_id)) for message_id in queued] == ["0\n", "1\n"]
    _, published = kernel.run("of_0 + of_1")
    assert published[-1]["content"]["data"]["text/plain"] == "1"


def test_replies_say_which_subshell_was_asked(kernel):
    subshell = create(kernel)
    for type in ("execute_request", "comm_info_request"):
        reply = kernel.reply_to(kernel.request(type, {"code": ";"}, subshell=subshell))
        assert reply["parent_header"]["subshell_id"] == subshell


def test_an_error_aborts_its_own_shell_only(start):
    kernel = start()
    subshell = create(kernel)
    failing = kernel.client.execute('printf("x\\n"); usleep(300000); *(volatile int *)0 = 1;')
    own = kernel.client.execute(";")
    other = kernel.request("execute_request", {"code": 'printf("other\\n");'}, subshell=subshell)
    replies = {failing: None, own: None, other: None}
    while None in replies.values():
        message = kernel.next_message("shell")
        if message["parent_header"]["msg_id"] in replies:
            replies[message["parent_header"]["msg_id"]] = message["content"]["status"]
    assert replies == {failing: "error", own: "aborted", other: "ok"}


def test_deleting_a_subshell_aborts_its_waiting_cells(start):
    kernel = start()
    subshell, third = create(kernel), create(kernel)
    cell = start_cell(kernel, SPIN)
    waiting = kernel.request("execute_request", {"code": "int never = 1;"}, subshell=subshell)
    kernel.ask("kernel_info_request", subshell=third)  # what was sent before it on the shell channel has arrived
    assert kernel.ask("delete_subshell_request", {"subshell_id": subshell}, channel="control")["status"] == "ok"
    kernel.ask("interrupt_request", channel="control")
    kernel.reply_to(cell)
    assert kernel.reply_to(waiting)["content"]["status"] == "aborted"
    assert kernel.run("never")[0]["content"]["status"] == "error"
