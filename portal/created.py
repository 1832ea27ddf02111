"""What is shown of a session just made, once: link, code, QR code, ready messages, a slip for paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from portal.api import described
from portal.identity import technician
from portal.messages import Message, Told, messages
from portal.qr import qr_code
from portal.registers import registers
from portal.session_facts import customers_address
from sessions.views import NewSession


@dataclass(frozen=True, slots=True, repr=False)
class Created:
    """Everything that the technician passes on. It is in this answer and nowhere else."""

    customer: str
    reference: str
    link: str
    code: str
    host: str
    port: int
    front: str
    expires_at: datetime
    qr: Markup
    messages: list[Message]


def created(new: NewSession) -> Created:
    """The facts of a new session, ready for the page."""
    told = described(new)
    front = f"{customers_address(registers().settings)}/"
    return Created(
        customer=new.session.customer,
        reference=new.session.reference,
        link=told["link"],
        code=new.code,
        host=told["host"],
        port=told["port"],
        front=front,
        expires_at=new.session.expires_at,
        qr=qr_code(told["link"]),
        messages=messages(Told(told["link"], front, new.code, technician().name)),
    )
