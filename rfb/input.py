"""Where each message of a technician's viewer ends, what it means, and what the viewer holds down.

Which of them may reach the customer's server is for the call to say; here they are only told apart. Lengths: RFC 6143
§7.5 and rfbproto.rst. What noVNC never sends is refused, for a length that is not known cannot be skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct, pack, unpack

from rfb.conversation import Script
from rfb.encodings import NOVNC_FORMAT
from rfb.errors import ProtocolViolation, RfbError, TooMuchData
from rfb.fields import PixelFormat, signed, unsigned

MAX_TEXT = 4 * 1024 * 1024  # bytes of a clipboard; more than any browser's page is asked to send at once
MAX_ENCODINGS = 1024
MAX_SCREENS = 255
MAX_KEYS = 256  # held down at once; more than any keyboard has
QUESTION = 16  # pixels; more of them are a picture
MORE_BUTTONS = 0x80  # in a pointer's mask: one byte more follows (rfbproto.rst, "ExtendedMouseButtons")

_POINTER = Struct(">BBHH")
_KEY = Struct(">BBxxI")
_QEMU_KEY = Struct(">BBHII")


@dataclass(frozen=True, slots=True)
class Request:
    """The viewer is ready for an update; ``incremental`` is False where it wants all of it anew.

    ``data`` is the whole message. One that asks for a few pixels only is a question: how long does the way take?
    """

    incremental: bool
    data: bytes

    @property
    def is_question(self) -> bool:
        """Whether it wants to know about the way, and not about the picture."""
        width, height = unpack(">HH", self.data[6:])
        return not self.incremental and width * height <= QUESTION

    def within(self, width: int, height: int) -> bytes:
        """The message, cut to a desktop of this size: not every server checks what it is asked for."""
        x, y, across, down = unpack(">HHHH", self.data[2:])
        x, y = min(x, width - 1), min(y, height - 1)
        across, down = max(1, min(across, width - x)), max(1, min(down, height - y))
        return pack(">BBHHHH", 3, self.incremental, x, y, across, down)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The encodings that the viewer knows, in its order; among them are the levels that its technician chose."""

    encodings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A key goes down or up, with its whole message; ``scan_code`` is None where that is not QEMU's."""

    down: bool
    keysym: int
    scan_code: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Pointer:
    """The pointer is here, and these buttons are down, with its whole message."""

    buttons: int
    x: int
    y: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Clipboard:
    """The viewer's clipboard, or a word about it where ``extended``, with the whole message."""

    extended: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    """The viewer wants the desktop to have another size, with the whole message."""

    data: bytes


Input = Request | Wishes | Key | Pointer | Clipboard | Resize


class ViewerMessages:
    """Bytes of a viewer in, input out.

    ``has_more_buttons`` has to be set once the viewer was told that the server knows ExtendedMouseButtons: from then
    on a pointer's message may be longer. Raises ProtocolViolation, and the same one again at every later call.
    """

    def __init__(self) -> None:
        self.has_more_buttons = False
        self._waiting = bytearray()
        self._script = self._messages()
        self._wanted = next(self._script)
        self._found: list[Input] = []
        self._error: RfbError | None = None

    def receive_data(self, data: bytes) -> list[Input]:
        """Take bytes of any length, and answer what they complete."""
        if self._error is not None:
            raise self._error
        self._waiting += data
        try:
            self._go_on()
        except RfbError as error:
            self._error = error
            raise
        found, self._found = self._found, []
        return found

    def _go_on(self) -> None:
        at = 0
        while len(self._waiting) - at >= self._wanted:
            item = bytes(self._waiting[at : at + self._wanted])
            at += self._wanted
            self._wanted = self._script.send(item)
        del self._waiting[:at]

    def _messages(self) -> Script[None]:
        while True:
            kind = (yield 1)[0]
            yield from self._message(kind)

    def _message(self, kind: int) -> Script[None]:
        reader = _READERS.get(kind)
        if reader is None:
            raise ProtocolViolation(f"The viewer sends message {kind}, which noVNC never does.")
        found = yield from reader(self)
        if found is not None:
            self._found.append(found)


def _pixel_format(_viewer: ViewerMessages) -> Script[Input | None]:
    raw = yield 19
    if PixelFormat.decode(raw[3:]) != NOVNC_FORMAT:
        raise ProtocolViolation("The viewer wants pixels in another format than noVNC's.")
    return None


