"""Products: what orders and events name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, select, type_coerce
from sqlmodel import col

from composer.domain.stock import ALWAYS, Span, Stock
from composer.store.engine import among, tuples
from composer.store.tables import ProductRow
from composer.store.upsert import Touched, defaults, upsert


def product_numbers(db: Connection) -> dict[str, int]:
    """product_id -> row number of every product, known or only named."""
    query = select(col(ProductRow.product_id), col(ProductRow.number))
    return {product_id: int(number) for product_id, number in db.execute(query) if number is not None}


def unknown_products(db: Connection) -> set[int]:
    """Row numbers of products that only orders or events have named so far."""
    query = select(col(ProductRow.number)).where(~col(ProductRow.known))
    return {int(number) for number in db.execute(query).scalars() if number is not None}


def name_products(db: Connection, product_ids: Iterable[str]) -> dict[str, int]:
    """Make a stub for each product_id nobody has described yet, and return their row numbers."""
    named = sorted(set(product_ids))
    upsert(db, ProductRow, [{**defaults(ProductRow), "product_id": product_id, "known": False} for product_id in named], ["product_id"], [])
    query = select(col(ProductRow.product_id), col(ProductRow.number)).where(among(db, col(ProductRow.product_id), named))
    return {product_id: int(number) for product_id, number in db.execute(query) if number is not None}


def load_stock(db: Connection, interests: Sequence[str]) -> Stock:
    """When each interest ("category:NAME", "product:ID") can be had. Products that only orders have named tell nothing."""
    spans: dict[str, set[Span]] = {}
    for prefix, column in (("category:", col(ProductRow.category)), ("product:", col(ProductRow.product_id))):
        names = [name.removeprefix(prefix) for name in interests if name.startswith(prefix)]
        opens, closes = (type_coerce(col(end), BigInteger) for end in (ProductRow.valid_from, ProductRow.valid_until))
        query = select(column, col(ProductRow.in_stock), opens, closes).where(among(db, column, names), col(ProductRow.known)).distinct()
        for name, in_stock, first, last in tuples(db, query).fetchall() if names else ():
            found = spans.setdefault(prefix + name, set())
            if in_stock:
                found.add((ALWAYS[0] if first is None else first, ALWAYS[1] if last is None else last))
    return Stock.of(interests, spans)


def save_products(db: Connection, rows: Sequence[Mapping[str, Any]], given: Sequence[str]) -> Touched:
    """Add or update products by product_id, setting the `given` columns; a product that was only named is now known."""
    whole = [{**defaults(ProductRow), **row, "known": True} for row in rows]
    return upsert(db, ProductRow, whole, ["product_id"], [*given, "known"])


def product_names(db: Connection, product_ids: Sequence[str]) -> dict[str, str]:
    """product_id -> what people call it; those without a name are absent."""
    query = select(col(ProductRow.product_id), col(ProductRow.name)).where(among(db, col(ProductRow.product_id), product_ids))
    return {product_id: name for product_id, name in db.execute(query) if name} if product_ids else {}
