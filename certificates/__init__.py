"""Certificates that a process serves, read anew when their files are renewed."""

from __future__ import annotations

from certificates.served import ServedCertificate
from certificates.web import web_context

__all__ = ["ServedCertificate", "web_context"]
