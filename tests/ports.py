"""Ports of this machine that nobody listens on, for the servers that the parts of the tests start."""

import socket


def free_ports(count):
    """So many different ones; another program may take them before they are used."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def free_port():
    return free_ports(1)[0]
