"""One person's letter in one edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlmodel import col

from composer.domain.audience import Person
from composer.domain.event import OWN_ID
from composer.domain.newsletter import Newsletter
from composer.domain.tokens import Subject
from composer.store.decisions import letterhead_of, load_newsletter, load_person
from composer.store.engine import among, insert_into
from composer.store.tables import CampaignRow, EditionRow, EventRow, OutboxRow, RecipientRow


@dataclass(frozen=True, slots=True)
class Letter:
    """An outbox row with what a page needs around it. `newsletter` is None where nothing was decided yet, or ever (skipped).

    `frozen`: its sending has begun, so the decision is final, and `person` is the redacted recipient it was made for.
    """

    number: int
    edition: int
    recipient: int
    language: str
    time_zone: str
    country: str
    campaign: str
    library_version: str
    state: str
    frozen: bool
    send_at: datetime | None
    accepted_at: datetime | None
    newsletter: Newsletter | None
    person: Person | None
    letterhead: str
    """The name of the letterhead it left with; empty where none was kept."""


def _letters() -> Any:
    return (
        select(
            col(OutboxRow.number),
            col(OutboxRow.edition),
            col(OutboxRow.recipient),
            col(RecipientRow.language),
            col(RecipientRow.time_zone),
            col(RecipientRow.country),
            col(CampaignRow.name).label("campaign"),
            col(EditionRow.library_version),
            col(OutboxRow.state),
            col(OutboxRow.frozen),
            col(OutboxRow.send_at),
            col(OutboxRow.accepted_at),
            col(OutboxRow.decision),
        )
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(col(RecipientRow.erased_at).is_(None))
    )


def _letter(row: Any) -> Letter | None:
    if row is None:
        return None
    fields = row._asdict()
    decision = fields.pop("decision")
    person = load_person(decision) if decision and fields["frozen"] else None
    head = letterhead_of(decision) if person else ""
    return Letter(**fields, newsletter=load_newsletter(decision) if decision else None, person=person, letterhead=head)


def letter_of(db: Connection, subject: Subject) -> Letter | None:
    """Return the letter a token speaks of; None where there is none, or its recipient was erased."""
    return _letter(
        db.execute(
            _letters().where(
                col(OutboxRow.recipient) == subject.recipient,
                col(EditionRow.campaign) == subject.campaign,
                col(EditionRow.scheduled) == subject.scheduled,
            )
        ).first()
    )


def letter_by_message_id(db: Connection, message_id: str) -> Letter | None:
    """Return the letter that carries this Message-ID."""
    return _letter(db.execute(_letters().where(col(OutboxRow.message_id) == message_id)).first())


def names_of(db: Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """Message-ID -> the recipient's name, for letters of this installation; for operators' eyes."""
    rows = db.execute(
        select(col(OutboxRow.message_id), col(RecipientRow.first_name), col(RecipientRow.last_name))
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(among(db, col(OutboxRow.message_id), message_ids))
    )
    return {message_id: f"{first} {last}".strip() for message_id, first, last in rows}


def preheaders_of(db: Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """Message-ID -> the letter's preheader."""
    query = select(col(OutboxRow.message_id), col(OutboxRow.decision)).where(among(db, col(OutboxRow.message_id), message_ids))
    return {message_id: load_newsletter(decision).preheader for message_id, decision in db.execute(query) if decision}


def record_unsubscribed(db: Connection, subject: Subject, now: datetime) -> bool:
    """Note once, as an event, which letter made the person leave; tell whether it is new. Nothing where the letter is gone."""
    letter = db.execute(_row_of(subject)).scalar()
    if letter is None:
        return False
    event = {"event_id": _left_by(letter), "recipient": subject.recipient, "kind": "unsubscribed", "occurred_at": now}
    # Providers repeat the POST, also at the same moment: of two the second must neither fail nor count.
    return bool(db.execute(insert_into(db, EventRow).values(**event, module="", value="", outbox=letter).on_conflict_do_nothing()).rowcount)


def note_reason(db: Connection, subject: Subject, reason: str) -> bool:
    """Write why the person left into the event that says so; tell whether there is one that did not say it yet."""
    letter = db.execute(_row_of(subject)).scalar()
    said = (col(EventRow.event_id) == _left_by(letter or 0)) & (col(EventRow.value) != reason)
    return bool(db.execute(update(EventRow).where(said).values(value=reason)).rowcount)


def left_counts(db: Connection, campaign: int) -> dict[str, int]:
    """Why people left by a campaign's letters (domain.choices.REASONS; empty: they did not say) -> how many did."""
    rows = db.execute(
        select(col(EventRow.value), func.count())
        .join(OutboxRow, col(OutboxRow.number) == col(EventRow.outbox))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(col(EditionRow.campaign) == campaign, col(EventRow.kind) == "unsubscribed")
        .group_by(col(EventRow.value))
        .order_by(func.count().desc(), col(EventRow.value))
    )
    return {reason: int(people) for reason, people in rows}


def _left_by(letter: int) -> str:
    return f"{OWN_ID}unsubscribed-{letter}"


def _row_of(subject: Subject) -> Any:
    """SQL: the outbox row of the letter a token speaks of."""
    return (
        select(col(OutboxRow.number))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(
            col(OutboxRow.recipient) == subject.recipient,
            col(EditionRow.campaign) == subject.campaign,
            col(EditionRow.scheduled) == subject.scheduled,
        )
    )
