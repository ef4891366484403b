"""Decided: the arrays of a decided batch, and one recipient's newsletter or explanation read off them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import compress, takewhile
from math import exp
from types import ModuleType

import numpy as np

from composer.decide.candidates import EXCLUDED, SKIPS, Candidates
from composer.decide.explore import Exploration
from composer.decide.page import PAGE_ROWS, Page, read_page
from composer.decide.pins import missing_mandatory
from composer.decide.redact import forbidden_columns
from composer.decide.scoring import MILLION, Scores, chance
from composer.decide.send_time import SendTimes
from composer.decide.slate import SOURCES, Slate
from composer.decide.subject import preheader_of, subject_of
from composer.decide.voice import Words, call_of, variant_of
from composer.decide.why_block import DISCREET, Standing, asked_for, made_for, why_block
from composer.decide.why_not import ranks, why_not
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Edition
from composer.domain.content import Layout, Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.newsletter import Block, Explanation, ExplorationLog, Loser, Newsletter, Skipped
from composer.domain.reasons import Arm, Skip
from composer.domain.sentence import SILENCE, Sentence

SPEAKS = 0.01
"""Log-odds that a signal must lift a module above the recipient's other candidates to be given as a reason."""


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
    words: Words
    _pages: dict[int, Page] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.audience)

    @cached_property
    def skip(self) -> Array:
        """int8[R] into SKIPS, -1 for those who get a letter."""
        short = self.slate.count < max(self.layout.least_blocks, 1)
        missing = missing_mandatory(self.slate, self.campaign, self.library)
        lacking = np.where(missing, SKIPS.index(Skip.no_mandatory), np.where(short, SKIPS.index(Skip.too_few_blocks), -1))
        skip: Array = np.where(self.candidates.skip < 0, lacking, self.candidates.skip).astype(np.int8)
        return skip

    def outcome(self, r: int) -> Newsletter | Skipped:
        """Return recipient `r`'s newsletter, or the one reason why there is none."""
        recipient_id, number = str(self.audience.recipient_id[r]), int(self.audience.number[r])
        arm = Arm.holdout if self.holdout[r] else Arm.personal
        if self.skip[r] >= 0:
            return Skipped(recipient_id, number, self.edition.key, arm, SKIPS[self.skip[r]])
        page, row = self._page(r)
        language = self.audience.language.word(r)
        tone, opening = self.words.tone_of(r), self.words.opening_of(r)
        blocks = self._blocks(page, row, r, tone.chosen, language)
        modules = [self.library.modules[self.library.index[block.module]] for block in blocks[:2]]
        return Newsletter(
            recipient_id=recipient_id,
            recipient_number=number,
            edition=self.edition.key,
            arm=arm,
            level=Level(int(self.audience.level[r])),
            language=language,
            layout=self.layout.name,
            blocks=blocks,
            subject=subject_of(self.campaign, modules[0], language, opening.chosen),
            preheader=preheader_of(modules[0], modules[1] if len(modules) > 1 else None, language, opening.chosen),
            send_at=datetime.fromtimestamp(int(self.times.send_at[r]), UTC),
            hour_reasons=self.times.reasons(r),
            hour_probability=float(self.times.probability[r]),
            tone=tone,
            opening=opening,
            log=self._log(page, row, r),
            basis=self.audience.basis.word(r),
        )

    def explain(self, r: int) -> Explanation:
        """Return the outcome with every module left out: the rule that removed it, or its score."""
        outcome = self.outcome(r)
        shown = {block.module for block in outcome.blocks} if isinstance(outcome, Newsletter) else set()
        keys, chosen, base = self.scores.keys[r], self.slate.chosen[r].tolist(), self.exploration.base[r].tolist()
        plain = self.scores.plain_keys(r, np.arange(len(keys)))
        scores, removed_by = chance(plain).tolist(), self.candidates.removed_by[r].tolist()
        rank = ranks(keys, self.candidates.removed_by[r] < 0).tolist()
        beside = np.logical_or.reduce(self.library.excludes[[self.library.index[name] for name in shown]], axis=0).tolist()

        def loser(m: int, name: str) -> Loser:
            if removed_by[m] >= 0:
                return Loser(name, self.candidates.rules[removed_by[m]], round(scores[m], 6))
            if beside[m]:
                return Loser(name, EXCLUDED, round(scores[m], 6))
            lacked = why_not(m, keys, chosen, base, self.slate.places, self.library, self.layout) if shown else SILENCE
            return Loser(name, "", round(scores[m], 6), rank[m], lacked)

        losers = tuple(loser(m, name) for m, name in enumerate(self.library.names) if name not in shown)
        return Explanation(outcome, losers, forbidden_columns(Level(int(self.audience.level[r]))))

    def _blocks(self, page: Page, row: int, r: int, tone: str, language: str) -> tuple[Block, ...]:
        names, blocks = self.scores.names, list[Block]()
        effects = self.scores.positions or (0,)
        stage = "" if self.holdout[r] else self.audience.stage.word(r)
        for p, m in enumerate(page.chosen[row]):
            if m < 0:
                continue
            module, source = self.library.modules[m], SOURCES[page.source[row][p]]
            position, odds = effects[min(len(blocks), len(effects) - 1)], page.odds[row][p]
            terms = [(name, term / MILLION) for name, term in zip(names, page.terms[row][p], strict=True) if term]
            effect, base, segment = self._module_effects[m], self.scores.base, page.segments[row][p]
            terms += [("module", effect / MILLION), ("base", base / MILLION)]
            if segment:
                terms.append(("segment", segment / MILLION))
            if limit := odds - (page.sums[row][p] + effect + base + segment):
                terms.append(("limit", limit / MILLION))
            terms.append(("position", position / MILLION))
            blocks.append(
                Block(
                    module=module.name,
                    variant=variant_of(module, tone, language),
                    position=len(blocks) + 1,
                    slot=self.slate.places[p].slot,
                    source=source,
                    score=round(1 / (1 + exp(-(odds + position) / MILLION)), 6),
                    probability=page.probability[row][p],
                    terms=tuple(terms),
                    bonus=tuple([(name, column[row][p] / MILLION) for name, column in page.bonus.items() if column[row][p]]),
                    values=tuple(zip(names, page.values[row][p], strict=True)),
                    reasons=self._reasons(page, row, p, r, m),
                    call=call_of(module, stage, language),
                )
            )
        return tuple(blocks)

    def _reasons(self, page: Page, row: int, p: int, r: int, m: int) -> tuple[Sentence, ...]:
        """Why module `m` stands at place `p`; the signals are asked only as far as their answers are needed."""
        if self.library.discreet[m]:
            return DISCREET
        lifts, terms = page.lifts[row][p], page.terms[row][p]
        lifted = takewhile(lambda s: lifts[s] >= SPEAKS, page.order[row][p])

        def true() -> Iterator[Sentence]:
            rest = [s for s, term in enumerate(terms) if term > 0 and lifts[s] < SPEAKS]
            for s in sorted(rest, key=terms.__getitem__, reverse=True):
                yield self._said(s, r, m)

        names = self.scores.names
        standing = Standing(page.ahead[row][p], page.level[row][p], page.among[row], page.pooled[row], self.slate.places[p].pinned)
        return why_block(
            SOURCES[page.source[row][p]],
            bool(self.holdout[r]),
            standing,
            (*asked_for(int(self.audience.asked[r, m])), *self._meant[m]),
            ((names[s], self._said(s, r, m)) for s in lifted),
            true(),
        )

    @cached_property
    def _meant(self) -> list[tuple[Sentence, ...]]:
        """For whom each module is made."""
        return [tuple(made_for(module)) for module in self.library.modules]

    def _said(self, s: int, r: int, m: int) -> Sentence:
        """What a signal says of the module, unless it gives something sensitive away."""
        said = self.signals[self.scores.names[s]].reason(self.audience, r, self.library, m, self.moment, self.beliefs)
        return SILENCE if self.library.gives_away(said.leaves()) else said

    def _log(self, page: Page, row: int, r: int) -> ExplorationLog:
        names, place = self.library.names, page.place[row]
        base, pool, explores = page.base[row], page.pool[row], self.exploration.epsilon[r] > 0
        return ExplorationLog(
            policy=self.campaign.policy.name,
            beliefs=self.beliefs.version,
            epsilon=float(self.exploration.epsilon[r]),
            base=tuple([names[m] for m in base if m >= 0]),
            pool=tuple([names[m] for m in pool if m >= 0]),
            eligible=tuple(compress(names, page.allowed[row])),
            unpinned=int(self.exploration.open_blocks[r]),
            explored_position=sum(m >= 0 for m in base[: place + 1]) if place >= 0 else 0,
            signals=self.scores.names if explores else (),
            steps=tuple([tuple(one) for m, one in zip(base + pool, page.steps[row], strict=True) if m >= 0]) if explores else (),
        )

    @cached_property
    def _module_effects(self) -> list[int]:
        whole: list[int] = self.scores.effects.astype(np.int64).tolist()
        return whole

    def _page(self, r: int) -> tuple[Page, int]:
        """The page that holds recipient `r`, and its row there. One page is kept: reading in order reads each once."""
        number, row = divmod(r, PAGE_ROWS)
        if number not in self._pages:
            self._pages.clear()
            self._pages[number] = read_page(number, self.scores, self.slate, self.candidates, self.exploration)
        return self._pages[number], row
