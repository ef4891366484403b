"""What a restore carries over from the present database: what people said and wrote, and which letters have left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, or_, select, text
from sqlmodel import col

from composer.domain.consent import OWN_SOURCES, Basis, ConsentRow, State
from composer.errors import ComposerError
from composer.store._carried_signups import lift_again, signed_up
from composer.store._chosen import choose_again, read_choices
from composer.store.consents import SUPPRESSION_VERSION, append, bump_suppression_version, suppression_version
from composer.store.engine import among, connection, insert_into
from composer.store.marks import set_mark
from composer.store.privacy import ERASURE, erase
from composer.store.recipients import known_recipients
from composer.store.tables import ConsentLedgerRow, RecipientRow, SuppressionRow


@dataclass(frozen=True, slots=True)
class Said:
    """People by recipient_id, since row numbers belong to one database."""

    suppressions: list[dict[str, Any]]
    ledger: list[tuple[str, ConsentRow]]
    """Every withdrawal, and what came from the person in any case."""
    choices: dict[str, dict[str, Any]]
    """What those have set who set anything on their own pages."""
    living: set[tuple[str, str]]
    """(recipient_id, address_key) of those at a once erased address who are here again."""
    version: int
    arrived: list[dict[str, Any]]
    """Those who came by a sign-up of their own: it is their word, and no import brings them again."""


@contextmanager
def attached(engine: Engine, copy: Path) -> Iterator[Connection]:
    """One writing transaction on the present database, with `copy` attached as `restored` and foreign keys checked at the end."""
    with connection(engine, composer_writes=True) as db:
        raw = db.connection.cursor()
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("ATTACH ? AS restored", (str(copy),))
        try:
            with db.begin():
                yield db
                if db.exec_driver_sql("PRAGMA main.foreign_key_check").first() is not None:
                    raise ComposerError(
                        "the backup's rows do not hang together", where="restore", do="Nothing was changed. Use another backup."
                    )
        finally:
            raw.execute("DETACH restored")
            raw.execute("PRAGMA foreign_keys = ON")


def what_was_said(db: Connection) -> Said:
    """Read it before anything is replaced."""
    ledger = ConsentLedgerRow
    columns = [column for column in SuppressionRow.__table__.c if column.name != "number"]  # type: ignore[attr-defined]
    suppressions = [dict(row) for row in db.execute(select(*columns)).mappings()]
    lines = db.execute(
        select(
            col(RecipientRow.recipient_id),
            col(ledger.purpose),
            col(ledger.state),
            col(ledger.source),
            col(ledger.at),
            col(ledger.basis),
            col(ledger.wording),
            col(ledger.proof),
            col(ledger.note),
            col(ledger.client),
            col(ledger.address_key),
        )
        .join(RecipientRow, col(RecipientRow.number) == col(ledger.recipient))
        .where(or_(col(ledger.state) == State.withdrawn.value, col(ledger.source).in_(sorted(OWN_SOURCES))))
        .order_by(col(ledger.number))
    )
    erased = [row["address_key"] for row in suppressions if row["reason"] == ERASURE]
    living = db.execute(
        select(col(RecipientRow.recipient_id), col(RecipientRow.address_key)).where(among(db, col(RecipientRow.address_key), erased))
    )
    return Said(
        suppressions=suppressions,
        ledger=[
            (who, ConsentRow(purpose, State(state), source, at, Basis(basis), *proof))
            for who, purpose, state, source, at, basis, *proof in lines
        ],
        choices=read_choices(db),
        living={(who, key) for who, key in living},
        version=suppression_version(db),
        arrived=signed_up(db),
    )


def say_again(db: Connection, said: Said, key: bytes) -> tuple[int, int, int, int]:
    """Apply it to the restored rows: new suppressions, ledger lines, erasures and choices, counted."""
    suppressions = _suppress_again(db, said.suppressions)
    if said.arrived:
        db.execute(insert_into(db, RecipientRow).on_conflict_do_nothing(index_elements=["recipient_id"]), said.arrived)
    people = known_recipients(db)
    lines = [(people[who], row) for who, row in said.ledger if who in people]
    now = max((row.at for _, row in lines), default=None)
    consents = append(db, lines, now) if now else 0
    choices = choose_again(db, said.choices)
    erasures = _erase_again(db, said, key)
    lift_again(db, said.suppressions)  # after the erasures: they silence the address of somebody who has come back since
    set_mark(db, SUPPRESSION_VERSION, str(max(said.version, suppression_version(db))))
    bump_suppression_version(db)
    return suppressions, consents, erasures, choices


def _suppress_again(db: Connection, suppressions: list[dict[str, Any]]) -> int:
    """What the present database knew stands, also that somebody came back since: it lived on after the backup was made."""
    if not suppressions:
        return 0
    insert = insert_into(db, SuppressionRow)
    known = {name: insert.excluded[name] for name in suppressions[0] if name not in ("address_key", "reason")}
    differs = or_(*(col(getattr(SuppressionRow, name)).is_distinct_from(value) for name, value in known.items()))
    stands = insert.on_conflict_do_update(index_elements=["address_key", "reason"], set_=known, where=differs)
    return int(db.execute(stands, suppressions).rowcount)


def _erase_again(db: Connection, said: Said, key: bytes) -> int:
    erased: dict[str, datetime] = {row["address_key"]: row["at"] for row in said.suppressions if row["reason"] == ERASURE}
    found = db.execute(
        select(col(RecipientRow.number), col(RecipientRow.recipient_id), col(RecipientRow.address_key)).where(
            among(db, col(RecipientRow.address_key), erased)
        )
    ).all()
    gone = [(number, erased[address]) for number, who, address in found if (who, address) not in said.living]
    for number, at in gone:
        erase(db, int(number or 0), key, at)
    return len(gone)


def keep_sent(db: Connection) -> None:
    """Set aside what has left, and what approved editions were approved with."""
    for statement in (
        """CREATE TEMP TABLE sent AS SELECT message_id, CASE state WHEN 'sending' THEN 'unknown' ELSE state END AS state, reason, attempts,
           in_doubt, digest, frozen, due_at, accepted_at, decision FROM outbox
           WHERE attempts > 0 OR state IN ('accepted', 'refused', 'expired')""",
        """CREATE TEMP TABLE seen AS SELECT o.message_id, i.* FROM impressions i JOIN outbox o ON o.number = i.outbox""",
        """CREATE TEMP TABLE approved AS SELECT c.name, e.scheduled, e.state, e.library_version, e.approved_at,
           e.settings, e.version
           FROM editions e JOIN campaigns c ON c.number = e.campaign WHERE e.state <> 'planned'""",
        """CREATE TEMP TABLE libraries AS SELECT * FROM main.library_versions""",
        """CREATE TEMP TABLE heads AS SELECT * FROM main.letterheads""",
        """CREATE TEMP TABLE shown AS SELECT * FROM main.pictures""",
        """CREATE TEMP TABLE people AS SELECT recipient_id, frequency, paused_until, restricted_at
           FROM main.recipients WHERE erased_at IS NULL""",
        """CREATE TEMP TABLE answered AS SELECT a.*, o.message_id FROM main.answers a JOIN main.outbox o ON o.number = a.outbox""",
        """CREATE TEMP TABLE wished AS SELECT a.*, r.recipient_id FROM main.asked a JOIN main.recipients r ON r.number = a.recipient""",
        """CREATE TEMP TABLE listed AS SELECT file, made_at, cleaned_at FROM main.backups""",
        """CREATE TEMP TABLE wrote AS SELECT m.*, r.recipient_id FROM main.mails m LEFT JOIN main.recipients r ON r.number = m.recipient""",
    ):
        db.execute(text(statement))


def put_back_sent(db: Connection) -> None:
    """Letters the backup still holds as waiting, though they have left, are as far as they were."""
    for statement in (
        """UPDATE outbox SET (state, reason, attempts, in_doubt, digest, frozen, due_at, accepted_at, decision) =
           (SELECT s.state, s.reason, s.attempts, s.in_doubt, s.digest, s.frozen, s.due_at, s.accepted_at, s.decision
            FROM temp.sent s WHERE s.message_id = outbox.message_id)
           WHERE message_id IN (SELECT message_id FROM temp.sent)""",
        """INSERT OR IGNORE INTO impressions
           (outbox, recipient, module, variant, position, source, score, probability, call, tone, tone_probability, opening,
            opening_probability, signals, shown_at, clicked_at)
           SELECT o.number, o.recipient, s.module, s.variant, s.position, s.source, s.score, s.probability, s.call, s.tone,
                  s.tone_probability, s.opening, s.opening_probability, s.signals, s.shown_at, s.clicked_at
           FROM temp.seen s JOIN outbox o ON o.message_id = s.message_id""",
        # The present database's answers are the newer ones: what was said again since the backup stands.
        """INSERT INTO main.answers (recipient, outbox, position, module, answer, asked, text, language, answered_at)
           SELECT o.recipient, o.number, a.position, a.module, a.answer, a.asked, a.text, a.language, a.answered_at
           FROM temp.answered a JOIN main.outbox o ON o.message_id = a.message_id WHERE true
           ON CONFLICT (outbox, position) DO UPDATE SET answer = excluded.answer, asked = excluded.asked, text = excluded.text,
           language = excluded.language, answered_at = excluded.answered_at""",
        """INSERT OR IGNORE INTO main.library_versions SELECT * FROM temp.libraries""",
        """INSERT OR IGNORE INTO main.letterheads SELECT * FROM temp.heads""",
        """INSERT OR IGNORE INTO main.pictures SELECT * FROM temp.shown""",
        """UPDATE editions SET (state, library_version, approved_at, settings, version) =
           (SELECT a.state, a.library_version, a.approved_at, a.settings, a.version
            FROM temp.approved a JOIN campaigns c ON c.name = a.name
            WHERE c.number = editions.campaign AND a.scheduled = editions.scheduled)
           WHERE EXISTS (SELECT 1 FROM temp.approved a JOIN campaigns c ON c.name = a.name
            WHERE c.number = editions.campaign AND a.scheduled = editions.scheduled)""",
        """INSERT INTO main.mails (mail_id, recipient, sender, sender_key, kind, subject, text, received_at, seen_at)
           SELECT w.mail_id, r.number, w.sender, w.sender_key, w.kind, w.subject, w.text, w.received_at, w.seen_at
           FROM temp.wrote w LEFT JOIN main.recipients r ON r.recipient_id = w.recipient_id WHERE true
           ON CONFLICT (mail_id) DO UPDATE SET seen_at = excluded.seen_at""",
        # What was ended since must not hold again: who has set nothing else is not among the choices that are carried over.
        """UPDATE main.recipients SET frequency = p.frequency, paused_until = p.paused_until, restricted_at = p.restricted_at
           FROM temp.people p WHERE p.recipient_id = recipients.recipient_id AND recipients.erased_at IS NULL
           AND (recipients.frequency, recipients.paused_until, recipients.restricted_at)
           IS NOT (p.frequency, p.paused_until, p.restricted_at)""",
        # A wish that was taken back since must not come back: of whom the present database knew, it knew all they wish.
        """DELETE FROM main.asked WHERE recipient IN
           (SELECT r.number FROM main.recipients r JOIN temp.people p ON p.recipient_id = r.recipient_id)""",
        """INSERT INTO main.asked (recipient, module, ask, about, asked_at)
           SELECT r.number, w.module, w.ask, w.about, w.asked_at
           FROM temp.wished w JOIN main.recipients r ON r.recipient_id = w.recipient_id ORDER BY w.number""",
        "DROP TABLE temp.people",
        "DROP TABLE temp.answered",
        "DROP TABLE temp.wished",
        """INSERT INTO main.backups (file, made_at, cleaned_at) SELECT file, made_at, cleaned_at FROM temp.listed WHERE true
           ON CONFLICT (file) DO UPDATE SET made_at = excluded.made_at, cleaned_at = excluded.cleaned_at""",
        "DROP TABLE temp.listed",
        "DROP TABLE temp.sent",
        "DROP TABLE temp.seen",
        "DROP TABLE temp.approved",
        "DROP TABLE temp.libraries",
        "DROP TABLE temp.heads",
        "DROP TABLE temp.shown",
        "DROP TABLE temp.wrote",
    ):
        db.execute(text(statement))
