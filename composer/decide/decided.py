"""Decided: the arrays of a decided batch, and one recipient's newsletter or explanation read off them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from math import exp
from types import ModuleType
from typing import Any

import numpy as np

from composer.decide.candidates import SKIPS, Candidates
from composer.decide.explore import Exploration
from composer.decide.redact import forbidden_columns
from composer.decide.scoring import MILLION, Scores, chance
from composer.decide.send_time import SendTimes
from composer.decide.slate import SOURCES, Slate
from composer.decide.subject import preheader_of, subject_of
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Edition
from composer.domain.content import Layout, Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.newsletter import Block, Explanation, ExplorationLog, Loser, Newsletter, Skipped
from composer.domain.reasons import Arm, Skip, Source

MOST_REASONS = 3
SPEAKS = 0.01
"""Log-odds that a signal must lift a module above the recipient's other candidates to be given as a reason."""
_BY_SOURCE = {
    Source.explored: "A try-out: something new, to learn what you like.",
    Source.segment: "Often chosen by others like you.",
    Source.popular: "Popular with other readers.",
    Source.seasonal: "It is the season for this.",
    Source.generic: "A good place to start.",
}
_LEVELS = tuple(Level)


@dataclass(frozen=True)
class Decided:
    """A decided batch. `audience` is redacted: it is what render must be given."""

    audience: Audience
    library: Library
    campaign: Campaign
    edition: Edition
    moment: Moment
    beliefs: Beliefs
    signals: Mapping[str, ModuleType]
    layout: Layout
    holdout: Array
    times: SendTimes
    candidates: Candidates
    scores: Scores
    slate: Slate
    exploration: Exploration

    def __len__(self) -> int:
        return len(self.audience)

    @cached_property
    def skip(self) -> Array:
        """int8[R] into SKIPS, -1 for those who get a letter."""
        short = self.slate.count < max(self.layout.least_blocks, 1)
        return np.where((self.candidates.skip < 0) & short, SKIPS.index(Skip.too_few_blocks), self.candidates.skip)

    def outcome(self, r: int) -> Newsletter | Skipped:
        """Return recipient `r`'s newsletter, or the one reason why there is none."""
        recipient_id, number = self._ids[r]
        arm = Arm.holdout if self._lists.holdout[r] else Arm.personal
        if self._lists.skip[r] >= 0:
            return Skipped(recipient_id, number, self.edition.key, arm, SKIPS[self._lists.skip[r]])
        language = self.audience.language.word(r)
        blocks = self._blocks(r)
        modules = [self.library.modules[self.library.index[block.module]] for block in blocks[:2]]
        return Newsletter(
            recipient_id=recipient_id,
            recipient_number=number,
            edition=self.edition.key,
            arm=arm,
            level=_LEVELS[self._lists.level[r]],
            language=language,
            layout=self.layout.name,
            blocks=blocks,
            subject=subject_of(self.campaign, modules[0], language),
            preheader=preheader_of(modules[0], modules[1] if len(modules) > 1 else None, language),
            send_at=datetime.fromtimestamp(self._lists.send_at[r], UTC),
            send_reason=self.times.reason(r),
            hour_probability=self._lists.hour_probability[r],
            log=self._log(r),
        )

    def explain(self, r: int) -> Explanation:
        """Return the outcome with every module left out: the rule that removed it, or its score."""
        outcome = self.outcome(r)
        shown = {block.module for block in outcome.blocks} if isinstance(outcome, Newsletter) else set()
        scores = chance(self.scores.keys[r]).tolist()
        losers = tuple(
            Loser(name, self.candidates.rules[rule] if rule >= 0 else "", round(scores[m], 6))
            for m, (name, rule) in enumerate(zip(self.library.names, self.candidates.removed_by[r].tolist(), strict=True))
            if name not in shown
        )
        return Explanation(outcome, losers, forbidden_columns(_LEVELS[self._lists.level[r]]))

    def _blocks(self, r: int) -> tuple[Block, ...]:
        lists, names = self._lists, self.scores.names
        blocks: list[Block] = []
        for p, m in enumerate(lists.chosen[r]):
            if m < 0:
                continue
            module, source = self.library.modules[m], SOURCES[lists.source[r][p]]
            position = len(blocks) + 1
            effect = self._position_effects[min(position, len(self._position_effects)) - 1]
            terms = [(name, term) for name, term in zip(names, lists.terms[r][p], strict=True) if term]
            terms += [("module", self._effects[m]), ("position", effect), ("base", self.scores.base)]
            blocks.append(Block(
                module=module.name,
                variant=module.variants[0] if "plain" not in module.variants else "plain",
                position=position,
                slot=self.slate.places[p].slot,
                source=source,
                score=round(1 / (1 + exp(-lists.keys[r][p] / MILLION - effect)), 6),
                probability=lists.probability[r][p],
                terms=tuple(terms),
                values=tuple(zip(names, lists.values[r][p], strict=True)),
                reasons=self._reasons(r, p, m, source),
            ))
        return tuple(blocks)

    def _reasons(self, r: int, p: int, m: int, source: Source) -> tuple[str, ...]:
        """The sentences of the signals that lift this module most above the recipient's other candidates."""
        said = [_BY_SOURCE[source]] if source in _BY_SOURCE else []
        lifts, order = self._lists.lifts[r][p], self._lists.order[r][p]
        for s in order:
            if lifts[s] < SPEAKS or len(said) == MOST_REASONS:
                break
            sentence = self.signals[self.scores.names[s]].reason(self.audience, r, self.library, m, self.moment, self.beliefs)
            if sentence and sentence not in said:
                said.append(sentence)
        return tuple(said) or (_BY_SOURCE[Source.generic],)

    def _log(self, r: int) -> ExplorationLog:
        lists, names = self._lists, self.library.names
        place = lists.place[r]
        return ExplorationLog(
            policy=self.campaign.policy.name,
            beliefs=self.beliefs.version,
            epsilon=lists.epsilon[r],
            base=tuple([names[m] for m in lists.base[r] if m >= 0]),
            pool=tuple([names[m] for m in lists.pool[r] if m >= 0]),
            eligible=tuple([name for name, allowed in zip(names, lists.allowed[r], strict=True) if allowed]),
            unpinned=lists.open_blocks[r],
            explored_position=sum(m >= 0 for m in lists.base[r][: place + 1]) if place >= 0 else 0,
        )

    @cached_property
    def _ids(self) -> list[tuple[str, int]]:
        return list(zip(map(str, self.audience.recipient_id.tolist()), self.audience.number.tolist(), strict=True))

    @cached_property
    def _effects(self) -> list[float]:
        return self.scores.effects.round(6).tolist()  # type: ignore[no-any-return]

    @cached_property
    def _position_effects(self) -> list[float]:
        return self.scores.positions.tolist() or [0.0]

    @cached_property
    def _lists(self) -> _Lists:
        return _Lists(self)


