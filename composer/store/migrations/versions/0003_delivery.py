"""Delivery: kept mails, what is remembered of providers, suspicion and digests of letters, what an edition was approved with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
"""Whole seconds since 1970 UTC."""
TROUBLE = "kind IN ('bounced', 'spam_complaint')"


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("recipient", ROW, nullable=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("sender_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("mail_id"),
    )
    op.create_index("ix_mails_sender_key", "mails", ["sender_key"])
    op.create_table(
        "mail_hosts",
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("hosts", sa.Text(), server_default="", nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("domain"),
    )
    op.create_table(
        "providers",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("provider"),
    )
    op.create_index("events_of_trouble", "events", ["outbox", "kind"], sqlite_where=sa.text(TROUBLE), postgresql_where=sa.text(TROUBLE))
    op.add_column("outbox", sa.Column("lost", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("digest", sa.String(), server_default="", nullable=False))
    op.add_column("campaigns", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("editions", sa.Column("settings", sa.Text(), server_default="", nullable=False))
    op.add_column("editions", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("editions", sa.Column("audience", sa.Integer(), server_default="0", nullable=False))
    # So far a campaign's settings could not be changed: every edition was planned with them.
    op.execute(
        "UPDATE editions SET version = 1, settings = (SELECT settings FROM campaigns WHERE campaigns.number = editions.campaign), "
        "audience = (SELECT count(*) FROM outbox WHERE outbox.edition = editions.number) WHERE planned_at IS NOT NULL OR state <> 'planned'"
    )
