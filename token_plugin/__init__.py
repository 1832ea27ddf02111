"""websockify's part: answer where a ticket leads, and carry the bytes there.

`plugin` answers websockify's question and works with stock websockify too:
`websockify --token-plugin token_plugin.SessionTickets --token-source DATABASE_URL ADDRESS`. `serve` is our own
launcher, `python -m token_plugin`, which adds what stock websockify lacks; `bridge` carries one connection's bytes.
"""

from token_plugin.plugin import SessionTickets

__all__ = ["SessionTickets"]
