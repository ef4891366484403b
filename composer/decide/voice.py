"""Voice: in which tone a letter speaks, how it opens, and what each block calls for.

The tone is one a letter: a block has it where its module is written in it in the letter's language, and is plain elsewhere.
The opening is the leading block's; where the campaign gives the subject there is nothing to choose. What the brand says of a
tone, for which roles and stages it is, counts as evidence seen before (arms.py), so the first day works; an opening named
like the tone is favoured as much. The hold-out and people about whom nothing is known get plain words. Only those whose clicks may be
learnt from are given try-outs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from composer.decide.arms import EVERYBODY, NONE, NOTHING, TRIED, Evidence, Picked, by_word, habit, learnt, pick
from composer.decide.draw import uniform
from composer.decide.slate import Slate
from composer.domain.audience import Array, Audience, Codes
from composer.domain.belief import STATED_CLICKS, STATED_LIFT, Beliefs
from composer.domain.campaign import Campaign, Edition
from composer.domain.content import PLAIN, ContentModule, Library
from composer.domain.level import Level
from composer.domain.newsletter import Choice
from composer.domain.sentence import Sentence, say

_ROLE, _STAGE, _OWN, _MATCH = range(EVERYBODY + 1, EVERYBODY + 5)
TONE_SAYS = {
    TRIED: say("A try-out of another tone, to learn what you like."),
    EVERYBODY: say("Readers follow links in this tone more often."),
    _ROLE: say("This tone suits people in your role."),
    _STAGE: say("This tone suits where you are with us now."),
    _OWN: say("You followed links in this tone more often."),
}
OPENING_SAYS = {
    TRIED: say("A try-out of another opening, to learn what you like."),
    EVERYBODY: say("Readers follow links more often after this opening."),
    _ROLE: say("People in your role follow links more often after this opening."),
    _STAGE: say("Others at the same stage follow links more often after this opening."),
    _OWN: say("You followed links more often after this opening."),
    _MATCH: say("This opening goes with the tone of the letter."),
}
GENERAL = say("The general letter has plain words.")
STRANGER = say("Plain words: nothing is known that speaks for others.")
ONLY = say("There is no other way to say it.")
UNCLEAR = say("Plain words: nothing speaks clearly for others.")
OF_CAMPAIGN = say("The campaign gives the subject.")


@dataclass(frozen=True)
class Words:
    """The tone and the opening of each letter. bool[R]: `general` for the hold-out, `stranger` for people about whom nothing
    is known, `of_campaign` where the campaign gives the subject.
    """

    tone: Picked
    opening: Picked
    general: Array
    stranger: Array
    of_campaign: Array
    _choices: dict[tuple[Any, ...], Choice] = field(default_factory=dict, repr=False, compare=False)

    def tone_of(self, r: int) -> Choice:
        """The tone of recipient `r`'s letter."""
        return self._choice(self.tone, self._tones[r], TONE_SAYS)

    def opening_of(self, r: int) -> Choice:
        """How recipient `r`'s letter opens."""
        return self._choice(self.opening, self._openings[r], OPENING_SAYS)

    @cached_property
    def _tones(self) -> list[tuple[Any, ...]]:
        return self._rows(self.tone, np.zeros_like(self.general))

    @cached_property
    def _openings(self) -> list[tuple[Any, ...]]:
        return self._rows(self.opening, self.of_campaign)

    def _choice(self, picked: Picked, row: tuple[Any, ...], says: Mapping[int, Sentence]) -> Choice:
        """The choice of a row. Few differ: each is made once."""
        key = (picked is self.tone, *row)
        if key not in self._choices:
            chosen, bits, probability, why, general, stranger, of_campaign = row
            name = picked.names[chosen]
            options = tuple(option for place, option in enumerate(picked.names) if bits >> place & 1)
            plain = OF_CAMPAIGN if of_campaign else GENERAL if general else STRANGER if stranger else ONLY if why == NONE else UNCLEAR
            reason = plain if why in (NONE, NOTHING) else says[why]
            self._choices[key] = Choice(name, options, probability, reason)
        return self._choices[key]

    def _rows(self, picked: Picked, of_campaign: Array) -> list[tuple[Any, ...]]:
        """(chosen, options as bits, probability, why, general, stranger, of the campaign) of each recipient."""
        bits = np.zeros(len(picked.chosen), dtype=np.int64)
        for place in range(min(len(picked.names), 63)):
            bits |= picked.options[:, place].astype(np.int64) << place
        columns = (picked.chosen, bits, picked.probability, picked.why, self.general, self.stranger, of_campaign)
        return list(zip(*(column.tolist() for column in columns), strict=True))


