"""`/support/LINK/kit.zip`: the programs that the admin pinned, unchanged, and the scripts for this one session."""

from __future__ import annotations

from collections.abc import Mapping

from apiflask import APIBlueprint
from flask import Response, make_response, render_template

from kit import build
from portal import kit_readme
from portal.downloads import scripts
from portal.languages import language
from portal.registers import registers
from portal.session_facts import facts_for
from portal.visits import KEPT_BY_ONE, visited
from sessions.views import SessionView

bp = APIBlueprint("kit_download", __name__, enable_openapi=False)


@bp.get("/support/<link>/kit.zip")
def download(link: str) -> Response:
    """Everything that an old Windows needs to call, in one file; a page that says so where no kit is kept here."""
    view = visited(link)
    files = registers().kit.files()
    if not files:
        return _no_kit()
    made = Response(build(files, _beside(link, view, files)), mimetype="application/zip")
    made.headers["Content-Disposition"] = 'attachment; filename="kit.zip"'
    made.headers["Cache-Control"] = KEPT_BY_ONE
    made.vary.add("Accept-Language")
    return made


def _beside(link: str, view: SessionView, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What lies beside the programs: all that is of this one session."""
    facts = facts_for(link, view)
    readme = kit_readme.readme(language(), view.created_by, facts.page, files)
    return dict([readme]) | scripts(facts, language())


def _no_kit() -> Response:
    made = make_response(render_template("customer/no_kit.html", status=404))
    made.status_code = 404
    return made
