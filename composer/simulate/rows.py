"""The crowd as import rows: what its company would have in files. Nothing that is planted stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from composer.domain.level import Level
from composer.simulate.crowd import CATEGORIES, FIRST_NAMES, LAST_NAMES, PLACES, PURPOSES, ROLES, STAGES, Crowd
from composer.simulate.purchases import HISTORY_WEEKS, PRODUCTS_EACH, Purchases

Row = dict[str, str]
_SIZES = ("Start", "Team", "Plant")[:PRODUCTS_EACH]


def recipient_id(r: int) -> str:
    """The company's own id of person `r`."""
    return f"p{r + 1:05d}"


def row_of(recipient: str) -> int:
    """The person behind an id."""
    return int(recipient[1:]) - 1


def product_id(category: int, product: int) -> str:
    """The id of a product; `product` counts from 1."""
    return f"{CATEGORIES[category][:3].upper()}-{product}"


def products() -> list[Row]:
    """Three products in each of ten categories."""
    return [
        {
            "product_id": product_id(c, n),
            "name": f"{category} {size}",
            "category": category,
            "price": str(90 * n),
            "currency": "EUR",
        }
        for c, category in enumerate(CATEGORIES)
        for n, size in enumerate(_SIZES, 1)
    ]


def recipients(crowd: Crowd) -> Iterator[Row]:
    """One row a person."""
    since = (crowd.start - timedelta(weeks=HISTORY_WEEKS)).isoformat()
    columns = (crowd.place, crowd.role, crowd.stage, crowd.level, crowd.first_name, crowd.last_name)
    for r, (place, role, stage, level, first, last) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        country, region, zone, language = PLACES[place]
        yield {
            "recipient_id": recipient_id(r),
            "email": f"{recipient_id(r)}@example.com",
            "first_name": FIRST_NAMES[first] if first >= 0 else "",
            "last_name": LAST_NAMES[last],
            "language": language,
            "time_zone": zone,
            "country": country,
            "region": region,
            "company": f"Example Works {r % 97 + 1}",
            "role": ROLES[role],
            "stage": STAGES[stage],
            "level": Level(level).name,
            "created_at": since,
        }


def consents(crowd: Crowd) -> Iterator[Row]:
    """One row for each purpose that was granted."""
    at = (crowd.start - timedelta(weeks=HISTORY_WEEKS)).isoformat()
    for r, given in enumerate(crowd.consents.tolist()):
        for purpose, granted in zip(PURPOSES, given, strict=True):
            if granted:
                who = {"recipient_id": recipient_id(r), "purpose": purpose}
                yield {**who, "state": "granted", "basis": "consent", "wording": "demo-1", "at": at}


def orders(purchases: Purchases, mark: str, first: int = 0) -> Iterator[Row]:
    """One order with one line for each purchase; ids are `mark` and a number from `first`."""
    columns = (purchases.buyer, purchases.category, purchases.product, purchases.second)
    for number, (buyer, category, product, second) in enumerate(zip(*(c.tolist() for c in columns), strict=True), first):
        yield {
            "order_id": f"{mark}{number:06d}",
            "recipient_id": recipient_id(buyer),
            "ordered_at": datetime.fromtimestamp(second, UTC).isoformat(),
            "product_id": product_id(category, product),
            "quantity": "1",
            "currency": "EUR",
        }
