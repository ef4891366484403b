"""Wishes in words, for the pages that show them and let people take them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from composer.domain.asked import Ask, Asked
from composer.domain.content import Library
from composer.web.reasoned import title_of

UNDO = "undo"
"""What the form asks beside domain.asked.Ask: to take a wish back."""


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish as a page shows it."""

    module: str
    title: str
    ask: str


def wished(asked: Iterable[Asked], library: Library, language: str) -> list[Wished]:
    """The wishes, the newest first. A module that is gone has its name made readable."""
    modules = {module.name: module for module in library.modules}
    return [Wished(one.module, title_of(one.module, modules.get(one.module), language), one.ask.value) for one in asked][::-1]


def wish_of(word: object) -> Ask | None:
    """Read what a form asks; None for a word we never offered."""
    return next((ask for ask in Ask if ask == word), None)
