"""Wrong types in every field of every request, from a table: each is answered with an error that names the field."""

import json

import pytest
import zmq
from conftest import PATIENCE

FIELDS = {  # by request: a valid content, and the fields that must be there
    ("shell", "execute_request"): (
        {"code": ";", "silent": True, "store_history": False, "user_expressions": {}, "allow_stdin": False,
         "stop_on_error": False}, {"code"},
    ),
    ("shell", "complete_request"): ({"code": "a", "cursor_pos": 1}, {"code"}),
    ("shell", "inspect_request"): ({"code": "a", "cursor_pos": 1, "detail_level": 0}, {"code"}),
    ("shell", "is_complete_request"): ({"code": "a"}, {"code"}),
    ("shell", "history_request"): (
        {"hist_access_type": "search", "output": False, "raw": True, "session": 0, "start": 0, "stop": 1, "n": 1,
         "pattern": "*", "unique": False}, {"hist_access_type"},
    ),
    ("shell", "comm_info_request"): ({"target_name": "x"}, set()),
    ("control", "shutdown_request"): ({"restart": False}, set()),
    ("control", "delete_subshell_request"): ({"subshell_id": "x"}, {"subshell_id"}),
}
VALUES = [None, True, -1, 1.5, "text", [], [[1]], {}, {"a": {"b": []}}, 2**63 - 1, "x" * 100_000, "\0\n\u202e\U0001f3b5"]


def wrong_values():
    for (channel, type), (content, required) in FIELDS.items():
        for field, good in content.items():
            for value in VALUES:
                same = isinstance(value, good.__class__) and isinstance(value, bool) == isinstance(good, bool)
                if not same and (value is not None or field in required):
                    yield channel, type, {**content, field: value}, field
        for field in required:
            yield channel, type, {name: value for name, value in content.items() if name != field}, field


def test_every_field_of_another_type(kernel):
    count = 0
    for channel, type, content, field in wrong_values():
        reply = kernel.ask(type, content, channel)
        assert reply["status"] == "error" and f"content.{field} " in reply["evalue"], (type, content, reply)
        count += 1
    assert count > 150
    assert kernel.alive()


def test_every_field_missing_that_may_be(kernel):
    for (channel, type), (content, required) in FIELDS.items():
        if type not in ("shutdown_request", "delete_subshell_request"):
            reply = kernel.ask(type, {name: content[name] for name in required}, channel)
            assert reply["status"] in ("ok", "complete", "incomplete"), (type, reply)


@pytest.mark.parametrize("number", [-(2**63), -1, 0, 1, 2**31, 2**63 - 1])
def test_numbers_of_any_size(kernel, number):
    for type, content in [
        ("complete_request", {"code": "é a", "cursor_pos": number}),
        ("inspect_request", {"code": "é a", "cursor_pos": number, "detail_level": number}),
        ("history_request", {"hist_access_type": "range", "session": number, "start": number, "stop": number}),
        ("history_request", {"hist_access_type": "tail", "n": number}),
        ("history_request", {"hist_access_type": "search", "pattern": "*", "n": number}),
    ]:
        assert kernel.ask(type, content)["status"] == "ok"


@pytest.mark.parametrize("pattern", ["[", "[]", "[^", "*" * 200, "a" * 60_000, "\0", "%' OR 1 --"])
def test_patterns_that_are_none(kernel, pattern):
    reply = kernel.ask("history_request", {"hist_access_type": "search", "pattern": pattern})
    assert reply["status"] == "ok"


@pytest.mark.parametrize("field", ["session", "username", "date", "version"])
def test_header_fields_that_need_not_be_there(kernel, field):
    """What this kernel does not need of a header may be anything: it goes back as it came."""
    for value in (None, 7, [], {"a": 1}, "x" * 10_000):
        message = kernel.client.session.msg("comm_info_request", {})
        header = {**message["header"], "date": "2026-01-01T00:00:00Z", field: value}
        assert answer_to(kernel, header)["parent_header"][field] == value


@pytest.mark.parametrize("value", [7, [], {}, True])
def test_a_subshell_id_that_is_none(kernel, value):
    header = {**kernel.client.session.msg_header("comm_info_request"), "date": "now", "subshell_id": value}
    send(kernel, header)
    kernel.wait_for_log("header.subshell_id")
    assert kernel.alive()


def send(kernel, header):
    session = kernel.client.session
    parts = [json.dumps(part).encode() for part in (header, {}, {}, {})]
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 1000
    socket.connect(f"tcp://127.0.0.1:{kernel.client.shell_port}")
    socket.send_multipart([b"<IDS|MSG>", session.sign(parts)] + parts)
    return socket


def answer_to(kernel, header):
    with send(kernel, header) as socket:
        assert socket.poll(PATIENCE * 1000)
        frames = socket.recv_multipart()
        return {"header": json.loads(frames[2]), "parent_header": json.loads(frames[3]), "content": json.loads(frames[5])}
