"""Refuses what Windows XP does not have in a batch file: a command, a switch, or a form that it misreads.

`problems(data)` answers one line for each, empty where the file runs on XP as it is. The list of what is allowed is
short on purpose: what no script of ours uses is refused until somebody has looked it up.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

# Commands of cmd.exe itself (`help` on XP), and the switches of them that are used here.
INTERNAL = {
    "@echo": frozenset[str](),
    "cd": frozenset({"/d"}),
    "copy": frozenset({"/y"}),
    "del": frozenset[str](),
    "echo": frozenset[str](),
    "echo.": frozenset[str](),
    "endlocal": frozenset[str](),
    "exit": frozenset({"/b"}),
    "goto": frozenset[str](),
    "md": frozenset[str](),
    "pause": frozenset[str](),
    "rd": frozenset({"/s", "/q"}),
    "rem": frozenset[str](),
    "set": frozenset({"/a", "/p"}),
    "setlocal": frozenset[str](),
    "start": frozenset({"/b", "/min", "/wait"}),
    "title": frozenset[str](),
}
# Programs in %SystemRoot%\system32 of XP Home and Professional. tasklist is in Professional only: see ONLY_IF_THERE.
EXTERNAL = {
    "cmd": frozenset({"/c"}),
    "cscript": frozenset({"//nologo", "//b"}),
    "find": frozenset({"/i", "/c", "/v"}),
    "netstat": frozenset({"-an", "-a", "-n", "-o"}),
    "ping": frozenset({"-n", "-w"}),
    "reg": frozenset({"/v", "/t", "/d", "/f"}),
    "sc": frozenset[str](),
    "tasklist": frozenset({"/fi"}),
}
# `reg export` and `reg import` of XP know no switch; `reg query` only /v, /ve, /s; `sc` here only asks.
VERBS = {
    ("reg", "add"): frozenset({"/v", "/t", "/d", "/f"}),
    ("reg", "delete"): frozenset({"/v", "/f"}),
    ("reg", "export"): frozenset[str](),
    ("reg", "import"): frozenset[str](),
    ("reg", "query"): frozenset({"/v", "/s"}),
    ("sc", "query"): frozenset[str](),
}
ONLY_IF_THERE = {"tasklist"}
MAX_LINE = 8191  # of XP (KB830473)

_WORD = re.compile(r'(?:"[^"]*"|[^\s"])+')
_SWITCH = re.compile(r"//?[A-Za-z?][A-Za-z]*(:.*)?|-[a-z0-9]+")
_FOR = re.compile(
    r'for\s+(?:/f\s+("(?:usebackq|tokens=[\d,*-]+|delims=\S*| )+")\s+)?%%[a-z]\s+in\s+\((.*?)\)\s+do\s+(.*)',
    re.IGNORECASE,
)
_IF = re.compile(
    r'if\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+(?:"[^"]*"|\S+)|defined\s+\w+|errorlevel\s+\d+'
    r'|(?:"[^"]*"|[^\s="]+)\s*==\s*(?:"[^"]*"|\S+)|\S+\s+(?:EQU|NEQ|LSS|LEQ|GTR|GEQ)\s+\S+)\s+(.*)',
    re.IGNORECASE,
)
_REDIRECTION = re.compile(r'\d?>>?\s*(?:&\d|"[^"]*"|\S+)|<\s*(?:"[^"]*"|\S+)')


def problems(data: bytes, code_page: str = "cp850") -> list[str]:
    """All that is wrong with a batch file for XP."""
    found = list(_of_the_file(data))
    lines = data.decode(code_page).split("\r\n")
    labels = {line[1:].split()[0].lower() for line in lines if line.startswith(":") and len(line) > 1}
    guarded = {
        tool for tool in ONLY_IF_THERE if any(re.match(rf'if not exist ".*\\{tool}\.exe"', one) for one in lines)
    }
    for number, line in enumerate(lines, 1):
        found += [f"line {number}: {problem}" for problem in _of_a_line(line.strip(), labels, guarded)]
    return found


def _of_the_file(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe")):
        yield "starts with a byte order mark"
    if re.search(rb"(?<!\r)\n|\r(?!\n)", data):
        yield "has lines that do not end with CR LF"
    if b"\0" in data or b"\x1a" in data:
        yield "has a NUL or an end-of-file character"


def _of_a_line(line: str, labels: set[str], guarded: set[str]) -> Iterator[str]:
    if len(line) > MAX_LINE:
        yield "is too long"
    if not line or line.startswith(":") or re.match(r"rem\b", line, re.IGNORECASE):
        return
    if line in {"(", ")"} or line.endswith("("):
        yield "a block: a variable with a parenthesis in it would end it"
        return
    for part in _commands(line):
        yield from _of_a_command(part, labels, guarded)


def _commands(line: str) -> list[str]:
    """The commands of a line, split at `&` and `|` outside quotes and not after a caret."""
    parts, quoted, at = [""], False, 0
    while at < len(line):
        character = line[at]
        quoted ^= character == '"'
        if character == "^" and not quoted:
            parts[-1] += line[at : at + 2]
            at += 2
            continue
        if character in "&|" and not quoted and not parts[-1].endswith(">"):
            parts.append("")
        else:
            parts[-1] += character
        at += 1
    return [part.strip() for part in parts if part.strip()]


def _of_a_command(command: str, labels: set[str], guarded: set[str]) -> Iterator[str]:
    while re.match(r"\d?>", command):
        command = _REDIRECTION.sub("", command, count=1).strip()
    looped = _FOR.fullmatch(command)
    if looped:
        if looped[2].startswith("'"):
            yield from _of_a_command(looped[2].strip("'"), labels, guarded)
        yield from _of_a_command(looped[3], labels, guarded)
        return
    asked = _IF.fullmatch(command)
    if asked:
        yield from _of_a_command(asked[1], labels, guarded)
        return
    yield from _of_a_plain_command(command, labels, guarded)


def _of_a_plain_command(command: str, labels: set[str], guarded: set[str]) -> Iterator[str]:
    words = _WORD.findall(command)
    name = words[0].lower()
    if name in {"goto", "call"}:
        yield from _of_a_jump(words, labels)
    elif name in {"echo", "title", "@echo"} or name.startswith("echo."):
        if "/?" in command:
            yield "prints the help of echo"
    elif name == "start":
        yield from _of_start(words)
    elif name in INTERNAL:
        yield from _switches(words, INTERNAL[name])
    elif name in EXTERNAL:
        yield from _of_a_program(name, _WORD.findall(_REDIRECTION.sub("", command)), guarded)
    else:
        yield f"{words[0]} is not in XP, or was not looked up"


def _of_a_program(name: str, words: list[str], guarded: set[str]) -> Iterator[str]:
    if name in ONLY_IF_THERE - guarded:
        yield f"{name} is not in XP Home, and nothing asks whether it is there"
    verb = (name, words[1].lower()) if len(words) > 1 else (name, "")
    if name in {"reg", "sc"} and verb not in VERBS:
        yield f"{name} {verb[1]} is not among what was looked up"
    yield from _switches(words, VERBS.get(verb, EXTERNAL[name]))


def _of_a_jump(words: list[str], labels: set[str]) -> Iterator[str]:
    target = words[1].lstrip(":").lower() if len(words) > 1 else ""
    if words[0].lower() == "call" and not words[1].startswith(":"):
        yield "call of something other than a label"
    elif target not in labels | {"eof"}:
        yield f"there is no label {target}"


def _of_start(words: list[str]) -> Iterator[str]:
    if len(words) < 3 or not re.fullmatch(r'"[^%\\]*"', words[1]):
        yield "start without a title: it takes the first quoted word for one"
        return
    switches = list(itertools.takewhile(lambda word: word.startswith("/"), words[2:]))
    yield from _switches(["start", *switches], INTERNAL["start"])


def _switches(words: list[str], known: frozenset[str]) -> Iterator[str]:
    for word in words[1:]:
        if _SWITCH.fullmatch(word) and word.lower() not in known:
            yield f"{words[0]} {word} is not in XP, or was not looked up"
