"""A mail's own words as a person reads them: plain text, or HTML without its markup; and the part that its writer wrote anew."""

from __future__ import annotations

import html
import re

from composer.dispatch.mail.structure import Mail

LONGEST = 32_000
_DESERT = re.compile(r"\s{80,}")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|/td)\b[^>]{0,200}>", re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|script|head|title)\b", re.IGNORECASE)
_TAG = re.compile(r"<[/!a-zA-Z][^<>]{0,400}>")
_QUOTED_BELOW = re.compile(
    r"^(?:"
    r"-{2,} ?(?:original message|alkuper.inen viesti|ursprungligt meddelande|urspr.ngliche nachricht|forwarded message|message d'origine).*"
    r"|_{10,}"
    r"|(?:on|am|den|le|el) .{5,120}(?:wrote|schrieb|skrev|. .crit|escribi.) ?:?"
    r"|.{5,120}(?:kirjoitti|skrev|wrote|schrieb).{0,40}:"
    r"|(?:from|l.hett.j.|fr.n|von|de) ?: .{1,200}"
    r")$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNED = re.compile(r"^(?:-- ?|\u2014)$", re.MULTILINE)
_DEVICE = re.compile(
    r"^(?:sent (?:from|using)|(?:get|hanki) outlook|l.hetetty|skickat fr.n|von meinem|gesendet (?:mit|von)|envoy. de|enviado)\b.{0,80}$",
    re.IGNORECASE | re.MULTILINE,
)


def readable(mail: Mail) -> str:
    """The text of the mail's own parts, at most LONGEST characters; what is attached as a mail is not among them."""
    plain = "\n".join(
        leaf.text for leaf in mail.leaves if leaf.kind == "text/plain" and not _attached(leaf.head.get("content-disposition"))
    )
    if not plain.strip():
        plain = "\n".join(without_markup(leaf.text) for leaf in mail.leaves if leaf.kind == "text/html")
    # Shapes that begin with blanks would try a desert of them from each of its lines: seconds for one mail.
    return _DESERT.sub("\n\n", plain[: 4 * LONGEST])[:LONGEST]


def _attached(disposition: str) -> bool:
    return disposition.strip().lower().startswith("attachment")


def without_markup(text: str) -> str:
    """HTML as lines of text."""
    text = _TAG.sub(" ", _BREAK.sub("\n", _seen(text[: 2 * LONGEST])))
    return re.sub(r"[ \t\xa0]{2,}", " ", html.unescape(text))


def _seen(text: str) -> str:
    """Without style sheets, scripts and the page's head; one that never ends hides the rest."""
    lower, kept, at = text.lower(), [], 0
    while found := _UNSEEN.search(text, at):
        kept.append(text[at : found.start()])
        at = lower.find(f"</{found[1].lower()}", found.end())
        if at < 0:
            return " ".join(kept)
    return " ".join((*kept, text[at:]))


def written_anew(text: str) -> str:
    """What the writer added: without what is quoted, signatures, and the advertisement of their program."""
    found = _QUOTED_BELOW.search(text)
    text = text[: found.start()] if found else text
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
    signature = _SIGNED.search(text)
    text = text[: signature.start()] if signature else text
    return _DEVICE.sub("", text).strip()
