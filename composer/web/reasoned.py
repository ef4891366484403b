"""A letter's blocks in words: title, reasons, and the data that moved each one up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from composer.domain.content import ContentModule
from composer.domain.level import Level
from composer.domain.newsletter import Block
from composer.domain.reasons import Source
from composer.errors import ComposerError
from composer.store.engine import reading
from composer.store.letters import Letter
from composer.web.site import Site

REASON_LANGUAGE = "en"
"""Decided sentences are in the operators' language; in others a page says the same from its own texts, by signal."""


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A block as a page shows it. `data` are the levels whose data moved it up, lowest first; `source` a word of the texts."""

    title: str
    source: str
    explored: bool
    reasons: tuple[str, ...]
    data: tuple[str, ...]


def modules_of(site: Site, letter: Letter) -> Mapping[str, ContentModule]:
    """The modules as they stood when the letter was approved, or as they stand now; none where neither can be opened."""
    try:
        with reading(site.app.engine) as db:
            opened = site.app.frozen_library(db, letter.library_version)
    except ComposerError:
        try:
            opened = site.app.library()
        except ComposerError:
            return {}
    return {module.name: module for module in opened.library.modules}


def reasoned(site: Site, block: Block, module: ContentModule | None, language: str) -> Reasoned:
    """Put a block into words. A letter whose modules were edited or removed since is still explained."""
    signals = site.app.signals
    pushing = [name for name, part in block.terms if part > 0 and name in signals]
    reasons = block.reasons
    if language != REASON_LANGUAGE:
        words = site.pages.texts[language]["why"]
        reasons = tuple(dict.fromkeys(words["signals"].get(name) or words["because"][signals[name].LEVEL.name] for name in pushing))
    data = sorted({signals[name].LEVEL for name in pushing if signals[name].PERSONAL})
    return Reasoned(
        title=title_of(block.module, module, language),
        source=block.source.name,
        explored=block.source is Source.explored,
        reasons=reasons[:3],
        data=tuple(Level(level).name for level in data),
    )


def title_of(name: str, module: ContentModule | None, language: str) -> str:
    """The module's own title; where it is gone, its name made readable."""
    titles = module.titles if module else {}
    return titles.get(language) or titles.get("en") or next(iter(titles.values()), "") or readable(name.rpartition("/")[2])


def readable(slug: str) -> str:
    return slug.replace("-", " ").replace("_", " ").capitalize()
