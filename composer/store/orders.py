"""Orders: one row a product in an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from composer.store.tables import OrderRow
from composer.store.upsert import Touched, defaults, upsert


def save_orders(db: Connection, rows: Sequence[Mapping[str, Any]], given: Sequence[str]) -> Touched:
    """Add or update order lines by (recipient, order_id, product), setting the `given` columns."""
    return upsert(db, OrderRow, [{**_DEFAULTS, **row} for row in rows], ["recipient", "order_id", "product"], given)


_DEFAULTS = defaults(OrderRow)
