from __future__ import annotations

import asyncio
import contextlib
import logging
from ipaddress import ip_network
from pathlib import Path

import pytest

from certificates import ServedCertificate
from reverse_listener.greeting import Deadlines, Terms
from reverse_listener.tls import tls_context
from rfb.encodings import NOVNC_FORMAT, set_pixel_format
from sessions.guesses import FREE_OF_DELAY, MAX_WRONG
from sessions.matching import Claims, MatchedBy, Said
from sessions.secrets import check_digit
from sessions.settings import CertFiles, Network
from tests.fakes.certificates import write_certificate
from tests.processes import Installation
from tests.unit.reverse_listener.conftest import MakeHouse
from tests.unit.reverse_listener.helpers import Peer, until

FORMAT = set_pixel_format(NOVNC_FORMAT)
PIXELS = bytes.fromhex("20 18 00 01 00ff 00ff 00ff 10 08 00 000000")


async def greet(peer: Peer, name: bytes = b"FRONT-DESK") -> None:
    """A server's side of the greeting, version 3.3: the shortest."""
    await peer.say(b"RFB 003.003\n")
    await peer.hear(12)
    await peer.say(b"\0\0\0\1")
    await peer.hear(1)
    await peer.say(b"\x04\x00\x03\x00" + PIXELS + len(name).to_bytes(4, "big") + name)
    assert await peer.hear(len(FORMAT)) == FORMAT


