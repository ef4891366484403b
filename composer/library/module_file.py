"""A module's file: its front matter as a ContentModule, its texts by language and variant, its MJML body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from composer.config import duration
from composer.domain.content import NEVER_BLOCKS, ContentModule
from composer.library.front_matter import SourceFile, is_language
from composer.render.fields import nearest

DEFAULT_TEXT = "[[ title ]]\n\n[[ body ]]\n\n[[ cta ]]: {{ link }}"
REQUIRED = ("subject", "preheader", "title")
_LISTS = ("topics", "interests", "regions", "countries", "stages", "roles")
KEYS = frozenset((*_LISTS, "group", "months", "valid_from", "valid_until", "owned_for", "rest", "generic", "url", "text"))
_NAME = re.compile(r"modules/([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9-]*)\.mjml")

Texts = Mapping[tuple[str, str], Mapping[str, str]]
"""(language, variant) -> key -> text."""


@dataclass(frozen=True)
class ModuleFile:
    """A module as written. `text` is its text-twin template."""

    source: SourceFile
    module: ContentModule
    texts: Texts
    text: str


def read_module(source: SourceFile) -> ModuleFile | None:
    """Read the front matter; what is wrong goes to `source.findings`. None where there is no module at all."""
    values = source.values
    named = _NAME.fullmatch(source.file)
    if not named:
        source.add(1, 1, "a module is modules/KIND/NAME.mjml, in small letters, digits and hyphens: rename the file")
    if source.broken or named is None:
        return None
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    for key in values:
        if key not in KEYS and not (key in tables and is_language(key)):
            source.at_key((key,), f"unknown key '{key}': {nearest(key, KEYS)}; a language's texts are a table like [en]")
    if not isinstance(values.get("group"), str) or not values["group"].strip():
        source.at_key(("group",), "group is missing: name the group of modules this one belongs to; a letter holds two of a group at most")
    texts = read_texts(source, {key: value for key, value in tables.items() if is_language(key)}, REQUIRED)
    lists = {key: _words(source, key) for key in _LISTS}
    for interest in lists["interests"]:
        if not re.fullmatch(r"(category|product):.+", interest):
            source.in_text(("interests",), interest, f'\'{interest}\' is no interest: write "category:NAME" or "product:ID"')
    languages = tuple(sorted({language for language, _ in texts}))
    plain = {language: texts[language, "plain"] for language in languages}
    months = values.get("months", [])
    if not isinstance(months, list) or not all(type(month) is int and 1 <= month <= 12 for month in months):
        source.at_key(("months",), "months is a list of numbers from 1 to 12")
        months = []
    module = ContentModule(
        name=f"{named[1]}/{named[2]}",
        kind=named[1],
        group=str(values.get("group", "")),
        languages=languages,
        variants=("plain", *sorted({variant for _, variant in texts} - {"plain"})),
        months=tuple(months),
        topics=lists["topics"],
        interests=lists["interests"],
        regions=lists["regions"],
        countries=lists["countries"],
        stages=lists["stages"],
        roles=lists["roles"],
        valid_from=_instant(source, "valid_from"),
        valid_until=_instant(source, "valid_until"),
        owned_for=_owned_for(source),
        rest=_rest(source),
        generic=_typed(source, "generic", bool, False),
        url=_url(source),
        subjects={language: words.get("subject", "") for language, words in plain.items()},
        preheaders={language: words.get("preheader", "") for language, words in plain.items()},
        titles={language: words.get("title", "") for language, words in plain.items()},
    )
    return ModuleFile(source, module, texts, _typed(source, "text", str, DEFAULT_TEXT).strip())


def read_texts(source: SourceFile, tables: Mapping[str, Mapping[str, Any]], required: tuple[str, ...]) -> Texts:
    """Return the texts of every language; a sub-table is a variant that replaces some of them."""
    texts: dict[tuple[str, str], dict[str, str]] = {}
    if not tables:
        source.add(1, 1, "no texts: add a table named by a language, like [en], with " + ", ".join(required))
    for language, table in tables.items():
        plain = texts[language, "plain"] = {}
        for key, value in table.items():
            if isinstance(value, str):
                plain[key] = value
            elif not isinstance(value, dict):
                source.at_key((language, key), f"[{language}] {key} is a text: put it in quotes")
        for key in required:
            if not plain.get(key, "").strip():
                source.at_key((language, key), f"[{language}] has no {key}: add it")
        for variant, value in table.items():
            if isinstance(value, dict):
                wrong = [key for key, text in value.items() if not isinstance(text, str) or key not in plain]
                for key in wrong:
                    source.at_key(
                        (language, variant, key), f"[{language}.{variant}] {key} replaces no text of [{language}]: correct the key"
                    )
                texts[language, variant] = plain | {key: text for key, text in value.items() if key not in wrong}
    return texts


def _typed(source: SourceFile, key: str, kind: type, default: Any) -> Any:
    value = source.values.get(key, default)
    if isinstance(value, kind):
        return value
    source.at_key((key,), f"{key} is {'true or false' if kind is bool else 'a text: put it in quotes'}")
    return default


def _words(source: SourceFile, key: str) -> tuple[str, ...]:
    value = source.values.get(key, [])
    if isinstance(value, list) and all(isinstance(word, str) and word.strip() for word in value):
        return tuple(value)
    source.at_key((key,), f'{key} is a list of words, like ["one", "two"]')
    return ()


def _instant(source: SourceFile, key: str) -> datetime | None:
    value = source.values.get(key)
    if value is None:
        return None
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


def _duration(source: SourceFile, key: str, value: Any, form: str) -> timedelta:
    try:
        return duration(value)
    except (ValueError, OverflowError):
        source.at_key((key,), f"{key} is {form}")
        return timedelta(days=30)


def _url(source: SourceFile) -> str:
    url = str(_typed(source, "url", str, ""))
    if url and (not url.startswith("https://") or not urlsplit(url).hostname or not re.fullmatch(r"[\x21-\x7e]+", url)):
        source.at_key(("url",), "url must be a whole https:// address without spaces")
        return ""
    return url
