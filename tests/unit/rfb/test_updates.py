"""Where each message and each rectangle ends, however the network cut the bytes."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from struct import pack

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rfb.updates import MAX_HELD, Follower, Message, Reached
from tests.unit.rfb.pictures import HEIGHT, WIDTH, Server, rectangle, update

BELL = b"\x02"
fuzz = settings(max_examples=100, deadline=None)


def follow(data: bytes, pieces: list[bytes] | None = None) -> tuple[Follower, list[object]]:
    """Follow `data`; answers the follower, and what it told: where updates ended, messages, pictures, the end."""
    follower, told, passed, at = Follower(WIDTH, HEIGHT), [], 0, 0
    for piece in pieces or [data]:
        begin = 0
        while begin < len(piece):
            end, reached = follower.advance(piece, begin)
            passed += 0 if reached in {Reached.HELD, Reached.MESSAGE} else end - begin
            at += end - begin
            begin = end
            # Bells in a row are one message where they come together; a cut between them makes two.
            is_another_bell = follower.message == Message(2, BELL) and told[-1:] == [follower.message]
            if reached is Reached.MESSAGE and not is_another_bell:
                told.append(follower.message)
            elif reached is Reached.UPDATE:
                told.append(("update", at, passed, follower.area))
    told.append(("passed", passed, follower.lost))
    return follower, told


def one_by_one(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def cut(data: bytes, chance: random.Random) -> list[bytes]:
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(12)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@fuzz
@given(st.integers(0, 2**32), st.integers(1, 12))
@example(27574576, 3)
def test_any_cut_gives_the_same_boundaries(seed: int, count: int) -> None:
    server = Server(seed)
    messages = [server.message() for _ in range(count)]
    data = b"".join(messages)
    follower, told = follow(data)
    assert follow(data, cut(data, random.Random(seed)))[1] == told
    assert follower.lost == ""
    assert follower.fault == ""
    assert follower.is_between_messages
    ends = [len(b"".join(messages[: at + 1])) for at, message in enumerate(messages) if message[0] == 0]
    assert [one[1] for one in told if isinstance(one, tuple) and one[0] == "update"] == ends


@pytest.mark.parametrize("seed", range(4))
def test_byte_by_byte(seed: int) -> None:
    server = Server(seed)
    data = b"".join(server.message() for _ in range(6))
    assert follow(data, one_by_one(data))[1] == follow(data)[1]


JPEG = (
    b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x04cd" + b"data\xff\0more\xff\xd0data" + b"\xff\xff\xc4\0\x03x" + b"\xff\xd9"
)
KINDS = {
    "raw": rectangle(0, 0, 3, 2, 0, bytes(24)),
    "copy": rectangle(0, 0, 3, 2, 1, bytes(4)),
    "rre": rectangle(0, 0, 3, 2, 2, pack(">I", 2) + bytes(4 + 24)),
    "corre": rectangle(0, 0, 3, 2, 4, pack(">I", 2) + bytes(4 + 16)),
    "hextile": rectangle(0, 0, 20, 2, 5, b"\x0e" + bytes(8) + b"\x02" + bytes(4) + b"\x18\x01" + bytes(6)),
    "hextile of nothing": rectangle(0, 0, 0, 0, 5),
    "tight, fill": rectangle(0, 0, 3, 2, 7, b"\x80abc"),
    "tight, jpeg": rectangle(0, 0, 3, 2, 7, b"\x90\x03abc"),
    "tight, too small to deflate": rectangle(0, 0, 3, 1, 7, b"\x00" + bytes(9)),
    "tight, small palette": rectangle(0, 0, 9, 1, 7, b"\x50\x01\x01" + bytes(6) + bytes(2)),
    "tight png": rectangle(0, 0, 3, 2, -260, b"\xa0\x83\x00abc"),
    "tight png, fill": rectangle(0, 0, 3, 2, -260, b"\x80abc"),
    "jpeg": rectangle(0, 0, 3, 2, 21, JPEG),
    "h264": rectangle(0, 0, 3, 2, 50, pack(">II", 5, 0) + bytes(5)),
    "cursor": rectangle(1, 1, 9, 2, -239, bytes(72 + 4)),
    "no cursor": rectangle(1, 1, 0, 0, -239),
    "x cursor": rectangle(1, 1, 9, 2, -240, bytes(6 + 8)),
    "no x cursor": rectangle(1, 1, 0, 0, -240),
    "vmware cursor": rectangle(1, 1, 2, 2, 0x574D5664, b"\0\0" + bytes(32)),
    "vmware cursor with alpha": rectangle(1, 1, 2, 2, 0x574D5664, b"\x01\0" + bytes(16)),
    "pointer's place": rectangle(1, 1, 0, 0, -232),
    "size": rectangle(0, 0, 200, 100, -223),
    "name": rectangle(0, 0, 0, 0, -307, pack(">I", 3) + b"abc"),
    "screens": rectangle(0, 0, WIDTH, HEIGHT, -308, b"\x02\0\0\0" + bytes(32)),
    "qemu's keys": rectangle(0, 0, 0, 0, -258),
    "qemu's lights": rectangle(0, 0, 0, 0, -261, b"\x05"),
    "more buttons": rectangle(0, 0, 0, 0, -316),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_rectangle_ends_where_it_ends(name: str) -> None:
    kind = KINDS[name]
    message = update(kind, kind)
    follower, told = follow(message + BELL, one_by_one(message + BELL))
    assert told[0][:3] == ("update", len(message), len(message))
    assert told[1] == Message(2, BELL)
    assert follow(message + BELL)[1] == told
    assert follower.rectangles == 2
    opened = update(kind, rectangle(0, 0, 0, 0, -224), count=0xFFFF)
    assert follow(opened + BELL)[1][-2] == Message(2, BELL)


@pytest.mark.parametrize("name", KINDS)
def test_a_stop_is_made_at_every_rectangle(name: str) -> None:
    kind = KINDS[name]
    follower, data = Follower(WIDTH, HEIGHT), update(kind, kind, kind)
    at, stops = 0, []
    while at < len(data):
        at, reached = follower.advance(data, at, stop=True)
        stops.append((at, reached, follower.remaining))
    ends = [4 + len(kind) * count for count in (1, 2, 3)]
    assert [stop for stop in stops if stop[0] > 4] == [
        (ends[0], Reached.RECTANGLE, 2),
        (ends[1], Reached.RECTANGLE, 1),
        (ends[2], Reached.UPDATE, 0),
    ]


def test_sizes_and_names_are_tracked() -> None:
    refused = rectangle(1, 3, 9, 9, -308, b"\x01\0\0\0" + bytes(16))
    follower, _ = follow(update(KINDS["size"], refused, KINDS["name"]))
    assert (follower.width, follower.height, follower.name) == (200, 100, b"abc")
    follower, _ = follow(update(rectangle(0, 0, 300, 200, -308, b"\x01\0\0\0" + bytes(16))))
    assert (follower.width, follower.height) == (300, 200)


def test_the_area_of_an_update_counts_its_pictures() -> None:
    _, told = follow(update(KINDS["raw"], KINDS["cursor"], KINDS["tight, fill"], KINDS["vmware cursor"]))
    assert told[0][3] == 12


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (BELL, 2),
        (b"\x01\0\0\0\0\x02" + bytes(12), 1),
        (b"\x03\0\0\0\0\0\0\x05hello", 3),
        (b"\x03\0\0\0\xff\xff\xff\xfc\x01\0\0\x01", 3),
        (b"\x96", 150),
        (b"\xf8\0\0\0\x80\0\0\x01\x03abc", 248),
        (b"\xfa\0\x01\x01", 250),
        (b"\x0b\0\0\0\0\0\0\x02hi", 11),
        (b"\x0b\0\0\0\xff\xff\xff\xfd", 11),
        (b"\x0d", 13),
        (b"\xad" + bytes(11), 0xAD),
    ],
)
def test_messages_are_handed_over_whole_and_not_passed(message: bytes, kind: int) -> None:
    assert follow(message, one_by_one(message))[1] == [Message(kind, message), ("passed", 0, "")]
    assert follow(message)[1] == [Message(kind, message), ("passed", 0, "")]


def test_a_message_under_way_is_not_between_messages() -> None:
    message = b"\x03\0\0\0\0\0\0\x05hello"
    for end in range(1, len(message)):
        follower, _ = follow(message[:end])
        assert not follower.is_between_rectangles


def test_bells_in_a_row_are_one_message() -> None:
    follower, told = follow(BELL * 1_000_000 + update())
    assert told[0] == Message(2, BELL)
    assert follower.finished == 2


@pytest.mark.parametrize("length", [MAX_HELD, 16 * MAX_HELD])
def test_an_overlong_message_is_left_out_and_not_stored(length: int) -> None:
    follower = Follower(WIDTH, HEIGHT)
    follower.advance(b"\x03\0\0\0" + pack(">I", length))
    piece = bytes(64 * 1024)
    tracemalloc.start()
    for _ in range(length // len(piece)):
        follower.advance(piece)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 256 * 1024
    assert follower.is_between_messages
    assert follower.message == Message(3, b"")


@pytest.mark.parametrize("kind", [4, 7, 20, 252, 255])
def test_after_a_message_that_cannot_be_followed_the_bytes_still_flow(kind: int) -> None:
    data = update(KINDS["raw"]) + bytes([kind]) + b"anything at all" + BELL
    for pieces in ([data], one_by_one(data)):
        follower, told = follow(data, pieces)
        assert told[-1] == ("passed", len(data), f"The VNC server sends message {kind}, which nobody asked for.")
        assert follower.fault == follower.lost


@pytest.mark.parametrize(
    "bad",
    [
        rectangle(0, 0, 1, 1, 99),
        rectangle(0, 0, 3, 2, 7, b"\xa0abc"),
        rectangle(0, 0, 3, 2, 7, b"\x40\x07abc"),
        rectangle(0, 0, 3, 2, -260, b"\x00abc"),
        rectangle(0, 0, 0, 5, -223),
        rectangle(1, 1, 2, 2, 0x574D5664, b"\x02\0"),
    ],
)
def test_nor_a_rectangle_that_cannot_be_followed_stops_them(bad: bytes) -> None:
    data = update(KINDS["raw"], bad) + bytes(50)
    for pieces in ([data], one_by_one(data)):
        follower, told = follow(data, pieces)
        assert told[-1][1] == len(data)
        assert follower.lost


@pytest.mark.parametrize("name", ["jpeg", "h264"])
def test_pictures_that_lean_on_earlier_ones_admit_nobody(name: str) -> None:
    follower, _ = follow(update(KINDS[name]))
    assert follower.lost == ""
    assert follower.fault


def deflated(data: bytes, flush: int = zlib.Z_SYNC_FLUSH) -> bytes:
    deflater = zlib.compressobj()
    return deflater.compress(data) + deflater.flush(flush)


@pytest.mark.parametrize(
    "chunk",
    [
        deflated(bytes(4 * 4 * 4 - 1)),
        deflated(bytes(4 * 4 * 4 + 1)),
        deflated(bytes(4 * 4 * 4 + 5_000_000)),
        deflated(bytes(4 * 4 * 4), zlib.Z_NO_FLUSH) or b"\x78",
        deflated(bytes(4 * 4 * 4), zlib.Z_FINISH),
        b"nonsense\0\0\xff\xff",
        b"",
    ],
)
def test_pictures_of_the_wrong_size_or_none_admit_nobody_but_are_passed_on(chunk: bytes) -> None:
    data = update(rectangle(0, 0, 4, 4, 6, pack(">I", len(chunk)) + chunk)) + update(KINDS["raw"])
    for pieces in ([data], one_by_one(data)):
        follower, told = follow(data, pieces)
        follower.streams.settle()
        assert follower.lost == ""
        assert follower.fault
        assert told[-1] == ("passed", len(data), "")


@pytest.mark.parametrize("encoding", [6, 7, 16])
def test_a_bomb_is_never_stored_whole(encoding: int) -> None:
    chunk = deflated(bytes(200_000_000))
    length = pack(">I", len(chunk)) if encoding != 7 else b"\0" + bytes([len(chunk) & 127 | 128])
    if encoding == 7:
        length += bytes([len(chunk) >> 7 & 127 | 128, len(chunk) >> 14])
    data = update(rectangle(0, 0, 60_000, 60_000, encoding, length + chunk))
    follower = Follower(WIDTH, HEIGHT)
    tracemalloc.start()
    at = 0
    while at < len(data):
        at, _ = follower.advance(data, at)
    follower.streams.settle()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert follower.fault
    assert most < 150_000_000


@pytest.mark.long
def test_ten_million_bytes_of_damaged_pictures_neither_crash_nor_pile_up() -> None:
    """Real messages with damaged bytes, cut anyhow: everything not held is passed, and little is kept."""
    chance, done = random.Random(5), 0
    tracemalloc.start()
    while done < 10_000_000:
        server = Server(chance.getrandbits(32))
        data = bytearray(b"".join(server.message() for _ in range(20)))
        for _ in range(chance.choice((0, 1, 3, 50))):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 7, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        pieces = cut(bytes(data), chance)
        told = follow(bytes(data), pieces)[1]
        assert told[-1][1] <= len(data)
        done += len(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000_000
