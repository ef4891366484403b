"""Render a newsletter: the decided blocks, this person's fields and links, and the bytes that will be sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import idna

from composer.domain.audience import Person
from composer.domain.content import Library
from composer.domain.message import Message
from composer.domain.newsletter import Newsletter
from composer.errors import ComposerError
from composer.render.envelope import Envelope
from composer.render.fields import PERSON_FIELDS
from composer.render.head_fields import head_fields
from composer.render.headers import clean
from composer.render.links import block_link
from composer.render.mime import assemble
from composer.render.plates import Constants, Place, html_part, text_part
from composer.render.press import Press

_LOCAL = re.compile(r"[\x21-\x7e]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,255}")
Line = Callable[[str, Mapping[str, str]], str]
"""Merges a template of one line."""


def render(newsletter: Newsletter, person: Person, press: Press, envelope: Envelope, library: Library) -> Message:
    """Return the message of one newsletter; the same arguments give the same bytes.

    `person` is redacted: what their level forbids is empty here. Raises ComposerError where the library lacks
    what was decided, or where the address cannot stand in a message without SMTPUTF8.
    """
    address = ascii_address(person.address)
    plates = press.plates(_constants(envelope))
    frame = plates.frame(newsletter.layout, newsletter.language)
    styles = _styles(newsletter, library)
    blocks = [plates.block(block.module, newsletter.language, block.variant, styles.get(block.slot, "")) for block in newsletter.blocks]
    links, personal = _links(newsletter, envelope, library), bool(envelope.click_urls or envelope.survey_urls)
    places = [Place(link, one.call(block.call), personal) for link, one, block in zip(links, blocks, newsletter.blocks, strict=True)]
    values = _values(newsletter, person, envelope, plates.values, frame.texts, plates.line)
    parts = (text_part(frame, blocks, places, values), html_part(frame, blocks, places, values))
    return Message(
        message_id=envelope.message_id,
        sender=envelope.return_path or envelope.sender_address,
        recipient=address,
        subject=values["subject"],
        data=assemble(head_fields(values["subject"], address, envelope), envelope.message_id, parts),
    )


def reference(newsletter: Newsletter, person: Person, press: Press, envelope: Envelope, library: Library) -> tuple[str, str]:
    """Return the HTML and the text that `render` must have written, merged the slow way by Jinja's sandbox."""
    frame = press.frame(newsletter.layout, newsletter.language)
    styles = _styles(newsletter, library)
    fragments = [
        press.fragment(block.module, newsletter.language, block.variant, styles.get(block.slot, "")) for block in newsletter.blocks
    ]
    constants = {name: clean(value) for name, value in _constants(envelope)._asdict().items()}
    values = _values(newsletter, person, envelope, constants, frame.texts, press.line)
    links, calls = _links(newsletter, envelope, library), [block.call for block in newsletter.blocks]
    return press.html(frame, fragments, values, links, calls), press.text(frame, fragments, values, links, calls)


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


def _constants(envelope: Envelope) -> Constants:
    return Constants(
        envelope.title, envelope.sender_name, envelope.postal_address, envelope.privacy_url, envelope.site, envelope.pictures_url
    )


def _styles(newsletter: Newsletter, library: Library) -> dict[str, str]:
    """Slot -> the style its blocks wear. A layout that this library has not got is told by its frame."""
    layout = library.layouts.get(newsletter.layout)
    return {slot.name: slot.style for slot in layout.slots} if layout else {}


def _links(newsletter: Newsletter, envelope: Envelope, library: Library) -> list[str]:
    """Where each block leads: by way of our own page where clicks may be measured, else straight on; a question leads to its page."""
    asks = envelope.survey_urls
    if envelope.click_urls:
        return [asks.get(place, url) for place, url in enumerate(envelope.click_urls, 1)] if asks else list(envelope.click_urls)
    site, campaign, modules, index = envelope.site, envelope.campaign, library.modules, library.index
    return [
        asks.get(place) or block_link(modules[index[block.module]].target(block.call), site, campaign, block.module, place)
        for place, block in enumerate(newsletter.blocks, 1)
    ]


def _values(
    newsletter: Newsletter, person: Person, envelope: Envelope, constants: Mapping[str, str], texts: Mapping[str, str], line: Line
) -> dict[str, str]:
    """Return the letter-wide merge values: plain text on one line each, never markup."""
    values = {name: clean(getattr(person, name)) for name in PERSON_FIELDS}
    values.update(constants)
    for name in ("unsubscribe_url", "preferences_url", "why_url", "view_url", "trap_url", "open_url"):
        values[name] = clean(getattr(envelope, name))
    values["greeting"] = clean(line(texts["greeting_named" if values["first_name"] else "greeting_plain"], values))
    values["subject"] = clean(envelope.mark + line(newsletter.subject, values))
    values["preheader"] = clean(line(newsletter.preheader, values))
    return values
