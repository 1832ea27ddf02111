"""The law of this package: whatever a peer sends is understood, or refused by a RfbError.

And how the bytes were cut changes nothing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from rfb.conversation import Conversation
from rfb.dispatcher import Dispatcher
from rfb.errors import RfbError
from rfb.events import Desktop, ServerVersion
from rfb.fields import PixelFormat, clean_name
from rfb.preamble import Preamble
from rfb.towards_server import ServerGreeting
from rfb.towards_viewer import ViewerGreeting, server_init
from tests.unit.rfb.helpers import PIXELS, desktop
from tests.unit.rfb.helpers import server_init as wire_init

if TYPE_CHECKING:
    from rfb.conversation import Reading

BANNER = b"RFB 003.008\n"
OK = bytes(4)
INIT = wire_init(b"kasse-7")
TIGHT = b"\x01\x10" + OK + b"\0\0\0\x01" + b"\0\0\0\x02STDVVNCAUTH_" + bytes(16) + OK + INIT + bytes(8)
DISPATCHED = b"\x03\0" + bytes.fromhex("12345678") + b"\x01\0" + b"\x03abc"
TRANSCRIPTS = [
    BANNER,
    b"ID:123456789".ljust(250, b"\0") + BANNER,
    DISPATCHED.replace(bytes.fromhex("12345678"), bytes(4)),
    BANNER + b"\x01\x01",
    b"\x02\x01\x10" + OK + INIT,
    b"\x01\x02" + bytes(16) + OK + INIT,
    b"\x01\x02" + bytes(16) + b"\0\0\0\x01" + b"\0\0\0\x02no",
    b"\0" + b"\0\0\0\x02no",
    b"\0\0\0\x01" + INIT,
    TIGHT,
    b"\x16\x03\x01\x02\0\x01",
    DISPATCHED + b"\0\0" + BANNER,
    b"\x02" + b"\x03\0\0\0\0\0\0\x02hi" + b"\x01\0\0\0\0\x01" + bytes(6) + b"\x03\0\0\0\xff\xff\xff\xfcflag",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a real conversation with a few bytes changed, perhaps cut short, perhaps with something behind it."""
    data = bytearray(draw(st.sampled_from(TRANSCRIPTS)))
    for at in draw(st.lists(st.integers(0, len(data) - 1), max_size=3)):
        data[at] = draw(st.sampled_from([0, 1, 2, 16, 0x20, 0x7F, 0x80, 0xFF]))
    keep = draw(st.integers(0, len(data)) | st.just(len(data)))
    return bytes(data[:keep]) + draw(st.binary(max_size=20))


PEERS_BYTES = st.binary(max_size=300) | damaged()
CUTS = st.lists(st.integers(0, 320), max_size=8).map(sorted)
VERSIONS = st.builds(ServerVersion, st.just(3), st.sampled_from([3, 7, 8, 16, 889]))
fuzz = settings(max_examples=250, deadline=None)  # a deadline would measure the machine, not the parser


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *cuts, len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


def outcome(reading: Reading, parts: list[bytes]) -> tuple[object, ...]:
    """Everything an outsider can see of a reading that was fed ``parts``."""
    events, left = [], list(parts)
    try:
        while left and not reading.done:
            events += reading.receive_data(left.pop(0))
    except RfbError as error:
        return type(error), str(error), said(reading)
    return events, reading.done, reading.trailing_data + b"".join(left), said(reading)


def said(reading: Reading) -> bytes:
    return reading.data_to_send() if isinstance(reading, Conversation) else b""


@fuzz
@given(PEERS_BYTES, CUTS)
def test_preamble(data: bytes, cuts: list[int]) -> None:
    assert outcome(Preamble(), pieces(data, cuts)) == outcome(Preamble(), [data])


@fuzz
@given(PEERS_BYTES, CUTS)
def test_dispatcher(data: bytes, cuts: list[int]) -> None:
    assert outcome(Dispatcher(), pieces(data, cuts)) == outcome(Dispatcher(), [data])


@fuzz
@given(PEERS_BYTES, CUTS, st.integers(0, 5))
def test_a_dispatcher_that_let_its_server_go(data: bytes, cuts: list[int], pings: int) -> None:
    assert outcome(gone(pings), pieces(data, cuts)) == outcome(gone(pings), [data])


def gone(pings: int) -> Dispatcher:
    """A dispatcher that waits for the answers to its pings."""
    dispatcher = Dispatcher()
    dispatcher.receive_data(DISPATCHED)
    for _ in range(pings):
        dispatcher.ping()
    dispatcher.go()
    return dispatcher


@fuzz
@given(PEERS_BYTES, CUTS, VERSIONS, st.booleans())
def test_towards_server(data: bytes, cuts: list[int], version: ServerVersion, knows_password: bool) -> None:
    answer = bytes if knows_password else None
    one, other = ServerGreeting(version, answer), ServerGreeting(version, answer)
    assert outcome(one, pieces(data, cuts)) == outcome(other, [data])


@fuzz
@given(PEERS_BYTES, CUTS)
def test_towards_viewer(data: bytes, cuts: list[int]) -> None:
    one, other = ViewerGreeting(desktop("x")), ViewerGreeting(desktop("x"))
    assert outcome(one, pieces(data, cuts)) == outcome(other, [data])


@fuzz
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_cleaned_name_is_short_printable_and_stays_as_it_is(raw: bytes) -> None:
    name = clean_name(raw)
    assert len(name) <= 128
    assert clean_name(name.encode()) == name
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F for char in name)


@fuzz
@given(st.integers(1, 65535), st.integers(1, 65535), st.text(max_size=140), st.sampled_from([8, 16, 32]))
def test_every_desktop_we_show_can_be_read(width: int, height: int, words: str, bits: int) -> None:
    pixels = PixelFormat.decode(bytes([bits]) + PIXELS[1:])
    shown = Desktop(width, height, pixels, clean_name(words.encode("utf-8", "replace")))
    greeting = ServerGreeting(ServerVersion(3, 8))
    assert greeting.receive_data(b"\x01\x01" + OK + server_init(shown)) == [shown]
