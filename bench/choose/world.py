"""The 47-module benchmark on the `journey` purchases: who bought what when, and what was right to show at each send.

The protocol: modules are the 47 product categories bought in the most household-weeks, without fuel, coupon and miscellaneous
lines. A newsletter of five blocks goes out at the end of weeks 14, 16, ..., 40 to every household with a purchase up to then;
a block is right if its category is bought in the two weeks after. The data end on the second day of week 42, so the last
send is judged by nine days.

The text of the protocol lies beside the data; nothing in the product depends on either.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_BESIDE = [folder / "shared" / "data" for folder in Path(__file__).parents[3:]]
DATA = next((folder for folder in _BESIDE if folder.is_dir()), _BESIDE[0])
"""`../shared/data`, or where a worktree lies deeper, the first above it."""
JOURNEY = DATA / "journey"
START = date(2017, 1, 1)
"""Day 0, a Sunday; week 1 is days 0 to 6."""
MODULES, BLOCKS, WEEKS = 47, 5, 42
SENDS = tuple(range(14, 41, 2))
"""Weeks at whose end a newsletter goes out."""
FITTED, JUDGED = SENDS[:8], SENDS[8:]
AHEAD, LATELY = 14, 56
"""Days in which a block may prove right, and days after a purchase in which task X leaves a module out."""
DAY = 86_400
_LEFT_OUT = ("COUPON", "FUEL", "GASOLINE", "MISC. TRANS", "MISCELLANEOUS")


@dataclass(frozen=True, eq=False)
class World:
    """H households and what they bought of M = 47 modules in 42 weeks.

    `households` int64[H] the shop's own numbers, rising; `modules` the categories in name order. Purchases (P, one for each
    household, module and day, by day, then household, then module): `buyer` int64[P] row of the household, `module` int64[P],
    `day` int64[P] from 0, `second` int64[P] the last of that day's purchases in seconds since day 0 began. Days with an order
    of anything (D): `order_household`, `order_day` int64[D] and `order_second`, in the same order.
    `right` bool[S, H, M]: bought in the two weeks after the send; the truth, even where the purchases are confused.
    """

    households: Array
    modules: tuple[str, ...]
    buyer: Array
    module: Array
    day: Array
    second: Array
    order_household: Array
    order_day: Array
    order_second: Array
    right: Array

    @cached_property
    def bought(self) -> Array:
        """bool[H, weeks, M]: bought in that week (week 1 is column 0)."""
        found = np.zeros((len(self.households), WEEKS, len(self.modules)), dtype=bool)
        found[self.buyer, self.day // 7, self.module] = True
        return found

    @cached_property
    def eligible(self) -> Array:
        """bool[S, H]: bought anything up to the send."""
        first = np.full(len(self.households), np.iinfo(np.int64).max)
        np.minimum.at(first, self.order_household, self.order_day)
        return np.stack([first < 7 * send for send in SENDS])

    @cached_property
    def fresh(self) -> Array:
        """bool[S, H, M], the mask of task X: eligible, and not bought in the last 8 weeks."""
        lately = np.stack([self.within(7 * send - LATELY, 7 * send) for send in SENDS])
        return ~lately & self.eligible[:, :, None]

    def within(self, first: int, end: int) -> Array:
        """bool[H, M]: bought on one of the days from `first` up to and without `end`, as the purchases tell."""
        found = np.zeros((len(self.households), len(self.modules)), dtype=bool)
        inside = (self.day >= first) & (self.day < end)
        found[self.buyer[inside], self.module[inside]] = True
        return found

    def of(self, rows: Array) -> World:
        """The same world with the given rows of households only (int64, in rising order)."""
        place = np.full(len(self.households), -1)
        place[rows] = np.arange(len(rows))
        kept, ordered = place[self.buyer] >= 0, place[self.order_household] >= 0
        return replace(
            self,
            households=self.households[rows],
            buyer=place[self.buyer[kept]],
            module=self.module[kept],
            day=self.day[kept],
            second=self.second[kept],
            order_household=place[self.order_household[ordered]],
            order_day=self.order_day[ordered],
            order_second=self.order_second[ordered],
            right=self.right[:, rows],
        )

    def confused(self, permutation: Array) -> World:
        """The wrong prior: every purchase of module m is told as one of `permutation[m]`; what is right stays as it is."""
        module = permutation[self.module]
        order = np.lexsort((module, self.buyer, self.day))
        columns = {name: getattr(self, name)[order] for name in ("buyer", "day", "second")}
        return replace(self, module=module[order], **columns)


def load(folder: Path = JOURNEY) -> World:
    """Read the folder of the journey data; FileNotFoundError where it is not."""
    category = _categories(folder / "products.csv.gz")
    with gzip.open(folder / "orders.csv.gz", "rt", encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        rows = [(int(line[1]), _second(line[2]), category.get(line[3], "")) for line in lines]
    households, household = np.unique(np.array([row[0] for row in rows], dtype=np.int64), return_inverse=True)
    second = np.array([row[1] for row in rows], dtype=np.int64)
    names = sorted({row[2] for row in rows})
    number = {name: i for i, name in enumerate(names)}
    code = np.array([number[row[2]] for row in rows], dtype=np.int64)
    modules = _most_bought(names, code, household, second // DAY // 7)
    column = np.full(len(names), -1)
    column[modules] = np.arange(len(modules))
    known = column[code] >= 0
    buyer, module, day, last = _days(household[known], column[code[known]], second[known])
    order_household, _, order_day, order_second = _days(household, np.zeros(len(second), dtype=np.int64), second)
    world = World(
        households,
        tuple(names[i] for i in modules),
        *(buyer, module, day, last),
        *(order_household, order_day, order_second),
        np.zeros((0, 0, 0), dtype=bool),
    )
    return replace(world, right=np.stack([world.within(7 * send, 7 * send + AHEAD) for send in SENDS]))


def _categories(path: Path) -> dict[str, str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {row["product_id"]: row["product_category"] for row in csv.DictReader(file)}


def _second(time: str) -> int:
    day = (date(int(time[:4]), int(time[5:7]), int(time[8:10])) - START).days
    return day * DAY + int(time[11:13]) * 3_600 + int(time[14:16]) * 60 + int(time[17:19])


def _most_bought(names: list[str], code: Array, household: Array, week: Array) -> Array:
    """The codes of the 47 categories with the most household-weeks, in name order."""
    cells = np.unique((household * WEEKS + week) * len(names) + code) % len(names)
    count = np.bincount(cells, minlength=len(names))
    count[[i for i, name in enumerate(names) if not name or name.startswith(_LEFT_OUT)]] = 0
    return np.sort(np.argsort(-count, kind="stable")[:MODULES])


def _days(household: Array, module: Array, second: Array) -> tuple[Array, Array, Array, Array]:
    """One purchase for each household, module and day, in order of day, with the last second of it."""
    order = np.lexsort((second, module, household, second // DAY))
    household, module, second = household[order], module[order], second[order]
    day = second // DAY
    last = np.ones(len(day), dtype=bool)
    last[:-1] = (household[1:] != household[:-1]) | (module[1:] != module[:-1]) | (day[1:] != day[:-1])
    return household[last], module[last], day[last], second[last]
