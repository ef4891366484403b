"""The tables of campaigns and their editions (domain.campaign)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from composer.store.types import instant, link, row_number, words


class CampaignRow(SQLModel, table=True):
    """An operator's intent. `settings` is the campaign file as JSON; state is domain.campaign.CampaignState."""

    __tablename__ = "campaigns"

    number: int | None = row_number()
    name: str = Field(unique=True)
    state: str = "draft"
    reason: str = words()
    """Why it is paused, where the system paused it."""
    settings: str = words()
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """Counts up when what some edition was approved with is changed."""
    created_at: datetime = instant()


class EditionRow(SQLModel, table=True):
    """One issue of a campaign; approval freezes `library_version` and `settings`."""

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("campaign", "scheduled", name="edition_once"),)

    number: int | None = row_number()
    campaign: int = link("campaigns.number")
    scheduled: datetime = instant()
    state: str = "planned"
    library_version: str = ""
    approved_at: datetime | None = instant(null=True)
    planned_at: datetime | None = instant(null=True)
    planner: str = ""
    """Who plans it at this moment: rows of a plan that another one has replaced are refused."""
    axes: str = words()
    """JSON: what the numbers in its forecasts stand for."""
    settings: str = words()
    """The campaign's settings that it was planned with: approval freezes them. Empty before a plan was begun."""
    version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Which version of the campaign these settings are."""
    audience: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many letters and skips its plan ended with: for ever what its counts must add up to."""
