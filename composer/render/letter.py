"""Render a newsletter: the decided blocks, this person's fields and links, and the bytes that will be sent."""

from __future__ import annotations

import re
from email.utils import format_datetime

import idna

from composer.domain.audience import Person
from composer.domain.content import Library
from composer.domain.message import Message
from composer.domain.newsletter import Newsletter
from composer.errors import ComposerError
from composer.render import headers
from composer.render.envelope import Envelope
from composer.render.fields import PERSON_FIELDS
from composer.render.links import block_link
from composer.render.mime import serialise
from composer.render.press import Press

_LOCAL = re.compile(r"[\x21-\x7e]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,255}")


def render(newsletter: Newsletter, person: Person, press: Press, envelope: Envelope, library: Library) -> Message:
    """Return the message of one newsletter; the same arguments give the same bytes.

    `person` is redacted: what their level forbids is empty here. Raises ComposerError where the library lacks
    what was decided, or where the address cannot stand in a message without SMTPUTF8.
    """
    frame = press.frame(newsletter.layout, newsletter.language)
    layout = library.layouts[newsletter.layout]
    fragments = [press.fragment(block.module, newsletter.language, block.variant, layout.style(block.slot)) for block in newsletter.blocks]
    links = list(envelope.click_urls) or [
        block_link(library.modules[library.index[block.module]].target(block.call), envelope.site, envelope.campaign, block.module, place)
        for place, block in enumerate(newsletter.blocks, 1)
    ]
    calls = [block.call for block in newsletter.blocks]
    values = letter_values(newsletter, person, press, envelope)
    html = press.html(frame, fragments, values, links, calls)
    text = press.text(frame, fragments, values, links, calls)
    address = ascii_address(person.address)
    return Message(
        message_id=envelope.message_id,
        sender=envelope.sender_address,
        recipient=address,
        subject=values["subject"],
        data=serialise(_fields(values["subject"], address, envelope), envelope.message_id, text, html),
    )


def letter_values(newsletter: Newsletter, person: Person, press: Press, envelope: Envelope) -> dict[str, str]:
    """Return the letter-wide merge values: plain text on one line each, never markup."""
    values = {name: headers.clean(getattr(person, name)) for name in PERSON_FIELDS}
    values |= {
        name: headers.clean(getattr(envelope, name))
        for name in ("title", "sender_name", "postal_address", "privacy_url", "site", "unsubscribe_url", "preferences_url", "why_url")
    }
    values["view_url"], values["pictures"] = headers.clean(envelope.view_url), headers.clean(envelope.pictures_url)
    texts = press.frame(newsletter.layout, newsletter.language).texts
    values["greeting"] = headers.clean(press.line(texts["greeting_named" if values["first_name"] else "greeting_plain"], values))
    values["subject"] = headers.clean(envelope.mark + press.line(newsletter.subject, values))
    values["preheader"] = headers.clean(press.line(newsletter.preheader, values))
    return values


def ascii_address(address: str) -> str:
    """Return the address with its domain as A-labels (RFC 5890); ComposerError where it needs SMTPUTF8 or is none."""
    local, at, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        at = ""
    if not at or not _LOCAL.fullmatch(local) or set(local) & set("<>,;:") or not _DOMAIN.fullmatch(domain):
        raise ComposerError(
            "the address cannot be written to",
            where="recipient",
            do="Correct it: ASCII before the @ (other scripts need SMTPUTF8, which we do not ask for), a domain after it.",
        )
    return f"{local}@{domain}"


def _fields(subject: str, address: str, envelope: Envelope) -> list[str]:
    return [
        headers.mailbox("From", envelope.sender_name, envelope.sender_address),
        headers.mailbox("To", "", address),
        headers.unstructured("Subject", subject),
        headers.raw("Date", format_datetime(envelope.date)),
        headers.raw("Message-ID", envelope.message_id),
        headers.mailbox("List-Id", envelope.list_name, envelope.list_id),
        # RFC 8058 section 3.1: one HTTPS URI, in the clear on one line, and the second field exactly so.
        headers.raw("List-Unsubscribe", f"<{headers.token('List-Unsubscribe', envelope.unsubscribe_header_url)}>"),
        headers.raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]
