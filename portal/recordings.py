"""The JSON API of recordings: switched on and off, found, taken apart for a player, downloaded, deleted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from portal import schemas
from portal.api import SECURITY, told_session
from portal.identity import technician
from portal.recording_files import file_of, index_of, remove
from portal.recording_state import recording_of, trouble_of
from portal.registers import registers
from sessions.recording_search import WantedRecordings
from sessions.views import RecordingView

bp = APIBlueprint("recordings", __name__, url_prefix="/api", tag="Recordings")
bp.add_app_template_filter(recording_of, "recording")
bp.add_app_template_filter(trouble_of, "recording_trouble")

BYTES: dict[str, dict[str, Any]] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
# What a file's request answers; the words of refusals are those of every other.
FILE: dict[int | str, Any] = {
    200: {"description": "The whole file", "content": BYTES},
    206: {"description": "The part of it that the Range header asks for", "content": BYTES},
    401: "Not signed in",
    404: "There is no such recording",
    410: "Its file is gone",
    416: "It ends before that part",
}


@bp.post("/sessions/<session_id>/recording")
@bp.input(schemas.RecordIn, arg_name="wanted")
@bp.output(schemas.SessionOut)
@bp.doc(summary="Record a session, or no more", security=SECURITY, responses=[401, 403, 404, 409, 410])
def switch(session_id: str, wanted: dict[str, bool]) -> dict[str, Any]:
    """Decide it for this session, where the policy lets people decide."""
    return told_session(registers().recordings.want(session_id, technician(), on=wanted["on"]))


@bp.get("/sessions/<session_id>/recordings")
@bp.output(schemas.RecordingOut(many=True))
@bp.doc(summary="List a session's recordings", security=SECURITY, responses=[401, 404])
def of_session(session_id: str) -> list[RecordingView]:
    """List the newest first, those whose files are gone included."""
    return registers().recordings.list(session_id)


@bp.get("/recordings")
@bp.input(schemas.RecordingsQuery, location="query", arg_name="query")
@bp.output(schemas.RecordingPageOut)
@bp.doc(summary="Search all recordings", security=SECURITY, responses=[401])
def find(query: dict[str, Any]) -> dict[str, Any]:
    """Answer a page of the recordings that fit, the newest first."""
    found = registers().recording_search.find(WantedRecordings("", query["search"], query["state"]), query["page"])
    return {"recordings": found.recordings, "page": found.page, "pages": found.pages, "total": found.total}


@bp.get("/recordings/<int:recording_id>")
@bp.output(schemas.RecordingOut)
@bp.doc(summary="Look at a recording", security=SECURITY, responses=[401, 404])
def show(recording_id: int) -> dict[str, Any]:
    """Answer what is known of it, whether its file is still there or not."""
    return asdict(registers().recordings.get(recording_id))


@bp.delete("/recordings/<int:recording_id>")
@bp.output({}, status_code=204)
@bp.doc(summary="Delete a recording", security=SECURITY, responses=[401, 403, 404, 409, 410])
def delete(recording_id: int) -> str:
    """Delete its file. What is known of it stays."""
    remove(registers().recordings.delete(recording_id, technician()))
    return ""


@bp.get("/recordings/<int:recording_id>/index")
@bp.output(schemas.RecordingIndexOut)
@bp.doc(summary="Learn what is in a recording's file", security=SECURITY, responses=[401, 404, 409, 410])
def index(recording_id: int) -> dict[str, Any]:
    """Answer where a player can begin, and when something happened; also while it is recorded."""
    return index_of(registers().recordings.existing(recording_id))


@bp.get("/recordings/<int:recording_id>/file")
@bp.input(schemas.RecordingFileQuery, location="query", arg_name="query")
@bp.doc(summary="Get a recording's file", security=SECURITY, responses=FILE)
def file(recording_id: int, query: dict[str, bool]) -> Response:
    """Send it, or the part that a Range header asks for. docs/recording.md describes it."""
    own, by = registers().recordings, technician()
    made = file_of(own.existing(recording_id), to_keep=not query["play"])
    if request.method == "GET" and made.status_code in {200, 206}:
        (own.played if query["play"] else own.downloaded)(recording_id, by)
    return made
