"""Own customers, who are written to without having asked: what is like what they bought, whatever their level hides.

The exception of ePrivacy article 13(2) holds for a seller's own similar products only. It is judged by orders that no letter is
written from: a customer who lets us use nothing is still a customer, and is shown nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sqlalchemy import BigInteger, Connection, select, type_coerce, union
from sqlmodel import col

from composer.domain.audience import Array
from composer.domain.content import ContentModule, Library
from composer.domain.moment import Moment
from composer.store.engine import among, tuples
from composer.store.tables import EventRow, OrderRow, ProductRow


def read_similar(db: Connection, library: Library, moment: Moment, numbers: Array, customers: Array) -> tuple[Array, Array]:
    """bool[R], bool[R, M]: who of the `customers` (bool[R]) has bought anything by now, and what may be shown to each.

    Everybody else may be shown everything. A product is similar to one of its category.
    """
    bought, similar = ~customers, np.broadcast_to(np.True_, (len(numbers), len(library.modules)))
    if not customers.any():
        return bought, similar
    similar = similar.copy()
    named = _interests(db, library)
    interests = _bought(db, moment, numbers[customers].tolist())
    for r in np.flatnonzero(customers).tolist():
        theirs = interests.get(int(numbers[r]))
        bought[r] = theirs is not None
        similar[r] = [not own or not own.isdisjoint(theirs or ()) for own in named]
    return bought, similar


def _bought(db: Connection, moment: Moment, customers: Sequence[int]) -> dict[int, set[str]]:
    """Row number -> interests of what the person bought; returns are lines of their own, and end nothing."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    now = int(moment.now.timestamp())
    ordered, occurred = type_coerce(col(OrderRow.ordered_at), BigInteger), type_coerce(col(EventRow.occurred_at), BigInteger)
    lines = union(
        select(col(OrderRow.recipient), col(OrderRow.product)).where(
            among(db, col(OrderRow.recipient), customers), col(OrderRow.quantity) > 0, ordered <= now
        ),
        select(col(EventRow.recipient), col(EventRow.product)).where(
            among(db, col(EventRow.recipient), customers), col(EventRow.kind) == "purchase", occurred <= now
        ),
    ).subquery()
    query = select(lines.c.recipient, col(ProductRow.product_id), col(ProductRow.category)).outerjoin(
        ProductRow, col(ProductRow.number) == lines.c.product
    )
    for number, product, category in tuples(db, query):
        found[number] |= {f"product:{product}", f"category:{category}"} if product and category else {f"product:{product}"}
    return found


def _interests(db: Connection, library: Library) -> list[set[str]]:
    """Per module its interests, and the categories of the products among them; empty where it advertises no product."""
    products = sorted({name.removeprefix("product:") for name in library.interests if name.startswith("product:")})
    query = select(col(ProductRow.product_id), col(ProductRow.category)).where(among(db, col(ProductRow.product_id), products))
    category: dict[str, str] = dict(tuples(db, query).fetchall()) if products else {}

    def whole(module: ContentModule) -> set[str]:
        known = [category.get(interest.removeprefix("product:")) for interest in module.interests if interest.startswith("product:")]
        return {*module.interests, *(f"category:{name}" for name in known if name)}

    return [whole(module) for module in library.modules]
