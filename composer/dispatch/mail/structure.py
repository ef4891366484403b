"""The structure of a mail, read by ourselves: flat, cut at limits, and in linear time whatever comes.

The standard library's parser calls itself for every level of nesting and rescans long headers. Here a mail is a list
of leaves. What lies inside an attached message is never taken for the mail's own words.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from dataclasses import dataclass, field
from functools import cached_property

from composer.dispatch.mail.words import as_text, unwrapped

LARGEST = 2 * 1024 * 1024
"""Bytes of a mail that are read: reports stand before what they return."""
LARGEST_HEAD = 64 * 1024
MOST_FIELDS = 400
LONGEST_VALUE = 8_000
MOST_LEAVES = 40
DEEPEST = 6
LARGEST_TEXT = 128 * 1024

_BLANK_LINE = re.compile(rb"\n[ \t]*\n")
_PARAMETER = re.compile(r";\s{0,20}([\w-]{1,40})(?:\*\d{0,2}\*?)?\s{0,20}=\s{0,20}(?:\"([^\"]{0,300})\"|([^\s;\"]{0,300}))")


@dataclass(frozen=True, slots=True)
class Head:
    """Header fields in order, names in lower case, values unfolded; of a repeated field `get` takes the first."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return next((value for known, value in self.fields if known == name), "")

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known == name]

    def has(self, name: str) -> bool:
        return any(known == name for known, _ in self.fields)


@dataclass(frozen=True)
class Leaf:
    """A part without parts: `kind` like "text/plain" in lower case, `body` as it was transferred."""

    kind: str
    head: Head
    body: bytes
    depth: int = 0

    @cached_property
    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        how = self.head.get("content-transfer-encoding").strip().lower()
        body = self.body[: 2 * LARGEST_TEXT]
        if how == "base64":
            try:
                return a2b_base64(body[: len(body) // 4 * 4])[:LARGEST_TEXT]
            except Error:
                clean = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
                return a2b_base64(clean[: len(clean) // 4 * 4])[:LARGEST_TEXT]
        return (a2b_qp(body) if how == "quoted-printable" else body)[:LARGEST_TEXT]

    @cached_property
    def text(self) -> str:
        """The content in its charset, LF line ends."""
        return as_text(self.content, parameter(self.head.get("content-type"), "charset"))


@dataclass(frozen=True)
class Mail:
    """A mail's own head, its kind, and its leaves in order. `cut` names the limits at which reading ended."""

    head: Head
    kind: str
    leaves: tuple[Leaf, ...]
    cut: tuple[str, ...] = ()
    kinds: frozenset[str] = field(default=frozenset())
    """Kinds of the multiparts met."""

    def first(self, *kinds: str) -> Leaf | None:
        return next((leaf for leaf in self.leaves if leaf.kind in kinds), None)


def parse(raw: bytes) -> Mail:
    """Read a mail. Never fails: what is damaged is read as text, what is too large is cut and named in `cut`."""
    cut: list[str] = []
    if len(raw) > LARGEST:
        cut.append("size")
    data = raw[:LARGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    if data.startswith(b"From "):  # a mailbox file's separator line
        data = data.partition(b"\n")[2]
    head, body = split(data.lstrip(b"\n"), cut)
    leaves: list[Leaf] = []
    kinds: set[str] = set()
    _leaves(head, body, 0, leaves, kinds, cut)
    return Mail(head, kind_of(head), tuple(leaves), tuple(dict.fromkeys(cut)), frozenset(kinds))


def split(data: bytes, cut: list[str] | None = None) -> tuple[Head, bytes]:
    """Split at the first empty line, and read the fields before it. `data` has LF line ends."""
    if data.startswith(b"\n"):
        return Head(), data[1:]
    end = _BLANK_LINE.search(data)
    block, body = (data[: end.start()], data[end.end() :]) if end else (data, b"")
    return fields(block, cut), body


def fields(block: bytes, cut: list[str] | None = None) -> Head:
    """Read header fields; lines that are none belong to nobody."""
    if len(block) > LARGEST_HEAD:
        block = block[:LARGEST_HEAD]
        _note(cut, "header")
    found: list[tuple[str, list[bytes]]] = []
    for line in block.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if found:
                found[-1][1].append(line.strip())
            continue
        name, colon, value = line.partition(b":")
        if not colon or not re.fullmatch(rb"[!-9;-~]{1,76}[ \t]{0,4}", name):
            continue
        if len(found) == MOST_FIELDS:
            _note(cut, "header")
            break
        found.append((name.rstrip().decode("ascii").lower(), [value.strip()]))
    return Head(tuple((name, as_text(b" ".join(lines)[:LONGEST_VALUE], "")) for name, lines in found))


def kind_of(head: Head, default: str = "text/plain") -> str:
    """The media type in lower case, without parameters."""
    found = re.match(r"\s*([\w.+-]{1,60})\s{0,5}/\s{0,5}([\w.+-]{1,80})", head.get("content-type"))
    return f"{found[1]}/{found[2]}".lower() if found else default


def parameter(value: str, name: str) -> str:
    """A parameter of a field such as Content-Type; empty where it is missing."""
    for found in _PARAMETER.finditer(value[:4_000]):
        if found[1].lower() == name:
            return found[2] if found[2] is not None else found[3]
    return ""


def _leaves(head: Head, body: bytes, depth: int, into: list[Leaf], kinds: set[str], cut: list[str], default: str = "text/plain") -> None:
    """Append the leaves of one part; the depth of the recursion is bounded by DEEPEST."""
    kind = kind_of(head, default)
    pieces = _pieces(head, body, cut) if kind.startswith("multipart/") else []
    if kind.startswith("multipart/"):
        kinds.add(kind)
    if not pieces:
        if kind.startswith("multipart/"):
            kind = "text/plain"
        into.append(Leaf(kind, head, body, depth))
        return
    if depth == DEEPEST:
        cut.append("depth")
        return
    for piece in pieces:
        if len(into) >= MOST_LEAVES:
            cut.append("parts")
            return
        inner, rest = split(piece, cut)
        _leaves(inner, rest, depth + 1, into, kinds, cut, "message/rfc822" if kind == "multipart/digest" else "text/plain")


def _pieces(head: Head, body: bytes, cut: list[str]) -> list[bytes]:
    """Split a multipart's body at its boundary lines; an end that never comes is the end of the mail."""
    boundary = unwrapped(parameter(head.get("content-type"), "boundary")).encode("utf-8", "replace")
    if not boundary:
        return []
    pieces: list[bytes] = []
    start = -1
    for line in re.finditer(rb"(?:^|(?<=\n))--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\n|\Z)", body):
        if start >= 0:
            pieces.append(body[start : line.start()].removesuffix(b"\n"))
        start = line.end()
        if line[1]:
            return pieces
        if len(pieces) >= MOST_LEAVES:
            cut.append("parts")
            return pieces
    if start >= 0:
        pieces.append(body[start:])
    return pieces


def _note(cut: list[str] | None, what: str) -> None:
    if cut is not None:
        cut.append(what)