def test_a_caller_becomes_a_call(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as peer:
            await greet(peer)
            await until(lambda: here.installation.calls.parked() and len(here.desk) == 1)
            await peer.leave()
            await until(lambda: not here.installation.open_calls())
            assert len(here.desk) == 0

    asyncio.run(story())


def test_those_over_the_limit_are_shut_out_and_places_become_free_again(
    house: MakeHouse, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with house(max_calls=3, max_per_address=2) as here:
            async with here.caller(), here.caller():
                for _ in range(5):
                    async with here.caller() as third:
                        await refused(third)
                here.door.tell_turned_away()
                here.door.tell_turned_away()
            async with here.caller() as later:
                await greet(later)
                await until(here.installation.calls.parked)

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    words = "turned away: 5 × too many calls from one address (REACHBACK_MAX_CALLS_PER_ADDRESS)"
    assert words in [record.getMessage() for record in caplog.records]


def test_why_callers_were_turned_away_is_one_line(house: MakeHouse, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with house() as here:
            for words in (b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"\x00", b"GET"):
                async with here.caller() as stranger:
                    await stranger.say(words)
                    await refused(stranger)
            async with here.caller() as shy:
                await shy.say(b"R")
                await shy.leave()
            async with here.caller() as doctor:
                await doctor.leave()
            await until(lambda: not here.door._present)
            here.door.tell_turned_away()
            here.door.tell_turned_away()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    (record,) = caplog.records
    assert record.getMessage() == (
        "turned away: 2 × not VNC (http), 1 × not VNC (tls), 1 × not VNC (unknown), "
        "1 × hung up before its desktop was known"
    )


def test_a_closed_door_ends_the_calls_that_are_here(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as parked, here.caller() as silent:
            await greet(parked)
            await until(here.installation.calls.parked)
            await here.door.close()
            await refused(parked)
            await refused(silent)
            (row,) = here.installation.rows("SELECT state, reason FROM calls")
            assert tuple(row.values()) == ("lost", "The listener was stopped.")
            with pytest.raises(ConnectionError):
                async with here.caller():
                    pass

    asyncio.run(story())


def wrong_code(attempt: int) -> str:
    digits = str(20_000_000 + attempt)
    return digits + check_digit(digits)


def test_whoever_guesses_codes_is_counted(house: MakeHouse, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with house() as here:
            for attempt in range(MAX_WRONG):
                here.installation.calls.judge(Claims("127.0.0.1", (Said(MatchedBy.ID, wrong_code(attempt)),)))
            async with here.caller() as guesser:
                await guesser.say(b"ID:KASSE 7".ljust(250, b"\0") + b"RFB 003.008\n")
                await refused(guesser)
            here.door.tell_turned_away()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert [record.getMessage() for record in caplog.records] == ["turned away: 1 × guessing codes"]


def test_a_slowed_caller_waits_and_its_waiting_is_not_counted(house: MakeHouse, installation: Installation) -> None:
    terms = Terms(Deadlines(preamble=2.0, greeting=0.9))

    async def story() -> None:
        async with house(terms=terms) as here, here.caller() as slowed:
            for attempt in range(FREE_OF_DELAY):
                installation.calls.judge(Claims("127.0.0.1", (Said(MatchedBy.ID, wrong_code(attempt)),)))
            began = asyncio.get_running_loop().time()
            await slowed.say(f"ID:{installation.session().code}".encode().ljust(250, b"\0"))
            await greet(slowed)
            await until(lambda: len(here.desk) == 1)
            assert asyncio.get_running_loop().time() - began >= 1.0

    asyncio.run(story())


def test_a_call_to_a_session_s_port_says_so(house: MakeHouse, installation: Installation) -> None:
    async def story() -> None:
        async with house() as here:
            here.door._terms = Terms(Deadlines(5, 5), session_ports=frozenset({here.address.port}))
            new = installation.session()
            installation.change("UPDATE sessions SET port = :port", port=here.address.port)
            async with here.caller() as peer:
                await greet(peer)
                await until(lambda: installation.is_held(new))
                assert installation.call_row(new)["matched_by"] == "port"

    asyncio.run(story())


def test_tls_that_cannot_be_agreed_on_is_counted(
    house: MakeHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    terms = Terms(Deadlines(5, 5), certificate=ServedCertificate(CertFiles(*write_certificate(tmp_path)), tls_context))

    async def story() -> None:
        async with house(terms=terms) as here, here.caller() as stranger:
            await stranger.say(b"\x16GET / HTTP/1.1\r\n")
            await stranger.hear_all()
            await until(lambda: not here.door._present)
            here.door.tell_turned_away()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert [record.getMessage() for record in caplog.records] == ["turned away: 1 × not VNC (broken TLS)"]


PROXY_LINE = b"PROXY TCP4 %s 203.0.113.1 4711 5500\r\n"
LOCAL = bytes.fromhex("0D0A0D0A000D0A515549540A 20 00 0000")
BELIEVED = Terms(Deadlines(5, 5), proxies=(ip_network("127.0.0.0/8"),))


def test_a_call_behind_a_proxy_is_from_where_the_proxy_says(house: MakeHouse, installation: Installation) -> None:
    async def story() -> None:
        async with house(terms=BELIEVED) as here, here.caller() as relayed, here.caller() as direct:
            await relayed.say(PROXY_LINE % b"198.51.100.7")
            await greet(relayed, b"RELAYED")
            await greet(direct, b"DIRECT")
            await until(lambda: len(here.desk) == 2)
            rows = installation.rows("SELECT desktop, address FROM calls ORDER BY desktop")
            assert [tuple(row.values()) for row in rows] == [("DIRECT", "127.0.0.1"), ("RELAYED", "198.51.100.7")]

    asyncio.run(story())


def test_a_session_s_port_is_the_one_that_was_dialled_at_the_proxy(
    house: MakeHouse, installation: Installation
) -> None:
    terms = Terms(Deadlines(5, 5), session_ports=frozenset({5500}), proxies=BELIEVED.proxies)

    async def story() -> None:
        async with house(terms=terms) as here, here.caller() as peer:
            new = installation.session()
            installation.change("UPDATE sessions SET port = 5500")
            await peer.say(PROXY_LINE % b"198.51.100.7")
            await greet(peer)
            await until(lambda: installation.is_held(new))
            assert installation.call_row(new)["matched_by"] == "port"

    asyncio.run(story())


def test_behind_a_proxy_each_address_has_its_own_limit(house: MakeHouse, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with house(terms=BELIEVED, max_calls=6, max_per_address=2) as here:
            async with contextlib.AsyncExitStack() as present:
                for address in (b"198.51.100.7", b"198.51.100.7", b"198.51.100.8"):
                    peer = await present.enter_async_context(here.caller())
                    await peer.say(PROXY_LINE % address)
                await until(lambda: here.door._present == {"198.51.100.7": 2, "198.51.100.8": 1})
                async with here.caller() as third:
                    await third.say(PROXY_LINE % b"198.51.100.7")
                    await refused(third)
                # Whose they are is not known yet: they count among all.
                for _ in range(3):
                    await present.enter_async_context(here.caller())
                await until(lambda: here.door._present.total() == 6)
                async with here.caller() as one_too_many:
                    await refused(one_too_many)
                here.door.tell_turned_away()
            await until(lambda: not here.door._present)

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert caplog.records[0].getMessage() == (
        "turned away: 1 × too many calls from one address (REACHBACK_MAX_CALLS_PER_ADDRESS), "
        "1 × too many calls in all (REACHBACK_MAX_CALLS)"
    )


@pytest.mark.parametrize("words", [b"", LOCAL, b"PROXY UNKNOWN\r\n"], ids=["nothing", "LOCAL", "UNKNOWN"])
def test_a_proxys_look_leaves_no_trace(
    house: MakeHouse, installation: Installation, caplog: pytest.LogCaptureFixture, words: bytes
) -> None:
    async def story() -> None:
        async with house(terms=BELIEVED) as here:
            for kind in (0, 1):
                reader, writer = await asyncio.open_connection(here.address.host, here.address.port)
                writer.write(words)
                await until(lambda: here.door._present)
                # HAProxy's checks end by a reset.
                if kind:
                    writer.transport.abort()
                await Peer(reader, writer).leave()
                await until(lambda: not here.door._present)
            here.door.tell_turned_away()
        assert installation.rows("SELECT * FROM calls") == []

    with caplog.at_level(logging.DEBUG):
        asyncio.run(story())
    assert [record for record in caplog.records if record.name.startswith("reverse_listener")] == []


def test_a_customer_who_hangs_up_behind_a_proxy_is_counted(house: MakeHouse, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with house(terms=BELIEVED) as here:
            async with here.caller() as shy:
                await shy.say(PROXY_LINE % b"198.51.100.7")
                await until(lambda: here.door._present["198.51.100.7"])
            await until(lambda: not here.door._present)
            here.door.tell_turned_away()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert caplog.records[0].getMessage() == "turned away: 1 × hung up before its desktop was known"


@pytest.mark.parametrize(
    ("proxies", "words", "what"),
    [
        ((), PROXY_LINE % b"198.51.100.7", "http"),
        ((), LOCAL, "proxy"),
        ((ip_network("198.51.100.0/24"),), LOCAL, "proxy"),
        (BELIEVED.proxies, LOCAL + LOCAL, "proxy"),
        (BELIEVED.proxies, b"PROXY TCP4 198.51.100.7\r\n", "proxy"),
    ],
    ids=["line", "block", "another proxy", "twice", "broken"],
)
def test_a_header_that_is_not_believed_is_not_vnc(
    house: MakeHouse, caplog: pytest.LogCaptureFixture, proxies: tuple[Network, ...], words: bytes, what: str
) -> None:
    async def story() -> None:
        async with house(terms=Terms(Deadlines(5, 5), proxies=proxies)) as here, here.caller() as stranger:
            await stranger.say(words + b"RFB 003.008\n")
            await refused(stranger)
            await until(lambda: not here.door._present)
            here.door.tell_turned_away()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert [record.getMessage() for record in caplog.records] == [f"turned away: 1 × not VNC ({what})"]


async def refused(peer: Peer) -> None:
    """The connection ends, in whatever way, without a byte."""
    try:
        assert await peer.hear_all() == b""
    except ConnectionError:
        return
