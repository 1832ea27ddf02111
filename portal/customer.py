"""What the customer sees: pages without script or cookies, for every browser since Internet Explorer 6.

The link is the secret that lets a customer in, so nothing else is asked of them, and no page here leads elsewhere.
What a person chose (language, way, step) is kept in the address, as there is no cookie to keep it in.
"""

from __future__ import annotations

import re
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response as PlainResponse

from portal.client_address import client_address
from portal.commands import commands, ultravnc_by_hand
from portal.dialling import target
from portal.errors import status_of, wants_json
from portal.languages import LANGUAGES, by_hand, language
from portal.recording_state import recording_of
from portal.registers import registers
from portal.session_facts import customers_address, facts_for
from portal.visitors import Ways, chosen
from portal.visits import visited
from sessions import logs
from sessions.errors import BadCode, MistypedCode, RegisterError, TooManyGuesses, UnknownCode
from sessions.views import SessionView

bp = APIBlueprint("customer", __name__, enable_openapi=False)

REFRESH_SECONDS = 5
# Whoever reads what they are asked to agree to is not interrupted often.
READING_SECONDS = 60
CALLED = frozenset({"connected", "in_use"})
# The second step is what to do; the first is to agree to it.
TO_DO = "2"
STEPS = frozenset({TO_DO})
STILL = frozenset({"off"})

TITLES = {
    Ways.XP: lazy_gettext("Windows XP and older"),
    Ways.WINDOWS: lazy_gettext("Windows 7, 8, 10, 11"),
    Ways.KIT: lazy_gettext("Windows: everything in one file"),
    Ways.TIGHTVNC: lazy_gettext("TightVNC 2, by hand"),
    Ways.TIGHTVNC13: lazy_gettext("TightVNC 1.3, by hand"),
    Ways.ULTRAVNC: lazy_gettext("UltraVNC, by hand"),
    Ways.LINUX: lazy_gettext("Linux"),
    Ways.EXPERTS: lazy_gettext("For experts"),
}


@bp.app_context_processor
def for_every_page() -> dict[str, object]:
    """What the frame of each customer's page needs, refusals included."""
    return {"languages": LANGUAGES, "language": language(), "here": here}


@bp.app_template_filter("together")
def together(names: list[str]) -> str:
    """Names as they are said: `Anna`, `Anna and Bob`."""
    *others, last = names
    return str(gettext("%(names)s and %(last)s", names=", ".join(others), last=last)) if others else last


@bp.get("/")
def front() -> Response:
    """Ask a customer for the number that was read to them, and show a technician where to sign in."""
    return _front()


@bp.post("/")
def enter() -> PlainResponse:
    """Lead from the number to the customer's page, or say what is wrong with it."""
    typed = request.form.get("code", "")
    try:
        link = registers().sessions.open_by_code(typed, client_address())
    except (BadCode, UnknownCode, TooManyGuesses) as refusal:
        if wants_json():
            raise
        return _front(typed, _problem(refusal), status_of(refusal))
    return redirect(url_for("customer.page", link=link, lang=by_hand()), 303)


@bp.get("/support/<link>")
def page(link: str) -> Response:
    """What to do, and how far it is; a program gets the same as JSON."""
    view = visited(link)
    made = jsonify(_facts(view)) if wants_json() else make_response(_page(link, view))
    made.vary.update(("Accept", "Accept-Language", "User-Agent"))
    return made


@bp.post("/support/<link>/end")
def end(link: str) -> PlainResponse:
    """End the session from the customer's side. The link is the permission; there is no cookie to forge with."""
    logs.note(registers().sessions.end_by_link(link, client_address()).id)
    return redirect(url_for("customer.page", link=link, lang=by_hand()), 303)


def here(**changes: object) -> str:
    """The address of this page with what was chosen so far and these changes to it; None takes a choice back."""
    named = {"for" if name == "way" else name: value for name, value in changes.items()}
    return url_for(request.endpoint or "customer.front", **((request.view_args or {}) | _kept() | named))


def _kept() -> dict[str, Any]:
    known = {"lang": frozenset(LANGUAGES), "step": STEPS, "for": frozenset(Ways), "reload": STILL}
    return {name: value for name, values in known.items() if (value := request.args.get(name)) in values}


def _page(link: str, view: SessionView) -> str:
    if view.state in CALLED:
        return _live(link, view)
    if "print" in request.args:
        return _steps("customer/print.html", link, view)
    if request.args.get("step") == TO_DO:
        return _steps("customer/steps.html", link, view)
    shortest = commands(facts_for(link, view))[0]
    return _shown("customer/consent.html", link, view, refresh=READING_SECONDS, command=shortest)


def _live(link: str, view: SessionView) -> str:
    who = list(dict.fromkeys(seat.technician for seat in view.seats)) or [view.created_by]
    since = min((seat.since for seat in view.seats), default=registers().clock())
    return _shown("customer/live.html", link, view, who=who, since=since)


def _steps(template: str, link: str, view: SessionView) -> str:
    facts, kit = facts_for(link, view), registers().kit.is_usable()
    ways = frozenset(Ways) - (frozenset() if kit else {Ways.KIT})
    way = chosen(request.args.get("for", ""), request.user_agent.string, ways, kit_first=facts.kit_tightvnc is not None)
    return _shown(
        template,
        link,
        view,
        way=way or (Ways.XP if "print" in request.args else None),
        titles=TITLES,
        facts=facts,
        commands=commands(facts),
        ultravnc=ultravnc_by_hand(facts),
        kit=kit,
        front=f"{customers_address(registers().settings)}/",
    )


def _shown(template: str, link: str, view: SessionView, *, refresh: int = REFRESH_SECONDS, **more: object) -> str:
    return render_template(
        template,
        link=link,
        session=view,
        left=view.expires_at - registers().clock(),
        recording=recording_of(view),
        refresh=refresh,
        kept=_kept(),
        plain=url_for("customer.page", link=link),
        ending=url_for("customer.end", link=link, lang=by_hand()),
        **more,
    )


def _front(typed: str = "", problem: tuple[str, str] | None = None, status: int = 200) -> Response:
    # Shown again for comparing it with what is being read; nothing but what belongs into a number.
    typed = re.sub(r"[^0-9 .-]", "", typed).strip()[:20]
    made = make_response(render_template("customer/front.html", typed=typed, problem=problem))
    made.status_code = status
    made.vary.add("Accept-Language")
    return made


def _problem(refusal: RegisterError) -> tuple[str, str]:
    """What happened, and what to do now."""
    if isinstance(refusal, TooManyGuesses):
        return (
            str(gettext("Too many wrong numbers were typed.")),
            str(gettext("Wait a quarter of an hour, then try again. Or ask your helper to send you a link instead.")),
        )
    if isinstance(refusal, UnknownCode):
        return (
            str(gettext("This number is not in use.")),
            str(gettext("Perhaps that help has ended. Ask your helper for a new number.")),
        )
    if isinstance(refusal, MistypedCode):
        return (
            str(gettext("One of the digits is not right.")),
            str(gettext("Ask your helper to read the number once more, slowly, and compare each digit.")),
        )
    return (str(gettext("The number has exactly 9 digits.")), str(gettext("Please type it again, without letters.")))


def _facts(view: SessionView) -> dict[str, Any]:
    dial = target(view)
    return {
        "server": dial.host,
        "port": dial.port,
        "sessionId": view.id,
        "state": view.state,
        "recording": recording_of(view),
    }
