"""Choosing: a plan's forecasts, indexes for the events of a letter and for letters under way, versions of beliefs, conditions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
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
    begun = sa.text("frozen AND due_at IS NOT NULL")
    on_sqlite = sa.text("frozen = 1 AND due_at IS NOT NULL")
    op.create_index("outbox_begun", "outbox", ["recipient"], sqlite_where=on_sqlite, postgresql_where=begun)
    op.create_table(
        "conditions",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    # Strengths are by interest now, and weights belong to other signals: what an earlier version learnt of them would be misread.
    # The shipped ones hold until the next retrain.
    op.execute(sa.text("DELETE FROM beliefs WHERE name IN ('affinity', 'scorer')"))