def _wishes(_viewer: ViewerMessages) -> Script[Input | None]:
    count = unsigned((yield 3)[1:])
    if count > MAX_ENCODINGS:
        raise TooMuchData("the number of encodings", MAX_ENCODINGS)
    return Wishes(unpack(f">{count}i", (yield 4 * count))) if count else None


def _request(_viewer: ViewerMessages) -> Script[Input | None]:
    data = b"\x03" + (yield 9)
    return Request(data[1] != 0, data)


def _key(_viewer: ViewerMessages) -> Script[Input | None]:
    data = b"\x04" + (yield 7)
    _kind, down, keysym = _KEY.unpack(data)
    return Key(down != 0, keysym, None, data)


def _pointer(viewer: ViewerMessages) -> Script[Input | None]:
    data = b"\x05" + (yield 5)
    _kind, buttons, x, y = _POINTER.unpack(data)
    if buttons & MORE_BUTTONS and viewer.has_more_buttons:
        more = yield 1
        return Pointer(buttons & ~MORE_BUTTONS | more[0] << 7, x, y, data + more)
    return Pointer(buttons, x, y, data)


def _clipboard(_viewer: ViewerMessages) -> Script[Input | None]:
    head = yield 7
    length = signed(head[3:])
    if abs(length) > MAX_TEXT:
        raise TooMuchData("the length of a clipboard text", MAX_TEXT)
    return Clipboard(length < 0, b"\x06" + head + ((yield abs(length)) if length else b""))


def _resize(_viewer: ViewerMessages) -> Script[Input | None]:
    head = yield 7
    return Resize(b"\xfb" + head + ((yield 16 * head[5]) if head[5] else b""))


def _qemu(_viewer: ViewerMessages) -> Script[Input | None]:
    data = b"\xff" + (yield 11)
    _kind, kind, down, keysym, scan_code = _QEMU_KEY.unpack(data)
    if kind != 0:
        raise ProtocolViolation("The viewer sends a message of QEMU's that noVNC never does.")
    return Key(down != 0, keysym, scan_code, data)


def _fence(_viewer: ViewerMessages) -> Script[Input | None]:
    length = (yield 8)[7]
    if length:
        yield length
    return None


def _enable_continuous_updates(_viewer: ViewerMessages) -> Script[Input | None]:
    yield 9
    return None


def _xvp(_viewer: ViewerMessages) -> Script[Input | None]:
    yield 3
    return None


_READERS = {
    0: _pixel_format,
    2: _wishes,
    3: _request,
    4: _key,
    5: _pointer,
    6: _clipboard,
    150: _enable_continuous_updates,
    248: _fence,
    250: _xvp,
    251: _resize,
    255: _qemu,
}


class HeldDown:
    """Which keys and buttons somebody has pressed and not let go of."""

    def __init__(self) -> None:
        self._keys: dict[tuple[int, int | None], Key] = {}
        self._pointer: Pointer | None = None

    def note(self, what: Key | Pointer) -> None:
        """Remember what it holds down, or lets go of."""
        if isinstance(what, Pointer):
            self._pointer = what
        elif what.down and len(self._keys) < MAX_KEYS:
            self._keys[what.keysym if what.scan_code is None else 0, what.scan_code] = what
        elif not what.down:
            self._keys.pop((what.keysym if what.scan_code is None else 0, what.scan_code), None)

    def release(self) -> bytes:
        """The messages that let go of everything, the last key first; then nothing is held."""
        parts = [_released(key) for key in reversed(self._keys.values())]
        if self._pointer and self._pointer.buttons:
            parts.append(_POINTER.pack(5, 0, self._pointer.x, self._pointer.y))
        self._keys.clear()
        self._pointer = None
        return b"".join(parts)


def _released(key: Key) -> bytes:
    if key.scan_code is None:
        return _KEY.pack(4, 0, key.keysym)
    return _QEMU_KEY.pack(255, 0, 0, key.keysym, key.scan_code)


def fence_answer(message: bytes) -> bytes:
    """What a viewer answers a server's fence with, or nothing where it asks for no answer (rfbproto.rst, "Fence")."""
    flags = unsigned(message[4:8])
    if not flags & 0x8000_0000:
        return b""
    return pack(">B3xIB", 248, flags & 3, message[8]) + message[9:]
