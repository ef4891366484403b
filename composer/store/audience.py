"""The Audience: recipients and everything known about them as NumPy columns, read by a dozen queries a batch.

Nothing is redacted here (decide does that), with one exception: a time zone is derived from the country only for
people whose level lets us know the country, since the zone itself is a column of every level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, case, func, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import col

from composer.domain.audience import Array, Audience, Codes
from composer.domain.campaign import Campaign
from composer.domain.consent import TOPIC
from composer.domain.content import Library
from composer.domain.language import lookup
from composer.domain.level import Level, level_in_force
from composer.domain.moment import Moment
from composer.store import _conduct
from composer.store.consents import granted
from composer.store.engine import among, tuples
from composer.store.tables import EditionRow, ImpressionRow, OutboxRow, RecipientRow, SuppressionRow
from composer.store.zones import zone_of_country

_COLUMNS = (
    "number",
    "recipient_id",
    "address",
    "draw_key",
    "level",
    "language",
    "time_zone",
    "country",
    "region",
    "role",
    "stage",
    "daypart",
    "topics",
    "first_name",
    "last_name",
    "company",
)


def audience_pages(db: Connection, campaign: Campaign, size: int = 10_000) -> Iterator[list[int]]:
    """Row numbers of the campaign's audience, `size` at a time, in row order.

    People without consent are in it (planned as skipped); erased people are not.
    """
    last = 0
    while page := audience_page(db, campaign, last, size):
        yield page
        last = page[-1]


def audience_page(db: Connection, campaign: Campaign, after: int, size: int) -> list[int]:
    """The next `size` row numbers of the campaign's audience that are greater than `after`; empty at the end."""
    number = col(RecipientRow.number)
    query = select(number).where(number > after, _in_audience(RecipientRow, campaign)).order_by(number).limit(size)
    return [int(row[0]) for row in tuples(db, query).fetchall()]


def _in_audience(table: Any, campaign: Campaign) -> ColumnElement[bool]:
    wanted = [table.erased_at.is_(None)]
    for name, words in campaign.audience.items():
        column = getattr(table, name)
        if name == "language":  # "en" also means en-GB
            wanted.append(or_(column.in_(words), *(column.startswith(f"{word}-", autoescape=True) for word in words)))
        else:
            wanted.append(column.in_(words))
    return and_(*wanted)


def load_audience(
    db: Connection,
    library: Library,
    campaign: Campaign,
    moment: Moment,
    numbers: Sequence[int],
    default_language: str,
    default_zone: str,
    at_most: Level = Level.premium,
) -> Audience:
    """Return the columns of `numbers`, in that order; numbers of nobody raise KeyError.

    Events later than `moment.now` are not seen; ages count from `moment.as_of` and are never negative. Consent and
    suppression are those of this second, whatever `now` says. `at_most` lowers everybody's level.
    """
    people = _people(db, numbers)
    row = _conduct.Rows(np.asarray(numbers, dtype=np.int64))
    consents = granted(db, numbers)
    purposes = [consents.get(number, frozenset()) for number in numbers]
    levels = [min(at_most, level_in_force(chosen, given)) for chosen, given in zip(people["level"], purposes, strict=True)]
    shown, shown_age = _shown(db, library, moment, row)
    habits = _habits(db, library, moment, row)
    return Audience(
        number=row.numbers,
        recipient_id=_words(people["recipient_id"]),
        address=_words(people["address"]),
        draw_key=np.array(people["draw_key"], dtype=np.int64).view(np.uint64),
        level=np.array(levels, dtype=np.int8),
        consented=np.array([campaign.list in given for given in purposes], dtype=bool),
        suppressed=_suppressed(db, row),
        duplicate=_duplicate(db, campaign, row),
        sent_lately=_sent_lately(db, campaign, moment, row),
        shown_age=shown_age,
        shown=shown,
        language=Codes.of(_languages(people["language"], library, campaign, default_language)),
        time_zone=Codes.of(_zones(people["time_zone"], people["country"], levels, default_zone)),
        daypart=Codes.of(people["daypart"]),
        topics=_topics(people["topics"], purposes, library),
        first_name=_words(people["first_name"]),
        last_name=_words(people["last_name"]),
        company=_words(people["company"]),
        role=Codes.of(people["role"]),
        country=Codes.of(people["country"]),
        region=Codes.of(people["region"]),
        stage=Codes.of(people["stage"]),
        **_conduct.load(db, library, moment, row),
        **habits,
    )


