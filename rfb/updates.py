"""Where each server message, and each rectangle in an update, ends.

A follower walks through what a server says without changing or holding back a byte of its pictures: whoever reads
along passes them on as they come. It learns the desktop's size, the cursor, what the server announced once, and (in
:mod:`rfb.zlib_window`) what a newcomer's decoders have to know. Other messages are short and concern the conversation
more than the picture: those are held until they are whole, and handed over for a decision.

Lengths: RFC 6143 §7.6 to §7.8 and rfbproto.rst; UltraVNC's messages: its ``rfb/rfbproto.h:420-452``. Pixels have
noVNC's format: four bytes, three of them in Tight and ZRLE.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from struct import Struct

from rfb.encodings import Encoding
from rfb.fields import signed
from rfb.zlib_window import BATCH, Streams

PIXEL, TIGHT_PIXEL = 4, 3
UPDATE, COLOUR_MAP, BELL, CUT_TEXT = 0, 1, 2, 3
END_OF_CONTINUOUS_UPDATES, FENCE = 150, 248
TIGHT, FILL = Encoding.TIGHT.value, 0x80
LONGEST_BASIC = 17  # bytes of a Tight rectangle's head without a filter, or of all of it where it is a fill
LEAST_DEFLATED = 12  # bytes: Tight sends less than that as it is
OPEN_END = 0xFFFF  # rectangles of an update that LastRect ends
MAX_HELD = 4 * 1024 * 1024  # bytes of a message that is handed over; a longer one is left out
MAX_REMEMBERED = 1024 * 1024  # bytes of a cursor, or of anything else that newcomers are told
MAX_PICTURE = 256  # encodings of pictures are below it
MAX_HEAD = 1024  # bytes; no head is longer, and the longest is Tight's with 256 colours

_HEAD = Struct(">HHHHi")
_U16 = Struct(">H")
_U32 = Struct(">I")

_Reader = Callable[[bytes, int, int, int], int]  # data, where, width, height → where the head ends, or -1
_Sized = Callable[[bytes, int, int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Form:
    """What a held message looks like: bytes of its head, and where in it a number of so many bytes counts what."""

    head: int
    at: int = 0
    digits: int = 0
    each: int = 1

    def rest(self, head: bytes | bytearray) -> int:
        """Bytes that follow the head."""
        count = int.from_bytes(head[self.at : self.at + self.digits], "big")
        return count * self.each


class _CutText(_Form):
    """Its length is below zero where it is an extended clipboard (rfbproto.rst)."""

    def rest(self, head: bytes | bytearray) -> int:
        return abs(signed(bytes(head[4:8])))


class _TextChat(_Form):
    """UltraVNC's. Its three highest lengths are commands, without a text."""

    def rest(self, head: bytes | bytearray) -> int:
        length = _Form.rest(self, head)
        return 0 if length >= 0xFFFFFFFD else length


_HELD = {
    COLOUR_MAP: _Form(6, 4, 2, 6),
    BELL: _Form(1),
    CUT_TEXT: _CutText(8),
    11: _TextChat(8, 4, 4),
    13: _Form(1),  # UltraVNC's KeepAlive
    END_OF_CONTINUOUS_UPDATES: _Form(1),
    0xAD: _Form(12),  # UltraVNC's ServerState
    FENCE: _Form(9, 8, 1),
    250: _Form(4),  # xvp
}
# All in a row at once: they are the cheapest to send, and one by one would be the dearest to follow.
_BELLS = re.compile(bytes([BELL]) + b"+")
_CURSORS = frozenset({Encoding.CURSOR, Encoding.X_CURSOR, Encoding.VMWARE_CURSOR})


class Reached(Enum):
    """Why ``Follower.advance`` stopped where it did."""

    END = "the end of the data"
    UPDATE = "the end of an update"
    RECTANGLE = "the end of a rectangle, as asked"
    HELD = "a message that is not to be passed on: all of it that is here"
    MESSAGE = "the end of such a message, which ``Follower.message`` now is"
    LOST = "something that cannot be followed: from here on, everything is the end of the data"


@dataclass(frozen=True, slots=True)
class Message:
    """A whole server message other than an update, its type included."""

    kind: int
    data: bytes


class _CannotFollow(Exception):
    """`str()` says what it was."""


