"""The front matter that says when and to whom a module may be shown, and what in it can never be true at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from composer.domain.content import GROUP, NEVER_BLOCKS
from composer.library.front_matter import SourceFile
from composer.spans import duration

WORDS = ("topics", "interests", "regions", "countries", "stages", "roles")
RULES = (*WORDS, "months", "valid_from", "valid_until", "owned_for", "bought_within", "rest", "rest_letters", "excludes", "when")
"""Every key that this file reads."""
MOST_LETTERS = 1000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_MODULE = re.compile(rf"{_NAME.pattern}/{_NAME.pattern}|{GROUP}.+")


def read_rules(source: SourceFile, name: str) -> dict[str, Any]:
    """The fields of module `name` that rules read; what is wrong goes to `source.findings`."""
    rules: dict[str, Any] = {key: _words(source, key) for key in WORDS}
    for interest in rules["interests"]:
        if not re.fullmatch(r"(category|product):.+", interest):
            source.in_text(("interests",), interest, f'\'{interest}\' is no interest: write "category:NAME" or "product:ID"')
    for country in rules["countries"]:
        if not re.fullmatch(r"[A-Z]{2}", country):
            source.in_text(("countries",), country, f"'{country}' is nobody's country: write two capital letters (ISO 3166), like FI")
    rules["months"] = _months(source)
    rules["valid_from"], rules["valid_until"] = _instant(source, "valid_from"), _instant(source, "valid_until")
    rules["owned_for"], rules["bought_within"], rules["rest"] = _owned_for(source), _bought_within(source), _rest(source)
    rules["rest_letters"] = _rest_letters(source)
    rules["excludes"] = _excludes(source, name)
    rules["when"] = _when(source)
    _contradictions(source, rules)
    return rules


def _contradictions(source: SourceFile, rules: Mapping[str, Any]) -> None:
    """What may be shown never is no rule but a slip."""
    first, last = rules["valid_from"], rules["valid_until"]
    if first and last and last <= first:
        source.at_key(("valid_until",), "valid_until is not after valid_from: the module could never be shown; correct one of them")
    elif first and last and rules["months"] and not _meets(first, last, rules["months"]):
        source.at_key(("months",), "none of the months comes between valid_from and valid_until: the module could never be shown")
    if rules["bought_within"] == timedelta(0):
        source.at_key(("bought_within",), 'nobody bought within nothing: write a length like "30d"')


def _meets(first: datetime, last: datetime, months: tuple[int, ...]) -> bool:
    """Whether one of the months has a day between the two; the season is told by the UTC month (eligibility.season)."""
    count = (last.year - first.year) * 12 + last.month - first.month
    passed = {(first.month - 1 + step) % 12 + 1 for step in range(min(count, 11) + 1)}
    if count < 12 and last == datetime(last.year, last.month, 1, tzinfo=UTC):
        passed -= {last.month}  # it ends as that month begins
    return not passed.isdisjoint(months)


def _words(source: SourceFile, key: str) -> tuple[str, ...]:
    value = source.values.get(key, [])
    if isinstance(value, list) and all(isinstance(word, str) and word.strip() for word in value):
        return tuple(value)
    source.at_key((key,), f'{key} is a list of words, like ["one", "two"]')
    return ()


def _months(source: SourceFile) -> tuple[int, ...]:
    months = source.values.get("months", [])
    if isinstance(months, list) and all(type(month) is int and 1 <= month <= 12 for month in months):
        return tuple(months)
    source.at_key(("months",), "months is a list of numbers from 1 to 12")
    return ()


def _instant(source: SourceFile, key: str) -> datetime | None:
    value = source.values.get(key)
    if value is None:
        return None
    with suppress(OverflowError):  # the first and the last day that there are
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
        if isinstance(value, date) and not isinstance(value, datetime):
            # A date counts whole: valid until the 31st means through the 31st.
            return datetime.combine(value, time(), UTC) + timedelta(days=key == "valid_until")
    source.at_key((key,), f"{key} is a date like 2026-12-31 or a time with its offset like 2026-12-31T18:00:00Z")
    return None


def _owned_for(source: SourceFile) -> timedelta | None:
    value = source.values.get("owned_for", "ever")
    if value in ("ever", "never"):
        return None if value == "ever" else NEVER_BLOCKS
    return _duration(source, "owned_for", value, '"ever", "never" or a length like "56d"')


def _rest(source: SourceFile) -> timedelta:
    return _duration(source, "rest", source.values.get("rest", "30d"), 'a length like "30d"')


def _bought_within(source: SourceFile) -> timedelta | None:
    value = source.values.get("bought_within")
    return None if value is None else _duration(source, "bought_within", value, 'a length like "30d"')


def _duration(source: SourceFile, key: str, value: Any, form: str) -> timedelta:
    try:
        return duration(value)
    except (ValueError, OverflowError):
        source.at_key((key,), f"{key} is {form}")
        return timedelta(days=30)


def _rest_letters(source: SourceFile) -> int:
    value = source.values.get("rest_letters", 0)
    if type(value) is int and 0 <= value <= MOST_LETTERS:
        return value
    source.at_key(("rest_letters",), f"rest_letters is a whole number from 0 to {MOST_LETTERS}: letters between two showings")
    return 0


def _excludes(source: SourceFile, name: str) -> tuple[str, ...]:
    excludes = _words(source, "excludes")
    for other in excludes:
        if not _MODULE.fullmatch(other):
            source.in_text(("excludes",), f'"{other}"', f'\'{other}\' is no module: write "kind/slug" or "{GROUP}NAME"')
        elif other == name:
            source.in_text(("excludes",), f'"{other}"', "a module cannot exclude itself: it could never be shown")
    return excludes


def _when(source: SourceFile) -> str:
    value = source.values.get("when", "")
    if isinstance(value, str) and (not value or _NAME.fullmatch(value)):
        return value
    source.at_key(("when",), 'when is the name of a condition in small letters, digits and hyphens, like "storm"')
    return ""
