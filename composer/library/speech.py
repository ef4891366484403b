"""A language as pages and service letters speak it: its texts, and dates, numbers, lists and plural forms by CLDR through Babel."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from composer.domain.sentence import Sentence
from composer.errors import UsageError

SPOKEN = "en"
"""The language decided sentences are written in, and the one that stands in where a language's texts lack something."""
PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
"""CLDR's plural categories. A text with a form for each that its language has is a table; its blank `count` chooses."""
_OWN = ("name", "locale", "time", "sentences")
"""What a language's texts never borrow from another language."""


@dataclass(frozen=True)
class Speech:
    """One language. `texts` is its TOML; `locale` what CLDR knows of it."""

    language: str
    texts: Mapping[str, Any]
    locale: Locale

    @property
    def direction(self) -> str:
        """Which way it is written: "ltr" or "rtl"."""
        return self.locale.text_direction

    def fill(self, text: str | Mapping[str, str], **values: object) -> str:
        """Put `values` where `text` names them in braces; braces inside values stay what they are.

        Whole numbers are written as the language writes them. Of a table of plural forms the one that `count` asks for is taken.
        """
        if not isinstance(text, str):
            text = self._form(text, values.get("count"))
        return re.sub(r"\{(\w+)\}", lambda match: self._written(values[match[1]]), text)

    def isolated(self, value: str) -> str:
        """Keep a value that is written the other way from mixing up the sentence around it (Unicode TR 9, first strong isolate)."""
        kinds = map(bidirectional, value)
        turned = next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), self.direction == "rtl")
        return value if turned == (self.direction == "rtl") else f"\u2068{value}\u2069"

    def say(self, sentence: Sentence) -> str:
        """Say a decided sentence; nothing where the texts do not know it or a part of it.

        A reader is told less rather than something in a language that is not theirs.
        """
        known = self.texts.get("sentences", {})
        says: str | Mapping[str, str] = known.get(sentence.text, sentence.text if self.language == SPOKEN else "")
        values: dict[str, str] = {}
        for name, value in sentence.fields:
            if isinstance(value, Sentence):
                values[name] = self.say(value)
                says = says if values[name] else ""
            else:
                values[name] = self.isolated(self.topic(value) if name == "topic" else self._hour(value))
        if not isinstance(says, str):
            says = self._form(says, values.get("count"))
        return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), says)

    def topic(self, name: str) -> str:
        """Return what people call a topic: from the texts, else its name made readable."""
        return str(self.texts["topics"].get(name) or name.replace("-", " ").replace("_", " ").capitalize())

    def moment(self, at: datetime, form: str = "moment") -> str:
        """Write a time for people, in the zone it is in. `form` "short" leaves out weekday and year."""
        if pattern := self.texts.get("time", {}).get(form):
            return format_datetime(at, pattern, locale=self.locale)
        day = format_skeleton("MMMd", at, locale=self.locale) if form == "short" else format_date(at, "full", self.locale)
        clock = format_time(at, "short", locale=self.locale)
        return str(self.locale.datetime_formats["medium"]).replace("{1}", day).replace("{0}", clock)

    def day(self, on: date) -> str:
        """Write a day of the calendar: "2 March 2026"."""
        return format_date(on, "long", self.locale)

    def number(self, value: float) -> str:
        """Write a number; at most three decimals."""
        return format_decimal(value, locale=self.locale)

    def listed(self, items: Sequence[str], style: str = "standard") -> str:
        """Join as the language does: "a, b and c". `style` "or" says or."""
        return format_list(items, style, self.locale)  # type: ignore[arg-type]

    def _hour(self, value: str) -> str:
        """An hour of the day in a sentence ("09:00") as the language writes it; another value as it is."""
        found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value)
        return format_time(time(int(found[1]), int(found[2])), "short", locale=self.locale) if found else value

    def _form(self, forms: Mapping[str, str], count: object) -> str:
        number = int(count) if isinstance(count, str) and count.isdecimal() else count
        category = self.locale.plural_form(number) if isinstance(number, int | float) else "other"
        return forms.get(category, forms["other"])

    def _written(self, value: object) -> str:
        return self.number(value) if isinstance(value, int) and not isinstance(value, bool) else self.isolated(str(value))


def read_speech(folders: Iterable[Path]) -> dict[str, Speech]:
    """Read the `CODE.toml` of each folder, the least wanted folder first: language (BCP 47) -> how it is spoken.

    An installation's own file says what differs from the shipped one; a language of its own may be half finished: the rest is English.
    UsageError names a file that is no TOML, or whose language CLDR does not know.
    """
    texts: dict[str, Mapping[str, Any]] = {}
    files: dict[str, Path] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.toml")):
            texts[file.stem] = _over(texts.get(file.stem, {}), _read(file))
            files[file.stem] = file
    lent = {key: value for key, value in texts.get(SPOKEN, {}).items() if key not in _OWN}
    speech = {}
    for code, own in texts.items():
        locale = _locale(own.get("locale", code), files[code])
        speech[code] = Speech(code, _over({**lent, "name": (locale.display_name or code).capitalize()}, own), locale)
    return speech


def is_plural(text: object) -> bool:
    """Whether a value of the texts is a text in plural forms."""
    return isinstance(text, dict) and "other" in text and text.keys() <= PLURALS


def _over(under: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lay one table over another, key by key; plural forms are replaced whole."""
    laid = dict(under)
    for key, value in over.items():
        below = laid.get(key)
        laid[key] = _over(below, value) if isinstance(value, dict) and isinstance(below, dict) and not is_plural(value) else value
    return laid


def _locale(tag: str, file: Path) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        raise UsageError(
            f"{tag!r} is no language that CLDR knows", where=str(file), do='Name one whose dates and plurals fit: locale = "en-GB".'
        ) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"not TOML: {error}", where=str(file), do="Correct the line.") from None
