"""What a technician's viewer says, and what it holds down."""

from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfb.encodings import NOVNC_FORMAT, asked_for, levels_of, set_encodings, set_pixel_format, update_request
from rfb.errors import ProtocolViolation, RfbError, TooMuchData
from rfb.input import (
    Clipboard,
    HeldDown,
    Input,
    Key,
    Pointer,
    Request,
    Resize,
    ViewerMessages,
    Wishes,
    fence_answer,
)

MORE, ALL = (update_request(640, 480, incremental=incremental) for incremental in (True, False))
KEY = b"\x04\x01\0\0\0\0\0\x41"
QEMU = b"\xff\0\0\x01\0\0\0\x41\0\0\0\x1e"
POINTER = b"\x05\x03\0\x10\0\x20"
TEXT = b"\x06\0\0\0\0\0\0\x02hi"
EXTENDED = b"\x06\0\0\0\xff\xff\xff\xfc\x01\0\0\x01"
RESIZE = b"\xfb\0\x04\0\x03\0\x01\0" + bytes(16)
SAID: list[tuple[bytes, list[Input]]] = [
    (set_pixel_format(NOVNC_FORMAT), []),
    (set_encodings([7, -32, -256]), [Wishes((7, -32, -256))]),
    (set_encodings([]), []),
    (MORE, [Request(incremental=True, data=MORE)]),
    (ALL, [Request(incremental=False, data=ALL)]),
    (KEY, [Key(down=True, keysym=0x41, scan_code=None, data=KEY)]),
    (QEMU, [Key(down=True, keysym=0x41, scan_code=0x1E, data=QEMU)]),
    (POINTER, [Pointer(3, 16, 32, POINTER)]),
    (TEXT, [Clipboard(extended=False, data=TEXT)]),
    (EXTENDED, [Clipboard(extended=True, data=EXTENDED)]),
    (b"\x06\0\0\0\0\0\0\0", [Clipboard(extended=False, data=b"\x06\0\0\0\0\0\0\0")]),
    (RESIZE, [Resize(RESIZE)]),
    (b"\x96\x01" + bytes(8), []),
    (b"\xf8\0\0\0\0\0\0\x01\x03abc", []),
    (b"\xf8\0\0\0\0\0\0\x01\0", []),
    (b"\xfa\0\x01\x02", []),
]


@pytest.mark.parametrize(("message", "meant"), SAID)
def test_each_message_whole_and_byte_by_byte(message: bytes, meant: list[Input]) -> None:
    assert ViewerMessages().receive_data(message + message) == meant + meant
    slow = ViewerMessages()
    assert [one for byte in message for one in slow.receive_data(bytes([byte]))] == meant


def test_a_pointer_with_more_buttons_is_one_byte_longer_where_the_server_knows_them() -> None:
    message = b"\x05\x81\0\x10\0\x20\x01"
    viewer = ViewerMessages()
    viewer.has_more_buttons = True
    assert viewer.receive_data(message + KEY)[0] == Pointer(0x81, 16, 32, message)
    plain = ViewerMessages().receive_data(message[:6] + KEY)
    assert plain[0] == Pointer(0x81, 16, 32, message[:6])
    assert isinstance(plain[1], Key)


@pytest.mark.parametrize("kind", [1, 7, 99, 152, 252])
def test_what_novnc_never_sends_is_refused_for_good(kind: int) -> None:
    viewer = ViewerMessages()
    for data in (bytes([kind]), b"", KEY):
        with pytest.raises(ProtocolViolation, match=f"message {kind}"):
            viewer.receive_data(data)


def test_another_pixel_format_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="another format"):
        ViewerMessages().receive_data(set_pixel_format(NOVNC_FORMAT)[:-5] + b"\x10\x08\0\0\0\0")


def test_qemus_sound_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="QEMU"):
        ViewerMessages().receive_data(b"\xff\x01" + bytes(10))


@pytest.mark.parametrize("length", [4 * 2**20 + 1, -(2**31)])
def test_a_clipboard_beyond_the_limit_is_refused(length: int) -> None:
    with pytest.raises(TooMuchData):
        ViewerMessages().receive_data(b"\x06\0\0\0" + pack(">i", length))


def test_too_many_encodings_are_refused() -> None:
    with pytest.raises(TooMuchData):
        ViewerMessages().receive_data(b"\x02\0\xff\xff")


