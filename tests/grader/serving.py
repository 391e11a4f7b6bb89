"""`oto-grade serve` as a process, and its addresses asked without a browser."""
import contextlib
import http.client
import json
import signal
import subprocess
from urllib.parse import urlencode, urlsplit

import make_samples


class Server:
    """A running `oto-grade serve`; `url` is what it printed."""

    def __init__(self, course, *words):
        self.process = subprocess.Popen([make_samples.OTO_GRADE, "serve", "--course", str(course), *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(self.process.communicate()[1])
        address = urlsplit(self.url)
        self.port, self.root = address.port, address.path

    def request(self, method, path, body=None, headers={}):
        """(status, headers, text) of a request for exactly this path."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read().decode()

    def get(self, name, **fields):
        """(status, JSON)"""
        status, _, text = self.request("GET", f"{self.root}{name}?{urlencode(fields)}")
        return status, json.loads(text)

    def give(self, **given):
        """(status, JSON)"""
        status, _, text = self.request("POST", self.root + "give", json.dumps(given), {"Content-Type": "application/json"})
        return status, json.loads(text)

    def stop(self):
        """(exit status, what it complained about)"""
        self.process.send_signal(signal.SIGINT)
        error = self.process.communicate(timeout=20)[1]
        return self.process.returncode, error


@contextlib.contextmanager
def serving(course, *words):
    server = Server(course, *words)
    try:
        yield server
    finally:
        server.stop()
