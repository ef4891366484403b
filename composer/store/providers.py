"""What is remembered of providers: read, and changed by one worker at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlmodel import col

from composer.dispatch.provider import Provider, dump, load
from composer.store.engine import among, insert_into
from composer.store.provider_row import ProviderRow
from composer.store.tables import RecipientRow


def known_providers(db: Connection) -> dict[str, Provider]:
    """Every provider of which something is remembered, by name."""
    rows = db.execute(select(col(ProviderRow.provider), col(ProviderRow.state)).order_by(col(ProviderRow.provider)))
    return {name: load(state) for name, state in rows}


def any_provider(db: Connection) -> bool:
    """Whether anything is remembered of any."""
    return db.execute(select(col(ProviderRow.provider)).limit(1)).first() is not None


def names_known(db: Connection, names: Collection[str]) -> set[str]:
    """Those of `names` of which something is remembered."""
    return set(db.execute(select(col(ProviderRow.provider)).where(among(db, col(ProviderRow.provider), names))).scalars())


def lock_providers(db: Connection, names: Collection[str]) -> dict[str, Provider]:
    """What is remembered of each, nothing where nothing is; nobody else changes it until this transaction ends."""
    wanted = sorted(names)  # in one order: two workers must not wait for each other's rows
    if not wanted:
        return {}
    rows = [{"provider": name, "state": "", "changed_at": datetime.fromtimestamp(0).astimezone()} for name in wanted]
    if db.dialect.name == "postgresql":  # a row that is not there cannot be locked; SQLite has one writer anyway
        db.execute(insert_into(db, ProviderRow).on_conflict_do_nothing(), rows)
    found = db.execute(
        select(col(ProviderRow.provider), col(ProviderRow.state))
        .where(among(db, col(ProviderRow.provider), wanted))
        .order_by(col(ProviderRow.provider))
        .with_for_update()
    )
    states = {name: load(state) for name, state in found if state}
    return {name: states.get(name, Provider()) for name in wanted}


def save_providers(db: Connection, states: Mapping[str, Provider | None], now: datetime) -> None:
    """Keep what is remembered of providers that are locked; None forgets one."""
    kept = [{"provider": name, "state": dump(state), "changed_at": now} for name, state in sorted(states.items()) if state is not None]
    if kept:
        insert = insert_into(db, ProviderRow)
        new = insert.excluded
        db.execute(insert.on_conflict_do_update(index_elements=["provider"], set_={"state": new.state, "changed_at": new.changed_at}), kept)
    gone = [name for name, state in states.items() if state is None]
    if gone:
        db.execute(delete(ProviderRow).where(among(db, col(ProviderRow.provider), gone)))


def addresses(db: Connection, recipients: Collection[int]) -> dict[int, str]:
    """Row number of a recipient -> address."""
    query = select(col(RecipientRow.number), col(RecipientRow.address)).where(among(db, col(RecipientRow.number), recipients))
    return {int(number or 0): address for number, address in db.execute(query)}
