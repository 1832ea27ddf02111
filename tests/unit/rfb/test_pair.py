"""Our two halves plugged into each other: what one says, the other understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rfb.errors import ServerRefused
from rfb.events import ClientInit, Desktop, RepeaterId, ServerVersion
from rfb.fields import PixelFormat
from rfb.preamble import Preamble
from rfb.towards_server import ServerGreeting
from rfb.towards_viewer import ViewerGreeting
from tests.unit.rfb.helpers import desktop, text

if TYPE_CHECKING:
    from rfb.conversation import Conversation
    from rfb.events import Event

PALETTE = PixelFormat(8, 8, True, False, 0, 0, 0, 0, 0, 0)  # noqa: FBT003  # in the order of the RFC


def converse(one: Conversation, other: Conversation, size: int) -> tuple[list[Event], list[Event]]:
    """Carry bytes between the two, ``size`` at a time, until neither says anything more."""
    events: dict[Conversation, list[Event]] = {one: [], other: []}
    said = {one: one.data_to_send(), other: other.data_to_send()}
    while said[one] or said[other]:
        for speaker, listener in ((one, other), (other, one)):
            said[speaker] += speaker.data_to_send()
            piece, said[speaker] = said[speaker][:size], said[speaker][size:]
            if piece:
                events[listener] += listener.receive_data(piece)
            said[listener] += listener.data_to_send()
    return events[one], events[other]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("shown", [desktop("Büro 東京", 65535, 1), desktop(""), Desktop(640, 480, PALETTE, "xp")])
def test_a_desktop_crosses_unchanged(size: int, shown: Desktop) -> None:
    viewer_side = ViewerGreeting(shown)
    preamble = Preamble()
    (version,) = preamble.receive_data(viewer_side.data_to_send())
    assert version == ServerVersion(3, 8)
    server_side = ServerGreeting(ServerVersion(3, 8))
    seen, asked = converse(server_side, viewer_side, size)
    assert seen == [shown]
    assert asked == [ClientInit(shared=True)]
    assert server_side.done
    assert viewer_side.done


def test_a_whole_call_goes_from_reader_to_reader() -> None:
    call = b"ID:123456789".ljust(250, b"\0") + b"RFB 003.008\n" + b"\x01\x01"
    preamble = Preamble()
    assert preamble.receive_data(call) == [RepeaterId("123456789"), ServerVersion(3, 8)]
    greeting = ServerGreeting(ServerVersion(3, 8))
    greeting.receive_data(preamble.trailing_data)
    assert greeting.data_to_send() == b"RFB 003.008\n\x01"


@pytest.mark.parametrize("version", [(3, 3), (3, 7)])
def test_our_refusal_of_an_old_viewer_is_understood_by_an_old_viewer(version: tuple[int, int]) -> None:
    viewer_side = ViewerGreeting(desktop("x"))
    old = ServerGreeting(ServerVersion(*version))
    with pytest.raises(Exception, match=r"3\.8"):
        viewer_side.receive_data(old.data_to_send())
    refusal = viewer_side.data_to_send().removeprefix(b"RFB 003.008\n")
    assert refusal.endswith(text(b"The viewer must speak RFB 3.8, as noVNC does."))
    with pytest.raises(ServerRefused, match=r"must speak RFB 3\.8"):
        old.receive_data(refusal)
