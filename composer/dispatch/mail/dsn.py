"""Delivery status notifications (RFC 3464, RFC 6522, RFC 6533): one or several recipients, each with its own fate."""

from __future__ import annotations

import re

from composer.dispatch.mail.said import Told
from composer.dispatch.mail.severity import is_vague, severity
from composer.dispatch.mail.structure import Head, Leaf, Mail, fields
from composer.dispatch.mail.texts import DELAYED
from composer.dispatch.mail.words import decoded_words, unwrapped
from composer.domain.notice import Severity

KINDS = ("message/delivery-status", "message/global-delivery-status")
MOST_RECIPIENTS = 100
_BLANK = re.compile(rb"\n[ \t]*\n")
_ARRIVED = frozenset({"delivered", "relayed", "expanded"})
_XTEXT = re.compile(r"\+(2[bB]|3[dD])")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_TYPE = re.compile(r"\s*([\w+-]{1,20})\s*;\s*")


def status_of(mail: Mail) -> Leaf | None:
    """The machine-readable part of a report on delivery, or None."""
    return mail.first(*KINDS)


def told_by(part: Leaf, words: str) -> tuple[Told, ...]:
    """Read the recipients' fields of a report; `words` is the human part, which decides where fields say nothing.

    The first group of fields speaks of the message (section 2.2), every later one of one recipient (section 2.3);
    systems that write all of it as one group are understood too.
    """
    found = []
    for block in _BLANK.split(part.content.strip(b"\n"))[: MOST_RECIPIENTS + 1]:
        group = fields(block)
        if not any(group.has(name) for name in ("final-recipient", "original-recipient", "action", "status")):
            continue
        if told := _told(group, words):
            found.append(told)
    return tuple(found)


def _told(group: Head, words: str) -> Told | None:
    final, original = address_of(group.get("final-recipient")), address_of(group.get("original-recipient"))
    address = original or final
    if not address:
        return None
    action = re.sub(r"[^a-z].*", "", group.get("action").strip().lower())
    status = _status(group.get("status"))
    diagnostic = decoded_words(_TYPE.sub("", group.get("diagnostic-code"), count=1))
    others = tuple({a: None for a in (final, address_of(group.get("x-actual-recipient"))) if a and a.lower() != address.lower()})
    if action in _ARRIVED or (not action and status.startswith("2")):
        return Told(address, None, status, diagnostic, others)
    if action == "delayed" or (action != "failed" and status.startswith("4") and DELAYED.search(words)):
        return Told(address, Severity.delayed, status, diagnostic, others)
    # The text for people may speak of anything: it decides only where no field does.
    return Told(address, severity(status, diagnostic or (words if is_vague(status) else "")), status, diagnostic, others)


def _status(value: str) -> str:
    found = re.search(r"\b([245])\s?\.\s?(\d{1,3})\s?\.\s?(\d{1,3})\b", value[:200])
    return f"{found[1]}.{found[2]}.{found[3]}" if found else ""


def address_of(value: str) -> str:
    """The address in `address-type; address`: comments, xtext (RFC 3461 section 4) and \\x{...} (RFC 6533 section 3) undone."""
    text = _TYPE.sub("", value[:1_000], count=1)
    if "<" in text and ">" in text:
        text = text.partition("<")[2].partition(">")[0]
    text = unwrapped(re.sub(r"\s\([^()]*\)\s*$", "", text))
    text = _XTEXT.sub(lambda found: chr(int(found[1], 16)), text)
    text = _UNICODE.sub(_character, text)
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or len(text) > 320 or any(not c.isprintable() or c in "<>" for c in text) or " " in domain:
        return ""
    return text.rstrip(".")


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if 0x20 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
