"""The list of recordings, and the page that plays one. What a recording is made of, the JSON API hands out."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as PlainResponse

from portal.identity import technician
from portal.recording_files import remove
from portal.registers import registers
from portal.schemas import tidied
from portal.security_headers import PLAYBACK_POLICY, use_policy
from portal.viewer import NOVNC, is_installed
from sessions.recording_search import KEPT, STATES, Recorded, WantedRecordings

bp = APIBlueprint("playback", __name__, url_prefix="/console/recordings", enable_openapi=False)

LONGEST = 200
WORDS = {"running": "Running", "done": "Complete", "broken": "Cut off", "deleted": "Deleted"}
CHOICES = {KEPT: "Kept", "": "Any"} | WORDS
SPEEDS = ("0.5", "1", "2", "4", "8", "16")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as the form has it. What makes no sense is as if it were not said."""

    session: str
    search: str
    state: str
    page: int

    @property
    def wanted(self) -> WantedRecordings:
        """The same for the register."""
        return WantedRecordings(self.session, self.search, self.state)

    @property
    def is_narrow(self) -> bool:
        """Whether this asks for less than all that can be played."""
        return bool(self.session or self.search or self.state != KEPT)

    def at(self, page: int) -> str:
        """The address of another page of the same."""
        given = {"session": self.session, "search": self.search, "page": page}
        told = {name: value for name, value in given.items() if value} | {"state": self.state}
        return f"{url_for('playback.list_all')}?{urlencode(told)}"


@bp.app_context_processor
def _for_pages() -> dict[str, object]:
    return {"has_recordings": has_recordings}


@bp.app_template_filter("recording_state")
def state(name: str) -> str:
    """What a recording's state is called."""
    return WORDS.get(name, name)


@bp.app_template_filter("moment_of_play")
def moment_of_play(milliseconds: int) -> str:
    """A recording's length as its player says it: `1:05`, `1:02:03`."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@bp.get("")
def list_all() -> str:
    """Show a page of the recordings that were asked for."""
    asked = _asked()
    found = registers().recording_search.find(asked.wanted, asked.page)
    return render_template("recordings.html", asked=asked, found=found, choices=CHOICES, now=registers().clock())


@bp.get("/<int:recording_id>")
def show(recording_id: int) -> Response:
    """Show a recording, to be played."""
    recorded = registers().recording_search.one(recording_id) or abort(404)
    use_policy(PLAYBACK_POLICY)
    page = render_template(
        "playback.html",
        recorded=recorded,
        speeds=SPEEDS,
        playback_config=_config(recorded),
        is_installed=is_installed(NOVNC),
    )
    return make_response(page)


@bp.post("/<int:recording_id>/delete")
def delete(recording_id: int) -> PlainResponse:
    """Delete a recording's file, for a form."""
    remove(registers().recordings.delete(recording_id, technician()))
    return redirect(url_for("playback.list_all"), 303)


def has_recordings() -> bool:
    """Whether the pages speak of recordings: they are made here, or some are kept."""
    return registers().settings.recordings.policy != "off" or registers().recording_search.any()


def _config(recorded: Recorded) -> dict[str, object]:
    return {
        "index_url": url_for("recordings.index", recording_id=recorded.id),
        "file_url": url_for("recordings.file", recording_id=recorded.id, play=1),
        "begun_at": recorded.begun_at.isoformat(),
    }


def _asked() -> Asked:
    chosen, page = request.args.get("state", KEPT), request.args.get("page", "1")
    return Asked(
        session=str(tidied(request.args.get("session", "")))[:32],
        search=str(tidied(request.args.get("search", "")))[:LONGEST],
        state=chosen if chosen in {"", KEPT, *STATES} else KEPT,
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 10 else 1,
    )
