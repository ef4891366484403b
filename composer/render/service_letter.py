"""A service letter as bytes: text and HTML in the reader's language, and headers that are no newsletter's.

There is nothing to unsubscribe from: it comes because it was asked for, and only once (no List-* fields, no Feedback-ID).
"Auto-Submitted: auto-generated" keeps holiday notes away (RFC 3834).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_time
from jinja2 import Environment, StrictUndefined, Template

from composer.domain.message import Message
from composer.domain.sentence import fill
from composer.domain.service_letter import ASKING, ServiceLetter, ServiceWords, words_of
from composer.render import headers
from composer.render.letter import ascii_address
from composer.render.mime import serialise

_REGIONS = {"en": "en_GB"}
"""Day before month and 24 hours, as on the pages: readers of English are everywhere."""


@dataclass(frozen=True, slots=True)
class ServiceEnvelope:
    """Who sends service letters, and what the reader's language falls back to. `link` is the button's address; empty: there is none."""

    address: str
    name: str
    postal_address: str
    privacy_url: str
    reply_to: str
    return_path: str
    language: str
    zone: tzinfo
    link: str = ""


def service_message(letter: ServiceLetter, words: ServiceWords, envelope: ServiceEnvelope) -> Message:
    """Return the message, unsigned; the same letter gives the same bytes. ComposerError where the address cannot be written to."""
    language = words.language(letter.language, envelope.language)
    texts = _said(letter, words.texts[language], envelope, language)
    link = envelope.link if letter.kind in ASKING else ""
    rightward = Locale.parse(language).character_order == "right-to-left"
    shown = {"texts": texts, "link": link, "language": language, "direction": "rtl" if rightward else "ltr"}
    html = _page(words.page).render(**shown, sender=envelope.name, postal_address=envelope.postal_address, privacy_url=envelope.privacy_url)
    recipient = ascii_address(letter.address)
    fields = (
        headers.mailbox("From", envelope.name, envelope.address),
        *([headers.mailbox("Reply-To", "", envelope.reply_to)] if envelope.reply_to else []),
        headers.mailbox("To", "", recipient),
        headers.unstructured("Subject", texts["subject"]),
        headers.raw("Date", format_datetime(letter.asked_at)),
        headers.raw("Message-ID", letter.message_id),
        "Auto-Submitted: auto-generated",
    )
    data = serialise(fields, letter.message_id, _twin(texts, link, envelope), html)
    return Message(letter.message_id, envelope.return_path or envelope.address, recipient, texts["subject"], data)


def _said(letter: ServiceLetter, texts: Mapping[str, Mapping[str, str]], envelope: ServiceEnvelope, language: str) -> dict[str, str]:
    values = {**letter.values, "sender": envelope.name, "until": _moment(letter.expires_at, envelope.zone, language)}
    said = {**texts["frame"], **{name: texts[letter.kind.value][name] for name in words_of(letter.kind)}}
    return {name: fill(text, values) for name, text in said.items()}


def _twin(texts: Mapping[str, str], link: str, envelope: ServiceEnvelope) -> str:
    """The text part: the same words in the same order."""
    asks = (f"{texts['button']}:\n{link}", texts["until"]) if link else ()
    foot = (texts["once"], f"{envelope.postal_address}\n{texts['privacy']}: {envelope.privacy_url}")
    return "\n\n".join((texts["title"], texts["hello"], texts["lead"], *asks, texts["otherwise"], "-- \n" + "\n\n".join(foot))) + "\n"


def _moment(at: datetime | None, zone: tzinfo, language: str) -> str:
    if at is None:
        return ""
    local, locale = at.astimezone(zone), _REGIONS.get(language, language)
    return f"{format_date(local, 'long', locale)} {format_time(local, 'short', locale=locale)} ({local.tzname()})"


@lru_cache(8)
def _page(source: str) -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(source)
