"""The token plugin: spends a ticket and answers where its call is.

websockify makes the plugin once, in its first process, and asks `lookup` in a process of its own per connection. A
database connection must not be carried across that fork, so each question opens and closes one.
"""

from __future__ import annotations

from sqlalchemy.orm import configure_mappers

from sessions import redaction
from sessions.database import open_engine
from sessions.tickets import TicketRegister


class SessionTickets:
    """What `websockify --token-plugin` is given; `source` is the register's database URL."""

    def __init__(self, source: str) -> None:
        self._url = source
        # Stock websockify logs the path, ticket and all.
        redaction.install()
        # Once here instead of in each connection's process: a third of what a set-up costs.
        configure_mappers()

    def lookup(self, token: str) -> tuple[str, int]:
        """Spend the ticket in `token` and answer host and port of its call.

        Raises:
            TicketRefused: in words fit for a log. (An answer of None would make websockify log the token itself.)
        """
        engine = open_engine(self._url, pooled=False)
        try:
            endpoint = TicketRegister(engine).spend(token)
        finally:
            engine.dispose()
        return endpoint.host, endpoint.port
