"""Why a block is in a letter, in two or three sentences; of what is sensitive only that nothing is said.

First how it came here where that was not by score, then the signals that lift it most above the recipient's other candidates,
each a thing that speaks for this block and less for others. Where fewer than two speak, where it stands among the candidates,
and what else is true of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from composer.domain.asked import LESS, MORE
from composer.domain.content import ContentModule, Library
from composer.domain.newsletter import Block
from composer.domain.reasons import Source
from composer.domain.sentence import Sentence, say

LEAST, MOST = 2, 3
"""Sentences a block has."""
DISCREET = (
    say("It was chosen like every other part."),
    say("On some subjects we give no further reasons, so that nobody can read anything out of your letters."),
)
"""All that is said of a sensitive block: also how it was chosen could say what somebody bought."""
_ALIKE = {Source.segment: "segment", Source.popular: "popularity", Source.seasonal: "season"}
"""Sources that say what a signal would say again."""


class Standing(NamedTuple):
    """Where a block stands: so many of the `among` candidates are `ahead` of it by score, so many `level`: itself, and those not shown.

    `pool`: how many a try-out was drawn from. `kept`: the place is kept for pieces of its kind.
    """

    ahead: int
    level: int
    among: int
    pool: int = 0
    kept: bool = False


def why_block(
    source: Source,
    general: bool,
    standing: Standing,
    meant: Sequence[Sentence],
    lifted: Iterable[tuple[str, Sentence]],
    true: Iterable[Sentence],
) -> tuple[Sentence, ...]:
    """Return the sentences. `general`: the letter is the hold-out's.

    `meant` says whose wish it follows and for whom it was made; `lifted` are (signal, sentence) of the signals that lift the
    block, most first, `true` what others could say of it; both are read only as far as needed, and may hold silence. What names
    only things that were named already waits: "You often buy tea." needs no "You bought tea recently." beside it where something
    else speaks too.
    """
    said: list[Sentence] = [*_came(source, general), *(() if general else meant)]
    again: list[Sentence] = []
    for signal, sentence in lifted:
        if len(said) >= MOST:
            break
        if not sentence or sentence in said or signal == _ALIKE.get(source):
            continue
        names = set(sentence.leaves())
        (again if names and names <= {leaf for one in said for leaf in one.leaves()} else said).append(sentence)
    said.extend(again[: max(LEAST - len(said), 0)])
    said.extend(_stands(source, general, standing) if len(said) < LEAST else ())
    for sentence in true if len(said) < LEAST else ():
        if sentence and sentence not in said:
            said.append(sentence)
        if len(said) == LEAST:
            break
    if len(said) < LEAST:
        said.append(say("Nothing speaks against it: every rule lets it come to you."))
    return tuple(said)


def hushed(block: Block, library: Library) -> Block:
    """A block that was decided before, with nothing said of what was marked sensitive since."""
    m = library.index.get(block.module)
    if m is not None and library.discreet[m]:
        return replace(block, reasons=DISCREET)
    kept = tuple(reason for reason in block.reasons if not library.gives_away(reason.leaves()))
    return block if len(kept) == len(block.reasons) else replace(block, reasons=kept or DISCREET)


def asked_for(asked: int) -> Iterator[Sentence]:
    """What the recipient asked of it (domain.asked), where they did."""
    if asked == MORE:
        yield say("You asked for more like this.")
    elif asked == LESS:
        yield say("You asked for less like this, so it comes only now and then.")


def made_for(module: ContentModule) -> Iterator[Sentence]:
    """Whom the module is made for, where only they are shown it and no signal says so."""
    if module.when:
        yield say("It is about what is happening where you are now.")
    elif module.regions or module.countries:
        yield say("It is for people where you are.")
    if module.bought_within is not None:
        yield say("It follows what you bought lately.")


def _came(source: Source, general: bool) -> Iterator[Sentence]:
    """How it came here, where not by score alone."""
    if general:
        yield say("It is part of the general letter; nothing you did moved it up.")
    elif source is Source.explored:
        yield say("A try-out, drawn by lot to learn what you like.")
    elif source is Source.pinned:
        yield say("This campaign gives it to everybody who may be shown it.")
    elif source is Source.segment:
        yield say("Often chosen by others like you.")
    elif source is Source.popular:
        yield say("Popular with other readers.")
    elif source is Source.seasonal:
        yield say("It is the season for this.")
    elif source is Source.generic:
        yield say("A good place to start.")


def _stands(source: Source, general: bool, standing: Standing) -> Iterator[Sentence]:
    """One sentence on where it stands, or none."""
    among = str(standing.among)
    if general:
        yield say("It is what most people would be shown.")
    elif source is Source.explored:
        if standing.pool > 1:
            yield say("It was one of the {count} next best for you.", count=str(standing.pool))
        else:
            yield say("It was the next best for you.")
    elif source not in (Source.ranked, Source.pinned):
        yield say("It fills a place for which nothing fitted you better.")
    elif source is Source.pinned:
        yield say("It has its place whatever its score.")
    elif standing.kept:
        yield say("This place in the letter is kept for pieces of this kind.")
    elif standing.level > 1:
        yield say("Several pieces fit you equally well, and it is this one's turn.")
    elif standing.ahead == 0 and standing.among > 1:
        yield say("Of the {count} pieces that could be shown to you it fits best.", count=among)
    elif standing.ahead == 1:
        yield say("Of the {count} pieces that could be shown to you only one fits better.", count=among)
    elif 0 < standing.ahead <= max(3, standing.among // 4):
        yield say("Of the {count} pieces that could be shown to you only {ahead} fit better.", count=among, ahead=str(standing.ahead))
    elif standing.among > 1:
        yield say("Of what was left for its place it fits you best.")
