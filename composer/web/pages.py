"""The one page renderer: Jinja templates from templates/pages, spoken in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from composer.domain.language import lookup
from composer.domain.sentence import Sentence
from composer.errors import UsageError
from composer.library.speech import SPOKEN, Speech, read_speech

SHIPPED = Path(__file__).parents[2] / "templates"


class Pages:
    """Holds the compiled templates and texts. An installation's own templates come before the shipped ones."""

    def __init__(self, templates: Path, common: Mapping[str, Any]) -> None:
        """Open `templates`/pages. `common` is given to every page. UsageError where no pages are found."""
        folders = [folder / "pages" for folder in (templates, SHIPPED) if (folder / "pages").is_dir()]
        if not folders:
            raise UsageError(
                "no page templates", where=str(templates / "pages"), do="Set library.templates to the folder that holds pages/."
            )
        self.speech = read_speech(folder / "texts" for folder in reversed(folders))
        self.texts = {code: speech.texts for code, speech in self.speech.items()}
        self._jinja = Environment(
            loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._jinja.filters.update({name: _spoken(method) for name, method in SPOKEN_FILTERS.items()})
        self._jinja.globals.update(common)

    def render(self, name: str, language: str, **values: Any) -> str:
        """Return the page as HTML. Values are escaped; in the template `t` holds the texts of `language`.

        The filters fill, topic, moment, day, number and listed write a value as `language` does: a template has them, a macro has not.
        """
        speech = self.speech[language]
        languages = {code: texts["name"] for code, texts in self.texts.items()}
        return self._jinja.get_template(name).render(
            t=speech.texts, speech=speech, language=language, direction=speech.direction, languages=languages, **values
        )

    def language(self, wanted: Iterable[str]) -> str:
        """Return the first of `wanted` (BCP 47) that pages exist in, or the nearest to it (RFC 4647 section 3.4); else English."""
        return next(filter(None, (lookup(tag.strip(), self.texts) for tag in wanted)), SPOKEN)

    def say(self, sentence: Sentence, language: str) -> str:
        """Say a decided sentence in `language`; nothing where the texts do not know it or a part of it."""
        return self.speech[language].say(sentence)

    def moment(self, at: datetime, language: str, form: str = "moment") -> str:
        """Write a time for people, in the zone it is in. `form` "short" leaves out weekday and year."""
        return self.speech[language].moment(at, form)


SPOKEN_FILTERS: Mapping[str, Callable[..., str]] = {
    "fill": Speech.fill,
    "topic": Speech.topic,
    "moment": Speech.moment,
    "day": Speech.day,
    "number": Speech.number,
    "listed": Speech.listed,
}


def _spoken(method: Callable[..., str]) -> Callable[..., str]:
    """A filter that asks the page's language."""

    @pass_context
    def speak(context: Context, value: Any, *args: Any, **values: Any) -> str:
        return method(context["speech"], value, *args, **values)

    return speak


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
