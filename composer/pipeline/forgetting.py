"""Forgetting somebody for good: every table, every file of ours, every backup that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app import App
from composer.logs import log
from composer.store.engine import writing
from composer.store.privacy import address_keys, erase, same_address, traces_of
from composer.store.recipients import address_key
from composer.store.scrub import scrub
from composer.transports.folder import forget_letters


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many people and how many files with their letters are gone; `clean`: no file is known to hold a trace any more."""

    people: int
    letters: int
    clean: bool


def forget(app: App, numbers: Sequence[int], now: datetime, folders: Sequence[Path] = ()) -> Forgotten:
    """Erase recipients by row number. `folders` hold letters as .eml files, beside the one that letters are delivered to.

    The rows are gone, and the address is suppressed, when the transaction ends; files follow, and this returns after them.
    """
    with writing(app.engine) as db:
        keys = {key for number in numbers for key in address_keys(db, number)}
        words = [word for number in numbers for word in traces_of(db, number)]
        for number in numbers:
            erase(db, number, app.key, now)
    letters = left = 0
    for place in sorted({app.settings.path(app.settings.delivery.folder), *folders}):
        found = forget_letters(place, lambda address: address_key(app.key, address) in keys)
        letters, left = letters + found[0], left + found[1]
    clean = scrub(app.engine, words, now)
    if left:
        log.warning("letters_not_deleted", files=left)
    return Forgotten(len(numbers), letters, clean and not left)


def forget_person(app: App, number: int, now: datetime, folders: Sequence[Path] = ()) -> Forgotten:
    """Erase a recipient and everybody else with the same address: as long as one of them stays, the address does."""
    with writing(app.engine) as db:
        numbers = same_address(db, number)
    return forget(app, numbers, now, folders)