def _people(db: Connection, numbers: Sequence[int]) -> dict[str, list[Any]]:
    """Column -> values in the order of `numbers`."""
    query = select(*(getattr(RecipientRow, name) for name in _COLUMNS)).where(among(db, col(RecipientRow.number), numbers))
    found = {row[0]: row for row in tuples(db, query).fetchall()}
    ordered = [found[number] for number in numbers]
    return dict(zip(_COLUMNS, map(list, zip(*ordered, strict=True)), strict=True)) if ordered else {name: [] for name in _COLUMNS}


def _words(values: Sequence[str]) -> Array:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _languages(stated: Sequence[str], library: Library, campaign: Campaign, default: str) -> list[str]:
    """A language the layout does not have gives way to the nearest it has, fi-FI to fi, and that to the default."""
    layout = library.layouts.get(campaign.layout)
    had = layout.languages if layout else ()
    chosen = {language: lookup(language, had) or default for language in set(stated)}
    return [chosen[language] for language in stated]


def _zones(stated: Sequence[str], countries: Sequence[str], levels: Sequence[Level], default: str) -> list[str]:
    of_country = zone_of_country()
    return [
        zone or (of_country.get(country, "") if level >= Level.basic else "") or default
        for zone, country, level in zip(stated, countries, levels, strict=True)
    ]


def _topics(declared: Sequence[str], purposes: Sequence[frozenset[str]], library: Library) -> Array:
    """bool[R, T]: declared in the profile, or signed up for as a list."""
    topics = np.zeros((len(declared), len(library.topics)), dtype=bool)
    column = {topic: t for t, topic in enumerate(library.topics)}
    for r, (words, given) in enumerate(zip(declared, purposes, strict=True)):
        for topic in words.split(",") if words else ():
            if topic.strip() in column:
                topics[r, column[topic.strip()]] = True
        for purpose in given:
            if purpose.startswith(TOPIC) and purpose.removeprefix(TOPIC) in column:
                topics[r, column[purpose.removeprefix(TOPIC)]] = True
    return topics


def _suppressed(db: Connection, row: _conduct.Rows) -> Array:
    query = select(col(RecipientRow.number)).where(
        among(db, col(RecipientRow.number), row.listed),
        col(RecipientRow.address_key).in_(select(col(SuppressionRow.address_key))),
    )
    return row.marked(number for (number,) in tuples(db, query).fetchall())


def _duplicate(db: Connection, campaign: Campaign, row: _conduct.Rows) -> Array:
    """bool[R]: an earlier row of this audience has the same address, and consent."""
    first = aliased(RecipientRow)
    query = (
        select(col(RecipientRow.number), col(first.number))
        .join(first, and_(col(first.address_key) == col(RecipientRow.address_key), col(first.number) < col(RecipientRow.number)))
        .where(among(db, col(RecipientRow.number), row.listed), col(RecipientRow.address_key) != "", _in_audience(first, campaign))
    )
    pairs = tuples(db, query).fetchall()
    consents = granted(db, sorted({first for _, first in pairs})) if pairs else {}
    return row.marked(number for number, first in pairs if campaign.list in consents.get(first, frozenset()))


