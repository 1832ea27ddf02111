"""Whose page an address is: a customer's, who may come over plain HTTP; everybody's; a machine's; or a technician's."""

from __future__ import annotations

import re

CUSTOMERS = re.compile(r"/|/support/.*")
# Nothing in these files is anybody's secret, and a refusal without its style sheet looks broken.
EVERYBODYS = re.compile(r"/static/.*|/favicon\.ico")
# What load balancers and Prometheus ask this very node, past the proxy that has the certificate. No secret is in it.
MACHINES = re.compile(r"/healthz/(live|ready|echo)|/metrics")


def is_for_customers(path: str) -> bool:
    """Whether `path` is a page that a customer may see."""
    return CUSTOMERS.fullmatch(path) is not None


def is_for_everybody(path: str) -> bool:
    """Whether `path` is a plain file of the pages."""
    return EVERYBODYS.fullmatch(path) is not None


def is_for_machines(path: str) -> bool:
    """Whether `path` is asked for by programs that look after this node, over the network behind the proxy."""
    return MACHINES.fullmatch(path) is not None