class _Lists:
    """The batch as plain lists: reading a NumPy scalar at a time costs more than building the newsletters."""

    def __init__(self, decided: Decided) -> None:
        scores, chosen = decided.scores, decided.slate.chosen
        rows, picks = np.arange(len(chosen))[:, None], np.maximum(chosen, 0)
        allowed = decided.candidates.allowed
        number = np.maximum(allowed.sum(axis=1), 1)
        empty = scores.values.shape[2] == 0
        shape = (*chosen.shape, len(scores.names))
        values, means = np.zeros(shape), np.zeros((len(chosen), 1, len(scores.names)))
        for s in range(len(scores.names)):
            if not empty:
                values[:, :, s] = scores.values[s][rows, picks]
                means[:, 0, s] = np.where(allowed, scores.values[s], 0).sum(axis=1, dtype=np.float64) / number  # exact: whole steps
        weights = scores.weights * scores.counted.T[:, None, :]
        lifts = np.where(weights > 0, weights * (values - means), 0.0)
        self.values: list[Any] = values.tolist()
        self.terms: list[Any] = (weights * values).round(6).tolist()
        self.lifts: list[Any] = lifts.round(6).tolist()
        self.order: list[Any] = np.argsort(-lifts.round(6), axis=2, kind="stable").tolist()
        self.keys: list[Any] = (np.zeros_like(chosen) if empty else scores.keys[rows, picks]).tolist()
        self.chosen: list[Any] = chosen.tolist()
        self.source: list[Any] = decided.slate.source.tolist()
        self.allowed: list[Any] = allowed.tolist()
        self.skip: list[Any] = decided.skip.tolist()
        self.holdout: list[Any] = decided.holdout.tolist()
        self.level: list[Any] = decided.audience.level.tolist()
        self.send_at: list[Any] = decided.times.send_at.tolist()
        self.hour_probability: list[Any] = decided.times.probability.tolist()
        self.probability: list[Any] = decided.exploration.probability.tolist()
        self.base: list[Any] = decided.exploration.base.tolist()
        self.pool: list[Any] = decided.exploration.pool.tolist()
        self.epsilon: list[Any] = decided.exploration.epsilon.tolist()
        self.open_blocks: list[Any] = decided.exploration.open_blocks.tolist()
        self.place: list[Any] = decided.exploration.place.tolist()
