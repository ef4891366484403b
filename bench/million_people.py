"""An installation of generated people for bench.plan_million: `python -m bench.million_people FOLDER RECIPIENTS SEED_FROM`.

Run as a process of its own: a child's peak memory, as the kernel tells it, begins with its parent's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import SQLModel

from bench.million_library import COUNTRIES, INTERESTS, REGIONS, ROLES, STAGES, TOPICS
from composer.app import App, open_app
from composer.config import load
from composer.store.campaigns import get_campaign, make_edition
from composer.store.engine import writing
from composer.store.recipients import address_key, draw_key
from composer.store.tables import ConsentLedgerRow, EventRow, ImpressionRow, OrderRow, OutboxRow, ProductRow, RecipientRow, SuppressionRow

DAY = 86_400
NOW = 1_772_431_200
"""2026-03-02T06:00:00Z."""
ZONES = ("", "America/New_York", "Asia/Tokyo", "Europe/Helsinki", "Europe/London")
PRODUCTS_EACH = 5
BATCH = 20_000


def fill(cursor: Any, table: type[SQLModel], names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows, straight through the driver; columns that are not named get the table's defaults."""
    columns = {name: table.__table__.c[name] for name in names}  # type: ignore[attr-defined]
    fixed = {
        c.name: c.default.arg
        for c in table.__table__.c  # type: ignore[attr-defined]
        if c.name not in columns and c.default is not None and not callable(c.default.arg)
    }
    listed = ", ".join((*columns, *fixed))
    marks = ", ".join(["?"] * len(columns) + [repr(int(v) if isinstance(v, bool) else v) for v in fixed.values()])
    cursor.executemany(f"INSERT INTO {table.__tablename__} ({listed}) VALUES ({marks})", rows)  # noqa: S608


