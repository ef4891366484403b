"""Mail hosts of domains: kept over restarts, so that a new process asks DNS for nothing that is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlmodel import col

from composer.domain.outcome import OutboxState
from composer.store.engine import among, insert_into
from composer.store.mail_host_row import MailHostRow
from composer.store.tables import OutboxRow, RecipientRow

WAITING = (OutboxState.planned, OutboxState.try_later, OutboxState.sending)


def hosts_of(db: Connection, domains: Collection[str]) -> dict[str, Sequence[str]]:
    """Domain -> its mail hosts, for those that were looked up. What is past its time is told too: it is better than nothing."""
    rows = db.execute(select(col(MailHostRow.domain), col(MailHostRow.hosts)).where(among(db, col(MailHostRow.domain), domains)))
    return {domain: hosts.split() for domain, hosts in rows}


def unknown_domains(db: Connection, now: datetime, limit: int) -> list[str]:
    """Domains that letters wait for and of which nothing fresh is known, those with the most letters first."""
    address = col(RecipientRow.address)
    at = func.strpos(address, "@") if db.dialect.name == "postgresql" else func.instr(address, "@")
    domain = func.substr(address, at + 1).label("domain")
    fresh = select(col(MailHostRow.domain)).where(col(MailHostRow.until) > now)
    query = (
        select(domain)
        .join(OutboxRow, col(OutboxRow.recipient) == col(RecipientRow.number))
        .where(col(OutboxRow.state).in_([state.value for state in WAITING]), address != "", domain.not_in(fresh))
        .group_by(domain)
        .order_by(func.count().desc(), domain)
        .limit(limit)
    )
    return [found for (found,) in db.execute(query) if found]


def save_hosts(db: Connection, found: Mapping[str, tuple[Sequence[str] | None, datetime]]) -> None:
    """Keep what DNS said: domain -> (hosts, until when). Hosts None: nobody knows; what was known before stays."""
    insert = insert_into(db, MailHostRow)
    new = insert.excluded
    known = [{"domain": domain, "hosts": " ".join(hosts), "until": until} for domain, (hosts, until) in found.items() if hosts is not None]
    if known:
        db.execute(insert.on_conflict_do_update(index_elements=["domain"], set_={"hosts": new.hosts, "until": new.until}), known)
    failed = [{"domain": domain, "hosts": "", "until": until} for domain, (hosts, until) in found.items() if hosts is None]
    if failed:
        db.execute(insert.on_conflict_do_update(index_elements=["domain"], set_={"until": new.until}), failed)


def forget_hosts(db: Connection, before: datetime) -> int:
    """Delete what should have been looked up again before then and was not: no letter went there. Return how many."""
    return db.execute(delete(MailHostRow).where(col(MailHostRow.until) < before)).rowcount


def forget_domain(db: Connection, domain: str) -> None:
    """Delete one domain: it may be named after its only person, who was erased."""
    db.execute(delete(MailHostRow).where(col(MailHostRow.domain) == domain))
