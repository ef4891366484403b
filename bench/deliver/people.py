"""People for bench.deliver: `python -m bench.deliver.people CONFIG RECIPIENTS` puts them into an installation.

Run as a process of its own: a child's peak memory, as the kernel tells it, begins with its parent's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.million_people import DAY, NOW, fill
from composer.app import open_app
from composer.config import load
from composer.store.engine import writing
from composer.store.recipients import address_key, draw_key
from composer.store.tables import ConsentLedgerRow, EventRow, OrderRow, ProductRow, RecipientRow

BATCH = 50_000
PRODUCTS = 40
FIRST = ("Aino", "Väinö", "Maija-Liisa", "Sean", "Zoë", "", "Åke", "Иван")
COMPANIES = ("Konepaja & Pojat Oy", "Northern <Steel> Ltd", "Sähkö Äkäslompolo", "", "Smith, Sons and Daughters")
ROLES, REGIONS, STAGES = ("operations", "finance", "hr", ""), ("Pirkanmaa", "Uusimaa", ""), ("discover", "evaluate", "use", "renew", "")
PURPOSES = ("letters", "profiling")
_PERSON = ("number", "recipient_id", "address", "address_key", "draw_key", "first_name", "last_name", "language", "time_zone")
_PERSON += ("region", "company", "role", "stage", "created_at")


def add(config: Path, recipients: int) -> None:
    """Everybody consents to letters and profiling, bought four things, looked at one, and had a letter before never."""
    app = open_app(load(config))
    with writing(app.engine) as db:
        products = ((f"p{k:03d}", f"Product {k}", f"c{k % 10}") for k in range(PRODUCTS))
        fill(db.connection.cursor(), ProductRow, ("product_id", "name", "category"), products)
    for begin in range(1, recipients + 1, BATCH):
        numbers = range(begin, min(begin + BATCH, recipients + 1))
        with writing(app.engine) as db:
            cursor = db.connection.cursor()
            fill(cursor, RecipientRow, _PERSON, (_person(app.key, number) for number in numbers))
            consents = ((n, p, "granted", "consent", "import", NOW - 380 * DAY, NOW - 380 * DAY) for n in numbers for p in PURPOSES)
            fill(cursor, ConsentLedgerRow, ("recipient", "purpose", "state", "basis", "source", "at", "recorded_at"), consents)
            fill(cursor, OrderRow, ("order_id", "recipient", "product", "ordered_at", "quantity"), _orders(numbers))
            looks = ((f"v{n}", n, "view", NOW - n % 80 * DAY, n % PRODUCTS + 1, "", None) for n in numbers)
            fill(cursor, EventRow, ("event_id", "recipient", "kind", "occurred_at", "product", "module", "outbox"), looks)
    app.close()


def _person(key: bytes, number: int) -> tuple[Any, ...]:
    name, address = f"g{number:07d}", f"reader{number}@example.com"
    company = COMPANIES[number // 7 % len(COMPANIES)]
    return (number, name, address, address_key(key, address), draw_key(name), FIRST[number % len(FIRST)], f"Virtanen {number}", "fi",
            "Europe/Helsinki", REGIONS[number // 3 % len(REGIONS)], f"{company} {number}" if company else "",
            ROLES[number // 5 % len(ROLES)], STAGES[number // 11 % len(STAGES)], NOW - 400 * DAY)  # fmt: skip


def _orders(numbers: range) -> Iterator[tuple[Any, ...]]:
    for number in numbers:
        for line in range(4):
            yield (
                f"o{number}-{line}",
                number,
                (number * 31 + line * 17) % PRODUCTS + 1,
                NOW - (number * 13 + line * 71) % 360 * DAY - 1,
                1.0,
            )


if __name__ == "__main__":
    add(Path(sys.argv[1]), int(sys.argv[2]))
