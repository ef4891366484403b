"""Bounces without a machine-readable report: recognised by who sends them, read by the shapes that mail systems write.

A person's mail is never one, whatever it quotes: only what a mail system sends counts, by its name, its empty return
path or a field that only systems write.
"""

from __future__ import annotations

import re

from composer.dispatch.mail.automatic import null_sender
from composer.dispatch.mail.said import Told
from composer.dispatch.mail.severity import severity
from composer.dispatch.mail.structure import Mail, split
from composer.dispatch.mail.systems import SHAPES
from composer.dispatch.mail.texts import DELAYED, FAILED
from composer.dispatch.mail.words import ADDRESS, address_in, alternatives, any_of, decoded_words
from composer.domain.notice import Severity

LONGEST = 16_000
MOST_RECIPIENTS = 50
_SYSTEM = any_of(
    r"""
    mail(?:er)?[-_ ]?daemon
    mdaemon
    postmaster
    mail ?(?:delivery|administrator|system|router|gateway|server|marshal|guard|scanner|filter|sweeper|security)
    delivery (?:sub)?system
    microsoft(?:exchange|outlook)
    system administrator
    internet mail delivery
    daemon@
    post ?office
    bounces?@
    notification@
    antispam@
    -noreply@
    """
)
_SUBJECT = any_of(
    r"""
    undeliver(?:able|ed)
    undelivery
    delivery (?:status )?(?:notification|failure|failed|problem|report|error|has failed|incomplete|delayed)
    returned (?:mail|e-?mail|message|to sender)
    failure (?:notice|delivery|notification)
    mail (?:delivery )?(?:failed|failure|error|problem)
    (?:message|mail|e-?mail) (?:\S{1,20} )?(?:not delivered|undeliver|delayed|bounced|blocked)
    message (?:could ?n.t be delivered|status - undeliverable)
    (?:permanent|temporary) (?:delivery|fail)
    warning: (?:could not send|message)
    nondeliverable
    non-?delivery
    could not send message
    user unknown
    unzustellbar
    nicht zustellbar
    zustellung
    konnte nicht zugestellt
    palautettu viesti
    ei voitu toimittaa
    toimitta(?:matta|minen ep.onnistui)
    kan(?:de)? inte levereras
    ej levererat
    olevererbar
    non remis
    .chec de (?:la )?remise
    no entregado
    no se puede entregar
    mancata consegna
    impossibile recapitare
    onbestelbaar
    niet bezorgd
    nie dostarczono
    niedor.czon
    недоставленн
    не доставлен
    не может быть доставлен
    退信
    未送达
    無法
    配信不能
    配信エラー
    전송 ?실패
    """
)
_PREFIX = re.compile(r"\s*(?:re|aw|sv|vs|fwd?|wg|vl|tr|rv|antw|enc)\s?(?:\[\d+\])?:", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"^[ \t>|]*(?:"
    + alternatives(
        r"""
        -{2,} ?(below this line is a copy|this is a copy of|original message|the header of the original|(the )?unsent message)[^\n]{0,100}
        -{2,} ?(returned message|message header|forwarded message|the following is a copy|included is a copy|copy of)[^\n]{0,100}
        -{2,} ?(ursprungligt|urspr.ngliche|alkuper.inen)[^\n]{0,100}
        original message (headers? )?(follows?|:)[^\n]{0,80}
        (original )?message headers?( follow)?: ?
        \|-{5,}[^\n]{0,40}message (text|header)[^\n]{0,60}
        return-path: ?<[^\n]{0,300}
        received: from [^\n]{0,200}
        """
    )
    + r")$",
    re.IGNORECASE | re.MULTILINE,
)
_SENDER = re.compile(
    r"^[ \t]*(?:from|sender|reply-to|return-path|von|l.hett.j.|avs.ndare|fr.n|de)[ \t]*:[^\n]*", re.IGNORECASE | re.MULTILINE
)
"""Lines that name who wrote the letter."""
_FINAL = any_of(
    r"""
    (?<!fails\x20)permanent
    fatal
    giving up
    gave up
    given up
    (?:is|was|been) (?:undeliverable|returned)
    final(?:ly)? failed
    bounced
    not be retried
    """
)


