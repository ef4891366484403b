"""Products: what orders and events name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from composer.store.engine import among
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


def save_products(db: Connection, rows: Sequence[Mapping[str, Any]], given: Sequence[str]) -> Touched:
    """Add or update products by product_id, setting the `given` columns; a product that was only named is now known."""
    whole = [{**defaults(ProductRow), **row, "known": True} for row in rows]
    return upsert(db, ProductRow, whole, ["product_id"], [*given, "known"])
