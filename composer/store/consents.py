"""The consent ledger and the suppression list.

Every withdrawal and every suppression raises the suppression version in its own transaction: senders compare that
one number before each letter and look again when it moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, cast, func, literal, select, type_coerce, update
from sqlalchemy.types import Text
from sqlmodel import col

from composer.domain.consent import LETTERS, OBJECTION, TOPIC, Basis, ConsentRow, State, granted_purposes
from composer.store.engine import among, insert_into, tuples
from composer.store.marks import get_mark
from composer.store.tables import ConsentLedgerRow, MarkRow, RecipientRow, SuppressionRow

SUPPRESSION_VERSION = "suppression_version"
ASKED = frozenset({"preferences", "signup", "confirm"})
"""Sources by which people ask for letters themselves."""


def append(db: Connection, rows: Iterable[tuple[int, ConsentRow]], now: datetime) -> int:
    """Add lines to the ledger, (recipient row number, line) each, and return how many were new; exact repeats are ignored.

    A line that names no address is proven by the one its person has now.
    """
    rows = list(rows)
    keys = _keys(db, sorted({number for number, row in rows if not row.address_key}))
    values = [
        {
            "recipient": number,
            "purpose": row.purpose,
            "state": row.state.value,
            "basis": row.basis.value,
            "wording": row.wording,
            "proof": row.proof,
            "note": row.note,
            "client": row.client,
            "address_key": row.address_key or keys[number],
            "source": row.source,
            "at": row.at,
            "recorded_at": now,
        }
        for number, row in rows
    ]
    if not values:
        return 0
    added: int = db.execute(insert_into(db, ConsentLedgerRow).on_conflict_do_nothing(), values).rowcount
    if added and any(value["state"] == State.withdrawn for value in values):
        bump_suppression_version(db)
    for number, row in rows:
        if row.state is State.granted and row.source in ASKED and (row.purpose == LETTERS or row.purpose.startswith(TOPIC)):
            _lift_objection(db, number, row.at)
    return added


def _lift_objection(db: Connection, number: int, asked: datetime) -> None:
    """Who objected to letters and asks for some again, later and in person, gets them. Any other suppression stands."""
    key = select(col(RecipientRow.address_key)).where(col(RecipientRow.number) == number).scalar_subquery()
    ours = (col(SuppressionRow.address_key) == key, col(SuppressionRow.reason) == OBJECTION, col(SuppressionRow.lifted_at).is_(None))
    db.execute(update(SuppressionRow).where(*ours, col(SuppressionRow.at) < asked).values(lifted_at=asked))


def _keys(db: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Row number -> address key; that of somebody erased is empty."""
    query = select(col(RecipientRow.number), col(RecipientRow.address_key)).where(among(db, col(RecipientRow.number), numbers))
    return {int(number): key for number, key in tuples(db, query)} if numbers else {}


def granted(db: Connection, numbers: Sequence[int]) -> dict[int, frozenset[str]]:
    """Row number -> purposes in force, by the whole ledger as it stands; people without a line are absent."""
    ledger = ConsentLedgerRow
    query = (
        select(col(ledger.recipient), col(ledger.purpose), col(ledger.state), col(ledger.source), type_coerce(col(ledger.at), BigInteger))
        .where(among(db, col(ledger.recipient), numbers))
        .order_by(col(ledger.recipient), col(ledger.number))
    )
    lines: defaultdict[int, list[tuple[str, str, str, int]]] = defaultdict(list)
    for number, purpose, state, source, at in tuples(db, query):
        lines[number].append((purpose, state, source, at))
    return {number: granted_purposes(rows) for number, rows in lines.items()}


def has_ground(db: Connection, purpose: str) -> bool:
    """Whether the ledger ever granted this purpose to anybody."""
    line = select(col(ConsentLedgerRow.number)).where(
        col(ConsentLedgerRow.purpose) == purpose, col(ConsentLedgerRow.state) == State.granted.value
    )
    return db.execute(line.limit(1)).first() is not None


