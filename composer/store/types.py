"""Column types that mean the same on SQLite and PostgreSQL, and the columns that many tables have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class Instant(TypeDecorator[datetime]):
    """An aware datetime kept as whole seconds since 1970 UTC: exact, sortable, and cheap to read as a NumPy column."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        return int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(int(value), UTC)


RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A primary key: 64 bits on PostgreSQL, and SQLite's own row number, which must be spelt INTEGER."""


def row_number() -> Any:
    return Field(default=None, sa_column=Column(RowNumber, primary_key=True, autoincrement=True))


def instant(*, null: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Instant, nullable=null))


def link(target: str, *, null: bool = False) -> Any:
    return Field(default=None, sa_column=Column(RowNumber, ForeignKey(target), nullable=null))


def words() -> Any:
    return Field(default="", sa_column=Column(Text, nullable=False, default="", server_default=""))
