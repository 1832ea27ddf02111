"""A TLS line behaves towards its owner as a line does, and towards a strange client as a door does."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from reverse_listener.inbox import HungUp, Inbox
from reverse_listener.line import HIGH_WATER
from reverse_listener.tls import BrokenTls, TlsLine, tls_context
from sessions.settings import CertFiles
from tests.fakes.certificates import write_certificate
from tests.unit.reverse_listener.helpers import Recorder, connected, until
from tests.unit.reverse_listener.tls_peer import TlsPeer, client_context, tls_connected

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
PICTURE = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CertFiles:
    return CertFiles(*write_certificate(tmp_path_factory.mktemp("tls")))


@pytest.fixture(scope="module")
def context(files: CertFiles) -> ssl.SSLContext:
    return tls_context(files)


@pytest.mark.parametrize("newest", VERSIONS)
def test_bytes_pass_both_ways(context: ssl.SSLContext, newest: ssl.TLSVersion) -> None:
    async def story() -> None:
        async with tls_connected(context, client_context(newest=newest)) as (line, peer):
            listener = Recorder()
            line.listen(listener)
            await peer.say(PICTURE)
            await until(lambda: len(listener.heard) == len(PICTURE))
            assert listener.heard == PICTURE
            line.send(PICTURE)
            line.send(b"")
            assert await peer.hear(len(PICTURE)) == PICTURE
            assert (line.received_bytes, line.sent_bytes) == (len(PICTURE), len(PICTURE))
            assert line.is_encrypted

    asyncio.run(story())


def test_every_byte_of_the_hello_may_come_alone(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            tls_line, tls_peer = TlsLine(line, context), TlsPeer(peer, client_context(), "one.calls.example.org")
            hello = await tls_peer.hello()
            shaking = asyncio.create_task(tls_line.shake_hands(hello[:1]))
            for at in range(1, len(hello)):
                await peer.say(hello[at : at + 1])
                await until(lambda at=at: line.received_bytes == at)  # type: ignore[misc]
            await asyncio.gather(shaking, tls_peer.shake_hands())
            assert tls_line.server_name == "one.calls.example.org"

    asyncio.run(story())


@pytest.mark.parametrize("name", [None, "calls.example.org", "192.0.2.1"])
def test_the_name_a_client_asks_for(context: ssl.SSLContext, name: str | None) -> None:
    async def story() -> None:
        async with tls_connected(context, name=name) as (line, _peer):
            # An address is no server name (RFC 6066 §3), and is not sent.
            assert line.server_name == (name if name and name[0] == "c" else None)

    asyncio.run(story())


def test_what_came_with_the_handshake_is_not_lost(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            tls_line, tls_peer = TlsLine(line, context), TlsPeer(peer, client_context())
            hello = await tls_peer.hello()
            shaking = asyncio.create_task(tls_line.shake_hands(hello))
            tls_peer.incoming.write(await peer.hear_some())
            tls_peer.tls.do_handshake()
            tls_peer.tls.write(b"RFB 003.008\n")
            await tls_peer._flush()
            await shaking
            assert await asyncio.wait_for(Inbox(tls_line).read(), 5) == b"RFB 003.008\n"

    asyncio.run(story())


@pytest.mark.parametrize("begun", [b"\x16", b"\x16\x03\x01\x02\x00\x01"])
def test_what_is_no_tls_is_told_so_and_refused(context: ssl.SSLContext, begun: bytes) -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            await peer.say(b"GET / HTTP/1.1\r\n\r\n" * 100)
            with pytest.raises(BrokenTls):
                await TlsLine(line, context).shake_hands(begun)
            line.close()
            assert (await peer.hear_all())[:1] in {b"", b"\x15"}  # an alert

    asyncio.run(story())


def test_versions_that_are_forbidden_are_refused(context: ssl.SSLContext) -> None:
    with pytest.deprecated_call():
        old = client_context(newest=ssl.TLSVersion.TLSv1_1)
        old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")

    async def story() -> None:
        async with connected() as (line, peer):
            hello = await TlsPeer(peer, old).hello()
            with pytest.raises(BrokenTls, match="UNSUPPORTED_PROTOCOL"):
                await TlsLine(line, context).shake_hands(hello)

    asyncio.run(story())


def test_a_client_that_leaves_in_the_middle_has_hung_up(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            hello = await TlsPeer(peer, client_context()).hello()
            await peer.say(hello[1:50])
            peer.finish()
            with pytest.raises(HungUp):
                await TlsLine(line, context).shake_hands(hello[:1])

    asyncio.run(story())


def test_garbage_behind_the_handshake_ends_the_line(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            listener = Recorder()
            line.listen(listener)
            await peer.peer.say(b"\x17\x03\x03\x00\x20" + bytes(32))
            await until(lambda: "closed" in listener.told)
            assert line.is_closed
            line.send(b"too late")
            assert line.sent_bytes == 0

    asyncio.run(story())


def test_nobody_renegotiates(context: ssl.SSLContext) -> None:
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


# Ends, as a line tells them.


@pytest.mark.parametrize("newest", VERSIONS)
@pytest.mark.parametrize("how", ["close_notify", "tcp"])
def test_a_peer_that_has_finished_can_still_be_told_something(
    context: ssl.SSLContext, newest: ssl.TLSVersion, how: str
) -> None:
    async def story() -> None:
        async with tls_connected(context, client_context(newest=newest)) as (line, peer):
            listener = Recorder()
            line.listen(listener)
            await peer.say(b"last picture")
            if how == "tcp":
                peer.peer.finish()
            else:
                await peer.finish()
            await until(lambda: listener.told == ["ended"])
            assert (listener.heard, line.has_ended) == (b"last picture", True)
            line.send(b"last words")
            assert await peer.hear(10) == b"last words"
            line.finish()
            await peer.hear_close_notify()
            assert listener.told == ["ended"]

    asyncio.run(story())


def test_what_comes_behind_close_notify_is_dropped(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            listener = Recorder()
            line.listen(listener)
            await peer.finish()
            await until(lambda: listener.told)
            await peer.peer.say(bytes(100_000))
            peer.peer.finish()
            await until(lambda: line._line.has_ended)
            assert line._incoming.pending == 0
            assert (listener.heard, listener.told) == (b"", ["ended"])

    asyncio.run(story())


@pytest.mark.parametrize("newest", VERSIONS)
def test_a_finished_line_still_hears(context: ssl.SSLContext, newest: ssl.TLSVersion) -> None:
    async def story() -> None:
        async with tls_connected(context, client_context(newest=newest)) as (line, peer):
            listener = Recorder()
            line.listen(listener)
            line.finish()
            line.finish()
            line.send(b"nothing more")
            await peer.hear_close_notify()
            await peer.say(PICTURE)
            await peer.say(b"the end")
            await until(lambda: listener.heard.endswith(b"the end"))
            assert line.sent_bytes == 0

    asyncio.run(story())


def test_a_listener_that_comes_late_learns_how_things_stand(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            first, second, third = Recorder(), Recorder(), Recorder()
            line.listen(first)
            await peer.finish()
            await until(lambda: first.told == ["ended"])
            line.listen(second)
            assert second.told == ["ended"]
            line.abort()
            await until(lambda: line.is_closed)
            line.listen(third)
            assert third.told == ["closed"]

    asyncio.run(story())


@pytest.mark.parametrize("is_gone", [True, False])
def test_the_first_listener_of_a_line_that_is_over_is_told_once(context: ssl.SSLContext, is_gone: bool) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            await peer.say(b"RFB")
            if is_gone:
                line.abort()
                await until(lambda: line._line.is_closed)
            else:
                peer.peer.finish()
            listener = Recorder()
            line.listen(listener)
            await until(lambda: listener.told)
            await asyncio.sleep(0)
            assert listener.told == (["closed"] if is_gone else ["ended"])
            assert listener.heard == (b"" if is_gone else b"RFB")

    asyncio.run(story())


def test_closing_says_goodbye(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            line.send(b"goodbye")
            line.close()
            assert await peer.hear(7) == b"goodbye"
            await peer.hear_close_notify()
            assert await peer.peer.hear_all() == b""
            await until(lambda: line._line.is_closed)
            line.close()

    asyncio.run(story())


# Back-pressure.


def test_a_paused_owner_is_given_nothing_and_then_everything(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            listener = Pausing(line)
            line.listen(listener)
            saying = asyncio.create_task(peer.say(PICTURE * 8))
            heard = 0
            while heard < len(PICTURE) * 8:
                await until(lambda heard=heard: len(listener.heard) > heard)  # type: ignore[misc]
                heard = len(listener.heard)
                await asyncio.sleep(0.001)
                assert len(listener.heard) == heard
                assert len(line._decrypted) <= 2 * HIGH_WATER
                line.resume()
            await saying
            assert listener.heard == PICTURE * 8

    asyncio.run(story())


def test_the_end_is_told_behind_what_a_paused_owner_has_not_taken(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            listener = Pausing(line)
            line.listen(listener)
            await peer.say(b"one")
            await until(lambda: listener.heard == b"one")
            line._line.resume()
            await peer.say(b"two")
            await peer.finish()
            await until(lambda: line._peer_is_done)
            assert (listener.heard, listener.told) == (b"one", [])
            line.resume()
            await until(lambda: listener.heard == b"onetwo")
            assert listener.told == []
            line.resume()
            await until(lambda: listener.told == ["ended"])

    asyncio.run(story())


class Pausing(Recorder):
    """Takes one chunk, then wants no more until it is resumed."""

    def __init__(self, line: TlsLine) -> None:
        super().__init__()
        self.line = line

    def received(self, data: bytes) -> None:
        super().received(data)
        self.line.pause()


def test_a_full_write_buffer_is_told_and_told_again_when_it_has_room(context: ssl.SSLContext) -> None:
    async def story() -> None:
        async with tls_connected(context) as (line, peer):
            listener = Recorder()
            line.listen(listener)
            sent = 0
            while "full" not in listener.told:
                line.send(bytes(65536))
                sent += 65536
                await asyncio.sleep(0)
            assert sent < 8 * HIGH_WATER
            assert len(await peer.hear(sent)) == sent
            await until(lambda: "drained" in listener.told)

    asyncio.run(story())


def test_who_makes_us_answer_and_does_not_read_is_cut_off(files: CertFiles) -> None:
    context = tls_context(files)

    async def story() -> None:
        async with tls_connected(context, client_context(newest=ssl.TLSVersion.TLSv1_2)) as (line, peer):
            listener = Recorder()
            line.listen(listener)
            while "full" not in listener.told:
                line.send(bytes(65536))
                await asyncio.sleep(0)
            line._outgoing.write(b"an answer of TLS's own")
            await peer.say(b"x")
            await until(lambda: "closed" in listener.told)

    asyncio.run(story())


# The files.


def test_files_that_cannot_be_used(tmp_path: Path, files: CertFiles) -> None:
    _, other_key = write_certificate(tmp_path, "other")
    (tmp_path / "text").write_text("no certificate")
    for cert, key in (
        (tmp_path / "missing", files.key),
        (files.cert, tmp_path / "missing"),
        (tmp_path / "text", files.key),
        (files.cert, other_key),
    ):
        with pytest.raises(OSError, match=r"."):
            tls_context(CertFiles(cert, key))
