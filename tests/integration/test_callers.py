"""Who is calling: silence and the dispatcher, TLS, session ports, second calls, guessers. Real processes, real time."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sessions.guesses import MAX_DELAY_SECONDS, MAX_WRONG
from sessions.matching import Claims, MatchedBy, Said
from sessions.secrets import check_digit
from sessions.views import CallView, NewSession
from tests.fakes.certificates import DOMAIN, write_certificate
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import DISPATCHER_HELLO, FakeVncServer, Refused, read_to_end
from tests.processes import Installation, Process, free_ports, wait_until

from .conftest import Measured, exchange, held, joined, raw_picture

SILENCE = 3.0
MANY = 500


def number_of(new: NewSession) -> int:
    return int(new.code)


def unknown_number(start: int = 20_000_000) -> int:
    """A number with a right check digit that no session has."""
    return int(f"{start}{check_digit(str(start))}")


def call_of(installation: Installation, new: NewSession) -> CallView:
    view = wait_until(lambda: installation.is_held(new))
    assert view.call
    return view.call


def parked_from(installation: Installation, address: str) -> CallView:
    def found() -> list[CallView]:
        return [call for call in installation.calls.parked() if call.address == address]

    (call,) = wait_until(found, what=f"a call from {address} is parked")
    return call


def turned_away(installation: Installation, address: str) -> bool:
    """Whether a caller of this address that says a code is closed without a byte."""
    with FakeVncServer(installation.call_address, code="KASSE 7", source=address) as server:
        server.introduce()
        return server.read_to_end(15) == b""


# Silence, and the dispatcher.


def test_a_silent_caller_hears_the_dispatcher_after_three_seconds_and_not_before(
    running: Installation, measured: Measured
) -> None:
    new = running.waiting("192.0.2.1")
    with FakeVncServer(running.call_address, number=number_of(new), source="127.0.0.21") as server:
        server.greet()
        measured("a silent caller is spoken to after", server.greeted_after)
        assert SILENCE <= server.greeted_after < SILENCE + 0.5
        call = call_of(running, new)
        assert (call.matched_by, call.confirmed, call.encrypted) == ("dispatcher", False, False)
        with FakeViewer(running.websocket_url(new)) as viewer:
            exchange(server, viewer.greet())


def test_a_caller_that_speaks_late_but_in_time_never_hears_the_dispatcher(running: Installation) -> None:
    with FakeVncServer(running.call_address, source="127.0.0.22") as server:
        server.send(b"R")
        time.sleep(SILENCE + 0.3)
        server.socket.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.socket.recv(1)
        server.socket.settimeout(10)
        server.send(b"FB 003.008\n")
        assert server.read(12) == b"RFB 003.008\n"


def test_a_banner_is_answered_at_once(running: Installation, measured: Measured) -> None:
    new = running.waiting()
    with FakeVncServer(running.call_address, code=new.code) as server:
        server.greet()
        wait_until(lambda: running.is_held(new))
        took = time.monotonic() - server.dialled_at
        measured("from the dial to a held call", took)
        assert took < 1.0


def test_the_number_of_a_link_s_page_leads_to_its_session_and_its_password_opens_the_server(
    running: Installation,
) -> None:
    new = running.waiting(vnc_password="s3cret")
    number = int(running.sessions.dial_facts(new.link).number)
    with FakeVncServer(running.call_address, number=number, password="s3cret", one_by_one=True) as server:
        server.greet()
        call = call_of(running, new)
        assert (call.matched_by, call.confirmed) == ("dispatcher", True)


def test_an_unknown_number_is_parked(running: Installation) -> None:
    running.waiting("127.0.0.23")
    with FakeVncServer(running.call_address, number=unknown_number(), source="127.0.0.23") as server:
        server.greet()
        assert parked_from(running, "127.0.0.23").matched_by is None


def test_no_number_says_nothing(running: Installation) -> None:
    new = running.waiting("127.0.0.24")
    with FakeVncServer(running.call_address, number=0, source="127.0.0.24") as server:
        server.greet()
        assert call_of(running, new).matched_by == "address"


def test_a_server_that_was_too_slow_with_its_banner_is_told_on_the_board(running: Installation) -> None:
    with FakeVncServer(running.call_address, source="127.0.0.25") as server:
        assert server.read(14) == DISPATCHER_HELLO
        server.introduce()
        server.read_to_end()
    told = wait_until(lambda: [call for call in running.calls.refused() if call.address == "127.0.0.25"])
    assert told[0].reason
    assert told[0].reason.startswith("The VNC server kept silent so long")


@pytest.mark.parametrize("words", [b"", b"\x03", b"\x03\x00\x12"], ids=["nothing", "a version", "half a number"])
def test_a_silent_stranger_is_dropped_at_the_deadline_all_the_same(
    install: Callable[..., Installation], words: bytes, measured: Measured
) -> None:
    installation = install(REACHBACK_PREAMBLE_SECONDS="4")
    listener = installation.start_listener()
    began = time.monotonic()
    with socket.create_connection(installation.call_address, 10) as stranger:
        assert stranger.recv(14, socket.MSG_WAITALL) == DISPATCHER_HELLO
        stranger.sendall(words)
        assert read_to_end(stranger) == b""
    took = time.monotonic() - began
    measured("a silent stranger, with 4 s to introduce itself, is closed after", took)
    assert 4.0 <= took < 4.7
    assert "Traceback" not in listener.log


# TLS.


@pytest.fixture
def encrypted(install: Callable[..., Installation], tmp_path: Path) -> tuple[Installation, Process]:
    cert, key = write_certificate(tmp_path)
    installation = install(
        REACHBACK_CALL_TLS_CERT=str(cert), REACHBACK_CALL_TLS_KEY=str(key), REACHBACK_PREAMBLE_SECONDS="6"
    )
    listener, _ = installation.start_all("listener", "websockify")
    return installation, listener


def test_a_call_over_tls_is_matched_by_its_server_name(encrypted: tuple[Installation, Process]) -> None:
    installation, listener = encrypted
    new = installation.waiting()
    name = f"{new.code}.{DOMAIN}"
    with FakeVncServer(installation.call_address, server_name=name, one_by_one=True) as server:
        server.greet()
        call = call_of(installation, new)
        assert (call.matched_by, call.confirmed, call.encrypted) == ("sni", True, True)
        with FakeViewer(installation.websocket_url(new)) as viewer:
            exchange(server, viewer.greet())
        installation.sessions.end(new.session.id, installation.admin)
        server.read_to_end()
    assert installation.rows("SELECT details FROM events WHERE kind = 'call_arrived'")[0]["details"].count("encrypted")
    assert new.code not in listener.log


@pytest.mark.parametrize("how", ["id", "dispatcher", "address"])
def test_inside_tls_callers_are_told_as_outside(encrypted: tuple[Installation, Process], how: str) -> None:
    installation, _ = encrypted
    new = installation.waiting()
    said = {"id": {"code": new.code}, "dispatcher": {"number": number_of(new)}, "address": {}}[how]
    with FakeVncServer(installation.call_address, server_name=DOMAIN, **said) as server:  # type: ignore[arg-type]
        server.greet()
        call = call_of(installation, new)
        assert (call.matched_by, call.encrypted) == (how, True)


def test_two_codes_that_contradict_each_other_are_nobody_s(encrypted: tuple[Installation, Process]) -> None:
    installation, _ = encrypted
    one, other = installation.waiting(), installation.waiting()
    with FakeVncServer(installation.call_address, server_name=f"{one.code}.{DOMAIN}", code=other.code) as server:
        server.greet()
        assert parked_from(installation, "127.0.0.1").encrypted


def test_plain_calls_still_come_to_the_same_port(encrypted: tuple[Installation, Process]) -> None:
    installation, _ = encrypted
    with held(installation) as (new, _server):
        assert not call_of(installation, new).encrypted


def test_much_passes_through_tls_both_ways(encrypted: tuple[Installation, Process], measured: Measured) -> None:
    installation, _ = encrypted
    size = 8 * 1024 * 1024
    with joined(installation, server_name=DOMAIN) as (_new, server, viewer):
        began = time.monotonic()
        picture = raw_picture(bytes(size), 2048)
        server.send(picture)
        assert viewer.read(len(picture)) == picture
        measured("8 MiB of pictures through TLS", time.monotonic() - began)
        text = b"\x06\0\0\0" + (64 * 1024).to_bytes(4, "big") + bytes(64 * 1024)
        for _ in range(64):
            viewer.send(text)
        for _ in range(64):
            server.hear(text)


def test_a_technician_who_does_not_read_stops_a_tls_call_and_then_gets_everything(
    encrypted: tuple[Installation, Process], measured: Measured
) -> None:
    installation, listener = encrypted
    with (
        held(installation, server_name=DOMAIN) as (new, server),
        FakeViewer(installation.websocket_url(new), receive_buffer=32 * 1024) as viewer,
    ):
        # What comes before the technician takes part is shown to nobody.
        exchange(server, viewer.greet())
        pictures = raw_picture(bytes(64 * 1024), 128)
        sent = server.flood(pictures, 1.0)
        measured("what is under way through TLS to a browser that does not read", sent / 2**20, "MiB")
        assert sent < 32 * 2**20
        whole = sent // len(pictures) * len(pictures)
        assert viewer.read(whole, 30) == pictures * (whole // len(pictures))
    assert "Traceback" not in listener.log


@pytest.mark.parametrize("what", ["half a hello", "garbage", "odd name", "old version"])
def test_a_hello_that_nobody_can_answer(encrypted: tuple[Installation, Process], what: str) -> None:
    installation, listener = encrypted
    with socket.create_connection(installation.call_address, 15) as stranger:
        stranger.sendall(_hello(what))
        # An alert at most.
        assert read_to_end(stranger, 15)[:1] in {b"", b"\x15"}
    _still_serves(installation, listener)


def test_silence_inside_tls_is_dropped_at_the_deadline(encrypted: tuple[Installation, Process]) -> None:
    installation, listener = encrypted
    with _shaken(installation) as stranger:
        assert stranger.recv(14) == DISPATCHER_HELLO
        assert read_to_end(stranger, 15) == b""
    _still_serves(installation, listener)


def test_garbage_behind_the_handshake_ends_the_call(encrypted: tuple[Installation, Process]) -> None:
    installation, listener = encrypted
    with _shaken(installation) as stranger:
        # Past the TLS that is there.
        socket.socket.sendall(stranger, b"RFB 003.008\n" * 10)
        with contextlib.suppress(ssl.SSLError):
            assert read_to_end(stranger, 5) == b""
    _still_serves(installation, listener)


def test_hundreds_of_tls_strangers_leave_nothing(encrypted: tuple[Installation, Process], measured: Measured) -> None:
    installation, listener = encrypted
    process = psutil.Process(listener.pid)
    sockets = len(process.net_connections("tcp"))
    # What the first callers make Python and OpenSSL load is no leak.
    for _ in range(50):
        _tls_stranger(installation, 0)
    rss = process.memory_info().rss
    for attempt in range(MANY):
        _tls_stranger(installation, attempt)
    wait_until(lambda: len(process.net_connections("tcp")) == sockets, 20, "as many sockets as before")
    grown = (process.memory_info().rss - rss) / 2**20
    measured(f"the listener's growth over {MANY} strangers with TLS", grown, "MiB")
    assert grown < 8
    _still_serves(installation, listener)


def _tls_stranger(installation: Installation, attempt: int) -> None:
    """One that leaves in its hello, behind its handshake, or after a word of HTTP, in turn."""
    if attempt % 3 == 0:
        with socket.create_connection(installation.call_address, 15) as stranger:
            stranger.sendall(_hello("half a hello"))
        return
    with contextlib.suppress(ConnectionError, ssl.SSLError), _shaken(installation) as inside:
        if attempt % 3 == 1:
            inside.sendall(b"GET / HTTP/1.1\r\n\r\n")
            read_to_end(inside)


def _shaken(installation: Installation) -> ssl.SSLSocket:
    connection = socket.create_connection(installation.call_address, 15)
    return _no_questions().wrap_socket(connection, server_hostname=DOMAIN)


def _still_serves(installation: Installation, listener: Process) -> None:
    with held(installation) as (new, _server):
        assert installation.is_held(new)
    assert "Traceback" not in listener.log
    assert "exception" not in listener.log.lower()


def _hello(what: str) -> bytes:
    if what == "garbage":
        return b"\x16\x03\x01\x40\x00" + b"\xff" * 5000
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = _no_questions()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=f"nine-letters.{DOMAIN}").do_handshake()
    hello = outgoing.read()
    if what == "odd name":
        return hello.replace(b"nine-letters", b"nine\xffletters")
    if what == "old version":
        return bytes.fromhex("16 0301 002d 01 000029 0301") + bytes(32) + bytes.fromhex("00 0002 002f 01 00")
    return hello[:100]


def _no_questions() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_openssl_s_client_reaches_the_dispatcher(encrypted: tuple[Installation, Process]) -> None:
    installation, _ = encrypted
    host, port = installation.call_address
    client = subprocess.Popen(
        ("openssl", "s_client", "-connect", f"{host}:{port}", "-servername", DOMAIN, "-quiet"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with client:
        assert client.stdout
        assert client.stdout.read(14) == DISPATCHER_HELLO
        client.kill()


def test_a_certificate_that_cannot_be_used_stops_the_listener(
    install: Callable[..., Installation], tmp_path: Path
) -> None:
    cert, key = write_certificate(tmp_path)
    _, other = write_certificate(tmp_path, "other")
    for files in ((tmp_path / "missing", key), (cert, other)):
        installation = install(REACHBACK_CALL_TLS_CERT=str(files[0]), REACHBACK_CALL_TLS_KEY=str(files[1]))
        listener = installation.start("listener", *_listener())
        assert listener.wait() == 1
        assert "REACHBACK_CALL_TLS_CERT and REACHBACK_CALL_TLS_KEY" in listener.log
        assert "Traceback" not in listener.log


# Session ports.


@pytest.fixture
def with_ports(install: Callable[..., Installation]) -> tuple[Installation, int]:
    first = _two_free_ports()
    installation = install(REACHBACK_SESSION_PORTS=f"{first}-{first + 1}")
    installation.start_listener()
    return installation, first


def test_a_session_s_own_port_leads_to_it(with_ports: tuple[Installation, int]) -> None:
    installation, first = with_ports
    one, other = installation.waiting(), installation.waiting("127.0.0.31")
    assert (one.session.port, other.session.port) == (first, first + 1)
    with FakeVncServer(("127.0.0.1", first)) as server:
        server.greet()
        call = call_of(installation, one)
        assert (call.matched_by, call.confirmed) == ("port", True)
    with FakeVncServer(("127.0.0.1", first + 1), code=other.code, source="127.0.0.31") as server:
        server.greet()
        assert call_of(installation, other).matched_by == "id"


def test_a_wrong_caller_on_a_session_s_port_is_parked_or_unconfirmed(with_ports: tuple[Installation, int]) -> None:
    installation, first = with_ports
    one = installation.waiting()
    other = installation.waiting("127.0.0.32")
    # Whose own page was opened from its address cannot be the other's.
    with FakeVncServer(("127.0.0.1", first), source="127.0.0.32") as server:
        server.greet()
        assert parked_from(installation, "127.0.0.32").session_id is None
    with FakeVncServer(("127.0.0.1", first), code=other.code, source="127.0.0.33") as server:
        server.greet()
        assert parked_from(installation, "127.0.0.33").session_id is None
    assert installation.state(one) == installation.state(other) == "waiting"
    with FakeVncServer(("127.0.0.1", first), source="127.0.0.34") as server:
        server.greet()
        assert not call_of(installation, one).confirmed


def test_a_session_port_that_is_taken_stops_the_listener(install: Callable[..., Installation]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        installation = install(REACHBACK_SESSION_PORTS=f"{port}-{port}")
        listener = installation.start("listener", *_listener())
        assert listener.wait() == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use." in listener.log
    assert "REACHBACK_SESSION_PORTS" in listener.log


def test_a_session_port_cannot_be_everybody_s_port(install: Callable[..., Installation]) -> None:
    (port,) = free_ports(1)
    installation = install(REACHBACK_LISTEN=f"127.0.0.1:{port}", REACHBACK_SESSION_PORTS=f"{port}-{port}")
    listener = installation.start("listener", *_listener())
    assert listener.wait() == 1
    assert re.search(
        r"REACHBACK_LISTEN.*REACHBACK_SESSION_PORTS|REACHBACK_SESSION_PORTS.*REACHBACK_LISTEN", listener.log
    )


def _two_free_ports() -> int:
    while True:
        (port,) = free_ports(1)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port + 1)):
            return port


# A second call.


def test_a_second_call_is_parked_while_the_first_answers(running: Installation) -> None:
    with (
        joined(running) as (new, server, viewer),
        FakeVncServer(running.call_address, code=new.code, name="AGAIN") as second,
    ):
        second.greet()
        call = parked_from(running, "127.0.0.1")
        assert call.second_of == new.session.id
        listener = running.processes[0]
        wait_until(lambda: f"call {call.id} stays parked" in listener.log)
        # The first one's machine was asked; its stream was not touched, and the technician did not notice.
        exchange(server, viewer)
        assert parked_from(running, "127.0.0.1").id == call.id


@pytest.mark.parametrize("watched", [True, False], ids=["in use", "held"])
def test_a_second_call_replaces_a_first_whose_cable_was_cut(
    running: Installation, watched: bool, measured: Measured
) -> None:
    with held(running) as (new, server), contextlib.ExitStack() as open_ones:
        first = call_of(running, new)
        if watched:
            viewer = open_ones.enter_context(FakeViewer(running.websocket_url(new))).greet()
            exchange(server, viewer)
        server.cut()
        began = time.monotonic()
        with FakeVncServer(running.call_address, code=new.code) as second:
            second.greet()
            wait_until(lambda: (view := running.is_held(new)) and view.call and view.call.id != first.id, 15)
            measured("a call takes the place of one whose cable was cut after", time.monotonic() - began)
            (row,) = running.rows("SELECT state, reason FROM calls WHERE id = :id", id=first.id)
            assert tuple(row.values()) == ("lost", "Replaced by a newer call of the same computer.")
            with FakeViewer(running.websocket_url(new)) as newer:
                exchange(second, newer.greet())
            if watched:
                assert viewer.read_to_end(5) is not None


def test_a_second_call_over_tls_replaces_the_first_one(encrypted: tuple[Installation, Process]) -> None:
    installation, _ = encrypted
    with held(installation, server_name=DOMAIN) as (new, server):
        first = call_of(installation, new)
        server.cut()
        with FakeVncServer(installation.call_address, code=new.code, server_name=DOMAIN) as second:
            second.greet()
            wait_until(lambda: call_of(installation, new).id != first.id, 15)


def test_while_the_first_is_asked_the_second_is_a_parked_call_like_any_other(running: Installation) -> None:
    other = running.waiting("192.0.2.9")
    with held(running) as (new, server):
        server.cut()
        with FakeVncServer(running.call_address, code=new.code, name="LEAVES") as leaving:
            leaving.greet()
            parked_from(running, "127.0.0.1")
        wait_until(lambda: not running.calls.parked(), what="the second has hung up")
        with FakeVncServer(running.call_address, code=new.code, name="CLAIMED") as claimed:
            claimed.greet()
            running.calls.claim(parked_from(running, "127.0.0.1").id, other.session.id, running.admin)
            assert call_of(running, other).desktop == "CLAIMED"
            wait_until(lambda: running.state(new) == "waiting", 15)
            assert call_of(running, other).desktop == "CLAIMED"
    assert "Traceback" not in running.processes[0].log


def test_a_session_that_ends_meanwhile_ends(running: Installation) -> None:
    with held(running) as (new, server):
        server.cut()
        with FakeVncServer(running.call_address, code=new.code) as second:
            second.greet()
            parked_from(running, "127.0.0.1")
            running.sessions.end(new.session.id, running.admin)
            wait_until(lambda: running.lost_row(new))
            assert parked_from(running, "127.0.0.1").second_of in {None, new.session.id}
            assert running.state(new) == "closed"


# Guessers.


def test_a_guesser_is_slowed_then_refused_and_everybody_else_served(
    install: Callable[..., Installation], measured: Measured
) -> None:
    installation = install()
    listener = installation.start_listener()
    guesser = "127.0.0.41"
    measured("the first wrong code is answered after", first := guess(installation, guesser, 1))
    assert first < 1.0
    for attempt in range(2, MAX_WRONG - 1):
        installation.calls.judge(claims_of(guesser, attempt))
    measured("the ninth", ninth := guess(installation, guesser, MAX_WRONG - 1))
    assert ninth >= MAX_DELAY_SECONDS
    measured("the tenth is refused after", tenth := guess(installation, guesser, MAX_WRONG))
    assert tenth < 1.0
    assert turned_away(installation, guesser)
    new = installation.waiting("127.0.0.42")
    with FakeVncServer(installation.call_address, code=new.code, source="127.0.0.42") as honest:
        honest.greet()
        call_of(installation, new)
    # The guesser may even know the right code by now.
    with FakeVncServer(installation.call_address, code=new.code, source=guesser) as server:
        server.introduce()
        server.read_to_end(5)
    assert "Traceback" not in listener.log


def test_a_slowed_caller_that_waits_for_the_dispatcher_is_kept_alive(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_listener()
    address = "127.0.0.43"
    for attempt in range(8):
        installation.calls.judge(claims_of(address, attempt))
    with FakeVncServer(installation.call_address, number=unknown_number(), source=address) as server:
        began = time.monotonic()
        server.greet()
        assert time.monotonic() - began >= SILENCE + MAX_DELAY_SECONDS
        assert server.pings >= 1
        parked_from(installation, address)


def guess(installation: Installation, address: str, attempt: int) -> float:
    """Call with a wrong code; answers the seconds until the greeting was over, or the call refused."""
    began = time.monotonic()
    with FakeVncServer(installation.call_address, code=wrong_code(attempt), source=address) as server:
        with contextlib.suppress(Refused):
            server.greet()
        return time.monotonic() - began


def claims_of(address: str, attempt: int) -> Claims:
    return Claims(address, (Said(MatchedBy.ID, wrong_code(attempt)),))


def wrong_code(attempt: int) -> str:
    return str(unknown_number(20_000_000 + attempt))


def _listener() -> tuple[str, ...]:
    return sys.executable, "-m", "reverse_listener"
