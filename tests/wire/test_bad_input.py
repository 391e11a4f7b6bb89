"""Whatever arrives, the kernel says one line about it and goes on."""

import json
import random

import pytest
import zmq
from conftest import PATIENCE, wait_until

DELIMITER = b"<IDS|MSG>"


@pytest.fixture(scope="module")
def raw(kernel):
    """raw(frames, port) sends frames as they are."""
    with zmq.Context() as context:
        sockets = {}

        def send(frames, port="shell"):
            if port not in sockets:
                sockets[port] = context.socket(zmq.DEALER)
                sockets[port].linger = 0
                sockets[port].connect(f"tcp://127.0.0.1:{getattr(kernel.client, port + '_port')}")
            sockets[port].send_multipart(frames)

        yield send
        for socket in sockets.values():
            socket.close()


def signed(kernel, parts):
    """The frames of a message whose four parts are given as bytes, well signed."""
    return [DELIMITER, kernel.client.session.sign(parts)] + parts


def header(kernel, type="kernel_info_request", **changes):
    return json.dumps({**kernel.client.session.msg_header(type), **changes}, default=str).encode()


def dropped(kernel, raw, frames, *words, port="shell"):
    """Sends frames; exactly one log line with the words must come of it, and the kernel goes on."""
    before = len(kernel.log().splitlines())
    raw(frames, port)
    wait_until(lambda: len(kernel.log().splitlines()) > before)
    assert kernel.alive()
    kernel.ask("kernel_info_request", channel="control")
    new = kernel.log().splitlines()[before:]
    assert len(new) == 1 and all(word in new[0] for word in words), new


@pytest.mark.parametrize("port", ["shell", "control", "stdin"])
def test_bad_signature(kernel, raw, port):
    parts = [header(kernel), b"{}", b"{}", b"{}"]
    frames = [DELIMITER, b"0" * 64] + parts
    before = len(kernel.log().splitlines())
    raw(frames, port)
    kernel.wait_for_log("bad signature", port)
    assert kernel.alive()
    assert len(kernel.log().splitlines()) == before + 1


def test_short_signature(kernel, raw):
    dropped(kernel, raw, [DELIMITER, b"abc", header(kernel), b"{}", b"{}", b"{}"], "bad signature")


def test_replay(kernel, raw):
    frames = signed(kernel, [header(kernel), b"{}", b"{}", b"{}"])
    raw(frames)
    dropped(kernel, raw, frames, "replayed")


def test_truncated(kernel, raw):
    dropped(kernel, raw, signed(kernel, [header(kernel), b"{}", b"{}"]), "truncated")


def test_no_delimiter(kernel, raw):
    dropped(kernel, raw, [b"hello", b"", b"world"], "delimiter")


def test_too_many_frames(kernel, raw):
    dropped(kernel, raw, signed(kernel, [header(kernel)] + [b"{}"] * 3) + [b""] * 5000, "frames")


@pytest.mark.parametrize("number, name", list(enumerate(["header", "parent_header", "metadata", "content"])))
@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b'{"a": 1} x', b'{"a": "\\ud800"}'])
def test_not_an_object(kernel, raw, number, name, text):
    parts = [header(kernel), b"{}", b"{}", b"{}"]
    parts[number] = text
    dropped(kernel, raw, signed(kernel, parts), name)


def test_deep_json(kernel, raw):
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    dropped(kernel, raw, signed(kernel, [header(kernel), b"{}", b"{}", deep]), "content", "deeper")


def test_json_of_many_values(kernel, raw):
    many = b'{"a": [' + b"0," * 3_000_000 + b"0]}"
    dropped(kernel, raw, signed(kernel, [header(kernel), b"{}", b"{}", many]), "content", "values")


def test_huge_frame(kernel, raw):
    huge = b'{"code": "' + b"x" * (65 << 20) + b'"}'
    raw(signed(kernel, [header(kernel, "execute_request"), b"{}", b"{}", huge]))
    kernel.wait_for_log("shell", "bytes")  # it takes longer to arrive than what is sent behind it by others
    assert kernel.alive()


@pytest.mark.parametrize("field", ["msg_id", "msg_type"])
def test_header_field_of_another_type(kernel, raw, field):
    dropped(kernel, raw, signed(kernel, [header(kernel, **{field: 7}), b"{}", b"{}", b"{}"]), f"header.{field}")


@pytest.mark.parametrize("channel", ["shell", "control"])
def test_unknown_message_type(kernel, channel):
    message_id = kernel.request("no_such_request", {}, channel=channel)
    assert kernel.published(message_id) == []
    kernel.wait_for_log("no_such_request", channel)
    assert kernel.alive()


def test_what_is_quoted_stays_on_its_line(kernel):
    before = len(kernel.log().splitlines())
    kernel.request("no\nsuch\x1b[31m_request\0", {})
    assert kernel.alive()
    lines = kernel.log().splitlines()[before:]
    assert len(lines) == 1 and lines[0].endswith("unknown type no?such?[31m_request")


def test_a_quote_that_is_cut_inside_a_character(kernel):
    for shift in range(3):
        kind = "x" * shift + "音" * 100
        reply = kernel.ask("history_request", {"hist_access_type": kind})
        assert reply["status"] == "error" and kind[:10] in reply["evalue"]
        reply = kernel.ask("delete_subshell_request", {"subshell_id": kind}, channel="control")
        assert reply["status"] == "error"


