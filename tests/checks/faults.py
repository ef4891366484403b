"""Good letters to damage, and the ways to damage them: each returns the letter with one fault in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bench.made_letters import CAMPAIGN, KEY, SCHEDULED, Made, context, made_envelope, made_newsletter, made_of, opened
from composer.domain.audience import Person
from composer.domain.fragment import Compiled
from composer.domain.level import Level
from composer.domain.message import Finding
from composer.domain.newsletter import Block
from composer.domain.tokens import Purpose, Subject, make_token
from composer.render import Context, Press, check, render
from composer.render.case import Check, Letter, run
from composer.render.mime import serialise

AINO = Person(
    "r-1001", 1002, "aino.virtanen@example.com", "en", "Aino", "Virtanen", "Konepaja & Pojat Oy", "operations", "Pirkanmaa", "evaluate",
    Level.standard,
)  # fmt: skip
SOMEBODY_ELSE = Subject(77, CAMPAIGN, SCHEDULED)


@dataclass(frozen=True)
class Case:
    """A letter, and what the checks may ask about it."""

    made: Made
    context: Context

    def found(self, whole: bool = True) -> tuple[Finding, ...]:
        """What preview and delivery are told."""
        one = self.made
        return check(one.message, one.newsletter, one.person, one.envelope, self.context, whole)

    def seen(self, checks: tuple[tuple[str, Check], ...]) -> set[str]:
        """The ids by which these checks alone object."""
        one = self.made
        return {finding.check for finding in run(checks, Letter(one.message, one.newsletter, one.person, one.envelope, self.context), 0)}


Edit = Callable[[Case], Case]


@cache
def good(level: Level = Level.standard, opens: bool = False) -> Case:
    """A letter without fault: the first made one in English with the layout `newsletter`, for Aino."""
    number = next(n for n in range(1000) if (made := made_newsletter(n)).language == "en" and made.layout == "newsletter")
    person = replace(AINO, level=level, opens=opens)
    newsletter = replace(made_newsletter(number), recipient_id=person.recipient_id, recipient_number=person.number, level=level)
    subject, preheader = "One machine decides the week", "What it takes to find it, what it pays back, and where to begin on Monday."
    newsletter = replace(newsletter, subject=subject, preheader=preheader)
    return Case(made_of(number, newsletter, person, made_envelope(newsletter, person)), context())


def rendered(case: Case) -> Case:
    """Render anew from everything the letter is made from."""
    one = case.made
    message = render(one.newsletter, one.person, case.context.press, one.envelope, case.context.library)
    return replace(case, made=replace(one, message=message))


def message(**changes: Any) -> Edit:
    return lambda case: replace(case, made=replace(case.made, message=replace(case.made.message, **changes)))


def raw(old: bytes, new: bytes) -> Edit:
    """Replace the first `old` in the bytes."""

    def edit(case: Case) -> Case:
        data = case.made.message.data
        assert old in data, old
        return message(data=data.replace(old, new, 1))(case)

    return edit


def returning_to(domain: str) -> Edit:
    """Take bounces in at another domain, under the letter's own token."""

    def edit(case: Case) -> Case:
        address = f"{case.made.envelope.return_path.partition('@')[0]}@{domain}"
        return both(envelope(return_path=address), message(sender=address))(case)

    return edit


def from_gmail(case: Case) -> Case:
    """The whole sender at a mailbox provider."""
    address = "letters@gmail.com"
    return both(envelope(sender_address=address, return_path=""), message(sender=address))(case)


def no_mail_address(case: Case) -> Case:
    """Only the page remains in List-Unsubscribe."""
    return raw(f",\r\n <mailto:{case.made.envelope.unsubscribe_mailto}?subject=unsubscribe>".encode(), b"")(case)


def head(name: str, line: bytes, *, beside: bool = False) -> Edit:
    """Put `line` in the place of a header field with its continuation lines, or behind it."""

    def edit(case: Case) -> Case:
        data = case.made.message.data
        found = re.search(rb"(?im)^" + name.encode() + rb":[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n", data)
        assert found, name
        new = (found[0] if beside else b"") + (line + b"\r\n" if line else b"")
        return message(data=data[: found.start()] + new + data[found.end() :])(case)

    return edit


