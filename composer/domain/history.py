"""History: what learning reads, as columns over everybody whose level allows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from composer.domain.audience import Array, Codes


@dataclass(frozen=True)
class History:
    """Purchases, impressions and clicks up to a moment. Ages are days before it.

    Purchases (P rows, one per recipient, interest and order day; level standard and up):
    `buyer` int64[P] (row into the recipient columns), `interest` int32[P] (column of library.interests),
    `age` float32[P].
    Order days (D rows, one per recipient and day with an order of anything): `order_buyer` int64[D], `order_age` float32[D].
    Recipients (R rows): `draw_key` uint64[R], `role`, `stage`, `region` Codes.
    Impressions (B rows, one per block sent; level premium): `module` int32[B] (column of library.names),
    `position` int8[B] from 1, `clicked` bool[B], `probability` float32[B], `viewer` int64[B],
    `signals` float32[B, S] in the order of `signal_names`, `impression_age` float32[B], `explored` bool[B],
    `score` float32[B] (the click probability foreseen).
    Words, of the letter each block was in: `letter` int64[B] (any number that tells letters apart), `tone` and `opening`
    int16[B] (index in library.tones and library.openings, -1 where the library has it no more), `tone_probability` and
    `opening_probability` float32[B] (the chance the choice had; 1 where there was none).
    """

    draw_key: Array
    role: Codes
    stage: Codes
    region: Codes
    buyer: Array
    interest: Array
    age: Array
    order_buyer: Array
    order_age: Array
    module: Array
    position: Array
    clicked: Array
    probability: Array
    viewer: Array
    impression_age: Array
    explored: Array
    score: Array
    letter: Array
    tone: Array
    tone_probability: Array
    opening: Array
    opening_probability: Array
    signals: Array
    signal_names: tuple[str, ...]

    def showing(self, which: Array | slice) -> History:
        """Return the history with only these of its impressions; purchases stay."""
        return replace(self, **{name: getattr(self, name)[which] for name in _IMPRESSIONS})


_IMPRESSIONS = (
    *("module", "position", "clicked", "probability", "viewer", "impression_age", "explored", "score", "letter"),
    *("tone", "tone_probability", "opening", "opening_probability", "signals"),
)
