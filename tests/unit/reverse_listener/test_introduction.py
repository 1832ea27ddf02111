"""Who calls, and in which time: over a socket pair, with little patience."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from certificates import ServedCertificate
from reverse_listener.inbox import HungUp
from reverse_listener.introduction import Banner, Introduction
from reverse_listener.tls import BrokenTls, tls_context
from rfb import NotVnc, ProtocolViolation, ServerVersion
from sessions.matching import MatchedBy, Said
from sessions.secrets import check_digit
from sessions.settings import CertFiles
from tests.fakes.certificates import DOMAIN, write_certificate
from tests.unit.reverse_listener.helpers import PATIENCE, Peer, connected
from tests.unit.reverse_listener.tls_peer import TlsPeer, client_context

SILENCE = 0.15
PINGS = 0.05
HELLO = b"TCPDISPATCH\n\x01\x03"
BANNER = b"RFB 003.008\n"
VERSION = ServerVersion(3, 8)
NUMBER = 305419896
CODE = "30541989" + check_digit("30541989")
SAID = b"\x03\x00" + NUMBER.to_bytes(4, "big") + b"\x01\x00\x01\x00"
ID_BLOCK = f"ID:{CODE}".encode().ljust(250, b"\0")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServedCertificate:
    return ServedCertificate(CertFiles(*write_certificate(tmp_path_factory.mktemp("tls"))), tls_context)


@contextlib.asynccontextmanager
async def caller(
    certificate: ServedCertificate | None = None, silence: float = SILENCE, *, from_proxy: bool = False
) -> AsyncIterator[tuple[Introduction, Peer]]:
    async with connected() as (line, peer):
        yield Introduction(line, certificate, silence, PINGS, from_proxy=from_proxy), peer


@contextlib.asynccontextmanager
async def meanwhile(work: object) -> AsyncIterator[None]:
    """Run one coroutine beside the block, and let neither outlive its patience."""
    task = asyncio.ensure_future(work)  # type: ignore[arg-type, var-annotated]
    async with asyncio.timeout(PATIENCE):
        yield
        await task


async def is_silent(peer: Peer) -> bool:
    """Nothing was said to `peer` for longer than a silence lasts."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2 * SILENCE):
            await peer.reader.read(1)
            return False
    return True


def test_who_spoke_while_we_could_not_listen_spoke_first() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            async with meanwhile(introduction.hear_codes()):
                # It has begun to wait; then the machine stands still until the silence is over.
                await asyncio.sleep(0)
                peer.writer.write(BANNER)
                time.sleep(2 * SILENCE)  # noqa: ASYNC251  (nothing else may run meanwhile: that is the test)
            assert await introduction.hear_banner() == Banner(VERSION, b"")
            assert await is_silent(peer)

    asyncio.run(story())


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize(
    ("words", "said"), [(BANNER, ()), (ID_BLOCK + BANNER, (Said(MatchedBy.ID, CODE),))], ids=["banner", "ID"]
)
def test_who_speaks_first_hears_nothing(words: bytes, said: tuple[Said, ...], one_by_one: bool) -> None:
    async def story() -> None:
        async with caller(silence=PATIENCE) as (introduction, peer):
            async with meanwhile(introduction.hear_codes()):
                for piece in [bytes([byte]) for byte in words] if one_by_one else [words]:
                    await peer.say(piece)
            assert introduction.said == said
            await introduction.wait(0.0)
            assert await introduction.hear_banner() == Banner(VERSION, b"")
            assert await is_silent(peer)

    asyncio.run(story())


def test_what_comes_behind_the_banner_is_handed_on() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            await peer.say(ID_BLOCK + BANNER + b"\x01\x01")
            await introduction.hear_codes()
            assert await introduction.hear_banner() == Banner(VERSION, b"\x01\x01")

    asyncio.run(story())


def test_an_id_that_is_no_code_is_kept_as_it_is() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            await peer.say(b"ID:KASSE 7".ljust(250, b"\0") + BANNER)
            await introduction.hear_codes()
            assert introduction.said == (Said(MatchedBy.ID, "KASSE 7"),)

    asyncio.run(story())


def test_a_first_byte_in_time_is_enough() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer), meanwhile(introduction.hear_codes()):
            await peer.say(BANNER[:1])
            assert await is_silent(peer)
            await peer.say(BANNER[1:])

    asyncio.run(story())


