"""Asking: what people wish on the page of a letter of theirs, kept, taken back, and read for their pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.domain.asked import Ask, Asked
from composer.domain.content import Library
from composer.domain.tokens import Subject
from composer.errors import ComposerError
from composer.pipeline.foresee import foreseen_letter
from composer.store.asked import keep_wish, take_back, wishes_of
from composer.store.campaigns import campaign_of_edition, get_edition
from composer.store.choices import choices_of, same_person
from composer.store.engine import reading, writing
from composer.store.letters import Letter


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has asked for, the oldest first, and the language they read."""

    language: str
    asked: tuple[Asked, ...]


def wishes(db: Connection, subject: Subject) -> Wishes | None:
    """The wishes of the person a token speaks of; None where there is no such person (any more)."""
    person = choices_of(db, subject.recipient)
    return Wishes(person.language, tuple(wishes_of(db, subject.recipient))) if person else None


def library_then(app: App, db: Connection, letter: Letter) -> Library:
    """The library as it stood when the letter was approved, or as it stands now; an empty one where neither can be opened."""
    try:
        return app.frozen_library(db, letter.library_version).library
    except ComposerError:
        return library_now(app)


def library_now(app: App) -> Library:
    """The library as its files stand; an empty one where it cannot be opened: no fault of it may keep people from their pages."""
    try:
        return app.library().library
    except ComposerError:
        return Library((), {})


def mandatory(db: Connection, letter: Letter) -> frozenset[str]:
    """The modules without which no letter of this one's campaign leaves: "less" of one of them would end the letters."""
    return frozenset(campaign_of_edition(db, get_edition(db, letter.edition)).mandatory)


def ask(app: App, subject: Subject, module: str, wish: Ask, now: datetime) -> bool:
    """Keep a wish about a block of the letter that a token speaks of; False where the letter has no such block to ask of.

    What the module is about is read from the library the letter was made with, for it may be edited or gone by now. Like leaving,
    a wish holds for everyone behind the same address: whoever was imported twice is one reader.
    """
    with reading(app.engine) as db:
        about = _about(app, db, subject, module, wish, now)
    if about is None:
        return False
    with writing(app.engine) as db:  # short: a library may take seconds to open, and delivery writes too
        if choices_of(db, subject.recipient) is None:
            return False
        for number in (subject.recipient, *same_person(db, subject.recipient)):
            keep_wish(db, number, Asked(module, wish, about, now))
    return True


def _about(app: App, db: Connection, subject: Subject, module: str, wish: Ask, now: datetime) -> tuple[str, ...] | None:
    """The interests of a letter's block; None where that may not be asked of it."""
    letter = foreseen_letter(app, db, subject, now)
    if letter is None or letter.newsletter is None or module not in {block.module for block in letter.newsletter.blocks}:
        return None
    if wish is Ask.less and module in mandatory(db, letter):
        return None
    library = library_then(app, db, letter)
    return library.modules[library.index[module]].interests if module in library.index else ()


def undo(app: App, subject: Subject, module: str) -> bool:
    """Take a wish back; False where nothing is wished of the module (any more)."""
    with writing(app.engine) as db:
        taken = [take_back(db, number, module) for number in (subject.recipient, *same_person(db, subject.recipient))]
    return any(taken)
