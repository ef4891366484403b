"""Choosing: the plan's forecasts, the index by which the events of a letter are found, and versions of what was learnt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.BigInteger()
"""Whole seconds since 1970 UTC."""


def upgrade() -> None:
    op.add_column("outbox", sa.Column("forecast", sa.LargeBinary(), nullable=True))
    op.add_column("editions", sa.Column("axes", sa.Text(), server_default="", nullable=False))
    about_letters = sa.text("outbox IS NOT NULL")
    op.create_index("events_of_letter", "events", ["outbox"], sqlite_where=about_letters, postgresql_where=about_letters)
    op.create_table(
        "belief_versions",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("learnt_at", INSTANT, nullable=False),
        sa.Column("beliefs", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