def test_a_silent_caller_is_asked_for_its_number_pinged_and_let_go() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            began = asyncio.get_running_loop().time()
            async with meanwhile(introduction.hear_codes()):
                assert await peer.hear(len(HELLO)) == HELLO
                assert asyncio.get_running_loop().time() - began >= SILENCE
                await peer.say(SAID)
                assert await peer.hear(1) == b"\0"
            assert introduction.said == (Said(MatchedBy.DISPATCHER, str(NUMBER)),)
            async with meanwhile(introduction.wait(10 * PINGS)):
                for _ in range(2):
                    assert await peer.hear(1) == b"\0"
                    await peer.say(b"\0")
            async with meanwhile(introduction.hear_banner()):
                # The last pings are answered only after go.
                unanswered = 0
                while (heard := await peer.hear(1)) == b"\0":
                    unanswered += 1
                assert heard == b"\1"
                assert unanswered
                await peer.say(b"\0" * unanswered + BANNER + b"\x02")
            assert introduction._banner == Banner(VERSION, b"\x02")

    asyncio.run(story())


def test_a_number_of_0_is_no_code() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            async with meanwhile(introduction.hear_codes()):
                await peer.hear(len(HELLO))
                await peer.say(b"\x03\x00" + bytes(4))
                assert await peer.hear(4) == b"\0\0\0\1"
                await peer.say(b"\0\0")
                await peer.hear(1)
            assert introduction.said == ()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (BANNER, ProtocolViolation),
        (b"\x16\x03\x01", NotVnc),
        (b"GET /", NotVnc),
        (b"\x03\x01", NotVnc),
        (SAID + BANNER, ProtocolViolation),
    ],
    ids=["late banner", "late TLS", "late HTTP", "viewer", "does not wait"],
)
def test_what_a_silent_caller_may_not_answer(words: bytes, refusal: type[Exception]) -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            hearing = asyncio.create_task(introduction.hear_codes())
            await peer.hear(len(HELLO))
            await peer.say(words)
            with pytest.raises(refusal):
                await asyncio.wait_for(hearing, PATIENCE)

    asyncio.run(story())


@pytest.mark.parametrize("words", [ID_BLOCK + BANNER, b"\x16\x03\x01"], ids=["ID", "TLS"])
def test_behind_the_dispatcher_nothing_more_is_said(words: bytes) -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            async with meanwhile(introduction.hear_codes()):
                await peer.hear(len(HELLO))
                await peer.say(SAID)
            with pytest.raises(NotVnc):
                async with meanwhile(introduction.hear_banner()):
                    await peer.say(words)

    asyncio.run(story())


def test_a_caller_that_leaves_while_it_waits_has_hung_up() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            async with meanwhile(introduction.hear_codes()):
                await peer.hear(len(HELLO))
                await peer.say(SAID)
            with pytest.raises(HungUp):
                async with meanwhile(introduction.wait(PATIENCE)):
                    peer.finish()

    asyncio.run(story())


# Through TLS.


@contextlib.asynccontextmanager
async def through_tls(
    certificate: ServedCertificate, name: str | None
) -> AsyncIterator[tuple[Introduction, TlsPeer, asyncio.Task[None]]]:
    """A caller that has shaken hands, and the task that hears its codes."""
    async with caller(certificate) as (introduction, peer):
        tls_peer = TlsPeer(peer, client_context(), name)
        hearing = asyncio.create_task(introduction.hear_codes())
        async with asyncio.timeout(PATIENCE):
            await tls_peer.shake_hands()
            yield introduction, tls_peer, hearing


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"{CODE}.{DOMAIN}", (Said(MatchedBy.SNI, CODE),)),
        (f"{CODE[:3]}-{CODE[3:6]}-{CODE[6:]}.{DOMAIN}", (Said(MatchedBy.SNI, CODE),)),
        (f"{CODE[:-1]}{(int(CODE[-1]) + 1) % 10}.{DOMAIN}", ()),
        (DOMAIN, ()),
        (None, ()),
    ],
)
def test_the_code_is_the_first_label_of_the_server_name(
    certificate: ServedCertificate, name: str | None, said: tuple[Said, ...]
) -> None:
    async def story() -> None:
        async with through_tls(certificate, name) as (introduction, peer, hearing):
            await peer.say(BANNER)
            await hearing
            assert introduction.said == said
            assert introduction.wire.is_encrypted
            assert await introduction.hear_banner() == Banner(VERSION, b"")

    asyncio.run(story())


def test_inside_tls_an_id_block_adds_a_code(certificate: ServedCertificate) -> None:
    async def story() -> None:
        async with through_tls(certificate, f"{CODE}.{DOMAIN}") as (introduction, peer, hearing):
            await peer.say(ID_BLOCK + BANNER)
            await hearing
            assert introduction.said == (Said(MatchedBy.SNI, CODE), Said(MatchedBy.ID, CODE))

    asyncio.run(story())


