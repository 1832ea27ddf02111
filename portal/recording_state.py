"""Whether a session is recorded now, in one word for programs and pages alike."""

from __future__ import annotations

from portal.registers import registers
from sessions.recordings import ALWAYS, OFF
from sessions.views import SessionView

RUNNING, WANTED = "running", "wanted"


def policy() -> str:
    """What this installation records: `off`, `on-demand` or `always`."""
    return registers().settings.recordings.policy


def recording_of(view: SessionView) -> str:
    """`running` while something is written down; `wanted` where it will be, as soon as somebody looks; `off`."""
    if view.recording and view.recording.is_running:
        return RUNNING
    is_wanted = policy() == ALWAYS or (policy() != OFF and view.recorded)
    return WANTED if is_wanted and not view.ended else OFF


def trouble_of(view: SessionView) -> str | None:
    """Why nothing is written down although it should be, where that is known."""
    return view.recording.trouble if view.recording and recording_of(view) == WANTED else None
