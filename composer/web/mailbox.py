"""A folder of .eml files, read for the inbox page: newest first, broken ones shown as far as they can be read."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path

BROKEN = (LookupError, ValueError, TypeError, AttributeError)
"""What the standard library's parser may raise on bytes that are no message."""
OPENING = 16 * 1024
"""Bytes of a file that hold its headers and the beginning of its text."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter in the list. `name` is its file's name without .eml; `opening` the beginning of its text."""

    name: str
    to_name: str
    to_address: str
    from_name: str
    from_address: str
    subject: str
    message_id: str
    at: datetime
    opening: str

    def holds(self, query: str) -> bool:
        """Whether address, name or subject hold `query`."""
        return query.lower() in f"{self.to_name} {self.to_address} {self.subject}".lower()


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter opened: both parts, the source, and the links that its foot offers."""

    mail: Mail
    html: str
    text: str
    source: str
    links: tuple[tuple[str, str], ...]
    """(kind: why, preferences or unsubscribe; path on this server)."""


def mails(folder: Path) -> list[Mail]:
    """All letters of the folder, the newest first."""
    files = [file for file in folder.glob("*.eml") if file.is_file() and not file.is_symlink()]
    found = [_glance(file, file.stat().st_mtime_ns) for file in files]
    return sorted(found, key=lambda mail: (mail.at, mail.name), reverse=True)


def forget() -> None:
    """Remember no letter any more: somebody was erased, and theirs are gone from the folder."""
    _glance.cache_clear()


def open_mail(folder: Path, name: str) -> Opened | None:
    """Read one letter; None where the folder holds none of that name."""
    file = folder / f"{name}.eml"
    if Path(name).name != name or name.startswith(".") or "\0" in name or file.is_symlink() or not file.is_file():
        return None
    data = file.read_bytes()
    message = _parse(data)
    html = _part(message, "html")
    paths = re.findall(r'href="[^"]*?(/([wpu])/[A-Za-z0-9_-]{36})"', html)
    kinds = {"w": "why", "p": "preferences", "u": "unsubscribe"}
    links = {kinds[letter]: path for path, letter in paths}
    mail = _glance(file, file.stat().st_mtime_ns)
    return Opened(mail, html, _part(message, "plain"), data.decode("utf-8", "replace"), tuple(links.items()))


@lru_cache(maxsize=20_000)
def _glance(file: Path, _changed: int) -> Mail:
    with file.open("rb") as opened:
        message = _parse(opened.read(OPENING))
    to_name, to_address = parseaddr(_header(message, "To"))
    from_name, from_address = parseaddr(_header(message, "From"))
    lines = [line.strip() for line in _part(message, "plain").splitlines() if "://" not in line]
    return Mail(
        name=file.stem,
        to_name=to_name or to_address,
        to_address=to_address,
        from_name=from_name or from_address,
        from_address=from_address,
        subject=_header(message, "Subject"),
        message_id=_header(message, "Message-ID").strip(),
        at=_date(message) or datetime.fromtimestamp(file.stat().st_mtime, UTC),
        opening=" ".join(line for line in lines if line)[:200],
    )


def _parse(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except BROKEN:
        return ""


def _date(message: EmailMessage) -> datetime | None:
    try:
        at: datetime | None = message["Date"].datetime
    except BROKEN:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


def _part(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return "" if part is None else str(part.get_content())
    except BROKEN:
        return ""
