"""Neuroloom works offline and talks to nobody: the guard over every test, tested."""

from __future__ import annotations

import contextlib
import socket

import pytest

from tests import guards

DOCUMENTATION_ADDRESS = ("192.0.2.1", 9)  # RFC 5737: belongs to nobody


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("/tmp/.X11-unix/X0", True),
        (("127.0.0.1", 80), True),
        (("127.5.0.1", 80), True),
        (("localhost", 80), True),
        (("::1", 80, 0, 0), True),
        ((b"localhost", 80), True),
        (DOCUMENTATION_ADDRESS, False),
        (("10.0.0.1", 80), False),
        (("example.org", 443), False),
        (("2001:db8::1", 443, 0, 0), False),
    ],
)
def test_what_counts_as_local(address, local):
    assert guards.is_local(address) is local


def test_connecting_to_another_machine_is_refused():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(guards.NetworkTouched):
        sock.connect(DOCUMENTATION_ADDRESS)
    assert len(guards.network.take()) == 1


def test_looking_up_a_name_is_refused():
    with pytest.raises(guards.NetworkTouched):
        socket.getaddrinfo("example.org", 443)
    assert len(guards.network.take()) == 1


def test_a_swallowed_refusal_is_remembered():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(Exception):
        sock.connect(DOCUMENTATION_ADDRESS)
    assert guards.network.take() == [f"socket.connect {DOCUMENTATION_ADDRESS!r}"]


def test_connecting_to_this_machine_is_allowed():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()
    assert guards.network.take() == []
