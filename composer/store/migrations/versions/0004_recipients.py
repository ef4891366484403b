"""Recipients: proof of consent, what people wish beside the level, and what their pages write."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
"""Whole seconds since 1970 UTC."""


def upgrade() -> None:
    for name, kind in (("proof", sa.Text()), ("note", sa.Text()), ("client", sa.String()), ("address_key", sa.String())):
        op.add_column("consents", sa.Column(name, kind, server_default="", nullable=False))
    op.add_column("recipients", sa.Column("frequency", sa.String(), server_default="", nullable=False))
    op.add_column("recipients", sa.Column("paused_until", INSTANT, nullable=True))
    op.add_column("recipients", sa.Column("restricted_at", INSTANT, nullable=True))
