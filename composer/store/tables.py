"""The tables. They validate nothing: values are checked where they come in, and by NOT NULL and UNIQUE here.

Every column named `recipient` is a foreign key to `recipients.number` and binds the table to export and erasure.
Words (states, kinds) are plain strings: a new one needs no migration.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from composer.store.answer_row import AnswerRow as AnswerRow
from composer.store.asked_row import AskedRow as AskedRow
from composer.store.backup_row import BackupRow as BackupRow
from composer.store.backup_row import EventTotalRow as EventTotalRow
from composer.store.campaign_row import CampaignRow as CampaignRow
from composer.store.campaign_row import EditionRow as EditionRow
from composer.store.condition_row import ConditionRow as ConditionRow
from composer.store.letterhead_row import LetterheadRow as LetterheadRow
from composer.store.mail_host_row import MailHostRow as MailHostRow
from composer.store.mail_row import MailRow as MailRow
from composer.store.observation_row import ObservationRow as ObservationRow
from composer.store.outbox_row import OutboxRow as OutboxRow
from composer.store.provider_row import ProviderRow as ProviderRow
from composer.store.service_letter_row import ServiceLetterRow as ServiceLetterRow
from composer.store.types import instant as _instant
from composer.store.types import link as _link
from composer.store.types import row_number as _number
from composer.store.types import words as _text

_EMPTY = {"server_default": ""}
_ABOUT = text("outbox IS NOT NULL")
_TROUBLE = text("kind IN ('bounced', 'spam_complaint')")


class RecipientRow(SQLModel, table=True):
    """A person we may write to. Erasure blanks the row and keeps it as an anonymous tombstone."""

    __tablename__ = "recipients"

    number: int | None = _number()
    recipient_id: str = Field(unique=True)
    address: str
    address_key: str = Field(index=True)
    """Keyed hash of the normalised address: finds the same person twice, and suppressions."""
    draw_key: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Signed 64-bit hash of recipient_id."""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    time_zone: str = ""
    country: str = ""
    region: str = ""
    company: str = ""
    role: str = ""
    stage: str = ""
    level: str = "premium"
    daypart: str = ""
    topics: str = ""
    """Declared topics, separated by commas."""
    frequency: str = Field(default="", sa_column_kwargs=_EMPTY)
    """The least time between two letters that the person asked for (domain.choices.FREQUENCIES); empty: no wish."""
    paused_until: datetime | None = _instant(null=True)
    """No letter before this, as the person asked."""
    restricted_at: datetime | None = _instant(null=True)
    """Since when the data may be kept and not used (GDPR article 18)."""
    reset_at: datetime | None = _instant(null=True)
    """When the person had what was learnt about them forgotten: nothing of before is learnt from."""
    kept: str = Field(default="", sa_column_kwargs=_EMPTY)
    """Columns the person set themselves and no import changes, separated by commas: language, address."""
    chosen_at: datetime | None = _instant(null=True)
    """When the person last chose on the preferences page: from then on no import changes their level."""
    created_at: datetime | None = _instant(null=True)
    erased_at: datetime | None = _instant(null=True)


class ConsentLedgerRow(SQLModel, table=True):
    """One line of the append-only ledger (domain.consent)."""

    __tablename__ = "consents"
    __table_args__ = (
        UniqueConstraint("recipient", "purpose", "state", "source", "at", name="consent_once"),
        Index("consent_of_recipient", "recipient"),
    )

    number: int | None = _number()
    recipient: int = _link("recipients.number")
    purpose: str
    state: str
    basis: str = "consent"
    wording: str = _text()
    proof: str = _text()
    note: str = _text()
    client: str = Field(default="", sa_column_kwargs=_EMPTY)
    address_key: str = Field(default="", sa_column_kwargs=_EMPTY)
    source: str = ""
    at: datetime = _instant()
    recorded_at: datetime = _instant()


class ProductRow(SQLModel, table=True):
    """A product. `known` is false where only an order has named it so far."""

    __tablename__ = "products"

    number: int | None = _number()
    product_id: str = Field(unique=True)
    name: str = ""
    category: str = Field(default="", index=True)
    brand: str = ""
    price: float | None = None
    currency: str = ""
    in_stock: bool = True
    valid_from: datetime | None = _instant(null=True)
    valid_until: datetime | None = _instant(null=True)
    known: bool = True


