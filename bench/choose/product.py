"""The benchmark's purchases as the product's own nouns: a Library of 47 modules, an Audience and a History at each send.

The moment of a send is the end of its week: the first second of the day after. Columns are made as composer/store makes them
from order lines (`_conduct.py`, `history.py`), but in the mind, without a database.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from bench.choose.world import DAY, MODULES, START, Array, World
from composer.domain.audience import Audience, Codes
from composer.domain.content import ContentModule, Layout, Library, Slot
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.store.recipients import draw_key

HALF_LIFE_DAYS = 28
OWNED, FRESH = timedelta(0), timedelta(days=56)


def library(world: World, owned_for: timedelta = OWNED) -> Library:
    """One module for each category, interest `category:NAME`, in the order of `world.modules` (so columns are theirs)."""
    modules = tuple(
        ContentModule(
            name=f"category/{m:02}-{slug(name)}",
            kind="category",
            group=f"category/{m:02}",
            languages=("en",),
            interests=(f"category:{name}",),
            owned_for=owned_for,
            rest=timedelta(0),
            titles={"en": name},
            subjects={"en": name},
            preheaders={"en": name},
        )
        for m, name in enumerate(world.modules)
    )
    layout = Layout("newsletter", (Slot("recommendation", (), 5, 5),), least_blocks=5, most_blocks=5)
    return Library(modules, {"newsletter": layout}, "journey")


def slug(name: str) -> str:
    """Small letters and hyphens."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def moment_of(send: int) -> Moment:
    """The end of the send's week, as the edition's scheduled time and as now."""
    at = datetime(START.year, START.month, START.day, tzinfo=UTC) + timedelta(weeks=send)
    return Moment(at, at, f"journey/{send}")


def columns_at(world: World, send: int) -> dict[str, Array]:
    """The columns of conduct by name, over everybody in `world`. A new column of the Audience that is about purchases goes here."""
    shape, end = (len(world.households), MODULES), 7 * send * DAY
    past, ordered = world.second < end, world.order_second < end
    cell = world.buyer[past] * MODULES + world.module[past]
    age = (end - world.second[past]) / DAY
    household = world.order_household[ordered]
    days_ago = 7 * send - 1 - world.order_day[ordered]

    def total(weights: Array | None = None) -> Array:
        return np.bincount(cell, weights=weights, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float32)

    def extreme(function: Any, start: float) -> Array:
        found = np.full(shape[0] * shape[1], start)
        function.at(found, cell, age)
        return found.reshape(shape).astype(np.float32)

    newest = np.full(shape[0], np.inf)
    np.minimum.at(newest, household, (end - world.order_second[ordered]) / DAY)
    return {
        "bought": total(),
        "bought_decayed": total(np.exp2(-age / HALF_LIFE_DAYS)),
        "bought_age": extreme(np.minimum, np.inf),
        "bought_first_age": _never(extreme(np.maximum, -1.0)),
        "order_days": np.bincount(household, minlength=shape[0]).astype(np.float32),
        "order_days_decayed": np.bincount(household, weights=np.exp2(-days_ago / HALF_LIFE_DAYS), minlength=shape[0]).astype(np.float32),
        "ordered_age": newest.astype(np.float32),
    }


def _never(oldest: Array) -> Array:
    """Ages of what was never bought, which stand below nought, are infinite."""
    return np.where(oldest < 0, np.inf, oldest).astype(np.float32)


def audience_at(world: World, send: int) -> Audience:
    """Everybody in `world` at level premium, with what they bought up to the send; `world.eligible` says who gets a letter."""
    return replace(_blank(world), **columns_at(world, send))


def history_at(world: World, send: int) -> History:
    """What learning may read at the send: purchases of everybody in `world`, no impressions (`dataclasses.replace` adds some)."""
    past, ordered = world.second < 7 * send * DAY, world.order_second < 7 * send * DAY
    empty = {
        name: np.zeros(0, dtype=kind)
        for kind, names in {
            np.int32: ("module",),
            np.int8: ("position",),
            np.bool_: ("clicked", "explored"),
            np.float32: ("probability", "impression_age", "score", "tone_probability", "opening_probability"),
            np.int64: ("viewer", "letter"),
            np.int16: ("tone", "opening"),
        }.items()
        for name in names
    }
    nothing = Codes.of([""] * len(world.households))
    lib = library(world)
    column = np.array([lib.interests.index(f"category:{name}") for name in world.modules], dtype=np.int32)
    return History(
        draw_key=_draw_keys(world),
        role=nothing,
        stage=nothing,
        region=nothing,
        buyer=world.buyer[past],
        interest=column[world.module[past]],
        age=(7 * send - 1 - world.day[past]).astype(np.float32),
        order_buyer=world.order_household[ordered],
        order_age=(7 * send - 1 - world.order_day[ordered]).astype(np.float32),
        signals=np.zeros((0, 0), dtype=np.float32),
        signal_names=(),
        **empty,
    )


def _draw_keys(world: World) -> Array:
    return np.array([draw_key(str(number)) for number in world.households], dtype=np.int64).view(np.uint64)


def _blank(world: World) -> Audience:
    """People with every consent of whom nothing is known: shapes follow the columns' names, values their declarations."""
    n = len(world.households)
    number = np.arange(1, n + 1, dtype=np.int64)
    nothing, none = Codes.of([""] * n), np.array([""] * n, dtype=object)
    wide = {name: np.zeros((n, MODULES), dtype=np.float32) for name in ("bought", "bought_decayed", "clicked")}
    ages = {
        name: np.full((n, MODULES), np.inf, dtype=np.float32)
        for name in ("shown_age", "bought_age", "bought_first_age", "returned_age", "viewed_age")
    }
    one = np.zeros((n, 1), dtype=np.float32)
    never = np.full(n, np.inf, dtype=np.float32)
    return Audience(
        number=number,
        recipient_id=np.array([str(h) for h in world.households], dtype=object),
        address=np.array([f"household{h}@example.com" for h in world.households], dtype=object),
        draw_key=_draw_keys(world),
        level=np.full(n, Level.premium, dtype=np.int8),
        consented=np.ones(n, dtype=bool),
        opens=np.zeros(n, dtype=bool),
        suppressed=np.zeros(n, dtype=bool),
        duplicate=np.zeros(n, dtype=bool),
        basis=Codes.of(["consent"] * n),
        similar=np.ones((n, MODULES), dtype=bool),
        restricted=np.zeros(n, dtype=bool),
        sent_lately=np.zeros(n, dtype=np.int16),
        letter_at=np.zeros(n, dtype=np.int64),
        paused_until=np.zeros(n, dtype=np.int64),
        shown=np.zeros((n, MODULES), dtype=np.int16),
        forgotten=np.zeros((n, MODULES), dtype=np.int16),
        letters_since=np.full((n, MODULES), 32_767, dtype=np.int16),
        elsewhere_age=np.full((n, MODULES), np.inf, dtype=np.float32),
        language=Codes.of(["en"] * n),
        time_zone=Codes.of(["UTC"] * n),
        topics=np.zeros((n, 0), dtype=bool),
        asked=np.zeros((n, MODULES), dtype=np.int8),
        first_name=none,
        last_name=none,
        company=none,
        order_days=np.zeros(n, dtype=np.float32),
        order_days_decayed=np.zeros(n, dtype=np.float32),
        ordered_age=never,
        complained_age=never,
        **dict.fromkeys(("daypart", "frequency", "role", "country", "region", "stage"), nothing),
        **{f"{axis}_{what}": one for axis in ("tone", "opening") for what in ("clicked", "expected")},
        **wide,
        **ages,
    )