def choose_words(
    audience: Audience, library: Library, campaign: Campaign, edition: Edition, beliefs: Beliefs, slate: Slate, holdout: Array
) -> Words:
    """Choose tone and opening of every letter of a batch. What one recipient gets never depends on who else is in it.

    `audience` is redacted and its language settled; `slate` holds the blocks as they will be shown.
    """
    stranger = ~(audience.role.known() | audience.stage.known() | (audience.tone_clicked > 0).any(axis=1))
    plain_only = holdout | stranger
    explore = np.where(audience.level >= Level.premium, campaign.policy.explore_words, 0.0)
    words = {"role": audience.role, "stage": audience.stage}

    def choose(axis: str, names: tuple[str, ...], options: Array, stated: Mapping[str, Array], more: Sequence[Evidence]) -> Picked:
        options = options.copy()
        options[:, 1:] &= ~plain_only[:, None]
        options[:, 0] = True
        belief = beliefs.of(axis)
        known = [by_word(codes.codes, codes.words, belief.get(name, {}), names, stated[name]) for name, codes in words.items()]
        own = habit(getattr(audience, f"{axis}_clicked"), getattr(audience, f"{axis}_expected"))
        everybody = learnt(belief.get("everybody", {}), names, np.zeros(len(names)))
        draw = uniform(audience.draw_key, edition.key, axis)
        return pick(names, options, everybody, [*known, own, *more], explore, draw)

    tone = choose("tone", library.tones, _written(audience.language, library, slate.chosen), _stated(library, audience), ())
    of_campaign = np.array([bool(campaign.subject.get(word)) for word in (*audience.language.words, "")], dtype=bool)
    of_campaign = of_campaign[audience.language.codes]
    openings = _opened(audience.language, library, slate.chosen) & ~of_campaign[:, None]
    nothing = {name: np.zeros((len(codes.words), len(library.openings))) for name, codes in words.items()}
    opening = choose("opening", library.openings, openings, nothing, [_match(tone, library, beliefs)])
    return Words(tone, opening, holdout, stranger, of_campaign)


def _stated(library: Library, audience: Audience) -> dict[str, Array]:
    """By role and by stage: float64[words, tones], what the brand says of whom a tone suits."""
    voices = {voice.name: voice for voice in library.voices}

    def table(words: tuple[str, ...], of: str) -> Array:
        found = [[STATED_LIFT * (name in voices and word in getattr(voices[name], of)) for name in library.tones] for word in words]
        return np.array(found, dtype=np.float64).reshape(len(words), len(library.tones))

    return {"role": table(audience.role.words, "roles"), "stage": table(audience.stage.words, "stages")}


def _match(tone: Picked, library: Library, beliefs: Beliefs) -> Evidence:
    """Evidence [R, openings] for the opening that is named like the letter's tone."""
    lift, variance = beliefs.of("opening").get("match", (STATED_LIFT, 1 / STATED_CLICKS))
    same = np.array([[name == opening != PLAIN for opening in library.openings] for name in library.tones], dtype=bool)[tone.chosen]
    return Evidence(np.where(same, np.int64(round(lift * 1_000_000)), 0), np.where(same, variance, 0.0))


def _written(language: Codes, library: Library, chosen: Array) -> Array:
    """bool[R, tones]: some block of the letter is written in the tone, in the letter's language."""
    speaks = _by_language(language, library.spoken, len(library.tones), len(library.modules))
    found = np.zeros((len(chosen), len(library.tones)), dtype=bool)
    for p in range(chosen.shape[1] if library.modules else 0):
        found |= speaks[language.codes, chosen[:, p]] & (chosen[:, p] >= 0)[:, None]
    return found


def _opened(language: Codes, library: Library, chosen: Array) -> Array:
    """bool[R, openings]: the letter's first block has the opening, in the letter's language."""
    has = _by_language(language, library.opened, len(library.openings), len(library.modules))
    if not library.modules or chosen.shape[1] == 0:
        return np.zeros((len(chosen), len(library.openings)), dtype=bool)
    first = np.take_along_axis(chosen, (chosen >= 0).argmax(axis=1)[:, None], axis=1)[:, 0]
    found: Array = has[language.codes, first] & (first >= 0)[:, None]
    return found


def _by_language(language: Codes, tables: Callable[[str], Array], width: int, modules: int) -> Array:
    """bool[languages + 1, M, width] from a table a language; the last row, of a language that is not known, says no."""
    return np.stack([*(tables(word) for word in language.words), np.zeros((modules, width), dtype=bool)])


def variant_of(module: ContentModule, tone: str, language: str) -> str:
    """The variant a block gets in a letter of this tone."""
    if tone != PLAIN and module.speaks(tone, language):
        return tone
    return PLAIN if PLAIN in module.variants else module.variants[0]


def call_of(module: ContentModule, stage: str, language: str) -> str:
    """The journey stage whose call to action a block carries for a reader at `stage`; empty: the module's own."""
    return stage if stage in module.calls.get(language, ()) else ""
