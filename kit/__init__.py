"""The kit: vendors' programs that an admin put into a folder, to be handed to customers unchanged.

======================  ==============================================================================
``folder``              the folder: regular files only, plain names, everything bounded
``program``             what a Windows program says of itself: processor, lowest Windows, version, signer
``version_resource``,   the two parts of a program that take more than a few lines to read
``signature``
``products``            which programs a kit can be made of
``recognition``         how a file is recognised as one of them
``pins``                the hashes under which files were accepted
``examination``         every file compared with its pin: for `reachback kit check`
``served``              the pinned files that are unchanged: for the portal
``archive``             the zip file
``der``, ``text``       elements of a signature; text made fit for a terminal
``errors``              what can be wrong
======================  ==============================================================================

This package knows files. It has never heard of sessions, of HTTP or of settings. Programs are read when a person checks
the kit; `Kit`, which the portal uses, compares hashes and never looks inside a file.
"""

from __future__ import annotations

from kit.archive import build
from kit.errors import KitError
from kit.served import Kit

PINS_FILE = "kit.pins.json"

__all__ = ["PINS_FILE", "Kit", "KitError", "build"]
