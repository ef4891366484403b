"""History: what learning reads, as columns over everybody whose level allows it."""

from __future__ import annotations

from dataclasses import dataclass

from composer.domain.audience import Array, Codes


@dataclass(frozen=True)
class History:
    """Purchases, impressions and clicks up to a moment. Ages are days before it.

    Purchases (P rows, one per recipient, interest and order day; level standard and up):
    `buyer` int64[P] (row into the recipient columns), `interest` int32[P] (column of library.interests),
    `age` float32[P].
    Recipients (R rows): `draw_key` uint64[R], `role`, `stage`, `region` Codes.
    Impressions (B rows, one per block sent; level premium): `module` int32[B] (column of library.names),
    `position` int8[B] from 1, `clicked` bool[B], `probability` float32[B], `viewer` int64[B],
    `signals` float32[B, S] in the order of `signal_names`, `impression_age` float32[B], `explored` bool[B].
    """

    draw_key: Array
    role: Codes
    stage: Codes
    region: Codes
    buyer: Array
    interest: Array
    age: Array
    module: Array
    position: Array
    clicked: Array
    probability: Array
    viewer: Array
    impression_age: Array
    explored: Array
    signals: Array
    signal_names: tuple[str, ...]