def _sent_lately(db: Connection, campaign: Campaign, moment: Moment, row: _conduct.Rows) -> Array:
    """int16[R]: letters within the cap's period; nobody is asked about where the campaign has no cap."""
    lately = np.zeros(len(row), dtype=np.int16)
    if campaign.cap is None:
        return lately
    accepted = type_coerce(col(OutboxRow.accepted_at), BigInteger)
    since = int((moment.as_of - campaign.cap.period).timestamp())
    sent = (
        select(col(OutboxRow.recipient), func.count())
        .where(among(db, col(OutboxRow.recipient), row.listed), accepted <= int(moment.now.timestamp()), accepted > since)
        .group_by(col(OutboxRow.recipient))
    )
    for query in (sent, _on_their_way(db, campaign, moment, row)):
        for number, count in tuples(db, query).fetchall():
            lately[row.of[number]] += count
    return lately


def _on_their_way(db: Connection, campaign: Campaign, moment: Moment, row: _conduct.Rows) -> Select[int, int]:
    """Letters of other editions whose sending has begun: two campaigns that are due together keep one cap together."""
    own = select(col(EditionRow.number)).where(col(EditionRow.campaign) == campaign.number, col(EditionRow.scheduled) == moment.as_of)
    return (
        select(col(OutboxRow.recipient), func.count())
        .where(
            among(db, col(OutboxRow.recipient), row.listed),
            col(OutboxRow.frozen),
            col(OutboxRow.due_at).is_not(None),  # of what has ended it is nothing
            col(OutboxRow.edition).is_distinct_from(own.scalar_subquery()),
        )
        .group_by(col(OutboxRow.recipient))
    )


def _shown(db: Connection, library: Library, moment: Moment, row: _conduct.Rows) -> tuple[Array, Array]:
    """How often, and how many days ago, each module was shown."""
    at = type_coerce(col(ImpressionRow.shown_at), BigInteger)
    now, as_of = int(moment.now.timestamp()), int(moment.as_of.timestamp())
    query = (
        select(col(ImpressionRow.recipient), col(ImpressionRow.module), func.count(), func.max(at))
        .where(among(db, col(ImpressionRow.recipient), row.listed), at <= now)
        .group_by(col(ImpressionRow.recipient), col(ImpressionRow.module))
    )
    count = np.zeros((len(row), len(library.modules)), dtype=np.int16)
    age = np.full((len(row), len(library.modules)), np.inf, dtype=np.float32)
    for number, module, times, newest in tuples(db, query).fetchall():
        m = library.index.get(module)
        if m is not None:
            count[row.of[number], m] = times
            age[row.of[number], m] = max(0, as_of - newest) / 86_400
    return count, age


def _habits(db: Connection, library: Library, moment: Moment, row: _conduct.Rows) -> dict[str, Array]:
    """What the reader clicked in each tone and after each opening, and what was to be expected of the blocks shown.

    Expectations are summed in whole millionths: exact, whatever the order.
    """
    axes = {"tone": library.tones, "opening": library.openings}
    columns = {f"{axis}_{what}": np.zeros((len(row), len(names))) for axis, names in axes.items() for what in ("clicked", "expected")}
    if max(map(len, axes.values())) > 1:
        now = int(moment.now.timestamp())
        clicked = case((type_coerce(col(ImpressionRow.clicked_at), BigInteger) <= now, 1), else_=0)
        query = (
            select(
                col(ImpressionRow.recipient),
                col(ImpressionRow.variant),
                col(ImpressionRow.opening),
                func.sum(clicked),
                func.sum(func.round(col(ImpressionRow.score) * 1_000_000)),
            )
            .where(among(db, col(ImpressionRow.recipient), row.listed), type_coerce(col(ImpressionRow.shown_at), BigInteger) <= now)
            .group_by(col(ImpressionRow.recipient), col(ImpressionRow.variant), col(ImpressionRow.opening))
        )
        places = {axis: {name: place for place, name in enumerate(names)} for axis, names in axes.items()}
        for number, variant, opening, clicks, expected in tuples(db, query).fetchall():
            for axis, word in (("tone", variant), ("opening", opening)):
                place = places[axis].get(word)
                if place is not None:
                    columns[f"{axis}_clicked"][row.of[number], place] += float(clicks)
                    columns[f"{axis}_expected"][row.of[number], place] += float(expected)
    return {name: (values / 1_000_000 if name.endswith("expected") else values).astype(np.float32) for name, values in columns.items()}
