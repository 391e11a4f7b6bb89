"""The connection file, the transports, and the arguments."""

import json
import socket
import subprocess

import pytest
import zmq
from conftest import BINARIES, PATIENCE, PORTS, connection_fields, write_connection
from ports import free_port
from jupyter_client.session import Session

def refused(path, *words):
    """The kernel ends with status 2 and one line that has the words."""
    run = subprocess.run([BINARIES / "oto-kernel", "-f", path], capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 2, run
    lines = run.stderr.splitlines()
    assert len(lines) == 1, lines
    assert all(word in lines[0] for word in (str(path), *words)), lines[0]


def test_missing_file(tmp_path):
    refused(tmp_path / "none.json", "No such file")


def test_folder(tmp_path):
    refused(tmp_path, "directory")


@pytest.mark.parametrize("text", ["", "shell_port = 1", "{", "[1, 2]", '{"a": 1', "\0"])
def test_not_json(tmp_path, text):
    path = tmp_path / "connection.json"
    path.write_text(text)
    refused(path, "JSON")


def test_deep_json(tmp_path):
    path = tmp_path / "connection.json"
    path.write_text("[" * 100_000)
    refused(path, "nested deeper")


@pytest.mark.parametrize(
    "field, value",
    [(port, ...) for port in PORTS]
    + [("shell_port", "5555"), ("hb_port", 0), ("iopub_port", 70000), ("control_port", 5.5), ("stdin_port", -1)]
    + [("key", 7), ("transport", "udp"), ("ip", 127), ("signature_scheme", "hmac-md5"), ("signature_scheme", 1)]
    + [("ip", "no.such.host.invalid"), ("curve_secretkey", "short"), ("curve_publickey", "x" * 40)],
)
def test_wrong_field(tmp_path, field, value):
    known = {"ip": "shell_port" if isinstance(value, str) else "ip", "curve_publickey": "curve_"}
    refused(write_connection(tmp_path / "connection.json", **connection_fields(**{field: value})), known.get(field, field))


@pytest.mark.parametrize("port", PORTS)
def test_port_in_use(tmp_path, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = write_connection(tmp_path / "connection.json", **connection_fields(**{port: taken.getsockname()[1]}))
        refused(path, port, str(taken.getsockname()[1]), "in use")


def test_one_port_twice(tmp_path):
    port = free_port()
    refused(write_connection(tmp_path / "connection.json", **connection_fields(iopub_port=port, hb_port=port)), "hb_port", "in use")


@pytest.mark.parametrize("arguments", [[], ["-f"], ["--no-such-option"], ["-f", "a", "b"], ["--output-limit", "x"]])
def test_wrong_arguments(arguments):
    run = subprocess.run([BINARIES / "oto-kernel", *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 2
    assert run.stderr


def test_help():
    run = subprocess.run([BINARIES / "oto-kernel", "--help"], capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 0
    assert "--connection-file" in run.stdout


def test_ipc(start, tmp_path):
    assert start(transport="ipc", ip=str(tmp_path / "socket")).alive()


def test_without_a_key(start):
    kernel = start()
    assert kernel.alive()
    kernel = start_unsigned(start)
    assert kernel.client.session.key == b""
    assert kernel.alive()


def start_unsigned(start):
    return start(session=Session(key=b""))


@pytest.mark.parametrize("scheme", ["hmac-sha256", "hmac-sha384", "hmac-sha512"])
def test_signature_scheme(start, scheme):
    kernel = start(session=Session(key=b"a key", signature_scheme=scheme))
    assert len(kernel.client.session.sign([b"{}"])) == 2 * int(scheme[-3:]) / 8
    assert kernel.alive()


def test_encrypted_ipc(start, tmp_path):
    assert start(transport="ipc", ip=str(tmp_path / "socket"), transport_encryption="required").alive()


@pytest.mark.parametrize("secure", [False, True])
def test_a_peer_without_the_keys_is_not_heard(start, secure):
    """Neither in clear nor with keys of its own does a peer reach an encrypted kernel."""
    kernel = start(transport_encryption="required")
    with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
        stranger.linger = 0
        if secure:
            stranger.curve_publickey, stranger.curve_secretkey = zmq.curve_keypair()
            stranger.curve_serverkey = zmq.curve_keypair()[0]
        stranger.connect(f"tcp://127.0.0.1:{kernel.client.shell_port}")
        session = kernel.client.session
        stranger.send_multipart(session.serialize(session.msg("kernel_info_request", {})))
        assert kernel.alive()
        assert not stranger.poll(300)


def test_encrypted(start):
    kernel = start(transport_encryption="required")
    keys = json.loads(open(kernel.manager.connection_file).read())
    assert len(keys["curve_secretkey"]) == 40
    assert kernel.alive()
    assert kernel.client.is_alive()