def test_control_message_on_the_shell(kernel):
    message_id = kernel.request("interrupt_request", {})
    assert kernel.published(message_id) == []
    kernel.wait_for_log("interrupt_request")


def test_unknown_subshell(kernel):
    reply = kernel.ask("kernel_info_request", {}, subshell="nobody")
    assert (reply["status"], reply["evalue"]) == ("error", "there is no subshell nobody")
    kernel.wait_for_log("no subshell nobody")
    assert kernel.alive()


@pytest.mark.parametrize(
    "type, content, field",
    [
        ("execute_request", {}, "code"),
        ("execute_request", {"code": 42}, "code"),
        ("execute_request", {"code": None}, "code"),
        ("execute_request", {"code": "1", "silent": "yes"}, "silent"),
        ("execute_request", {"code": "1", "user_expressions": []}, "user_expressions"),
        ("complete_request", {"code": ["a"], "cursor_pos": 1}, "code"),
        ("complete_request", {"code": "a", "cursor_pos": "1"}, "cursor_pos"),
        ("inspect_request", {"code": "a", "cursor_pos": 1, "detail_level": []}, "detail_level"),
        ("is_complete_request", {}, "code"),
        ("history_request", {"hist_access_type": 3}, "hist_access_type"),
        ("history_request", {"hist_access_type": "tail", "n": "all"}, "n"),
    ],
)
def test_content_of_another_type(kernel, type, content, field):
    reply = kernel.ask(type, content)
    assert reply["status"] == "error"
    assert f"content.{field} " in reply["evalue"]
    kernel.wait_for_log(type, f"content.{field} ")
    assert kernel.alive()


def test_input_reply_that_nobody_asked_for(kernel):
    kernel.client.input("hello")
    kernel.wait_for_log("no cell waits")
    assert kernel.alive()


def test_cell_of_ten_megabytes(kernel):
    code = "/*" + "x" * (10 << 20) + "*/;"
    message_id = kernel.client.execute(code, store_history=False)
    assert kernel.reply_to(message_id)["content"]["status"] in ("ok", "error")
    assert kernel.alive()


def test_cell_of_ten_megabytes_that_is_not_c(kernel):
    message_id = kernel.client.execute("((((" * (10 << 18), store_history=False)
    reply = kernel.reply_to(message_id)["content"]
    assert reply["status"] == "error"
    assert sum(map(len, reply["traceback"])) < 1 << 20
    assert kernel.alive()


def test_nul_in_a_cell(kernel):
    reply, _ = kernel.run("int with\0nul;", store_history=False)
    assert reply["content"]["status"] in ("ok", "error")
    assert kernel.alive()


def mutate(generator, data):
    """Bytes flipped, cut, doubled or put in, at a few places."""
    data = bytearray(data)
    for _ in range(generator.randrange(1, 5)):
        at, length = generator.randrange(len(data) + 1), generator.randrange(4)
        kind = generator.randrange(4)
        if kind == 0:
            data[at:at + length] = generator.randbytes(length)
        elif kind == 1:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = data[at:at + 8 * length]
        else:
            data[at:at] = generator.choice([b"null", b"-1", b"1e999", b"{}", b"[[", b'"', b"\\u0000", b"\xff", b"true"])
    return bytes(data)


def test_ten_thousand_mutated_messages(start):
    """Most are signed after the mutation, so that what is behind the signature sees them."""
    kernel = start()
    generator = random.Random(5)
    requests = [
        ("kernel_info_request", {}), ("is_complete_request", {"code": "int é = 1"}),
        ("inspect_request", {"code": "int é", "cursor_pos": 5, "detail_level": 0}),
        ("history_request", {"hist_access_type": "search", "pattern": "*", "n": 2, "unique": True, "output": False}),
        ("comm_open", {"comm_id": "x", "target_name": "y", "data": {}}), ("comm_msg", {"comm_id": "x", "data": {}}),
        ("comm_info_request", {"target_name": "x"}), ("connect_request", {}), ("input_reply", {"value": "x"}),
        ("debug_request", {"seq": 1, "command": "x"}), ("interrupt_request", {}), ("list_subshell_request", {}),
        ("delete_subshell_request", {"subshell_id": "x"}), ("execute_request", {"code": "", "silent": True}),
    ]
    with zmq.Context() as context:
        sockets = []
        for port in ("shell", "control", "stdin"):
            sockets.append(context.socket(zmq.DEALER))
            sockets[-1].linger = 5000
            sockets[-1].connect(f"tcp://127.0.0.1:{getattr(kernel.client, port + '_port')}")
        for _ in range(10_000):
            type, content = generator.choice(requests)
            parts = [header(kernel, type), b"{}", b"{}", json.dumps(content).encode()]
            target = generator.randrange(4)
            parts[target] = mutate(generator, parts[target])
            frames = signed(kernel, parts)
            if generator.random() < 0.2:
                frames[generator.randrange(len(frames))] = generator.randbytes(generator.randrange(40))
            if generator.random() < 0.1:
                frames[generator.randrange(len(frames)):] = []
            generator.choice(sockets).send_multipart(frames or [b""])
        for socket in sockets[:2]:  # all before the last one has arrived when that is answered
            last = kernel.client.session.msg("kernel_info_request", {})
            socket.send_multipart(kernel.client.session.serialize(last))
            while json.loads(socket.recv_multipart()[3])["msg_id"] != last["header"]["msg_id"]:
                pass
        for socket in sockets:
            socket.close()
    assert kernel.alive()
