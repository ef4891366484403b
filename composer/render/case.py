"""What a check may look at, and how a table of checks is run over a letter.

A check is a function that says how the letter breaks its law, or an empty string. Its law stands in composer.render.laws.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from composer.domain.audience import Person
from composer.domain.content import Library
from composer.domain.message import Finding, Message
from composer.domain.newsletter import Newsletter
from composer.domain.tokens import Purpose
from composer.render.envelope import Envelope
from composer.render.facts import Facts, fragment_facts, frame_facts
from composer.render.fields import PERSON_FIELDS
from composer.render.headers import clean
from composer.render.laws import BY_NAME
from composer.render.press import Press
from composer.render.received import Head, Received, read_head, receive

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{%|%\}|\[\[|\]\]|<mj-|\b(?:None(?! of\b)|NaN|undefined)\b")
"""What a template leaves behind where something went wrong."""
APART = "\x1f"
"""Put where a person's own words were taken out, so that nothing new comes together around the gap."""


@dataclass
class Context:
    """What the checks of an edition's letters may ask besides the letter: the approved library, and what tokens mean."""

    press: Press
    library: Library
    speaks_of: Callable[[Purpose, str], int | None] | None = None
    """Row number of the recipient whom a page's address speaks of; None: none of this edition's. Without it tokens are not read."""
    public_keys: tuple[tuple[str, str, Any], ...] = ()
    """The DKIM keys letters are signed with: (selector, domain, public key); empty: letters are not signed."""
    _facts: dict[tuple[str, ...], Facts] = field(default_factory=dict)
    _styles: dict[str, dict[str, str]] = field(default_factory=dict)

    def frame(self, newsletter: Newsletter) -> Facts:
        """What a newsletter's frame is known to hold."""
        key = (newsletter.layout, newsletter.language)
        if key not in self._facts:
            self._facts[key] = frame_facts(self.press.frame(*key))
        return self._facts[key]

    def fragment(self, module: str, language: str, variant: str, style: str) -> Facts:
        """What a block's fragment is known to hold."""
        key = (module, language, variant, style)
        if key not in self._facts:
            self._facts[key] = fragment_facts(self.press.fragment(*key))
        return self._facts[key]

    def styles(self, layout: str) -> dict[str, str]:
        """Slot -> the style its blocks wear; empty where the library has no such layout."""
        if layout not in self._styles:
            known = self.library.layouts.get(layout)
            self._styles[layout] = {slot.name: slot.style for slot in known.slots} if known else {}
        return self._styles[layout]


class Letter:
    """The message, and what it was to say. Its body is read when it is first asked for."""

    __slots__ = (
        "_got",
        "_signatures",
        "blocks",
        "context",
        "envelope",
        "frame",
        "head",
        "links",
        "message",
        "newsletter",
        "person",
        "shared",
        "targets",
    )

    def __init__(self, message: Message, newsletter: Newsletter, person: Person, envelope: Envelope, context: Context) -> None:
        self.message, self.newsletter, self.person, self.envelope, self.context = message, newsletter, person, envelope, context
        self.head: Head = read_head(message.data)
        self.frame: Facts = context.frame(newsletter)
        index, modules, styles = context.library.index, context.library.modules, context.styles(newsletter.layout)
        known = [block for block in newsletter.blocks if block.module in index]  # law C03 tells of the others
        self.blocks: list[Facts] = [
            context.fragment(block.module, newsletter.language, block.variant, styles.get(block.slot, "")) for block in known
        ]
        """What its fragments are known to hold."""
        self.links: list[str] = [url for facts in (self.frame, *self.blocks) if facts.links for url in facts.links]
        """Where its templates lead by addresses that are written out."""
        self.targets: list[str] = [modules[index[block.module]].target(block.call) for block in known]
        """Where its blocks lead, without what is put on the address."""
        self.shared: frozenset[str] | None = None
        """The laws that the edition's own values break, once the first check has asked."""
        self._got: Received | None = None
        self._signatures: list[dict[str, str]] | None = None

    @property
    def got(self) -> Received:
        """The message taken apart."""
        if self._got is None:
            self._got = receive(self.message.data)
        return self._got

    @property
    def signatures(self) -> list[dict[str, str]]:
        """The tags of its DKIM signatures (RFC 6376 section 3.2), white space left out."""
        if self._signatures is None:
            values = [value for name, value in self.head.fields if name.lower() == "dkim-signature"]
            self._signatures = [tags(value) for value in values]
        return self._signatures


def tags(value: str) -> dict[str, str]:
    """Return the tags of a DKIM-Signature; white space inside values is none (RFC 6376 section 3.2)."""
    return {name.strip(): "".join(text.split()) for name, _, text in (part.partition("=") for part in value.split(";"))}


Check = Callable[[Letter], str]


def run(checks: Iterable[tuple[str, Check]], letter: Letter, tier: int) -> list[Finding]:
    """Return a finding for every check that fails, in their order. Messages hold no address and no name."""
    return [
        Finding(name, BY_NAME[name].stops, f"{BY_NAME[name].says} Here: {wrong}", tier)
        for name, check in checks
        if (wrong := check(letter))
    ]


def when(broken: object, message: str) -> str:
    """Return `message` where `broken` holds."""
    return message if broken else ""


def without_own_words(letter: Letter, text: str) -> str:
    """Return `text` without the person's own words: somebody may be called None, and a name is never a placeholder."""
    values = (clean(getattr(letter.person, name)) for name in PERSON_FIELDS)
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, APART) if value else text
    return text


def placeholder(letter: Letter, text: str) -> str:
    """Return the first placeholder in `text` that is not the reader's own word, quoted; an empty string where there is none."""
    if not PLACEHOLDER.search(text):
        return ""
    found = PLACEHOLDER.search(without_own_words(letter, text))
    return f"'{found[0]}'" if found else ""
