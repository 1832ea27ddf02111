"""The register: what a session is, and what may happen to it.

`states` holds the one table of what may follow what. `models` are the rows, `database` opens them. The verbs are
grouped by whom they concern: `register` (a session's life), `calls` (customers' machines), `tickets` (a technician's
way to a call), `technicians` (people). Each verb is one transaction and one audit row. `views` holds the
answers.

This package knows SQL and time. It has never heard of HTTP, of asyncio or of RFB.
"""
