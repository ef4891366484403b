"""The table of providers: what is remembered of one between letters (dispatch.provider)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from composer.store.types import instant, words


class ProviderRow(SQLModel, table=True):
    """One provider of which something is worth remembering; `*` is all of them together."""

    __tablename__ = "providers"

    provider: str = Field(primary_key=True)
    state: str = words()
    """JSON (dispatch.provider.dump)."""
    changed_at: datetime = instant()