def line_in_force(db: Connection, recipient: int, purpose: str, at: datetime) -> ConsentRow | None:
    """The line of the ledger that granted the purpose at that time; None where the newest by then withdrew it, or there was none."""
    ledger = ConsentLedgerRow
    row = (
        db.execute(
            select(*ledger.__table__.columns)  # type: ignore[attr-defined]
            .where(col(ledger.recipient) == recipient, col(ledger.purpose) == purpose, col(ledger.at) <= at)
            .order_by(col(ledger.at).desc(), col(ledger.number).desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if row is None or row["state"] != State.granted:
        return None
    fields = {name: row[name] for name in ConsentRow.__slots__}
    return ConsentRow(**{**fields, "state": State(row["state"]), "basis": Basis(row["basis"])})


def ledger_lines(db: Connection, numbers: Sequence[int]) -> set[tuple[int, str, str, str, str]]:
    """(recipient row number, purpose, state, source, wording) of every line: what a line without a time is compared with."""
    ledger = ConsentLedgerRow
    query = select(col(ledger.recipient), col(ledger.purpose), col(ledger.state), col(ledger.source), col(ledger.wording))
    rows = db.execute(query.where(among(db, col(ledger.recipient), numbers)))
    return {(number, purpose, state, source, wording) for number, purpose, state, source, wording in rows}


def suppress(db: Connection, address_key: str, reason: str, now: datetime) -> None:
    """Never write to this address again; a repeat keeps the first time, unless it was lifted since."""
    bump_suppression_version(db)  # first: whoever suppresses the same addresses in another order waits here, and not for one of them
    first = insert_into(db, SuppressionRow).values(address_key=address_key, reason=reason, at=now)
    anew = {"at": now, "lifted_at": None}
    db.execute(
        first.on_conflict_do_update(index_elements=["address_key", "reason"], set_=anew, where=col(SuppressionRow.lifted_at).is_not(None))
    )


def lift(db: Connection, address_key: str, now: datetime) -> int:
    """Let an address be written to again, for its owner has confirmed a new sign-up; return how many suppressions that ended."""
    held = col(SuppressionRow.address_key) == address_key, col(SuppressionRow.lifted_at).is_(None)
    return db.execute(update(SuppressionRow).where(*held).values(lifted_at=now)).rowcount


def ask_back(db: Connection, address_key: str, now: datetime, before: datetime) -> bool:
    """Note that a suppressed address is asked whether it wants to come back; False where that was done after `before`."""
    held = col(SuppressionRow.address_key) == address_key, col(SuppressionRow.lifted_at).is_(None)
    if db.execute(select(col(SuppressionRow.number)).where(*held, col(SuppressionRow.asked_at) > before)).first():
        return False
    db.execute(update(SuppressionRow).where(*held).values(asked_at=now))
    return True


def is_suppressed(db: Connection, keys: Iterable[str]) -> set[str]:
    """Those of the address keys that are never written to."""
    held = among(db, col(SuppressionRow.address_key), keys), col(SuppressionRow.lifted_at).is_(None)
    return set(db.execute(select(col(SuppressionRow.address_key)).where(*held)).scalars())


def suppression_version(db: Connection) -> int:
    """A number that grows with every withdrawal and suppression."""
    return int(get_mark(db, SUPPRESSION_VERSION) or 0)


def bump_suppression_version(db: Connection) -> None:
    """Make every sender look again before its next letter."""
    raised = cast(cast(col(MarkRow.value), BigInteger) + literal(1), Text)
    first = insert_into(db, MarkRow).values(name=SUPPRESSION_VERSION, value="1")
    db.execute(first.on_conflict_do_update(index_elements=["name"], set_={"value": raised}))


def as_much(db: Connection) -> None:
    """Cost what a word of the ledger costs, up to the disk, and leave everything as it is (composer.web.even).

    A value of the person imported first is turned over and back: SQLite writes nothing where a row stays as it is all along.
    """
    number, key = col(RecipientRow.number), col(RecipientRow.draw_key)
    first = select(func.min(number)).scalar_subquery()
    for _ in range(2):
        db.execute(update(RecipientRow).where(number == first).values(draw_key=key.bitwise_not()))