@settings(max_examples=250, deadline=None)
@given(st.binary(max_size=200) | st.lists(st.sampled_from([message for message, _ in SAID])).map(b"".join))
def test_any_bytes_are_understood_or_refused_however_they_are_cut(data: bytes) -> None:
    def outcome(pieces: list[bytes]) -> list[object]:
        viewer, said = ViewerMessages(), []
        try:
            for piece in pieces:
                said += viewer.receive_data(piece)
        except RfbError as error:
            return [str(error)]
        return said

    one_by_one = [data[at : at + 1] for at in range(len(data))]
    assert outcome(one_by_one) == outcome([data])


def test_what_is_held_down_is_let_go_of_in_reverse() -> None:
    held = HeldDown()
    up = b"\x04\0" + KEY[2:]
    for message in (KEY, QEMU, b"\x04\x01\0\0\0\0\0\x42", b"\x04\0\0\0\0\0\0\x42", POINTER):
        [said] = ViewerMessages().receive_data(message)
        assert isinstance(said, Key | Pointer)
        held.note(said)
    assert held.release() == b"\xff\0\0\0\0\0\0\x41\0\0\0\x1e" + up + b"\x05\0\0\x10\0\x20"
    assert held.release() == b""


def test_a_pointer_without_buttons_needs_no_release() -> None:
    held = HeldDown()
    [said] = ViewerMessages().receive_data(b"\x05\0\0\x10\0\x20")
    assert isinstance(said, Pointer)
    held.note(said)
    assert held.release() == b""


def test_a_qemu_key_is_the_same_key_whatever_it_means() -> None:
    """With another modifier held, letting go of a key may carry another keysym than pressing it did."""
    held = HeldDown()
    for message in (QEMU, b"\xff\0\0\0\0\0\0\x61\0\0\0\x1e"):
        [said] = ViewerMessages().receive_data(message)
        assert isinstance(said, Key)
        held.note(said)
    assert held.release() == b""


def test_a_fence_is_answered_without_the_request() -> None:
    assert fence_answer(b"\xf8\0\0\0\x80\0\0\x07\x02ab") == b"\xf8\0\0\0\0\0\0\x03\x02ab"
    assert fence_answer(b"\xf8\0\0\0\0\0\0\x03\x02ab") == b""


def test_levels_are_found_in_a_list_of_encodings() -> None:
    assert levels_of([7, -26, -254, -223]) == (6, 2)
    assert levels_of([7, 16]) == (None, None)


@pytest.mark.parametrize("preferred", ["tight", "zrle", "zlib", "hextile"])
def test_servers_are_asked_for_the_preferred_encoding_first_and_never_for_what_nobody_can_join(preferred: str) -> None:
    asked = asked_for(preferred, 6, 2)
    assert asked[1] == {"tight": 7, "zrle": 16, "zlib": 6, "hextile": 5}[preferred]
    assert len(asked) == len(set(asked))
    assert not {21, 50, -260, -309, -312, -313} & set(asked)
    assert levels_of(asked) == (6, 2)


def test_the_highest_quality_asks_for_no_losses_and_compression_is_never_none() -> None:
    assert levels_of(asked_for("tight", 9, 0)) == (None, 1)
    assert levels_of(asked_for("tight", None, None)) == (None, None)


def test_a_request_for_a_few_pixels_anew_is_a_question_about_the_way() -> None:
    assert Request(incremental=False, data=update_request(1, 1, incremental=False)).is_question
    assert not Request(incremental=True, data=update_request(1, 1, incremental=True)).is_question
    assert not Request(incremental=False, data=ALL).is_question


@pytest.mark.parametrize(
    ("asked", "inside"),
    [
        ((3, 4, 4, 4), (3, 4, 4, 4)),
        ((65535, 65535, 4, 4), (63, 47, 1, 1)),
        ((62, 46, 4, 4), (62, 46, 2, 2)),
        ((0, 0, 0, 65535), (0, 0, 1, 48)),
    ],
)
def test_a_question_is_about_the_desktop(asked: tuple[int, ...], inside: tuple[int, ...]) -> None:
    question = Request(incremental=False, data=pack(">BB4H", 3, 0, *asked))
    assert question.is_question
    assert question.within(64, 48) == pack(">BB4H", 3, 0, *inside)


def test_nobody_holds_down_more_keys_than_there_are() -> None:
    held = HeldDown()
    for keysym in range(10_000):
        held.note(Key(down=True, keysym=keysym, scan_code=None, data=b""))
    assert len(held.release()) == 256 * 8
    assert held.release() == b""
