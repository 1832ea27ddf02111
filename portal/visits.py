"""A customer follows a link: to the page, or to something that the page leads to."""

from __future__ import annotations

from flask import request

from portal.client_address import client_address
from portal.registers import registers
from sessions.errors import LinkEnded
from sessions.views import SessionView

# Internet Explorer up to 8 cannot save what it was told, over HTTPS, not to store: it deletes the file before it is
# whole (Microsoft's articles 316431 and 815313). What is downloaded lies on the customer's disk a moment later anyway.
KEPT_BY_ONE = "private, max-age=0"


def visited(link: str) -> SessionView:
    """The session of `link`, told that its customer was here.

    HEAD is what link checkers and mail scanners send; a person's browser sends GET. Only a person's visit counts, for
    the address of a visit may later own a call.

    Raises:
        UnknownLink, LinkEnded: nobody is let in.
    """
    sessions = registers().sessions
    if request.method != "HEAD":
        return sessions.open_page(link, client_address())
    view = sessions.by_link(link)
    if view.ended:
        raise LinkEnded
    return view
