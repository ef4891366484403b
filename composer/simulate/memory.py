"""What a company would know of a crowd, kept as arrays: the Audience without a database.

It holds what the store would answer about the same conduct, for as many people as memory allows: 47 modules take 0.6 kB a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from composer.domain.audience import Array, Audience, Codes
from composer.domain.content import Library
from composer.simulate.crowd import CATEGORIES, FIRST_NAMES, LAST_NAMES, PLACES, ROLES, STAGES, Crowd
from composer.simulate.purchases import DAY, Purchases
from composer.simulate.rows import recipient_id

HALF_LIFE_DAYS = 28
"""Of a purchase in `bought_decayed`, as in the store."""


@dataclass
class Memory:
    """N people, M modules. Days are float32 days since the first letter, minus infinity for never."""

    crowd: Crowd
    library: Library
    left: Array = field(init=False)
    """bool[N]: ended the letters."""
    sums: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        n, m, i = len(self.crowd), len(self.library.modules), len(self.library.interests)
        self.left = np.zeros(n, dtype=bool)
        self.sums = {
            "shown": np.zeros((n, m), dtype=np.int16),
            "shown_day": np.full((n, m), -np.inf, dtype=np.float32),
            "clicked": np.zeros((n, m), dtype=np.int16),
            "bought": np.zeros((n, i), dtype=np.float32),
            "decayed": np.zeros((n, i), dtype=np.float32),
            "bought_day": np.full((n, i), -np.inf, dtype=np.float32),
            "first_day": np.full((n, i), np.inf, dtype=np.float32),
            "order_decayed": np.zeros(n, dtype=np.float32),
            "letters": np.zeros(n, dtype=np.int16),
            "shown_letter": np.full((n, m), -32_768, dtype=np.int16),
            "order_days": np.zeros(n, dtype=np.float32),
            **{
                f"{axis}_{what}": np.zeros((n, size), dtype=np.float32)
                for axis, size in (("tone", len(self.library.tones)), ("opening", len(self.library.openings)))
                for what in ("clicked", "expected")
            },
        }

    def add_purchases(self, purchases: Purchases) -> None:
        """Note purchases. Each counts as an order day of its own; of the decayed sums, day 0 is the first letter."""
        columns = {interest: column for column, interest in enumerate(self.library.interests)}
        column = np.array([columns.get(f"category:{name}", -1) for name in CATEGORIES])[purchases.category]
        days = (purchases.second - int(self.crowd.start.timestamp())) / DAY
        np.add.at(self.sums["order_days"], purchases.buyer, 1)
        np.add.at(self.sums["order_decayed"], purchases.buyer, np.exp2(days / HALF_LIFE_DAYS).astype(np.float32))
        known = column >= 0
        cell = (purchases.buyer[known], column[known])
        np.add.at(self.sums["bought"], cell, 1)
        np.add.at(self.sums["decayed"], cell, np.exp2(days[known] / HALF_LIFE_DAYS).astype(np.float32))
        np.maximum.at(self.sums["bought_day"], cell, days[known].astype(np.float32))
        np.minimum.at(self.sums["first_day"], cell, days[known].astype(np.float32))

    def audience(self, rows: Array, second: int) -> Audience:
        """The columns of the given people (int64[L]) for an edition at `second` (since 1970 UTC)."""
        crowd, n = self.crowd, len(rows)
        day = np.float32((second - crowd.start.timestamp()) / DAY)
        own = {name: values[rows] for name, values in self.sums.items()}
        ids = [recipient_id(r) for r in rows.tolist()]
        places = [PLACES[place] for place in crowd.place[rows].tolist()]
        none = np.full(n, "", dtype=object)
        bought_age = day - own["bought_day"]
        never = np.full(n, np.inf, dtype=np.float32)

        def words(codes: Array, names: tuple[str, ...]) -> Codes:
            return Codes.of([names[code] for code in codes[rows].tolist()])

        names: dict[str, Any] = {
            "first_name": np.array([FIRST_NAMES[code] if code >= 0 else "" for code in crowd.first_name[rows].tolist()], dtype=object),
            "last_name": np.array([LAST_NAMES[code] for code in crowd.last_name[rows].tolist()], dtype=object),
            "company": none,
        }
        return Audience(
            number=rows + 1,
            recipient_id=np.array(ids, dtype=object),
            address=np.array([f"{one}@example.com" for one in ids], dtype=object),
            draw_key=np.array([int.from_bytes(blake2b(one.encode(), digest_size=8).digest(), "little") for one in ids], dtype=np.uint64),
            level=crowd.in_force[rows],
            consented=crowd.consents[rows, 0] & ~self.left[rows],
            opens=np.zeros(n, dtype=bool),
            suppressed=np.zeros(n, dtype=bool),
            duplicate=np.zeros(n, dtype=bool),
            basis=Codes.of(["consent"] * n),
            similar=np.ones((n, len(self.library.modules)), dtype=bool),
            restricted=np.zeros(n, dtype=bool),
            sent_lately=np.zeros(n, dtype=np.int16),
            letter_at=np.zeros(n, dtype=np.int64),
            shown_age=day - own["shown_day"],
            shown=own["shown"],
            forgotten=np.zeros_like(own["shown"]),
            letters_since=np.minimum(own["letters"][:, None].astype(np.int32) - own["shown_letter"], 32_767).astype(np.int16),
            elsewhere_age=np.full((n, len(self.library.modules)), np.inf, dtype=np.float32),
            language=Codes.of([place[3] for place in places]),
            time_zone=Codes.of([place[2] for place in places]),
            daypart=Codes.of([""] * n),
            frequency=Codes.of([""] * n),
            paused_until=np.zeros(n, dtype=np.int64),
            topics=np.zeros((n, len(self.library.topics)), dtype=bool),
            asked=np.zeros((n, len(self.library.modules)), dtype=np.int8),
            **names,
            role=words(crowd.role, ROLES),
            country=Codes.of([place[0] for place in places]),
            region=Codes.of([place[1] for place in places]),
            stage=words(crowd.stage, STAGES),
            bought=own["bought"],
            bought_decayed=own["decayed"] * np.exp2(-day / np.float32(HALF_LIFE_DAYS)),
            bought_age=bought_age,
            bought_first_age=np.where(np.isinf(own["first_day"]), np.float32(np.inf), day - own["first_day"]),
            order_days=own["order_days"],
            order_days_decayed=own["order_decayed"] * np.exp2(-day / np.float32(HALF_LIFE_DAYS)),
            returned_age=np.full_like(bought_age, np.inf),
            ordered_age=bought_age.min(axis=1, initial=np.inf),
            complained_age=never,
            clicked=own["clicked"].astype(np.float32),
            viewed_age=np.full_like(bought_age, np.inf),
            tone_clicked=own["tone_clicked"],
            tone_expected=own["tone_expected"],
            opening_clicked=own["opening_clicked"],
            opening_expected=own["opening_expected"],
        )
