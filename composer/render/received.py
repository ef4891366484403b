"""Read a message back from its bytes the way a receiver would, without trusting what wrote it."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error, a2b_qp
from dataclasses import dataclass, field
from email.header import decode_header
from functools import cached_property, lru_cache

from composer.render.page import Page, outlook, read_page


@dataclass(slots=True)
class Head:
    """A header as it stands: `lines` as written, `fields` unfolded in order, `by_name` the first of each by its name in lower case."""

    raw: bytes
    lines: list[str]
    fields: list[tuple[str, str]]
    by_name: dict[str, str]
    stray: bool
    """Whether a line is no header field."""
    longest: int

    def value(self, name: str) -> str:
        """The first field of this name, in lower case; an empty string where there is none."""
        return self.by_name.get(name, "")


def read_head(data: bytes) -> Head:
    """Read the header of a message; its body is not touched."""
    end = data.find(b"\r\n\r\n")
    raw = data if end < 0 else data[:end]
    text = raw.decode("latin-1")
    lines = text.split("\r\n")
    if "\r\n " in text or "\r\n\t" in text:
        unfolded = text.replace("\r\n ", " ").replace("\r\n\t", "\t").split("\r\n")
    else:
        unfolded = lines
    fields: list[tuple[str, str]] = []
    by_name: dict[str, str] = {}
    stray = False
    for line in unfolded:
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        fields.append((name, value))
        by_name.setdefault(name.lower(), value)
        stray = stray or not colon
    return Head(raw, lines, fields, by_name, stray, max(map(len, lines)))


@lru_cache(maxsize=4096)
def decoded(value: str) -> str:
    """Return a field's value with its encoded words (RFC 2047) decoded; the value itself where they cannot be."""
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
        return "".join(piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace") for piece, charset in pieces)
    except (ValueError, LookupError, Error):
        return value


@dataclass(frozen=True)
class Part:
    """One part: its type, charset and transfer encoding as declared, and what it says, with LF line ends."""

    kind: str
    charset: str
    encoding: str
    text: str
    lines: list[bytes] = field(default_factory=list)
    """As they stand in the message."""


@dataclass(frozen=True)
class Received:
    """A message taken apart: its header, and the parts of its body."""

    data: bytes
    head: Head
    parts: tuple[Part, ...]

    @property
    def fields(self) -> list[tuple[str, str]]:
        return self.head.fields

    def value(self, name: str) -> str:
        """The first field of this name; an empty string where there is none."""
        return self.head.value(name.lower())

    def part(self, kind: str) -> str:
        """What the first part of this type says."""
        return next((part.text for part in self.parts if part.kind == kind), "")

    @cached_property
    def page(self) -> Page:
        """The HTML part as most programs show it."""
        return read_page(self.part("text/html"))

    @cached_property
    def outlook(self) -> Page:
        """The HTML part as Outlook on Windows shows it."""
        return read_page(outlook(self.part("text/html")))

    @cached_property
    def pages(self) -> tuple[Page, Page]:
        return self.page, self.outlook


def receive(data: bytes) -> Received:
    """Take a message apart. Damage shows as missing fields or parts; nothing is raised."""
    head = read_head(data)
    boundary = re.search(r'boundary="([^"]+)"', head.value("content-type"))
    body = data[len(head.raw) + 4 :]
    return Received(data, head, tuple(_parts(body, boundary[1].encode("latin-1"))) if boundary else ())


def _parts(body: bytes, boundary: bytes) -> list[Part]:
    parts = []
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if piece.startswith(b"--"):
            break
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        kind = re.search(rb"(?i)^Content-Type:\s*([\w/]+)(?:;\s*charset=\"?([\w-]+)\"?)?", head, re.MULTILINE)
        encoding = re.search(rb"(?i)^Content-Transfer-Encoding:\s*(\S+)", head, re.MULTILINE)
        how = encoding[1].decode("latin-1").lower() if encoding else ""
        plain = _plain(content, how).decode("utf-8", errors="replace").replace("\r\n", "\n")
        named = (kind[1].decode("latin-1"), (kind[2] or b"").decode("latin-1").lower()) if kind else ("", "")
        parts.append(Part(*named, how, plain, content.split(b"\r\n")))
    return parts


def _plain(content: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return a2b_qp(content)
    if encoding == "base64":
        try:
            return b64decode(content)
        except Error:
            return b""
    return content
