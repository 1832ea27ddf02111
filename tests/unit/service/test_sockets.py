from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from service.sockets import Contradiction, check, serves, take_inherited

TELL = (
    "import os; from service.sockets import take_inherited; own = take_inherited(); "
    "print([one.getsockname()[1] for one in own], sorted(k for k in os.environ if k.startswith('LISTEN_')), "
    "[os.get_inheritable(one.fileno()) for one in own], [one.gettimeout() for one in own])"
)
MOVE = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); "
    "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='calls'); "
    "os.execv(sys.executable, [sys.executable, '-c', sys.argv[2]])"
)


def handed_over(descriptor: int, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MOVE, str(descriptor), program],
        pass_fds=[descriptor],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_socket_that_was_handed_over_is_taken_and_passed_on_to_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = handed_over(listening.fileno(), TELL)
        assert told.stdout.strip() == f"[{listening.getsockname()[1]}] [] [False] [0.0]", told.stderr


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_PID": "8", "LISTEN_FDS": "1"},
        {"LISTEN_PID": "7"},
        {"LISTEN_PID": "7", "LISTEN_FDS": "many"},
        {"LISTEN_PID": "7", "LISTEN_FDS": "0"},
    ],
)
def test_what_is_meant_for_another_is_left_alone_and_forgotten(environ: dict[str, str]) -> None:
    assert take_inherited(environ, pid=7) == []
    assert environ == {}


def test_what_is_no_listening_socket_is_refused_in_words() -> None:
    with open(os.devnull) as file:  # noqa: PTH123  (its descriptor is what counts)
        told = handed_over(file.fileno(), TELL)
    assert "Contradiction: Descriptor 3 was handed over as a socket" in told.stderr
    with socket.socket() as idle:
        told = handed_over(idle.fileno(), TELL)
    assert "is no TCP socket that listens" in told.stderr


def test_a_socket_serves_its_own_address_by_number_and_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert serves(listening, "127.0.0.1", port)
        assert serves(listening, "127.0.0.1", 0)
        assert serves(listening, "localhost", port)
        assert not serves(listening, "127.0.0.1", port + 1)
        assert not serves(listening, "127.0.0.2", port)
        assert not serves(listening, "0.0.0.0", port)
        assert not serves(listening, "no.such.host.invalid", port)


def test_one_socket_of_both_families_serves_either_wildcard() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both:
        port = both.getsockname()[1]
        assert all(serves(both, host, port) for host in ("", "::", "0.0.0.0"))
        assert not serves(both, "127.0.0.1", port)
    with socket.create_server(("::", 0), family=socket.AF_INET6) as six:
        port = six.getsockname()[1]
        assert serves(six, "::", port)
        assert not serves(six, "0.0.0.0", port)


def test_sockets_and_settings_must_ask_for_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        first, second = one.getsockname(), two.getsockname()
        check([one, two], [second, first], "REACHBACK_LISTEN", "a.socket")
        for own, wanted in (([one], [first, second]), ([one, two], [first])):
            with pytest.raises(Contradiction, match=r"^REACHBACK_LISTEN asks for .*systemctl edit a\.socket") as caught:
                check(own, wanted, "REACHBACK_LISTEN", "a.socket")
            assert f"127.0.0.1:{first[1]}" in str(caught.value)
