"""The programs that a kit can be made of."""

from __future__ import annotations

from enum import StrEnum


class Product(StrEnum):
    """What a file of the kit is, in words."""

    TIGHTVNC = "TightVNC server"
    TIGHTVNC_PART = "part of TightVNC"
    TIGHTVNC_1 = "TightVNC 1.3 server"
    TIGHTVNC_1_PART = "part of TightVNC 1.3"
    ULTRAVNC = "UltraVNC server"
    ULTRAVNC_PART = "part of UltraVNC"
    STUNNEL = "stunnel"
    STUNNEL_PART = "library of stunnel"
    LICENCE = "licence text"


# What a customer's computer can be reached with. A kit without any of them helps nobody.
SERVERS = frozenset({Product.TIGHTVNC, Product.TIGHTVNC_1, Product.ULTRAVNC})
