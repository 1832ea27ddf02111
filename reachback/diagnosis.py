"""How the doctor's findings are told: a line each for people, one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from reachback.findings import Finding, Status
from reachback.supervisor import printable


def tell(findings: Iterable[Finding], *, as_json: bool) -> bool:
    """Print them, people's as they come; answers whether none of them is a problem."""
    told = []
    for finding in findings:
        told.append(finding)
        if not as_json:
            # Settings, and what other machines answer, go to a terminal.
            click.echo(printable(str(finding)))
    if as_json:
        click.echo(json.dumps({"findings": [_plain(finding) for finding in told]}, ensure_ascii=False, indent=1))
    return all(finding.status is not Status.PROBLEM for finding in told)


def _plain(finding: Finding) -> dict[str, str]:
    return {"name": finding.name, "status": finding.status, "what": finding.words, "cure": finding.cure}
