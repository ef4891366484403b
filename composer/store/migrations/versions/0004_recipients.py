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
    op.add_column("recipients", sa.Column("reset_at", INSTANT, nullable=True))
    op.add_column("recipients", sa.Column("kept", sa.String(), server_default="", nullable=False))
    op.create_table(
        "service_letters",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("recipient", ROW, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("mailbox_key", sa.String(), nullable=False),
        sa.Column("client_key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("service_letters_due", "service_letters", ["state", "due_at"])
    for name in ("address_key", "mailbox_key", "client_key"):
        op.create_index(f"ix_service_letters_{name}", "service_letters", [name])
    op.add_column("suppressions", sa.Column("lifted_at", INSTANT, nullable=True))
    op.add_column("suppressions", sa.Column("asked_at", INSTANT, nullable=True))
    op.create_table(
        "asked",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("ask", sa.String(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("recipient", "module", name="asked_once"),
    )
    op.create_table(
        "letterheads",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("settings", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "backups",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("cleaned_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("file"),
    )
    op.create_table(
        "event_totals",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("month", "kind", name="event_total_once"),
    )
    op.create_table(
        "answers",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("outbox", ROW, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("outbox", "position", name="answer_once"),
    )
    op.create_table(
        "observations",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("outbox", ROW, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("signs", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("outbox", "kind", "position", "maker", name="observed_once"),
    )
    op.create_index("observations_of_recipient", "observations", ["recipient"])