_WRITTEN = ("in-reply-to", "references", "user-agent", "dkim-signature", "mime-version")
"""Fields of mails that people's programs write; systems that give themselves a name and no telling address are older than these."""


def is_from_a_system(mail: Mail) -> bool:
    """Whether a mail system sent this: nobody answers from there, and nobody quotes there."""
    if mail.head.has("x-failed-recipients") or null_sender(mail):
        return True
    sender = mail.head.get("from")
    # People and companies are called Post Office, too: a name counts only where no person's program wrote the mail.
    named = "" if any(mail.head.has(field) for field in _WRITTEN) else decoded_words(sender)
    return _SYSTEM.search(f"{address_in(sender)} {named}"[:300]) is not None


def told_by(mail: Mail, words: str) -> tuple[Told, ...]:
    """Whom a mail system's own words name, and how bad it is; nothing where they tell of no failure. `words` is the mail's text."""
    subject = decoded_words(mail.head.get("subject"))
    if not is_from_a_system(mail) or _PREFIX.match(subject):
        return ()
    text = _before_the_original(words[:LONGEST])
    of_failure = _SUBJECT.search(subject) is not None or mail.head.has("x-failed-recipients")
    if not of_failure and not FAILED.search(text[:2_000]):
        return ()
    waits = DELAYED.search(f"{subject}\n{text[:1_500]}") is not None and not _FINAL.search(f"{subject}\n{text[:1_500]}")
    found = _by_shape(text, _own(mail)) or _by_field(mail, text) or _anywhere(text, _own(mail))
    if not found and not (of_failure or mail.first("message/rfc822", "text/rfc822-headers")):
        return ()
    return tuple(
        Told(address, Severity.delayed if waits else severity("", _reason(reason, text)), "", " ".join(reason.split())[:500])
        for address, reason in (found or [(_returned_to(mail), text[:2_000])])
    )


def _reason(reason: str, text: str) -> str:
    """The address's own reason where it says something, else all that the system wrote."""
    return reason if len(re.sub(r"\W", "", reason)) > 18 else f"{reason}\n{text[:3_000]}"


def _before_the_original(text: str) -> str:
    """Without the letter that some systems append as text; what they say never comes after it."""
    found = _ORIGINAL.search(text)
    return text[: found.start()] if found and found.start() > 20 else text


def _own(mail: Mail) -> frozenset[str]:
    """Addresses that are the mail's own and cannot be whom it tells of."""
    names = ("from", "to", "reply-to", "delivered-to", "return-path", "sender")
    return frozenset(address_in(mail.head.get(name)).lower() for name in names)


def _by_shape(text: str, own: frozenset[str]) -> list[tuple[str, str]]:
    for _, shape in SHAPES:
        found: dict[str, tuple[str, str]] = {}
        for match in shape.finditer(text):
            address = match["a"].strip("'").rstrip(".")
            if address.lower() not in own:
                found.setdefault(address.lower(), (address, match["r"]))
            if len(found) == MOST_RECIPIENTS:
                break
        if found:
            return list(found.values())
    return []


def _by_field(mail: Mail, text: str) -> list[tuple[str, str]]:
    """X-Failed-Recipients, which Exim and Gmail write."""
    named = [found[0] for value in mail.head.all("x-failed-recipients")[:5] for found in ADDRESS.finditer(value)]
    return [(address, text[:3_000]) for address in dict.fromkeys(named[:MOST_RECIPIENTS])]


def _anywhere(text: str, own: frozenset[str]) -> list[tuple[str, str]]:
    """The first address in the text that is not the mail's own."""
    for found in ADDRESS.finditer(_SENDER.sub("", text)):
        address = found[0].strip("'").rstrip(".")
        if address.lower() not in own and not _SYSTEM.search(address):
            return [(address, text[:3_000])]
    return []


def _returned_to(mail: Mail) -> str:
    """Whom the returned letter was written to; empty where nothing was returned."""
    returned = mail.first("message/rfc822", "text/rfc822-headers")
    return address_in(split(returned.content)[0].get("to")) if returned else ""
