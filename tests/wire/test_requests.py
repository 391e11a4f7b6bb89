"""The requests that run no cell."""

import zmq
from conftest import PATIENCE


def test_kernel_info(kernel):
    info = kernel.ask("kernel_info_request")
    assert info["status"] == "ok"
    assert info["protocol_version"] == "5.5"
    assert info["implementation"] == "oto"
    language = info["language_info"]
    assert (language["name"], language["mimetype"], language["file_extension"]) == ("c", "text/x-csrc", ".c")


def test_complete_counts_characters_not_bytes(kernel):
    code = 'char *é = "音"; prin'
    reply = kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)})
    assert reply["status"] == "ok"
    assert "printf" in reply["matches"]
    assert code[reply["cursor_start"]:reply["cursor_end"]] == "prin"
    described = {item["text"]: item for item in reply["metadata"]["_jupyter_types_experimental"]}
    assert described["printf"]["type"] == "function"
    assert described["printf"]["start"] == reply["cursor_start"]


def test_complete_at_any_cursor(kernel):
    for cursor in (-5, 0, 3, 10_000, None):
        assert kernel.ask("complete_request", {"code": "é", "cursor_pos": cursor})["status"] == "ok"


def test_is_complete(kernel):
    assert kernel.ask("is_complete_request", {"code": "int a = 1;"}) == {"status": "complete"}
    incomplete = kernel.ask("is_complete_request", {"code": "int f(void) {"})
    assert incomplete["status"] == "incomplete"
    assert incomplete["indent"].strip() == ""
    assert kernel.ask("is_complete_request", {"code": "int a = );"})["status"] == "invalid"


def test_inspect(kernel):
    reply = kernel.ask("inspect_request", {"code": "printf", "cursor_pos": 3, "detail_level": 0})
    assert reply["status"] == "ok" and reply["found"]
    assert "printf" in reply["data"]["text/plain"]
    assert reply["data"]["text/html"].startswith("<pre>")
    missing = kernel.ask("inspect_request", {"code": "no_such_name_at_all", "cursor_pos": 3})
    assert (missing["status"], missing["found"], missing["data"]) == ("ok", False, {})


def test_comms_without_a_target_are_closed(kernel):
    opened = kernel.request("comm_open", {"comm_id": "c1", "target_name": "nobody", "data": {}})
    closed = kernel.published(opened)
    assert [(m["msg_type"], m["content"]["comm_id"]) for m in closed] == [("comm_close", "c1")]
    for type in ("comm_msg", "comm_close"):
        assert kernel.published(kernel.request(type, {"comm_id": "c1", "data": {}})) == []
    assert kernel.ask("comm_info_request") == {"status": "ok", "comms": {}}


def test_connect_request(kernel):
    reply = kernel.ask("connect_request")
    assert reply["shell_port"] == kernel.client.shell_port
    assert reply["hb_port"] == kernel.client.hb_port


def test_heartbeat(kernel):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(f"tcp://127.0.0.1:{kernel.client.hb_port}")
        for ping in (b"ping", b"", bytes(1000)):
            socket.send(ping)
            assert socket.poll(PATIENCE * 1000)
            assert socket.recv() == ping


def test_every_subscriber_is_welcomed(kernel):
    with zmq.Context() as context:
        for topic in (b"", b"kernel.", b""):
            with context.socket(zmq.SUB) as socket:
                socket.linger = 0
                socket.connect(f"tcp://127.0.0.1:{kernel.client.iopub_port}")
                socket.subscribe(topic)
                assert socket.poll(PATIENCE * 1000)
                frames = socket.recv_multipart()
                message = kernel.client.session.deserialize(kernel.client.session.feed_identities(frames)[1])
                assert frames[0] == topic
                assert message["msg_type"] == "iopub_welcome"
                assert message["content"] == {"subscription": topic.decode()}
                assert message["parent_header"] == {}


def history(kernel, **content):
    reply = kernel.ask("history_request", {"output": False, "raw": True, **content})
    assert reply["status"] == "ok"
    return [tuple(item) for item in reply["history"]]


def test_history_over_sessions(start):
    first = start()
    cells = ["int a = 1;", "int b = 2;", "int a = 1;"]
    for cell in cells:
        first.run(cell)
    first.run("int hidden;", store_history=False)
    mine = [line[1:] for line in history(first, hist_access_type="range", session=0, start=1)]
    assert mine[-3:] == list(zip((1, 2, 3), cells)) or [c for _, c in mine][:3] == cells

    second = start()
    second.run('char *c = "é";')
    assert [c for _, _, c in history(second, hist_access_type="tail", n=2)] == ["int a = 1;", 'char *c = "é";']
    assert [c for _, _, c in history(second, hist_access_type="range", session=-1, start=2, stop=3)] == ["int b = 2;"]
    assert [c for _, _, c in history(second, hist_access_type="range", session=0)] == ['char *c = "é";']
    found = history(second, hist_access_type="search", pattern="int ?*", n=2)
    assert [c for _, _, c in found] == ["int b = 2;", "int a = 1;"]
    unique = history(second, hist_access_type="search", pattern="int a = *", unique=True)
    assert [c for _, _, c in unique] == ["int a = 1;"]
    with_output = history(second, hist_access_type="tail", n=1, output=True)
    assert with_output[0][2] == ['char *c = "é";', None]


def test_history_of_an_unknown_kind(kernel):
    reply = kernel.ask("history_request", {"hist_access_type": "newest"})
    assert reply["status"] == "error" and "newest" in reply["evalue"]
