"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
"""Whole seconds since 1970 UTC."""


def upgrade() -> None:
    op.create_table(
        "beliefs",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("learnt_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "campaigns",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "library_versions",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("sources", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "pictures",
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "products",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("price", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("in_stock", sa.Boolean(), nullable=False),
        sa.Column("valid_from", INSTANT, nullable=True),
        sa.Column("valid_until", INSTANT, nullable=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("product_id"),
    )
    op.create_index("ix_products_category", "products", ["category"], unique=False)
    op.create_table(
        "recipients",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("recipient_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("draw_key", sa.BigInteger(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("daypart", sa.String(), nullable=False),
        sa.Column("topics", sa.String(), nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=True),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("recipient_id"),
    )
    op.create_index("ix_recipients_address_key", "recipients", ["address_key"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("address_key", "reason", name="suppressed_once"),
    )
    op.create_index("ix_suppressions_address_key", "suppressions", ["address_key"], unique=False)
    op.create_table(
        "consents",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("wording", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("recipient", "purpose", "state", "source", "at", name="consent_once"),
    )
    op.create_index("consent_of_recipient", "consents", ["recipient"], unique=False)
    op.create_table(
        "editions",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("campaign", ROW, nullable=False),
        sa.Column("scheduled", INSTANT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("library_version", sa.String(), nullable=False),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("planned_at", INSTANT, nullable=True),
        sa.Column("planner", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("campaign", "scheduled", name="edition_once"),
    )
    op.create_table(
        "orders",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("product", ROW, nullable=False),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("discount", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["product"], ["products.number"]),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("recipient", "order_id", "product", name="order_line_once"),
    )
    op.create_index("orders_by_time", "orders", ["recipient", "ordered_at", "product", "quantity"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("edition", ROW, nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("send_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Integer(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"]),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("edition", "recipient", name="letter_once"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("outbox_due", "outbox", ["state", "due_at"], unique=False)
    op.create_index("outbox_of_recipient", "outbox", ["recipient", "accepted_at"], unique=False)
    op.create_table(
        "events",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("product", ROW, nullable=True),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("outbox", ROW, nullable=True),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.number"]),
        sa.ForeignKeyConstraint(["product"], ["products.number"]),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index("events_by_time", "events", ["recipient", "occurred_at"], unique=False)
    op.create_table(
        "impressions",
        sa.Column("number", ROW, autoincrement=True, nullable=False),
        sa.Column("outbox", ROW, nullable=False),
        sa.Column("recipient", ROW, nullable=False),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("tone", sa.String(), nullable=False),
        sa.Column("tone_probability", sa.Float(), nullable=False),
        sa.Column("opening", sa.String(), nullable=False),
        sa.Column("opening_probability", sa.Float(), nullable=False),
        sa.Column("signals", sa.Text(), server_default="", nullable=False),
        sa.Column("shown_at", INSTANT, nullable=False),
        sa.Column("clicked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.number"]),
        sa.ForeignKeyConstraint(["recipient"], ["recipients.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("outbox", "position", name="impression_once"),
    )
    op.create_index("impressions_of_recipient", "impressions", ["recipient", "shown_at"], unique=False)
