"""The JSON API: what people do on the board, for scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import request

from portal import audit_filters, schemas
from portal.dialling import target
from portal.identity import technician
from portal.recording_state import policy, recording_of, trouble_of
from portal.registers import registers
from sessions import logs
from sessions.errors import UnknownSeat
from sessions.search import LIVING, OVER, Found, Wanted
from sessions.views import CallView, EventView, NewSession, SessionView, TechnicianView

bp = APIBlueprint("api", __name__, url_prefix="/api", tag="Sessions")

SECURITY: list[str | dict[str, list[Any]]] = ["token", "cookie"]
WHICH = {None: "", False: LIVING, True: OVER}
USABLE = {"code": "usable", "message": "This ticket was not used."}


@bp.post("/sessions")
@bp.input(schemas.NewSessionIn, arg_name="wanted")
@bp.output(schemas.NewSessionOut, status_code=201)
@bp.doc(summary="Make a session", security=SECURITY, responses=[401, 403])
def create_session(wanted: dict[str, Any]) -> dict[str, Any]:
    """Answer its link and code in clear, which happens nowhere else."""
    new = registers().sessions.create(by=technician(), **wanted)
    logs.note(new.session.id)
    return described(new)


@bp.get("/sessions")
@bp.input(schemas.SessionsQuery, location="query", arg_name="query")
@bp.output(schemas.SessionOut(many=True))
@bp.doc(summary="List sessions", security=SECURITY, responses=[401])
def list_sessions(query: dict[str, Any]) -> tuple[list[dict[str, Any]], int, dict[str, str]]:
    """List the newest first: 200 at most, or a page of what was searched for."""
    if not query["search"] and query["page"] is None:
        return [told_session(view) for view in registers().sessions.list(ended=bool(query["ended"]))], 200, {}
    found = registers().search.find(Wanted(query["search"], WHICH[query["ended"]]), query["page"] or 1)
    return [told_session(view) for view in found.sessions], 200, _other_pages(found)


@bp.get("/sessions/<session_id>")
@bp.output(schemas.SessionOut)
@bp.doc(summary="Look at a session", security=SECURITY, responses=[401, 404])
def show_session(session_id: str) -> dict[str, Any]:
    """Show a session as it is now, ended or not."""
    return told_session(registers().sessions.get(session_id))


@bp.patch("/sessions/<session_id>")
@bp.input(schemas.EditIn, arg_name="wanted")
@bp.output(schemas.SessionOut)
@bp.doc(summary="Write down what was learned", security=SECURITY, responses=[401, 403, 404])
def edit_session(session_id: str, wanted: dict[str, str | None]) -> dict[str, Any]:
    """Change what is noted about a session, living or ended."""
    return told_session(registers().sessions.edit(session_id, technician(), **wanted))


@bp.delete("/sessions/<session_id>")
@bp.output({}, status_code=204)
@bp.doc(summary="End a session", security=SECURITY, responses=[401, 403, 404])
def end_session(session_id: str) -> str:
    """End it for both sides, within a second. Ending an ended one changes nothing."""
    registers().sessions.end(session_id, technician())
    return ""


@bp.post("/sessions/<session_id>/extend")
@bp.input(schemas.ExtendIn, arg_name="wanted")
@bp.output(schemas.SessionOut)
@bp.doc(summary="Let a session last longer", security=SECURITY, responses=[401, 403, 404, 410])
def extend_session(session_id: str, wanted: dict[str, int]) -> dict[str, Any]:
    """Move its end, by minutes."""
    return told_session(registers().sessions.extend(session_id, wanted["minutes"], technician()))


@bp.get("/sessions/<session_id>/events")
@bp.output(schemas.EventOut(many=True))
@bp.doc(summary="Read a session's history", security=SECURITY, responses=[401, 404])
def list_events(session_id: str) -> list[EventView]:
    """Answer its audit rows, the oldest first."""
    return registers().sessions.events(session_id)


@bp.get("/events")
@bp.input(schemas.AuditQuery, location="query", arg_name="query")
@bp.output(schemas.AuditPageOut)
@bp.doc(summary="Search all that happened", security=SECURITY, responses=[401, 403], tags=["Audit"])
def find_events(query: dict[str, Any]) -> dict[str, Any]:
    """Answer a page of the audit rows that fit, the newest first, 100 at most."""
    page = registers().audit.find(audit_filters.wanted(query), query["page"])
    rows = [audit_filters.told(row) for row in page.rows]
    return {"events": rows, "page": page.number, "pages": page.pages, "total": page.total}


@bp.post("/sessions/<session_id>/tickets")
@bp.input(schemas.TicketIn, arg_name="wanted")
@bp.output(schemas.TicketOut, status_code=201)
@bp.doc(summary="Ask for a seat", security=SECURITY, responses=[401, 403, 404, 409, 410])
def issue_ticket(session_id: str, wanted: dict[str, str]) -> dict[str, Any]:
    """Answer the address of a WebSocket that opens once, within a minute."""
    ticket = registers().tickets.issue(session_id, technician(), wanted["mode"])
    settings = registers().settings
    base = settings.public_websocket.replace("{node}", ticket.node or settings.node)
    address = f"{base}?{urlencode({'token': ticket.token})}"
    return {"websocket_url": address, "expires_at": ticket.expires_at, "mode": ticket.mode}


@bp.post("/sessions/<session_id>/tickets/outcome")
@bp.input(schemas.TokenIn, arg_name="given")
@bp.output(schemas.OutcomeOut)
@bp.doc(summary="Ask what became of a ticket", security=SECURITY, responses=[401, 403])
def ticket_outcome(session_id: str, given: dict[str, str]) -> dict[str, object]:
    """Say what is wrong with a ticket, or that nothing is, and which seat it opened. A refused WebSocket is silent."""
    tickets = registers().tickets
    refusal = tickets.why_refused(session_id, given["token"])
    told = {"code": refusal.code, "message": str(refusal)} if refusal else USABLE
    return told | {"seat_id": tickets.seat_of(session_id, given["token"])}


@bp.post("/sessions/<session_id>/seats/<int:seat_id>")
@bp.input(schemas.SeatDeedIn, arg_name="wanted")
@bp.output(schemas.SessionOut)
@bp.doc(summary="Settle who has control", security=SECURITY, responses=[401, 403, 404, 409])
def change_seat(session_id: str, seat_id: int, wanted: dict[str, str]) -> dict[str, Any]:
    """Ask for control, offer it, hand it over, take it or give it up; or end a seat of one's own."""
    seats = registers().seats
    if seats.session_of(seat_id) != session_id:
        raise UnknownSeat
    deed: Callable[[int, TechnicianView], None] = getattr(seats, wanted["do"])
    deed(seat_id, technician())
    return told_session(registers().sessions.get(session_id))


