"""A person's own account."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import redirect, request
from marshmallow import ValidationError
from werkzeug.wrappers import Response as PlainResponse

from portal import errors
from portal.identity import technician
from portal.registers import registers
from portal.schemas import PreferencesIn
from portal.sign_in import local_path

bp = APIBlueprint("account", __name__, url_prefix="/console/account", enable_openapi=False)


@bp.post("/preferences")
def prefer() -> PlainResponse | tuple[str, int]:
    """Remember how somebody likes their pages, and lead back to where they were; a script stays where it is."""
    try:
        wishes = PreferencesIn().load(
            {name: request.form[name] for name in PreferencesIn().fields if name in request.form}
        )
    except ValidationError as refusal:
        return errors.answer(422, "invalid", errors.sentence(refusal.messages))
    registers().technicians.prefer(technician().id, **wishes)
    if errors.wants_json():
        return "", 204
    return redirect(local_path(request.form.get("next", "")), 303)