class OrderRow(SQLModel, table=True):
    """One line of an order: one product."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("recipient", "order_id", "product", name="order_line_once"),
        Index("orders_by_time", "recipient", "ordered_at", "product", "quantity"),  # covers what audience.py reads
    )

    number: int | None = _number()
    order_id: str
    recipient: int = _link("recipients.number")
    product: int = _link("products.number")
    ordered_at: datetime = _instant()
    quantity: float = 1.0
    amount: float | None = None
    discount: float | None = None
    currency: str = ""


class EventRow(SQLModel, table=True):
    """A fact about a person (domain.event)."""

    __tablename__ = "events"
    __table_args__ = (
        Index("events_by_time", "recipient", "occurred_at"),
        Index("events_of_letter", "outbox", sqlite_where=_ABOUT, postgresql_where=_ABOUT),
        Index("events_of_trouble", "outbox", "kind", sqlite_where=_TROUBLE, postgresql_where=_TROUBLE),
    )

    number: int | None = _number()
    event_id: str = Field(unique=True)
    recipient: int = _link("recipients.number")
    kind: str
    occurred_at: datetime = _instant()
    product: int | None = _link("products.number", null=True)
    module: str = ""
    value: str = ""
    outbox: int | None = _link("outbox.number", null=True)
    """The letter the event is about, where it is about one."""


class LibraryVersionRow(SQLModel, table=True):
    """The source files of a library version some edition was approved with.

    `sources` is zlib of JSON {"files": {path: text}, "pictures": [file of PictureRow]}.
    """

    __tablename__ = "library_versions"

    version: str = Field(primary_key=True)
    sources: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    stored_at: datetime = _instant()


class PictureRow(SQLModel, table=True):
    """A picture that a letter of some approved edition may show, under the name it is served by: it holds a hash of the content."""

    __tablename__ = "pictures"

    file: str = Field(primary_key=True)
    """NAME.HASH.png or .jpg."""
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ImpressionRow(SQLModel, table=True):
    """One block in one accepted letter."""

    __tablename__ = "impressions"
    __table_args__ = (
        UniqueConstraint("outbox", "position", name="impression_once"),
        Index("impressions_of_recipient", "recipient", "shown_at"),
    )

    number: int | None = _number()
    outbox: int = _link("outbox.number")
    recipient: int = _link("recipients.number")
    module: str
    variant: str
    position: int
    source: str
    score: float
    probability: float
    call: str = ""
    """The journey stage whose call to action it carried."""
    tone: str = "plain"
    """The letter's tone: the block's variant is another one where its module is not written in it."""
    tone_probability: float = 1.0
    opening: str = "plain"
    """How the letter opened."""
    opening_probability: float = 1.0
    signals: str = _text()
    """JSON {signal: value} at the decision."""
    shown_at: datetime = _instant()
    clicked_at: datetime | None = _instant(null=True)


class BeliefRow(SQLModel, table=True):
    """The newest value under each belief's name, as JSON."""

    __tablename__ = "beliefs"

    name: str = Field(primary_key=True)
    value: str = _text()
    learnt_at: datetime = _instant()


class BeliefVersionRow(SQLModel, table=True):
    """All that was believed at a time: what past decisions were made with. `beliefs` is zlib of JSON {name: text}."""

    __tablename__ = "belief_versions"
    version: str = Field(primary_key=True)
    learnt_at: datetime = _instant()
    beliefs: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SuppressionRow(SQLModel, table=True):
    """An address that is never written to, as a keyed hash; it survives erasure."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("address_key", "reason", name="suppressed_once"),)

    number: int | None = _number()
    address_key: str = Field(index=True)
    reason: str
    at: datetime = _instant()
    lifted_at: datetime | None = _instant(null=True)
    """When the address's owner confirmed a new sign-up: from then on they may be written to again. The row stays, for an
    erasure must be done again in an older backup."""
    asked_at: datetime | None = _instant(null=True)
    """When the address was last sent the question whether it wants to come back."""


class MarkRow(SQLModel, table=True):
    """Small facts about the installation: the suppression version, heartbeats, whose turn it is."""

    __tablename__ = "marks"

    name: str = Field(primary_key=True)
    value: str = _text()
