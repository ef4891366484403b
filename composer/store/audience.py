"""The Audience: recipients and everything known about them as NumPy columns, read by a dozen queries a batch.

Nothing is redacted here (decide does that), with one exception: a time zone is derived from the country only for
people whose level lets us know the country, since the zone itself is a column of every level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, select
from sqlmodel import col

from composer.domain.audience import Array, Audience, Codes
from composer.domain.campaign import Campaign
from composer.domain.consent import OPENS, TOPIC, Basis
from composer.domain.content import Library
from composer.domain.language import lookup
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.store import _conduct, _standing
from composer.store._customers import read_similar
from composer.store._rows import Rows
from composer.store._shown import read_shown
from composer.store._spacing import letter_at
from composer.store._standing import Given, audience_of, find_twins
from composer.store.asked import read_asked
from composer.store.engine import tuples
from composer.store.tables import RecipientRow
from composer.store.zones import zone_of_country

__all__ = ["audience_page", "audience_pages", "find_twins", "load_audience"]
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
    "reset_at",
    "frequency",
    "paused_until",
    "restricted_at",
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
    query = select(number).where(number > after, audience_of(RecipientRow, campaign)).order_by(number).limit(size)
    return [int(row[0]) for row in tuples(db, query).fetchall()]


def load_audience(
    db: Connection,
    library: Library,
    campaign: Campaign,
    moment: Moment,
    numbers: Sequence[int],
    default_language: str,
    default_zone: str,
    at_most: Level = Level.premium,
    twins: Array | None = None,
) -> Audience:
    """Return the columns of `numbers`, in that order; numbers of nobody raise KeyError.

    Events later than `moment.now` are not seen; ages count from `moment.as_of` and are never negative. Consent and
    suppression are those of this second, whatever `now` says. `at_most` lowers everybody's level. Who reads the columns of
    everybody, page by page, spares a search for each address by `twins` (find_twins).
    """
    rows = Rows(np.asarray(numbers, dtype=np.int64))
    people = _people(db, rows, search=twins is None)
    later = np.array(people["twin"], dtype=bool) if twins is None else np.isin(rows.numbers, twins)
    given = _standing.read_consents(db, campaign, library.topics, rows)
    resets = np.array([at or 0 for at in people["reset_at"]], dtype=np.int64)
    frequency = Codes.of(people["frequency"])
    levels = _standing.levels_in_force(people["level"], given, at_most)
    grounds = given.grounds(campaign.list)
    bought, similar = read_similar(db, library, moment, rows.numbers, grounds.codes == _standing.BASES.index(Basis.customer))
    return Audience(
        number=rows.numbers,
        recipient_id=_words(people["recipient_id"]),
        address=_words(people["address"]),
        draw_key=np.array(people["draw_key"], dtype=np.int64).view(np.uint64),
        level=levels,
        consented=given.of(campaign.list) & bought,
        basis=grounds,
        similar=similar,
        opens=given.of(OPENS),
        suppressed=np.array(people["suppressed"], dtype=bool),
        duplicate=_standing.duplicate(db, campaign, rows, later),
        restricted=np.array([at is not None for at in people["restricted_at"]], dtype=bool),
        sent_lately=_standing.sent_lately(db, campaign, moment, rows),
        letter_at=letter_at(db, campaign, moment, rows, frequency.known()),
        language=Codes.of(_languages(people["language"], library, campaign, default_language)),
        time_zone=Codes.of(_zones(people["time_zone"], people["country"], levels.tolist(), default_zone)),
        daypart=Codes.of(people["daypart"]),
        frequency=frequency,
        paused_until=np.array([at or 0 for at in people["paused_until"]], dtype=np.int64),
        topics=_topics(people["topics"], given, library),
        asked=read_asked(db, library, rows),
        first_name=_words(people["first_name"]),
        last_name=_words(people["last_name"]),
        company=_words(people["company"]),
        role=Codes.of(people["role"]),
        country=Codes.of(people["country"]),
        region=Codes.of(people["region"]),
        stage=Codes.of(people["stage"]),
        **read_shown(db, library, campaign, moment, rows, resets),
        **_conduct.load(db, library, moment, rows, resets),
    )


def _people(db: Connection, rows: Rows, *, search: bool) -> dict[str, Sequence[Any]]:
    """Column -> values in the order of the batch; `suppressed`, and `twin` where they are to be found, too."""
    number = col(RecipientRow.number)
    columns = [*(getattr(RecipientRow, name) for name in _COLUMNS), _standing.suppressed_mark()]
    columns += [_standing.twin_mark()] if search else []
    query = select(*columns).where(rows.hold(db, number)).order_by(number)
    found = tuples(db, query).fetchall()
    if [line[0] for line in found] != (wanted := rows.numbers.tolist()):
        by_number = {line[0]: line for line in found}
        found = [by_number[one] for one in wanted]
    names = (*_COLUMNS, "suppressed", "twin")[: len(columns)]
    return dict(zip(names, zip(*found, strict=True), strict=True)) if found else dict.fromkeys(names, ())


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


def _zones(stated: Sequence[str], countries: Sequence[str], levels: Sequence[int], default: str) -> list[str]:
    of_country = zone_of_country()
    return [
        zone or (of_country.get(country, "") if level >= Level.basic else "") or default
        for zone, country, level in zip(stated, countries, levels, strict=True)
    ]


def _topics(declared: Sequence[str], given: Given, library: Library) -> Array:
    """bool[R, T]: declared in the profile, or signed up for as a list."""
    topics = np.zeros((len(declared), len(library.topics)), dtype=bool)
    if library.topics:
        written = {words: {word.strip() for word in words.split(",")} for words in set(declared)}
        named = {words: [topic in found for topic in library.topics] for words, found in written.items()}
        topics[:] = [named[words] for words in declared] or topics
        for t, topic in enumerate(library.topics):
            topics[:, t] |= given.of(TOPIC + topic)
    return topics
