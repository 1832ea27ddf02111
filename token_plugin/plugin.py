"""The token plugin: spends a ticket and answers where its call is.

websockify makes the plugin once, in its first process, and asks `lookup` in a process of its own per connection. A
database connection must not be carried across that fork, so each question opens and closes one.
"""

from __future__ import annotations

import logging
import time

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import configure_mappers

from sessions import logs, redaction
from sessions.database import open_engine
from sessions.errors import NotYourTurn
from sessions.settings import Settings
from sessions.tickets import TicketRegister
from sessions.views import Endpoint

# A seat is taken within milliseconds of its ticket's spending; who has waited for 12 s is refused and comes again.
TURN_SECONDS = 0.03
MOST_TURNS = 400


log = logging.getLogger(__name__)


class SessionTickets:
    """What `websockify --token-plugin` is given; `source` is the register's database URL.

    `node` is where it runs; stock websockify does not say it, the environment does.
    """

    def __init__(self, source: str, node: str | None = None) -> None:
        self._url = source
        self._node = node or Settings.from_env().node
        # Stock websockify logs the path, ticket and all.
        redaction.install()
        # Once here instead of in each connection's process: a third of what a set-up costs.
        configure_mappers()

    def lookup(self, token: str) -> tuple[str, int]:
        """Spend the ticket in `token` and answer host and port of its call, once nobody else is about to sit there.

        Raises:
            TicketRefused: in words fit for a log. (An answer of None would make websockify log the token itself.)
        """
        engine = open_engine(self._url, pooled=False)
        try:
            endpoint = _spend_in_turn(TicketRegister(engine, node=self._node), token)
        finally:
            engine.dispose()
        logs.begin(logs.Subject(endpoint.session_id, endpoint.call_id))
        log.info("a ticket was spent: its WebSocket is led to call %d", endpoint.call_id)
        return endpoint.host, endpoint.port


def _spend_in_turn(tickets: TicketRegister, token: str) -> Endpoint:
    for _ in range(MOST_TURNS):
        try:
            return tickets.spend(token)
        except (NotYourTurn, OperationalError):
            # A database that is started again answers soon, and what failed has spent nothing.
            time.sleep(TURN_SECONDS)
    return tickets.spend(token)
