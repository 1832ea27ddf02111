"""`/support/LINK/connect.bat` and its like: scripts and settings made for one session, to be saved and started."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from portal.instructions import Facts, connect_bat, connect_ps1, connect_sh, tightvnc_reg
from portal.languages import language
from portal.session_facts import facts_for
from portal.visits import KEPT_BY_ONE, visited

bp = APIBlueprint("downloads", __name__, enable_openapi=False)

# No browser shows these; a type that one of them knows would be opened instead of saved.
TYPES = {
    "connect.bat": "application/octet-stream",
    "connect.ps1": "application/octet-stream",
    "connect.sh": "application/x-sh",
    "tightvnc.reg": "application/octet-stream",
}


def scripts(facts: Facts, spoken: str) -> dict[str, bytes]:
    """All that is made for one session, by name, in the language `spoken`."""
    return {
        "connect.bat": connect_bat(facts, spoken),
        "connect.ps1": connect_ps1(facts, spoken),
        "connect.sh": connect_sh(facts, spoken),
        "tightvnc.reg": tightvnc_reg(facts),
    }


@bp.get("/support/<link>/<any('connect.bat', 'connect.ps1', 'connect.sh', 'tightvnc.reg'):name>")
def download(link: str, name: str) -> Response:
    """One script. It is fetched by the computer that will call, so this is a visit as that of the page is."""
    facts = facts_for(link, visited(link))
    made = Response(scripts(facts, language())[name], content_type=TYPES[name])
    made.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    made.headers["Cache-Control"] = KEPT_BY_ONE
    made.vary.add("Accept-Language")
    return made
