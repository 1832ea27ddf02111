"""Recognises a file as one of the programs that a kit can be made of.

By its name, as the vendor has it, and by what its version resource says. That tells people what they have put there and
keeps the wrong file out; it proves nothing. What keeps a file from being exchanged is its pin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kit.errors import NotAProgram
from kit.products import Product
from kit.program import Program, read_program


@dataclass(frozen=True, slots=True)
class _Rule:
    name: re.Pattern[str]
    mark: str  # what the version resource must say somewhere, in lower case; empty where that is not asked
    product: Product


def _rule(name: str, product: Product, mark: str = "") -> _Rule:
    return _Rule(re.compile(name, re.IGNORECASE), mark, product)


# The first that fits is right: UltraVNC's server has the same name as that of TightVNC 1.3.
_RULES = (
    _rule(r"tvnserver\.exe", Product.TIGHTVNC, "tightvnc"),
    _rule(r"screenhooks(32|64)\.dll|hookldr\.exe|sas\.dll", Product.TIGHTVNC_PART),
    _rule(r"winvnc\.exe", Product.ULTRAVNC, "ultravnc"),
    _rule(r"winvnc\.exe", Product.TIGHTVNC_1),
    _rule(r"vnchooks\.dll", Product.ULTRAVNC_PART, "ultravnc"),
    _rule(r"vnchooks\.dll", Product.TIGHTVNC_1_PART),
    _rule(r"ddengine(64)?\.dll|schook(64)?\.dll", Product.ULTRAVNC_PART),
    _rule(r"t?stunnel\.exe", Product.STUNNEL, "stunnel"),
    _rule(r"lib(crypto|ssl)-[\w.-]+\.dll|(libeay|ssleay)32\.dll|zlib1\.dll", Product.STUNNEL_PART),
    _rule(r"lib(ssp|gcc_s|winpthread)[\w.-]*\.dll|(msvcr|vcruntime)[\w.-]*\.dll", Product.STUNNEL_PART),
)

# The GNU General Public License wants to travel with the program.
_LICENCE = re.compile(r"(licen[cs]e|copying|copyright|gpl)[\w-]*(\.txt)?", re.IGNORECASE)
MAX_LICENCE = 256 * 1024
_MARKED = ("ProductName", "FileDescription", "InternalName", "OriginalFilename", "CompanyName", "Comments")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is: a product, or None and why not; and what it says of itself, where it is a program."""

    product: Product | None
    program: Program | None = None
    why_not: str = ""


def recognise(name: str, data: bytes) -> Recognised:
    """What the file `name` with the contents `data` is."""
    if _LICENCE.fullmatch(name):
        return _licence(data)
    try:
        program = read_program(data)
    except NotAProgram as error:
        return Recognised(None, why_not=str(error))
    rules = [rule for rule in _RULES if rule.name.fullmatch(name)]
    if not rules:
        return Recognised(None, program, "nothing that customers need has this name")
    for rule in rules:
        if rule.mark in _says(program):
            return Recognised(rule.product, program)
    return Recognised(None, program, f"its version resource does not speak of {rules[-1].product}")


def _says(program: Program) -> str:
    return " ".join(program.resource.strings.get(name, "") for name in _MARKED).lower()


def _licence(data: bytes) -> Recognised:
    if len(data) > MAX_LICENCE or b"\0" in data:
        return Recognised(None, why_not="it is named like a licence, but is no short text")
    return Recognised(Product.LICENCE)
