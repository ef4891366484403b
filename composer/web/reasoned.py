"""A letter's blocks in words: title, reasons, and the data behind each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from composer.decide.measure import NEUTRAL
from composer.decide.scoring import ASKED
from composer.decide.why_block import hushed
from composer.domain.consent import TOPIC
from composer.domain.content import ContentModule, Library
from composer.domain.level import Level
from composer.domain.newsletter import Block, Newsletter
from composer.domain.reasons import Arm, Source
from composer.pipeline.rests_on import Ground
from composer.web.site import Site

IMPORT = "import"
"""The source of a line that names none."""


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A block as a page shows it. `data` are the levels whose data was looked at, lowest first, and ASKED where a wish
    was followed; `source` is a word of the texts for how it came here: said where no reason can be said in the reader's language.
    """

    module: str
    title: str
    source: str
    explored: bool
    reasons: tuple[str, ...]
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worded:
    """Why the letter speaks as it does: `reasons` in the reader's language, and the levels whose data was looked at.

    `called`: a block's call to action is the one for the reader's stage.
    """

    reasons: tuple[str, ...]
    called: bool
    data: tuple[str, ...]


def worded(site: Site, newsletter: Newsletter, language: str) -> Worded | None:
    """Put the choice of tone, opening and calls into words; None where there was nothing to choose.

    Role and stage are looked at wherever something was chosen, clicks only for tone and opening.
    """
    chosen = [choice for choice in (newsletter.tone, newsletter.opening) if len(choice.options) > 1]
    called = any(block.call for block in newsletter.blocks)
    if newsletter.arm is Arm.holdout or not (chosen or called):
        return None
    levels = [Level.basic] + ([Level.premium] if chosen else [])
    reasons = tuple(filter(None, (site.pages.say(choice.reason, language) for choice in chosen)))
    return Worded(reasons, called, tuple(level.name for level in levels if newsletter.level >= level))


@dataclass(frozen=True, slots=True)
class Grounded:
    """What allowed a purpose, as a page shows it. `topic` is the list's where it is one; `at` is None where no line is left."""

    purpose: str
    topic: str
    basis: str
    at: datetime | None
    source: str
    wording: str
    note: str
    holds: bool


def grounded(site: Site, grounds: Iterable[Ground], zone: tzinfo, language: str) -> list[Grounded]:
    """Put what a letter rests on into words. A source that we have no word for is the company's own word."""
    sources, found = site.pages.texts[language]["why"]["ground"]["sources"], []
    for ground in grounds:
        line, topic = ground.line, ground.purpose.removeprefix(TOPIC) if ground.purpose.startswith(TOPIC) else ""
        shown = Grounded(ground.purpose, topic, ground.basis.value, None, "", "", "", ground.holds)
        if line:
            source = str(sources.get(line.source or IMPORT, line.source))
            shown = replace(shown, at=line.at.astimezone(zone), source=source, wording=line.wording, note=line.note)
        found.append(shown)
    return found


def reasoned(site: Site, newsletter: Newsletter, library: Library, language: str) -> list[Reasoned]:
    """Put a letter's blocks into words, in their order. The reasons are those of its day, but for what is sensitive by now."""
    modules = {module.name: module for module in library.modules}
    return [_reasoned(site, newsletter, hushed(block, library), modules.get(block.module), language) for block in newsletter.blocks]


def _reasoned(site: Site, newsletter: Newsletter, block: Block, module: ContentModule | None, language: str) -> Reasoned:
    """Put a block into words. A letter whose modules were edited or removed since is still explained."""
    general = newsletter.arm is Arm.holdout
    return Reasoned(
        module=block.module,
        title=title_of(block.module, module, language),
        source="general" if general and block.source is Source.ranked else block.source.name,
        explored=block.source is Source.explored,
        reasons=tuple(filter(None, (site.pages.say(reason, language) for reason in block.reasons))),
        data=_data(site, block, newsletter),
    )


def _data(site: Site, block: Block, newsletter: Newsletter) -> tuple[str, ...]:
    """The levels whose data was looked at for the block. A signal that knew nothing stands at 0 or at NEUTRAL."""
    if newsletter.arm is Arm.holdout:
        return ()
    spoke = [site.app.signals[name] for name, value in block.values if name in site.app.signals and value not in (0, NEUTRAL)]
    levels = sorted({signal.LEVEL for signal in spoke if signal.PERSONAL and newsletter.level >= signal.LEVEL})
    wished = (ASKED,) if any(name == ASKED and moved for name, moved in block.bonus) else ()
    return (*(Level(level).name for level in levels), *wished)


def title_of(name: str, module: ContentModule | None, language: str) -> str:
    """The module's own title; where it is gone, its name made readable."""
    return (module.title(language) if module else "") or readable(name.rpartition("/")[2])


def readable(slug: str) -> str:
    return slug.replace("-", " ").replace("_", " ").capitalize()