class Follower:
    """Follows one server from its first message on.

    ``width`` and ``height`` are the desktop's, ``name`` what the server called it since (raw, untrusted bytes, or
    None). ``cursor`` is the last cursor's rectangle, ``announced`` the last of each rectangle that says something about
    the server. ``area`` counts the pixels of the update under way, or of the one that ended last. ``finished`` counts
    updates and messages, ``rectangles`` rectangles. ``lost`` says why nothing is followed any more.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.name: bytes | None = None
        self.cursor = b""
        self.announced: dict[int, bytes] = {}
        self.streams = Streams()
        self.area = self.finished = self.rectangles = 0
        self.lost = ""
        self.message = Message(0, b"")
        self._stateful = ""
        self._unsettled = 0
        self._left = 0  # rectangles of the update under way
        self._skip = 0  # bytes of a payload that is under way
        self._sink: Callable[[bytes], None] | None = None
        self._at_payloads_end: Callable[[], None] | None = None
        self._part: Callable[[bytes, int], int] | None = None  # reads what follows inside a rectangle
        self._carry = b""  # the beginning of a head
        self._place = (0, 0, 0, 0)
        self._held = bytearray()
        self._missing = 0  # bytes of the held message, or of its head, yet to come
        self._is_head_read = self._is_overlong = False
        self._tiles = (0, 0)
        self._remembered = bytearray()
        self._readers = self._make_readers()

    # What others ask.

    @property
    def is_between_rectangles(self) -> bool:
        """Whether a newcomer could begin here: no rectangle and no message is under way."""
        return not (self._skip or self._carry or self._part or self._is_holding)

    @property
    def is_between_messages(self) -> bool:
        """Whether the next byte begins a message."""
        return self._left == 0 and self.is_between_rectangles

    @property
    def _is_holding(self) -> bool:
        return bool(self._held or self._missing)

    @property
    def remaining(self) -> int:
        """Rectangles that the update under way still has: as its header would have to say it, 0 between updates."""
        return self._left

    @property
    def fault(self) -> str:
        """Why no newcomer could begin any more; empty where one could."""
        return self.lost or self._stateful or self.streams.fault

    # Following.

    def advance(self, data: bytes, at: int = 0, *, stop: bool = False) -> tuple[int, Reached]:
        """Follow ``data`` from ``at`` on; answer where and why it stopped. Call again for the rest.

        ``stop`` asks to be told of the next rectangle's end; ends of updates and messages are always told.
        """
        if self.lost:
            return len(data), Reached.LOST
        try:
            if self._is_holding or (at < len(data) and data[at] != UPDATE and self.is_between_messages):
                return self._hold(data, at)
            end, reached = self._walk(data, at, stop=stop)
        except _CannotFollow as why:
            self.lost = str(why)
            return len(data), Reached.LOST
        self._unsettled += end - at
        if self._unsettled >= BATCH:
            self._unsettled = 0
            self.streams.settle()
        return end, reached

    def _walk(self, data: bytes, at: int, *, stop: bool) -> tuple[int, Reached]:
        size = len(data)
        while at < size:
            at = self._go_on(data, at)
            if not self.is_between_rectangles:
                continue
            if self._left and not stop:
                at = self._run(data, at)
            if self._left == 0:
                self.finished += 1
                return at, Reached.UPDATE
            if stop:
                return at, Reached.RECTANGLE
        return at, Reached.END

    def _run(self, data: bytes, at: int) -> int:  # noqa: C901  (one loop without a call: it decides the price)
        """Follow whole Tight rectangles for as long as they come one behind the other; answer where that ends.

        Nothing here is not in ``_tight`` as well, which has all that is rare; this does the same for what is not, in
        a third of the time.
        """
        limit, left, area, begun = len(data) - LONGEST_BASIC, self._left, 0, at
        unpack, windows = _HEAD.unpack_from, self.streams.tight
        count = 0
        while left and at <= limit:
            _x, _y, width, height, encoding = unpack(data, at)
            control = data[at + 12]
            # No other encoding, no reset, no filter.
            if encoding != TIGHT or control & 0x4F or control > 0x90:
                break
            if control == FILL:
                end = at + 16
            else:
                length, start = data[at + 13], at + 14
                if length >= 0x80:
                    length, start = length & 0x7F | (data[start] & 0x7F) << 7, start + 1
                    if data[start - 1] >= 0x80:
                        length, start = length | data[start] << 14, start + 1
                end, size = start + length, width * height * TIGHT_PIXEL
                if end > len(data) or (size < LEAST_DEFLATED and control < FILL):
                    break
                if control < FILL:
                    windows[control >> 4].whole(data[start:end], size)
            area += width * height
            count += 1
            at = end
            if left != OPEN_END:
                left -= 1
        if at != begun:
            self._left, self.area, self.rectangles = left, self.area + area, self.rectangles + count
        return at

    def _go_on(self, data: bytes, at: int) -> int:
        if self._skip:
            return self._take(data, at)
        return self._read_on(data, at) if self._carry else self._read(data, at)

    def _take(self, data: bytes, at: int) -> int:
        """A payload's next bytes."""
        end = min(at + self._skip, len(data))
        if self._sink:
            self._sink(data[at:end])
        self._skip -= end - at
        if self._skip == 0:
            self._payload_is_over()
        return end

    def _payload_is_over(self) -> None:
        ending, self._at_payloads_end, self._sink = self._at_payloads_end, None, None
        if ending:
            ending()
        if self._part is None:
            self._rectangle_is_over()

    def _rectangle_is_over(self) -> None:
        self.rectangles += 1
        if self._left != OPEN_END:
            self._left -= 1

    def _read(self, data: bytes, at: int) -> int:
        """The next head; what is here of one that is not whole yet is kept for later."""
        end = self._head(data, at)
        if end < 0:
            self._carry = data[at:]
            return len(data)
        return end

    def _read_on(self, data: bytes, at: int) -> int:
        """The same, for a head whose beginning came before."""
        known = len(self._carry)
        head = self._carry + data[at : at + MAX_HEAD]
        self._carry = b""
        end = self._head(head, 0)
        if end < 0:
            self._carry = head
            return len(data)
        return at + end - known

    def _head(self, data: bytes, at: int) -> int:
        """Read one head and answer where it ends, or -1 where it is not whole; then nothing has changed."""
        if self._part:
            end = self._part(data, at)
            self._end_parts()
            return end
        if self._left:
            return self._rectangle(data, at)
        return self._update(data, at)

    def _end_parts(self) -> None:
        """A rectangle's last part has no bytes of its own behind its head: the rectangle ends with it."""
        if not (self._part or self._skip):
            self._rectangle_is_over()

    def _update(self, data: bytes, at: int) -> int:
        if len(data) - at < 4:
            return -1
        (self._left,) = _U16.unpack_from(data, at + 2)
        self.area = 0
        return at + 4

    def _rectangle(self, data: bytes, at: int) -> int:
        if len(data) - at < 12:
            return -1
        x, y, width, height, encoding = _HEAD.unpack_from(data, at)
        reader = self._readers.get(encoding)
        if reader is None:
            raise _CannotFollow(f"The VNC server sends pictures in encoding {encoding}, which nobody asked for.")
        self._place = (x, y, width, height)
        end = reader(data, at + 12, width, height)
        if end >= 0:
            if 0 <= encoding < MAX_PICTURE:
                self.area += width * height
            if not self._skip and self._part is None and encoding != Encoding.LAST_RECT:
                self._rectangle_is_over()
        return end

    def _make_readers(self) -> dict[int, _Reader]:
        remembered = {kind: self._remember(kind, sized) for kind, sized in _SIZED.items()}
        return {
            Encoding.RAW: lambda _data, at, width, height: self._pass(at, width * height * PIXEL),
            Encoding.COPY_RECT: lambda _data, at, _width, _height: self._pass(at, 4),
            Encoding.RRE: lambda data, at, _width, _height: self._rre(data, at, PIXEL + 8),
            Encoding.CORRE: lambda data, at, _width, _height: self._rre(data, at, PIXEL + 4),
            Encoding.HEXTILE: self._hextile,
            Encoding.ZLIB: self._zlib,
            Encoding.TIGHT: self._tight,
            Encoding.TIGHT_PNG: self._tight_png,
            Encoding.ZRLE: self._zrle,
            Encoding.JPEG: self._jpeg,
            Encoding.H264: self._h264,
            Encoding.DESKTOP_SIZE: self._desktop_size,
            Encoding.LAST_RECT: self._last_rect,
            Encoding.POINTER_POS: lambda _data, at, _width, _height: at,
            **remembered,
        }

    # Payloads.

    def _pass(self, at: int, size: int) -> int:
        """A payload that concerns nobody here."""
        self._skip = size
        return at

    def _into(self, at: int, size: int, sink: Callable[[bytes], None], ending: Callable[[], None] | None = None) -> int:
        """A payload of which somebody gets every piece, and learns when it is over."""
        self._skip, self._sink, self._at_payloads_end = size, sink, ending
        if size == 0:
            self._sink = self._at_payloads_end = None
            if ending:
                ending()
        return at

    # Pictures.

    def _rre(self, data: bytes, at: int, each: int) -> int:
        """RRE and CoRRE: a number of subrectangles, the background, the subrectangles (RFC 6143 §7.7.3)."""
        if len(data) - at < 4:
            return -1
        return self._pass(at + 4, PIXEL + _unsigned(data, at) * each)

    def _hextile(self, _data: bytes, at: int, width: int, height: int) -> int:
        """Hextile: tiles of 16 × 16, each with a length of its own (RFC 6143 §7.7.4)."""
        if width and height:
            self._tiles = (0, 0)
            self._part = self._tile
        return at

    def _tile(self, data: bytes, at: int) -> int:
        if at >= len(data):
            return -1
        kind = data[at]
        across, down = self._tiles
        _x, _y, width, height = self._place
        if kind & 1:
            return self._tile_done(at + 1, min(16, width - across) * min(16, height - down) * PIXEL)
        size = (PIXEL if kind & 2 else 0) + (PIXEL if kind & 4 else 0)
        if not kind & 8:
            return self._tile_done(at + 1, size)
        if len(data) - at < size + 2:
            return -1
        count = data[at + 1 + size]
        return self._tile_done(at + 2 + size, count * (2 + (PIXEL if kind & 16 else 0)))

    def _tile_done(self, at: int, size: int) -> int:
        across, down = self._tiles
        _x, _y, width, height = self._place
        across += 16
        if across >= width:
            across, down = 0, down + 16
        self._tiles = (across, down)
        if down >= height:
            self._part = None
        self._skip = size
        return at

    def _zlib(self, data: bytes, at: int, width: int, height: int) -> int:
        """A U32 length and a chunk of the one stream (rfbproto.rst, "Zlib Encoding")."""
        if len(data) - at < 4:
            return -1
        window = self.streams.zlib
        window.begin(width * height * PIXEL)
        return self._into(at + 4, _unsigned(data, at), window.piece, window.end)

    def _zrle(self, data: bytes, at: int, _width: int, _height: int) -> int:
        """The same, but with tiles inside (RFC 6143 §7.7.6)."""
        if len(data) - at < 4:
            return -1
        size = _unsigned(data, at)
        at += 4
        history = self.streams.zrle
        if at + size <= len(data):
            history.whole(data[at : at + size], self._place)
            return at + size
        history.begin(self._place)
        return self._into(at, size, history.piece, history.end)

    def _tight(self, data: bytes, at: int, width: int, height: int) -> int:
        """rfbproto.rst, "Tight Encoding"."""
        if len(data) <= at:
            return -1
        control = data[at]
        if control & 0x80:
            return self._tight_special(data, at, control)
        start, size = at + 1, width * height * TIGHT_PIXEL
        if control & 0x40:
            start, size = self._tight_filter(data, start, width, height)
        length, start = (size, start) if size < LEAST_DEFLATED or start < 0 else _compact(data, start)
        if start < 0:
            return -1
        self._reset(control)
        if size < LEAST_DEFLATED:
            return self._pass(start, size)
        return self._deflated(data, start, control, length, size)

    def _deflated(self, data: bytes, start: int, control: int, length: int, size: int) -> int:
        window = self.streams.tight[control >> 4 & 3]
        if start + length <= len(data):
            window.whole(data[start : start + length], size)
            return start + length
        window.begin(size)
        return self._into(start, length, window.piece, window.end)

    def _tight_filter(self, data: bytes, at: int, width: int, height: int) -> tuple[int, int]:
        """Where the data begin behind the filter's own, and how many they are before compression."""
        if len(data) - at < 2:
            return -1, 0
        kind = data[at]
        if kind == 1:
            colours = data[at + 1] + 1
            row = (width + 7) // 8 if colours == 2 else width
            end = at + 2 + colours * TIGHT_PIXEL
            return (end, row * height) if end <= len(data) else (-1, 0)
        if kind > 2:
            raise _CannotFollow(f"The VNC server sends Tight pictures with filter {kind}, which does not exist.")
        return at + 1, width * height * TIGHT_PIXEL

    def _tight_special(self, data: bytes, at: int, control: int) -> int:
        kind = control >> 4
        if kind == 8:
            self._reset(control)
            return self._pass(at + 1, TIGHT_PIXEL)
        if kind != 9:
            raise _CannotFollow("The VNC server sends Tight pictures of a kind that nobody asked for.")
        length, start = _compact(data, at + 1)
        if start < 0:
            return -1
        self._reset(control)
        return self._pass(start, length)

    def _tight_png(self, data: bytes, at: int, _width: int, _height: int) -> int:
        """Tight with images instead of compression (rfbproto.rst, "TightPNG Encoding")."""
        if len(data) - at < 1:
            return -1
        kind = data[at] >> 4
        if kind == 8:
            return self._pass(at + 1, TIGHT_PIXEL)
        if kind not in {9, 10}:
            raise _CannotFollow("The VNC server sends TightPNG pictures of a kind that does not exist.")
        length, start = _compact(data, at + 1)
        return self._pass(start, length) if start >= 0 else -1

    def _reset(self, control: int) -> None:
        for number in range(4):
            if control >> number & 1:
                self.streams.tight[number].reset()

    def _h264(self, data: bytes, at: int, _width: int, _height: int) -> int:
        if len(data) - at < 8:
            return -1
        self._stateful = "The VNC server sends H.264, which nobody can join in the middle."
        return self._pass(at + 8, _unsigned(data, at))

    def _jpeg(self, _data: bytes, at: int, _width: int, _height: int) -> int:
        """Bare JPEG: segments until the end of the image, without a length (rfbproto.rst, "JPEG Encoding")."""
        self._stateful = "The VNC server sends JPEG pictures that lean on earlier ones."
        self._part = self._jpeg_segment
        return at

    def _jpeg_segment(self, data: bytes, at: int) -> int:
        """A marker and its segment (ITU-T T.81, annex B); between scans and markers, compressed data."""
        if len(data) - at < 2:
            return -1
        if data[at] != 0xFF:
            return self._jpeg_data(data, at)
        marker = data[at + 1]
        if marker == 0xD9:
            self._part = None
            return at + 2
        if marker in {0x00, 0x01, 0xFF} or 0xD0 <= marker <= 0xD8:
            return at + (1 if marker == 0xFF else 2)
        if len(data) - at < 4:
            return -1
        self._skip = max(0, _U16.unpack_from(data, at + 2)[0] - 2)
        return at + 4

    def _jpeg_data(self, data: bytes, at: int) -> int:
        found = data.find(b"\xff", at)
        # One byte stays where the data end, so that what is kept begins with the marker that may follow.
        return found if found >= 0 else len(data)

    # What is no picture.

    def _desktop_size(self, _data: bytes, at: int, width: int, height: int) -> int:
        self._resize(width, height)
        return at

    def _resize(self, width: int, height: int) -> None:
        if not (width and height):
            raise _CannotFollow("The VNC server has a desktop without a single pixel.")
        self.width, self.height = width, height

    def _last_rect(self, _data: bytes, at: int, _width: int, _height: int) -> int:
        self.rectangles += 1
        self._left = 0
        return at

    def _remember(self, kind: int, sized: _Sized) -> _Reader:
        def read(data: bytes, at: int, width: int, height: int) -> int:
            head, size = sized(data, at, width, height)
            if head < 0:
                return -1
            self._remembered = bytearray(_HEAD.pack(*self._place, kind) + data[at : at + head])
            if head + size > MAX_REMEMBERED:
                return self._pass(at + head, size)
            return self._into(at + head, size, self._remembered.extend, lambda: self._keep(kind))

        return read

    def _keep(self, kind: int) -> None:
        rectangle = bytes(self._remembered)
        if kind in _CURSORS:
            self.cursor = rectangle
            return
        x, y, width, height = self._place
        if kind == Encoding.EXTENDED_DESKTOP_SIZE:
            # x is why it is sent, y how it went (rfbproto.rst): 1 and not 0 is a wish of ours that was refused.
            if x == 1 and y:
                return
            self._resize(width, height)
            rectangle = _HEAD.pack(0, 0, width, height, kind) + rectangle[12:]
        if kind == Encoding.DESKTOP_NAME:
            self.name = rectangle[16:]
        self.announced[kind] = rectangle

    # Messages that are held.

    def _hold(self, data: bytes, at: int) -> tuple[int, Reached]:
        while at < len(data):
            if not self._held and not self._missing:
                bells = _BELLS.match(data, at)
                if bells:
                    self._hand_over(Message(BELL, bytes([BELL])))
                    return bells.end(), Reached.MESSAGE
                self._missing = _held_as(data[at]).head
            end = min(at + self._missing, len(data))
            self._hold_piece(data[at:end])
            at = end
            if not self._missing and self._is_whole():
                return at, Reached.MESSAGE
        return at, Reached.HELD

    def _hold_piece(self, piece: bytes) -> None:
        self._missing -= len(piece)
        if not self._is_overlong:
            self._held += piece

    def _is_whole(self) -> bool:
        """All bytes that were missing are here: the head's, or the message's, or both."""
        if not self._is_head_read:
            self._is_head_read = True
            self._missing = _held_as(self._held[0]).rest(self._held)
            self._is_overlong = len(self._held) + self._missing > MAX_HELD
        if self._missing:
            return False
        self._hand_over(Message(self._held[0], b"" if self._is_overlong else bytes(self._held)))
        return True

    def _hand_over(self, message: Message) -> None:
        self.message = message
        self.finished += 1
        self._held.clear()
        self._is_head_read = self._is_overlong = False


