"""Whoever joins in the middle of a server's stream decodes what follows exactly as whoever was there from the start."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfb.joining import LAST_RECT, beginning
from rfb.updates import Follower, Reached
from tests.unit.rfb.pictures import HEIGHT, WIDTH, Server, Viewer, rectangle, update

fuzz = settings(max_examples=60, deadline=None)


class Relay:
    """Follows a server and notes, for those who were there from the start, only what concerns pictures."""

    def __init__(self) -> None:
        self.follower = Follower(WIDTH, HEIGHT)
        self.shown = bytearray()

    def hear(self, data: bytes, *, until_rectangle: bool = False) -> bytes:
        """Follow ``data``, or its beginning up to the next rectangle's end; answers what is left."""
        at = 0
        while at < len(data):
            end, reached = self.follower.advance(data, at, stop=until_rectangle)
            assert reached is not Reached.LOST, self.follower.lost
            if reached not in {Reached.HELD, Reached.MESSAGE}:
                self.shown += data[at:end]
            at = end
            if until_rectangle and self.follower.is_between_rectangles:
                break
        return data[at:]


def shown_after(before: list[bytes], at: int, rest: bytes) -> tuple[Viewer, Viewer, int]:
    """A viewer that saw everything, and one that joined where the last of `before` has been cut at `at`.

    And how many rectangles the latter was shown before the server's own.
    """
    relay = Relay()
    for message in before[:-1]:
        relay.hear(message)
    left = before[-1]
    relay.hear(left[:at])
    left = left[at:]
    while not relay.follower.is_between_rectangles:
        left = relay.hear(left, until_rectangle=True)
    newcomer, until_then = Viewer(), len(relay.shown)
    prelude = beginning(relay.follower, size=(WIDTH, HEIGHT))
    assert relay.follower.fault == ""
    relay.hear(left + rest)
    old = Viewer()
    old.show(bytes(relay.shown))
    newcomer.show(prelude + bytes(relay.shown[until_then:]))
    return old, newcomer, int.from_bytes(prelude[2:4], "big") if len(prelude) > 4 else 0


@fuzz
@given(st.integers(0, 2**32), st.integers(1, 12), st.floats(0, 1), st.integers(0, 6))
def test_a_newcomer_decodes_what_follows(seed: int, before: int, at: float, after: int) -> None:
    server = Server(seed)
    said = [server.message() for _ in range(before)]
    rest = b"".join(server.message() for _ in range(after)) + server.whole()
    old, newcomer, _own = shown_after(said, round(at * len(said[-1])), rest)
    assert newcomer.picture == old.picture


@fuzz
@given(st.integers(0, 2**32), st.floats(0, 1))
def test_every_rectangle_after_the_primers_is_the_servers_own(seed: int, at: float) -> None:
    server = Server(seed)
    said = [server.picture() for _ in range(5)]
    rest = b"".join(server.picture() for _ in range(5))
    old, newcomer, own = shown_after(said, round(at * len(said[-1])), rest)
    theirs = newcomer.rectangles[own:]
    assert theirs == old.rectangles[len(old.rectangles) - len(theirs) :]


@pytest.mark.parametrize("seed", range(12))
def test_one_who_was_left_out_is_primed_again_in_place(seed: int) -> None:
    """Three times left out, in the middle of updates as well, with the same decoders all the time."""
    server, relay, viewer = Server(seed), Relay(), Viewer()
    chance = random.Random(seed)
    viewer.show(beginning(relay.follower))
    for _ in range(3):
        here = len(relay.shown)
        left = relay.hear(b"".join(server.message() for _ in range(4)))
        # It is left out at a rectangle's end, in the middle of an update or not.
        left = relay.hear(server.picture(), until_rectangle=True)
        viewer.show(bytes(relay.shown[here:]) + (LAST_RECT if relay.follower.remaining else b""))
        fed = relay.follower.streams.used
        relay.hear(left + b"".join(server.message() for _ in range(chance.randrange(5))))
        left = relay.hear(server.picture(), until_rectangle=True)
        here = len(relay.shown)
        prelude = beginning(relay.follower, fed=fed, size=(WIDTH, HEIGHT))
        relay.hear(left + server.whole())
        viewer.show(prelude + bytes(relay.shown[here:]))
    old = Viewer()
    old.show(bytes(relay.shown))
    assert viewer.picture == old.picture
    assert relay.follower.fault == ""


def test_without_primers_a_newcomer_could_not() -> None:
    server, relay = Server(3), Relay()
    relay.hear(server.whole())
    here = len(relay.shown)
    relay.hear(server.whole())
    with pytest.raises(zlib.error):
        Viewer().show(bytes(relay.shown[here:]))


def test_a_newcomer_is_told_size_name_keys_and_cursor() -> None:
    relay = Relay()
    cursor = rectangle(3, 4, 2, 2, -239, bytes(18))
    keys, buttons = rectangle(0, 0, 0, 0, -258), rectangle(0, 0, 0, 0, -316)
    relay.hear(update(rectangle(0, 0, 200, 100, -223), keys, cursor, buttons))
    prelude = beginning(relay.follower, size=(WIDTH, HEIGHT))
    viewer = Viewer()
    viewer.show(prelude)
    assert viewer.rectangles == [rectangle(0, 0, 200, 100, -223), keys, buttons, cursor]
    assert beginning(relay.follower, size=(200, 100)) == update(keys, buttons, cursor)


def test_a_newcomer_to_a_fresh_call_is_told_nothing() -> None:
    assert beginning(Follower(WIDTH, HEIGHT), size=(WIDTH, HEIGHT)) == b""


def test_in_the_middle_of_an_update_the_rest_gets_a_header() -> None:
    relay, server = Relay(), Server(1)
    message = update(server.raw(), server.raw(), server.raw())
    relay.hear(message[: 4 + 12 + 1])
    relay.hear(message[4 + 12 + 1 :], until_rectangle=True)
    assert relay.follower.remaining == 2
    assert beginning(relay.follower) == update(count=2)
    opened = Relay()
    opened.hear(update(server.fill(), count=0xFFFF))
    assert beginning(opened.follower) == update(count=0xFFFF)


def zrle(place: tuple[int, int, int, int], tiles: bytes, deflater: zlib._Compress) -> bytes:
    chunk = deflater.compress(tiles) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return rectangle(*place, 16, len(chunk).to_bytes(4, "big") + chunk)


@pytest.mark.parametrize("tiles", [b"", b"\x01abc"])
def test_no_server_makes_anybody_remember_more_rectangles_than_are_of_use(tiles: bytes) -> None:
    relay, deflater = Relay(), zlib.compressobj()
    place = (0, 0, 1, 1) if tiles else (0, 0, 0, 0)
    for _ in range(8):
        relay.hear(update(*(zrle(place, tiles, deflater) for _ in range(10_000))))
    told = beginning(relay.follower)
    assert relay.follower.fault == ""
    assert len(relay.follower.streams.zrle.rectangles) == 32 * 1024 * bool(tiles) // 4
    assert (int.from_bytes(told[2:4], "big") if told else 0) == 32 * 1024 * bool(tiles) // 4
