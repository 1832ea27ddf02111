"""Whose page an address is: a customer's, who may come over plain HTTP; everybody's; or else a technician's."""

from __future__ import annotations

import re

CUSTOMERS = re.compile(r"/|/support/.*")
# Nothing in these files is anybody's secret, and a refusal without its style sheet looks broken.
EVERYBODYS = re.compile(r"/static/.*|/favicon\.ico")


def is_for_customers(path: str) -> bool:
    """Whether `path` is a page that a customer may see."""
    return CUSTOMERS.fullmatch(path) is not None


def is_for_everybody(path: str) -> bool:
    """Whether `path` is a plain file of the pages."""
    return EVERYBODYS.fullmatch(path) is not None
