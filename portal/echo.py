"""`/healthz/echo`: tells `reachback doctor` what of its request arrived here, through whatever stands in front.

Nobody else is answered: the doctor proves that it can read the installation's key (`sessions.proof`).
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, abort, jsonify, request

from portal.client_address import client_address, is_trusted
from portal.plain_http import FORWARDED, is_secure
from portal.registers import registers
from sessions.proof import HEADER, is_proof

bp = APIBlueprint("echo", __name__, enable_openapi=False)


@bp.get("/healthz/echo")
def show() -> Response:
    """From where this request came, and what a proxy added to it."""
    own = registers()
    if not is_proof(request.headers.get(HEADER, ""), own.settings.secret_key(), own.clock()):
        abort(404)
    answer = jsonify(
        node=own.settings.node,
        peer=request.remote_addr or "",
        trusted=is_trusted(request.remote_addr or ""),
        client=client_address(),
        secure=is_secure(),
        host=request.host,
        forwarded=[name for name in FORWARDED if name in request.headers],
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