@bp.get("/calls")
@bp.input(schemas.CallsQuery, location="query", arg_name="query")
@bp.output(schemas.ListedCallOut(many=True))
@bp.doc(summary="List calls that belong to no session", security=SECURITY, responses=[401], tags=["Calls"])
def list_calls(query: dict[str, bool]) -> list[CallView]:
    """List the parked calls and, unless only those were asked for, the ones refused in the last ten minutes."""
    calls = registers().calls
    return calls.parked() + ([] if query["parked"] else calls.refused())


@bp.post("/calls/<int:call_id>/claim")
@bp.input(schemas.ClaimIn, arg_name="wanted")
@bp.output(schemas.SessionOut)
@bp.doc(summary="Decide whose a parked call is", security=SECURITY, responses=[401, 403, 404, 409, 410], tags=["Calls"])
def claim_call(call_id: int, wanted: dict[str, str]) -> dict[str, Any]:
    """Give a parked call to a session; it is held for it within a second."""
    registers().calls.claim(call_id, wanted["session"], technician())
    return told_session(registers().sessions.get(wanted["session"]))


def _other_pages(found: Found) -> dict[str, str]:
    """How many there are in all, and where the pages before and after this one are (RFC 8288)."""
    others = {"prev": found.page - 1, "next": found.page + 1}
    asked = request.args.to_dict()
    links = [
        f'<{request.path}?{urlencode(asked | {"page": str(page)})}>; rel="{way}"'
        for way, page in others.items()
        if 1 <= page <= found.pages
    ]
    return {"X-Total-Count": str(found.total)} | ({"Link": ", ".join(links)} if links else {})


def security_schemes(cookie_name: str) -> dict[str, dict[str, str]]:
    """How a program may say who it is, for the API's description."""
    return {
        "token": {"type": "http", "scheme": "bearer", "description": "Made by `reachback token NAME`"},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name,
            "description": "Of a signed-in technician; changes need the X-CSRFToken header too",
        },
    }


def described(new: NewSession) -> dict[str, Any]:
    """A new session with all that its technician has to pass on, in clear."""
    dial = target(new.session)
    return {
        "id": new.session.id,
        "link": f"{registers().settings.public_url}/support/{new.link}",
        "code": new.code,
        "state": new.session.state,
        "host": dial.host,
        "port": dial.port,
        "expires_at": new.session.expires_at,
    }


def told_session(view: SessionView) -> dict[str, Any]:
    """A session as the API tells it."""
    return {
        "id": view.id,
        "state": view.state,
        "customer": view.customer,
        "note": view.note,
        "reference": view.reference,
        "keyboard": view.keyboard,
        "created_by": view.created_by,
        "created_at": view.created_at,
        "port": target(view).port,
        "expires_at": view.expires_at,
        "call": view.call,
        "seats": view.seats,
        "recording": recording_of(view),
        "recording_policy": policy(),
        "recording_trouble": trouble_of(view),
    }