def test_inside_tls_silence_calls_the_dispatcher(certificate: ServedCertificate) -> None:
    async def story() -> None:
        async with through_tls(certificate, DOMAIN) as (introduction, peer, hearing):
            assert await peer.hear(len(HELLO)) == HELLO
            await peer.say(SAID)
            assert await peer.hear(1) == b"\0"
            await hearing
            assert introduction.said == (Said(MatchedBy.DISPATCHER, str(NUMBER)),)
            async with meanwhile(introduction.hear_banner()):
                assert await peer.hear(1) == b"\1"
                await peer.say(BANNER)

    asyncio.run(story())


def test_inside_tls_there_is_no_tls(certificate: ServedCertificate) -> None:
    async def story() -> None:
        async with through_tls(certificate, DOMAIN) as (_, peer, hearing):
            await peer.say(b"\x16\x03\x01")
            with pytest.raises(NotVnc, match="speaks TLS"):
                await hearing

    asyncio.run(story())


def test_without_a_certificate_tls_is_refused() -> None:
    async def story() -> None:
        async with caller() as (introduction, peer):
            await peer.say(await TlsPeer(peer, client_context()).hello())
            with pytest.raises(NotVnc, match="give this port a certificate"):
                await introduction.hear_codes()

    asyncio.run(story())


def test_tls_that_cannot_be_understood_is_refused(certificate: ServedCertificate) -> None:
    async def story() -> None:
        async with caller(certificate) as (introduction, peer):
            await peer.say(b"\x16GET / HTTP/1.1\r\n\r\n")
            with pytest.raises(BrokenTls):
                await introduction.hear_codes()

    asyncio.run(story())


PROXY_LINE = b"PROXY TCP4 198.51.100.7 203.0.113.1 4711 5500\r\n"
PROXY_BLOCK = bytes.fromhex("0D0A0D0A000D0A515549540A 21 11 000F C6336407 CB007101 1267 157C 04 0000")


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("header", [PROXY_LINE, PROXY_BLOCK], ids=["line", "block"])
def test_behind_a_proxys_header_all_is_as_ever(header: bytes, one_by_one: bool) -> None:
    words = header + ID_BLOCK + BANNER

    async def story() -> None:
        async with caller(silence=PATIENCE, from_proxy=True) as (introduction, peer):
            async with meanwhile(introduction.hear_codes()):
                for piece in [bytes([byte]) for byte in words] if one_by_one else [words]:
                    await peer.say(piece)
            assert introduction.said == (Said(MatchedBy.ID, CODE),)
            assert (introduction.wire.peer, introduction.wire.port) == ("198.51.100.7", 5500)
            assert await introduction.hear_banner() == Banner(VERSION, b"")

    asyncio.run(story())


@pytest.mark.parametrize("header", [b"", PROXY_LINE, PROXY_BLOCK], ids=["none", "line", "block"])
def test_a_silent_caller_behind_a_proxy_is_asked_by_the_dispatcher(header: bytes) -> None:
    async def story() -> None:
        async with caller(from_proxy=True) as (introduction, peer), meanwhile(introduction.hear_codes()):
            await peer.say(header)
            assert await peer.hear(len(HELLO)) == HELLO
            await peer.say(SAID)

    asyncio.run(story())


def test_tls_behind_a_proxys_header(certificate: ServedCertificate) -> None:
    async def story() -> None:
        async with caller(certificate, from_proxy=True) as (introduction, peer):
            await peer.say(PROXY_LINE)
            client = TlsPeer(peer, client_context(), f"{CODE}.{DOMAIN}")
            async with meanwhile(introduction.hear_codes()):
                await client.shake_hands()
                await client.say(BANNER)
            assert introduction.wire.is_encrypted
            assert introduction.wire.peer == "198.51.100.7"
            assert introduction.said == (Said(MatchedBy.SNI, CODE),)

    asyncio.run(story())


def test_inside_tls_no_proxy_speaks(certificate: ServedCertificate) -> None:
    async def story() -> None:
        async with caller(certificate, from_proxy=True) as (introduction, peer):
            client = TlsPeer(peer, client_context(), f"{CODE}.{DOMAIN}")
            hearing = asyncio.create_task(introduction.hear_codes())
            await client.shake_hands()
            await client.say(PROXY_BLOCK)
            with pytest.raises(NotVnc):
                await hearing

    asyncio.run(story())