def add_people(app: App, first: int, last: int, campaign: str) -> None:
    """Add recipients `first` to `last` (their row numbers) with all they did, in the order of time where time matters."""
    draw = np.random.default_rng(first)
    n = last - first + 1
    numbers = np.arange(first, last + 1)
    with writing(app.engine) as db:
        cursor = db.connection.cursor()
        cursor.execute("PRAGMA cache_size = -1000000")
        fill(cursor, RecipientRow, _PERSON, _people(app.key, draw, first, n))
        fill(cursor, ConsentLedgerRow, _CONSENT, _consents(draw, numbers))
        lines = 4 * n
        at = np.sort(NOW - draw.integers(DAY // 4, 365 * DAY, lines))
        product = np.minimum(draw.exponential(0.18, lines), 0.999) * INTERESTS * PRODUCTS_EACH
        orders = (draw.integers(first, last + 1, lines), product.astype(np.int64) + 1, at, np.where(draw.random(lines) < 0.02, -1.0, 1.0))
        fill(cursor, OrderRow, _ORDER, ((f"o{first}-{k}", *row) for k, row in enumerate(zip(*map(np.ndarray.tolist, orders), strict=True))))
        keys = [address_key(app.key, f"g{number:07d}@example.com") for number in numbers[draw.random(n) < 0.01].tolist()]
        fill(cursor, SuppressionRow, ("address_key", "reason", "at"), ((key, "bounce", NOW - 9 * DAY) for key in keys))
        _letters(app, db, cursor, draw, numbers, campaign)
        looks = n // 2
        seen = (draw.integers(first, last + 1, looks), np.sort(NOW - draw.integers(0, 90 * DAY, looks)), draw.integers(1, 321, looks))
        fill(cursor, EventRow, _EVENT, ((f"v{first}-{k}", r, "view", t, p, "", None) for k, (r, t, p) in enumerate(_rows(*seen))))


_PERSON = ("number", "recipient_id", "address", "address_key", "draw_key", "first_name", "last_name", "language", "time_zone", "country")
_PERSON += ("region", "company", "role", "stage", "daypart", "topics", "created_at")
_CONSENT = ("recipient", "purpose", "state", "basis", "source", "at", "recorded_at")
_ORDER = ("order_id", "recipient", "product", "ordered_at", "quantity")
_EVENT = ("event_id", "recipient", "kind", "occurred_at", "product", "module", "outbox")
_LETTER = ("number", "edition", "recipient", "message_id", "state", "level", "send_at", "accepted_at", "frozen")
_BLOCK = ("outbox", "recipient", "module", "position", "variant", "source", "score", "probability", "signals", "shown_at", "clicked_at")


def _rows(*columns: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _people(key: bytes, draw: Any, first: int, n: int) -> Iterator[tuple[Any, ...]]:
    picks = [draw.integers(0, size, n) for size in (len(ZONES), 4, 6, 6, 5, 12, 8)]
    twins = draw.random(n) < 0.005
    for k, (zone, country, region, role, stage, daypart, topic) in enumerate(_rows(*picks)):
        number = first + k
        name = f"g{number:07d}"
        address = f"g{number - 1 if twins[k] and k else number:07d}@example.com"
        yield (number, name, address, address_key(key, address), draw_key(name), "Aino", f"Reader{number}", ("en", "en-GB")[role % 2],
               ZONES[zone], (*COUNTRIES, "")[country], (*REGIONS, "")[region], f"Works {number % 5000}", (*ROLES, "")[role],
               (*STAGES, "")[stage], {0: "morning", 1: "midday", 2: "afternoon", 3: "evening"}.get(daypart, ""),
               TOPICS[topic] if topic < len(TOPICS) else "", NOW - 400 * DAY)  # fmt: skip


def _consents(draw: Any, numbers: Any) -> Iterator[tuple[Any, ...]]:
    n = len(numbers)
    chances = {"letters": 0.97, "profiling": 0.92, "clicks": 0.85, "topic:finance": 0.1}
    given = {purpose: draw.random(n) < chance for purpose, chance in chances.items()}
    left = draw.random(n) < 0.02
    for k, number in enumerate(numbers.tolist()):
        for purpose in chances:
            if given[purpose][k]:
                yield number, purpose, "granted", "consent", "import", NOW - 380 * DAY, NOW - 380 * DAY
        if left[k]:
            yield number, "letters", "withdrawn", "consent", "preferences", NOW - 30 * DAY, NOW - 30 * DAY


def _letters(app: App, db: Any, cursor: Any, draw: Any, numbers: Any, campaign: str) -> None:
    """Last week's letters of a fifth of the people, each with five blocks; one block in twenty was clicked."""
    edition = make_edition(db, get_campaign(db, campaign).number, _instant(NOW - 9 * DAY)).number
    modules = app.library().library.names
    who = numbers[draw.random(len(numbers)) < 0.2].tolist()
    begin = int(cursor.execute("SELECT coalesce(max(number), 0) FROM outbox").fetchone()[0]) + 1
    sent = NOW - 9 * DAY
    named = ((begin + k, edition, number, f"<old-{number}@example.com>") for k, number in enumerate(who))
    fill(cursor, OutboxRow, _LETTER, ((*letter, "accepted", "premium", sent, sent, 1) for letter in named))
    picks = draw.permuted(np.tile(np.arange(16, len(modules)), (len(who), 1)), axis=1)[:, :5].tolist() if who else []
    clicked = (draw.random((len(who), 5)) < 0.05).tolist()
    shown = ("plain", "ranked", 0.05, 0.975, '{"novelty": 1.0}', sent)
    blocks = [
        (begin + k, number, modules[picks[k][p]], p + 1, *shown, sent + 600 if clicked[k][p] else None)
        for k, number in enumerate(who)
        for p in range(5)
    ]
    fill(cursor, ImpressionRow, _BLOCK, blocks)
    event = count()
    fill(cursor, EventRow, _EVENT, [(f"c{begin}-{next(event)}", b[1], "clicked", sent + 600, None, b[2], b[0]) for b in blocks if b[10]])


def _instant(second: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC)


def main() -> None:
    """Add people FIRST..LAST to the installation, with its products where they are the first."""
    folder, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    app = open_app(load(folder / "config.toml"))
    if first == 1:
        with writing(app.engine) as db:
            rows = ((f"p{k:03d}", f"Product {k}", f"c{k // PRODUCTS_EACH:02d}") for k in range(INTERESTS * PRODUCTS_EACH))
            fill(db.connection.cursor(), ProductRow, ("product_id", "name", "category"), rows)
    for begin in range(first, last + 1, 200_000):
        add_people(app, begin, min(last, begin + 199_999), "before")
    app.close()


if __name__ == "__main__":
    main()
