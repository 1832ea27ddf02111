"""Puts recordings where the recorder would, in the database and in the folder."""

from __future__ import annotations

from sessions.call_values import Arrival
from sessions.matching import Claims, MatchedBy, Said
from tests.fakes.recordings import FakeRecording
from tests.processes import Installation

ROW = """INSERT INTO recordings
(session_id, call_id, begun_by_id, state, reason, file, begun_at, ended_at, bytes, milliseconds, sha256) VALUES
(:session, :call, :by, :state, :reason, :file,
'2026-03-01 10:00:00.000000', '2026-03-01 10:10:00.000000', :bytes, :long, :sum)"""


def kept(installation: Installation, recording: FakeRecording, *, torn_by: int = 0, state: str = "done") -> int:
    """A recording of a session of Mrs Gray, without so many bytes of its end; answers its number."""
    new = installation.waiting(customer="Mrs Gray", reference="T-2041")
    claims = Claims("127.0.0.1", (Said(MatchedBy.ID, new.code),))
    arrived = installation.calls.arrived(Arrival(claims, "FRONT-DESK", 1024, 768, encrypted=False))
    data = bytes(recording.file[: len(recording.file) - torn_by])
    file = installation.settings.recordings.folder / f"{new.session.id}.rbrec"
    if state != "deleted":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    installation.change(
        ROW,
        session=new.session.id,
        call=arrived.call_id,
        by=installation.admin.id,
        state="broken" if torn_by else state,
        reason="The listener was stopped." if torn_by else "The call was over.",
        file=file.name,
        bytes=len(data),
        long=recording.now,
        sum="ab12" * 16,
    )
    (row,) = installation.rows("SELECT max(id) AS id FROM recordings")
    return int(row["id"])
