"""What was sent and what came of it, as columns: letters read off a decided batch, and the History that learning reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from composer.decide import Decided
from composer.decide.scoring import MILLION, TURNS
from composer.decide.slate import SOURCES
from composer.domain.audience import Array, Codes
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.reasons import Source
from composer.simulate.crowd import CATEGORIES, PLACES, ROLES, STAGES
from composer.simulate.memory import Memory
from composer.simulate.purchases import DAY, Purchases
from composer.simulate.readers import Acts, Letters

EXPLORED = SOURCES.index(Source.explored)


@dataclass(frozen=True)
class Sent:
    """A batch's letters: `letters` for the readers, and of each block float32[L, P] `score`, `probability`, bool[L, P] `explored` and
    float32[L, P, S] `signals`; of each letter its row in the batch, `holdout` bool[L] and the words chosen.
    """

    letters: Letters
    row: Array
    holdout: Array
    score: Array
    probability: Array
    explored: Array
    signals: Array
    words: dict[str, Array]


def read_off(decided: Decided, rows: Array) -> Sent:
    """The letters of a decided batch; `rows` int64[R] are its people in the crowd."""
    row = np.flatnonzero(decided.skip < 0)
    chosen = decided.slate.chosen[row].astype(np.int64)
    order = np.argsort(chosen < 0, axis=1, kind="stable")[:, : decided.layout.most_blocks]

    def in_order(values: Array) -> Array:
        return np.take_along_axis(values[row], order, axis=1)

    modules = np.take_along_axis(chosen, order, axis=1)
    filled = np.maximum(modules, 0)
    effects = np.array([*decided.scores.positions, *[0] * modules.shape[1]][: modules.shape[1]]) if decided.scores.positions else 0
    odds = decided.scores.plain_keys(row, filled) // TURNS + effects
    return Sent(
        Letters(rows[row], decided.times.send_at[row], modules, _tones(decided, row, filled)),
        row,
        decided.holdout[row],
        (1 / (1 + np.exp(-odds / MILLION))).astype(np.float32),
        in_order(decided.exploration.probability).astype(np.float32),
        in_order(decided.slate.source) == EXPLORED,
        np.moveaxis(np.take_along_axis(decided.scores.values[:, row], filled[None], axis=2), 0, 2),
        {
            "tone": decided.words.tone.chosen[row],
            "tone_probability": decided.words.tone.probability[row],
            "opening": decided.words.opening.chosen[row],
            "opening_probability": decided.words.opening.probability[row],
        },
    )


def _tones(decided: Decided, row: Array, modules: Array) -> Array:
    """int64[L, P]: the letter's tone where the module is written in it in the letter's language, else plain."""
    language, library = decided.audience.language, decided.library
    speaks = np.array(
        [[[module.speaks(tone, word) for tone in library.tones] for module in library.modules] for word in (*language.words, "")],
        dtype=bool,
    )
    tone = decided.words.tone.chosen[row].astype(np.int64)
    return np.where(speaks[language.codes[row][:, None], modules, tone[:, None]], tone[:, None], 0)


@dataclass
class Log:
    """The blocks of letters to the first `taught` people whose level allows it, and everybody of them's purchases."""

    memory: Memory
    taught: int
    blocks: list[dict[str, Array]] = field(default_factory=list)
    purchases: list[Purchases] = field(default_factory=list)
    count: int = 0

    def add(self, sent: Sent, clicks: Acts) -> None:
        """Note letters and the clicks on them."""
        letters = sent.letters
        clicked = np.zeros(letters.modules.shape, dtype=bool)
        clicked[clicks.letter, clicks.position - 1] = True
        level = self.memory.crowd.in_force[letters.reader]
        keep = (letters.reader < self.taught) & (level >= Level.premium)
        letter, place = np.nonzero((letters.modules >= 0) & keep[:, None])
        at = (letter, place)
        self.blocks.append(
            {
                "module": letters.modules[at].astype(np.int32),
                "position": (place + 1).astype(np.int8),
                "clicked": clicked[at],
                "probability": sent.probability[at],
                "viewer": letters.reader[letter],
                "second": letters.second[letter],
                "explored": sent.explored[at],
                "score": sent.score[at],
                "letter": self.count + letter,
                "signals": sent.signals[at],
                "tone": letters.tones[at].astype(np.int16),
                "opening": sent.words["opening"][letter].astype(np.int16),
                "tone_probability": sent.words["tone_probability"][letter].astype(np.float32),
                "opening_probability": sent.words["opening_probability"][letter].astype(np.float32),
            }
        )
        self.count += len(letters)

    def history(self, second: int, signal_names: tuple[str, ...]) -> History:
        """What learning may read at `second`."""
        crowd, library = self.memory.crowd, self.memory.library
        columns = {interest: column for column, interest in enumerate(library.interests)}
        of_category = np.array([columns.get(f"category:{name}", -1) for name in CATEGORIES])
        bought = {name: np.concatenate([getattr(part, name) for part in self.purchases]) for name in ("buyer", "category", "second")}
        interest = of_category[bought["category"]]
        may = crowd.in_force >= Level.standard
        use = (interest >= 0) & (bought["second"] <= second) & (bought["buyer"] < self.taught)
        use &= may[bought["buyer"]]
        day = (second - bought["second"][use]) // DAY
        cells = np.unique(np.stack([bought["buyer"][use], interest[use], day], axis=1), axis=0)
        ordered = np.unique(cells[:, [0, 2]], axis=0)
        people = np.arange(min(self.taught, len(crowd)))

        def words(codes: Array, names: tuple[str, ...]) -> Codes:
            return Codes.of([names[code] for code in codes[people].tolist()])

        parts = self.blocks or [{**_NOTHING, "signals": np.zeros((0, len(signal_names)), dtype=np.float32)}]
        blocks: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        blocks["impression_age"] = ((second - blocks.pop("second")) / DAY).astype(np.float32)
        return History(
            draw_key=people.astype(np.uint64),
            role=words(crowd.role, ROLES),
            stage=words(crowd.stage, STAGES),
            region=words(crowd.place, tuple(place[1] for place in PLACES)),
            buyer=cells[:, 0],
            interest=cells[:, 1].astype(np.int32),
            age=cells[:, 2].astype(np.float32),
            order_buyer=ordered[:, 0],
            order_age=ordered[:, 1].astype(np.float32),
            signal_names=signal_names,
            **blocks,
        )


_KINDS: dict[Any, str] = {
    bool: "clicked explored",
    np.int8: "position",
    np.int16: "tone opening",
    np.int32: "module",
    np.int64: "viewer second letter",
    np.float32: "probability score tone_probability opening_probability",
}
_NOTHING: dict[str, Array] = {name: np.zeros(0, dtype=kind) for kind, names in _KINDS.items() for name in names.split()}
