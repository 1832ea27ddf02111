"""What an X server says of its keyboard: which keys are down, whoever pressed them (Xlib's XQueryKeymap)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, c_char_p, c_int, c_ubyte, c_ulong, c_void_p, create_string_buffer

XLIB = "libX11.so.6"
Names = frozenset[str]


class Keyboard:
    """The keyboard of a display that is open."""

    def __init__(self, xlib: CDLL, display: c_void_p) -> None:
        self._xlib = xlib
        self._display = display

    def down(self) -> Names:
        """The names of the keysyms, such as `Control_L`, whose keys are down now."""
        bits = create_string_buffer(32)
        self._xlib.XQueryKeymap(self._display, bits)
        return frozenset(self._name(code) for code in range(256) if bits.raw[code // 8] >> code % 8 & 1)

    def _name(self, code: int) -> str:
        keysym = self._xlib.XkbKeycodeToKeysym(self._display, c_ubyte(code), 0, 0)
        name = self._xlib.XKeysymToString(keysym)
        return name.decode() if name else f"key {code}"


@contextmanager
def keyboard_of(display: str) -> Iterator[Keyboard]:
    """The keyboard of the display with this name."""
    xlib = _library()
    opened = xlib.XOpenDisplay(display.encode())
    assert opened, f"no X server is at {display}"
    try:
        yield Keyboard(xlib, c_void_p(opened))
    finally:
        xlib.XCloseDisplay(c_void_p(opened))


def _library() -> CDLL:
    xlib = CDLL(XLIB)
    xlib.XOpenDisplay.argtypes, xlib.XOpenDisplay.restype = [c_char_p], c_void_p
    xlib.XCloseDisplay.argtypes = [c_void_p]
    xlib.XQueryKeymap.argtypes = [c_void_p, c_char_p]
    xlib.XkbKeycodeToKeysym.argtypes, xlib.XkbKeycodeToKeysym.restype = [c_void_p, c_ubyte, c_int, c_int], c_ulong
    xlib.XKeysymToString.argtypes, xlib.XKeysymToString.restype = [c_ulong], c_char_p
    return xlib
