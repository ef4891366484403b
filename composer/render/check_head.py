"""Checks of the header as it was written: W, U, L, S and A. They cost a microsecond each, so they run on every letter."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import unquote

from composer.domain.sender import MAILBOX_PROVIDERS, PICTURES
from composer.errors import ComposerError
from composer.render.case import Check, Letter, placeholder, when, without_own_words
from composer.render.head_fields import mailto
from composer.render.headers import clean
from composer.render.letter import ascii_address
from composer.render.received import decoded

_SINGLE = """
    from to subject date message-id reply-to sender mime-version content-type list-id list-unsubscribe list-unsubscribe-post
    list-help list-post feedback-id auto-submitted precedence
"""
_ONCE = frozenset(_SINGLE.split())
_OURS = _ONCE | {"dkim-signature", "cc", "bcc"}
"""With copies, which law W08 tells of."""
_ENCODED = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_FAKE_REPLY = re.compile(r"\s*(?:re|fwd?|vs|vl|aw|wg|sv)\s*:", re.IGNORECASE)
_UNSUBSCRIBE = re.compile(r"<(https?://[^\s<>,]+)>(?:,\s*<mailto:[^\s<>,]+>)?")
_BLANK_INSIDE = re.compile(r"<[^>]*\s")
_LIST_ID = re.compile(r"\S\s+<[^<>\s]+\.[^<>\s]+>")
_FEEDBACK = re.compile(r"[^:\s]*:[^:\s]*:[^:\s]*:[^:\s]{5,15}")
LONGEST_SUBJECT = 60


def _line_ends(letter: Letter) -> str:
    raw = letter.head.raw
    return when(not raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n"), "a lone CR or LF")


def _doubled(letter: Letter) -> str:
    fields = letter.head.fields
    if len(letter.head.by_name) == len(fields):
        return ""
    names = [name.lower() for name, _ in fields]
    return ", ".join(sorted({name for name in names if name in _ONCE and names.count(name) > 1}))


def _date(letter: Letter) -> str:
    # Written anew rather than parsed: the field must say exactly this, in the one form that every program reads.
    return when(letter.head.value("date") != _written(letter.envelope.date), "another date, or none")


@lru_cache(maxsize=4096)
def _written(moment: datetime) -> str:
    """Letters of one hour share their date."""
    return format_datetime(moment)


def _encoded_words(letter: Letter) -> str:
    if b"=?" not in letter.head.raw:
        return ""
    wrong = any(len(line) > 76 or any(len(word) > 75 for word in _ENCODED.findall(line)) for line in letter.head.lines if "=?" in line)
    return when(wrong, "a longer one")


def _ascii(letter: Letter) -> str:
    local, _, domain = letter.message.recipient.rpartition("@")
    return when(not letter.head.raw.isascii() or len(local) > 64 or len(domain) > 255, "more")


def _foreign(letter: Letter) -> str:
    return when(letter.head.stray or not _OURS.issuperset(letter.head.by_name), "a foreign field or line")


@lru_cache(maxsize=1024)
def _one_address(value: str, address: str) -> bool:
    return re.fullmatch(r'(?:"(?:[^"\\]|\\.)*"|[^"<>,]*)\s*<' + re.escape(address) + ">", value) is not None


def _to(letter: Letter) -> str:
    head, written = letter.head, letter.message.recipient
    right = head.value("to") in (f"<{written}>", written) and "cc" not in head.by_name and "bcc" not in head.by_name
    return when(not right or written not in (letter.person.address, _ascii_form(letter.person.address)), "somebody else")


@lru_cache(maxsize=1024)
def _ascii_form(address: str) -> str:
    try:
        return ascii_address(address)
    except ComposerError:
        return ""


def _unsubscribe(letter: Letter) -> str:
    if _encoded(letter):
        return ""  # what cannot be read is law U02's to tell
    value, base = letter.head.value("list-unsubscribe"), letter.envelope.base_url
    found = _UNSUBSCRIBE.fullmatch(value)
    return when(not found or not (found[1].startswith("https://") or found[1].startswith(base + "/")), "none, or one that is none")


def _encoded(letter: Letter) -> str:
    value = letter.head.value("list-unsubscribe")
    if "=?" not in value and " " not in value and "\t" not in value:
        return ""
    return when("=?" in value or _BLANK_INSIDE.search(value), "encoded or broken")


def _opaque(letter: Letter) -> str:
    url = unquote(_first_address(letter)).lower()
    # 22 base64url characters are 132 bits; a shorter last part is readable or can be guessed.
    return when("@" in url or len(url.rpartition("/")[2]) < 22, "a readable or short one")


def _first_address(letter: Letter) -> str:
    """The address for one-click; the one it should be where it cannot be read."""
    if _encoded(letter):
        return letter.envelope.unsubscribe_header_url
    return letter.head.value("list-unsubscribe").partition(">")[0].removeprefix("<")


def _second_address(letter: Letter) -> str:
    if _encoded(letter):
        return ""
    written = letter.head.value("list-unsubscribe").partition(">")[2].lstrip(", \t")
    address = letter.envelope.unsubscribe_mailto
    return when(written != (f"<{mailto(address)}>" if address else ""), "another, or none")


def _list_id(letter: Letter) -> str:
    value = letter.head.value("list-id")
    right = _LIST_ID.search(value) and value.endswith(f"<{letter.envelope.list_id}>") and len(letter.envelope.list_id) <= 255
    return when(not right, "something else")


def _feedback(letter: Letter) -> str:
    value = letter.head.value("feedback-id")
    if value == letter.envelope.feedback_id == "":
        return ""
    ours = (letter.person.recipient_id, letter.message.message_id.strip("<>").partition("@")[0])
    named = any(part and part in value.split(":")[:3] for part in ours)
    return when(value != letter.envelope.feedback_id or not _FEEDBACK.fullmatch(value) or named, "something else")


def _subject(letter: Letter) -> str:
    subject = letter.message.subject
    return when(not subject.strip(), "empty") or placeholder(letter, subject)


@lru_cache(maxsize=1024)
def _display_name(value: str, name: str, address: str) -> str:
    shown = decoded(value.partition(f"<{address}>")[0]).strip()
    shown = re.sub(r"\\(.)", r"\1", shown[1:-1]) if shown.startswith('"') else shown
    return when(shown != clean(name), "another name") or when(PICTURES.search(shown), "a picture")


def _own_domain(letter: Letter) -> str:
    domain = letter.envelope.sender_address.rpartition("@")[2].lower()
    return when(domain in MAILBOX_PROVIDERS or not domain, "a mailbox provider's: nobody else may sign for it")


def _envelope_aligned(letter: Letter) -> str:
    domain = letter.envelope.sender_address.rpartition("@")[2].lower()
    bounces = letter.message.sender.rpartition("@")[2].lower()
    return when(bounces != domain and not bounces.endswith("." + domain), "another domain")


HEAD: tuple[tuple[str, Check], ...] = (
    ("W01", _line_ends),
    ("W02", lambda x: when(x.head.longest > 998, "a longer one")),
    ("W03", _doubled),
    ("W04", _date),
    ("W05", lambda x: when(not _MESSAGE_ID.fullmatch(x.head.value("message-id")), "something else")),
    ("W06", lambda x: when(not x.head.value("message-id") == x.message.message_id == x.envelope.message_id, "another")),
    ("W07", lambda x: when(not _one_address(x.head.value("from"), x.envelope.sender_address), "something else")),
    ("W08", _to),
    ("W09", _encoded_words),
    ("W10", _ascii),
    ("W11", _foreign),
    ("A01", _own_domain),
    ("A06", _envelope_aligned),
    ("A07", lambda x: when(x.message.sender != (x.envelope.return_path or x.envelope.sender_address), "another")),
    ("U01", _unsubscribe),
    ("U02", _encoded),
    ("U03", lambda x: when(x.head.value("list-unsubscribe-post") != "List-Unsubscribe=One-Click", "something else")),
    ("U04", lambda x: when(len(_first_address(x)) > 74, "more")),
    ("U05", _opaque),
    ("U06", lambda x: when(_first_address(x) != x.envelope.unsubscribe_header_url, "another")),
    ("U07", _second_address),
    ("L01", _list_id),
    ("L02", _feedback),
    ("S01", _subject),
    ("S02", lambda x: when(_FAKE_REPLY.match(x.message.subject) and _FAKE_REPLY.match(without_own_words(x, x.message.subject)), "it does")),
    ("S03", lambda x: _display_name(x.head.value("from"), x.envelope.sender_name, x.envelope.sender_address)),
    ("S04", lambda x: when(len(x.message.subject) > LONGEST_SUBJECT, f"{len(x.message.subject)}")),
    ("M05", lambda x: when(len(x.message.data) > 200_000, f"{len(x.message.data)}")),
)
"""What is judged on every letter from its header, and again over the final bytes."""
