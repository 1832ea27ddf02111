"""What a backup or a restore refuses."""

from __future__ import annotations


class BackupRefused(Exception):
    """One sentence: what is in the way, and what to do."""