def parts(change: Callable[[str, str], tuple[str, str]]) -> Edit:
    """Change what the HTML and the text part say, and encode them anew under the same header."""

    def edit(case: Case) -> Case:
        one = case.made.message
        html, text = change(one.html, one.text)
        assert (html, text) != (one.html, one.text)
        lines = one.data.partition(b"\r\nMIME-Version")[0].decode().split("\r\n")
        return message(data=serialise(lines, one.message_id, text, html))(case)

    return edit


def page(old: str, new: str, count: int = 1) -> Edit:
    """Replace `old` in the HTML part after rendering."""
    return parts(lambda html, text: (html.replace(old, new, count), text))


def text(old: str, new: str) -> Edit:
    """Replace `old` in the text part after rendering."""
    return parts(lambda html, text: (html, text.replace(old, new, 1)))


def envelope(**changes: Any) -> Edit:
    """Render with another envelope."""
    return lambda case: rendered(replace(case, made=replace(case.made, envelope=replace(case.made.envelope, **changes))))


def person(**changes: Any) -> Edit:
    """Render for another person."""
    return lambda case: rendered(replace(case, made=replace(case.made, person=replace(case.made.person, **changes))))


def newsletter(**changes: Any) -> Edit:
    """Render another decision."""
    return lambda case: rendered(replace(case, made=replace(case.made, newsletter=replace(case.made.newsletter, **changes))))


def blocks(change: Callable[[tuple[Block, ...]], tuple[Block, ...]]) -> Edit:
    """Render with other blocks."""
    return lambda case: newsletter(blocks=change(case.made.newsletter.blocks))(case)


def unrendered(**changes: Any) -> Edit:
    """Say afterwards that something else was decided."""
    return lambda case: replace(case, made=replace(case.made, newsletter=replace(case.made.newsletter, **changes)))


def fragment(change: Callable[[str], str], twin: Callable[[str], str] = lambda words: words) -> Edit:
    """Damage the compiled fragment of the second block, HTML and text twin, and render with it."""

    def edit(case: Case) -> Case:
        block = case.made.newsletter.blocks[1]
        made = {
            key: replace(one, html=change(one.html), text=twin(one.text)) if key[0] == block.module else one
            for key, one in opened().compiled.fragments.items()
        }
        return _with(case, replace(opened().compiled, fragments=made))

    return edit


def frame(old: str, new: str, count: int = -1) -> Edit:
    """Replace `old` in the frame's templates, HTML and text, and render with it."""

    def edit(case: Case) -> Case:
        names = ("html_start", "html_open", "html_close", "text_open", "text_close")
        key = (case.made.newsletter.layout, case.made.newsletter.language)
        one = opened().compiled.frames[key]
        new_one = replace(one, **{name: getattr(one, name).replace(old, new, count) for name in names})
        assert new_one != one, old
        return _with(case, replace(opened().compiled, frames={**opened().compiled.frames, key: new_one}))

    return edit


def ahead(html: str) -> Callable[[str], str]:
    """Put something ahead of a fragment."""
    return lambda fragment: html + fragment


def library(**changes: Any) -> Edit:
    """Judge by a library whose second block's module is another."""

    def edit(case: Case) -> Case:
        name = case.made.newsletter.blocks[1].module
        modules = tuple(replace(m, **changes) if m.name == name else m for m in case.context.library.modules)
        return replace(case, context=replace(case.context, library=replace(case.context.library, modules=modules), _facts={}, _styles={}))

    return edit


def token(purpose: Purpose) -> str:
    """A token of this edition that speaks of somebody else."""
    return make_token(KEY, purpose, SOMEBODY_ELSE)


def both(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(case: Case) -> Case:
        for one in edits:
            case = one(case)
        return case

    return edit


def _with(case: Case, compiled: Compiled) -> Case:
    return rendered(replace(case, context=Context(Press(compiled), opened().library, case.context.speaks_of, case.context.public_keys)))