def _held_as(kind: int) -> _Form:
    try:
        return _HELD[kind]
    except KeyError:
        raise _CannotFollow(f"The VNC server sends message {kind}, which nobody asked for.") from None


def _unsigned(data: bytes, at: int) -> int:
    number: int = _U32.unpack_from(data, at)[0]
    return number


def _compact(data: bytes, at: int) -> tuple[int, int]:
    """A length in one to three bytes, and where it ends; -1 where it is not whole (rfbproto.rst, "Tight Encoding")."""
    room = len(data) - at
    if room < 1:
        return 0, -1
    length = data[at]
    if length < 0x80:
        return length, at + 1
    if room < 2:
        return 0, -1
    length = length & 0x7F | (data[at + 1] & 0x7F) << 7
    if data[at + 1] < 0x80:
        return length, at + 2
    return (length | data[at + 2] << 14, at + 3) if room >= 3 else (0, -1)


# What is remembered: the bytes that tell its size, and how many follow them.


def _cursor(_data: bytes, _at: int, width: int, height: int) -> tuple[int, int]:
    return 0, width * height * PIXEL + (width + 7) // 8 * height


def _x_cursor(_data: bytes, _at: int, width: int, height: int) -> tuple[int, int]:
    return 0, (6 + 2 * ((width + 7) // 8) * height) if width * height else 0


def _vmware_cursor(data: bytes, at: int, width: int, height: int) -> tuple[int, int]:
    if len(data) - at < 2:
        return -1, 0
    if data[at] > 1:
        raise _CannotFollow("The VNC server sends a cursor of a kind that does not exist.")
    return 2, width * height * PIXEL * (1 if data[at] else 2)


def _screens(data: bytes, at: int, _width: int, _height: int) -> tuple[int, int]:
    return (4, data[at] * 16) if len(data) - at >= 4 else (-1, 0)


def _name(data: bytes, at: int, _width: int, _height: int) -> tuple[int, int]:
    return (4, _unsigned(data, at)) if len(data) - at >= 4 else (-1, 0)


_SIZED: dict[int, _Sized] = {
    Encoding.CURSOR: _cursor,
    Encoding.X_CURSOR: _x_cursor,
    Encoding.VMWARE_CURSOR: _vmware_cursor,
    Encoding.EXTENDED_DESKTOP_SIZE: _screens,
    Encoding.DESKTOP_NAME: _name,
    Encoding.QEMU_KEY: lambda _data, _at, _width, _height: (0, 0),
    Encoding.QEMU_LED: lambda _data, _at, _width, _height: (0, 1),
    Encoding.EXTENDED_MOUSE_BUTTONS: lambda _data, _at, _width, _height: (0, 0),
}
