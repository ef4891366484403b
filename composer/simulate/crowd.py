"""Generated people as columns: what a company knows of them, and what is planted in them.

The same seed gives the same people. Chance is a seeded stream here: people are made once, all together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from composer.domain.audience import Array
from composer.domain.level import Level

CATEGORIES = (
    "Integration",
    "Invoicing",
    "Maintenance",
    "Payroll",
    "Planning",
    "Quality",
    "Recruiting",
    "Reporting",
    "Security",
    "Training",
)
ROLES = ("operations", "hr", "finance", "it")
ROLE_TASTES = {
    "operations": ("Planning", "Quality", "Maintenance", "Training"),
    "hr": ("Payroll", "Recruiting", "Training"),
    "finance": ("Invoicing", "Reporting", "Payroll"),
    "it": ("Integration", "Security", "Reporting"),
}
ROLE_TONES = {"operations": "technical", "hr": "", "finance": "business", "it": "technical"}
STAGES = ("discover", "evaluate", "use", "renew")
TONES = ("", "technical", "business")
"""What a person may like beyond plain words; empty: nothing in particular."""
PLACES = (
    ("FI", "Uusimaa", "Europe/Helsinki", "fi"),
    ("FI", "Pirkanmaa", "Europe/Helsinki", "fi"),
    ("FI", "Lapland", "Europe/Helsinki", "fi"),
    ("SE", "Stockholm", "Europe/Stockholm", "en"),
    ("GB", "London", "Europe/London", "en"),
    ("US", "New York", "America/New_York", "en"),
)
PURPOSES = {"letters": 0.97, "profiling": 0.93, "clicks": 0.92, "opens": 0.6}
"""Purpose -> share of the people who consent to it."""
LEVELS = {Level.none: 0.02, Level.basic: 0.05, Level.standard: 0.07, Level.premium: 0.86}
FIRST_NAMES = ("Aino", "Eero", "Helmi", "Ilmari", "Kerttu", "Lauri", "Maija", "Oskar", "Saga", "Tove", "Alice", "Henry", "Ruth", "Walter")
LAST_NAMES = ("Esimerkki", "Malli", "Example", "Sample", "Testinen", "Provsson")
ORDERS_A_YEAR = 4.0
"""Orders of a person beside what cycles bring: enough to betray a taste, too few to own everything."""
CYCLES = ((90.0, 180.0), (21.0, 42.0))
"""Days between purchases of the first and the second kind: an upgrade every few months, and what is used up."""
HOURS = (6, 7, 8, 8, 9, 10, 12, 12, 13, 15, 17, 19, 20, 20, 21, 22)
"""Dearest hours of reading, on the person's own clock; drawn evenly from these."""


@dataclass(frozen=True)
class Crowd:
    """N people. Known to the company (index columns into the words above): `role`, `place`, `stage` int8[N], `level` int8[N] as
    chosen, `consents` bool[N, purposes], `first_name` int8[N] (-1: not told), `last_name` int8[N].

    Planted: `tastes` float32[N, categories], rows sum to one; `eager` float32[N], how readily a link is followed (1 is usual);
    `thrift` float32[N], the same for offers; `tone` int8[N] into TONES; `hour` int8[N] the dearest hour; `workdays` bool[N]: hardly
    reads at weekends; `pace` float32[N] orders a year; `grower` bool[N]: buys more from month to month and hardly ever clicks;
    `cycle` int8[N, 2] categories bought every `cycle_days` float32[N, 2], at `cycle_phase` float32[N, 2] of it (0..1).
    Between us and them: `scanned` bool[N]: a gateway follows every link on delivery; `proxied` bool[N]: a proxy loads pictures.
    """

    start: datetime
    seed: int
    role: Array
    place: Array
    stage: Array
    level: Array
    consents: Array
    first_name: Array
    last_name: Array
    tastes: Array
    eager: Array
    thrift: Array
    tone: Array
    hour: Array
    workdays: Array
    pace: Array
    grower: Array
    cycle: Array
    cycle_days: Array
    cycle_phase: Array
    scanned: Array
    proxied: Array

    def __len__(self) -> int:
        return len(self.role)

    @property
    def in_force(self) -> Array:
        """int8[N]: the effective level, by choice and consents (domain.level)."""
        profiling, clicks = self.consents[:, 1], self.consents[:, 2]
        allowed = np.where(profiling, np.where(clicks, Level.premium, Level.standard), Level.basic)
        found: Array = np.minimum(self.level, allowed).astype(np.int8)
        return found


def make_crowd(size: int, start: datetime, seed: int) -> Crowd:
    """Make `size` people. `start` is when the first letter may be sent."""
    draw = np.random.default_rng([seed, 1])
    role = draw.integers(0, len(ROLES), size)
    favour = np.array([[1.0 if category in ROLE_TASTES[name] else 0.12 for category in CATEGORIES] for name in ROLES])
    tastes = draw.standard_gamma(favour[role]) + 1e-6
    tastes /= tastes.sum(axis=1, keepdims=True)
    grower = draw.random(size) < 0.08
    usual = np.array([TONES.index(ROLE_TONES[name]) for name in ROLES])[role]
    low, high = np.array(CYCLES).T
    second = np.argsort(-tastes, axis=1, kind="stable")
    has = draw.random((size, 2)) < (0.7, 0.5)
    return Crowd(
        start=start,
        seed=seed,
        role=role.astype(np.int8),
        place=draw.integers(0, len(PLACES), size).astype(np.int8),
        stage=draw.integers(0, len(STAGES), size).astype(np.int8),
        level=draw.choice(list(LEVELS), size, p=list(LEVELS.values())).astype(np.int8),
        consents=draw.random((size, len(PURPOSES))) < list(PURPOSES.values()),
        first_name=np.where(draw.random(size) < 0.9, draw.integers(0, len(FIRST_NAMES), size), -1).astype(np.int8),
        last_name=draw.integers(0, len(LAST_NAMES), size).astype(np.int8),
        tastes=tastes.astype(np.float32),
        eager=(draw.lognormal(-0.06, 0.35, size) * np.where(grower, 0.15, 1.0)).astype(np.float32),
        thrift=draw.lognormal(-0.05, 0.3, size).astype(np.float32),
        tone=np.where(draw.random(size) < 0.6, usual, draw.integers(0, len(TONES), size)).astype(np.int8),
        hour=np.array(HOURS)[draw.integers(0, len(HOURS), size)].astype(np.int8),
        workdays=draw.random(size) < 0.7,
        pace=(draw.gamma(2.0, ORDERS_A_YEAR / 2, size) * np.where(grower, 1.5, 1.0)).astype(np.float32),
        grower=grower,
        cycle=np.where(has, second[:, :2], -1).astype(np.int8),
        cycle_days=(low + (high - low) * draw.random((size, 2))).astype(np.float32),
        cycle_phase=draw.random((size, 2)).astype(np.float32),
        scanned=draw.random(size) < 0.04,
        proxied=draw.random(size) < 0.3,
    )
