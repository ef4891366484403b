"""The one page renderer: Jinja templates from templates/pages, and their words in the reader's language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from composer.domain.sentence import Sentence
from composer.domain.sentence import fill as fill_sentence
from composer.errors import UsageError

SHIPPED = Path(__file__).parents[2] / "templates"
FALLBACK = "en"
SENTENCES = "en"
"""The language decided sentences are written in; other languages' texts hold the same in theirs."""


class Pages:
    """Holds the compiled templates and texts. An installation's own templates come before the shipped ones."""

    def __init__(self, templates: Path, common: Mapping[str, Any]) -> None:
        """Open `templates`/pages. `common` is given to every page. UsageError where no pages are found."""
        folders = [folder / "pages" for folder in (templates, SHIPPED) if (folder / "pages").is_dir()]
        if not folders:
            raise UsageError(
                "no page templates", where=str(templates / "pages"), do="Set library.templates to the folder that holds pages/."
            )
        self.texts = {file.stem: _read(file) for folder in reversed(folders) for file in sorted((folder / "texts").glob("*.toml"))}
        self._jinja = Environment(
            loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._jinja.filters.update(fill=fill, topic=topic_label)
        self._jinja.globals.update(common)

    def render(self, name: str, language: str, **values: Any) -> str:
        """Return the page as HTML. Values are escaped; in the template `t` holds the texts of `language`."""
        return self._jinja.get_template(name).render(
            t=self.texts[language], language=language, languages={code: texts["name"] for code, texts in self.texts.items()}, **values
        )

    def language(self, wanted: Iterable[str]) -> str:
        """Return the first of `wanted` (BCP 47) that pages exist in, by its primary subtag; else English."""
        for tag in wanted:
            code = tag.strip().lower().split("-")[0]
            if code in self.texts:
                return code
        return FALLBACK

    def say(self, sentence: Sentence, language: str) -> str:
        """Say a decided sentence in `language`; nothing where the texts do not know it or a part of it.

        A reader is told less rather than something in a language that is not theirs.
        """
        texts = self.texts[language]
        says = sentence.text if language == SENTENCES else texts["sentences"].get(sentence.text, "")
        values: dict[str, str] = {}
        for name, value in sentence.fields:
            if isinstance(value, Sentence):
                values[name] = self.say(value, language)
                says = says if values[name] else ""
            else:
                values[name] = topic_label(value, texts) if name == "topic" else value
        return fill_sentence(says, values)

    def moment(self, at: datetime, language: str, form: str = "form") -> str:
        """Write a time for people, in the zone it is in. `form` "short" leaves out weekday and year."""
        words = self.texts[language]["time"]
        month = words["months"][at.month - 1]
        return fill(
            words[form],
            weekday=words["weekdays"][at.weekday()],
            day=at.day,
            month=month,
            mon=month[:3],
            number=at.month,
            year=at.year,
            hour=f"{at:%H}",
            minute=f"{at:%M}",
        )


def fill(text: str, **values: object) -> str:
    """Put `values` where `text` names them in braces; braces inside values stay what they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), text)


def topic_label(name: str, texts: Mapping[str, Any]) -> str:
    """Return what people call a topic: from the texts, else its name made readable."""
    return str(texts["topics"].get(name) or name.replace("-", " ").replace("_", " ").capitalize())


def accepted(header: str) -> Sequence[str]:
    """Read an Accept-Language header (RFC 9110 12.5.4): tags, the most wanted first."""
    tags = []
    for part in header.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        tags.append((-weight, tag))
    return [tag for weight, tag in sorted(tags, key=lambda pair: pair[0]) if weight < 0]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"not TOML: {error}", where=str(file), do="Correct the line.") from None
