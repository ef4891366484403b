"""Alembic's entry: run the migrations on the connection, and in the transaction, that store.migrate hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import composer.store.tables  # noqa: F401  # fills SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
context.run_migrations()
