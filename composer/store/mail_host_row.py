"""The table of mail hosts: who takes the mail of a domain, as DNS said."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from composer.store.types import instant, words


class MailHostRow(SQLModel, table=True):
    """What DNS said of one domain that letters go to. A row may be lost at any time: it is looked up anew."""

    __tablename__ = "mail_hosts"

    domain: str = Field(primary_key=True)
    hosts: str = words()
    """Names of its MX hosts, the preferred first, with blanks between; empty: it has none, or nobody knows."""
    until: datetime = instant()
    """When to look again."""
