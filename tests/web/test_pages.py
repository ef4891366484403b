"""The page renderer: every language says everything, and the reader's wish decides."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.errors import UsageError
from composer.library.speech import is_plural, read_speech
from composer.web.pages import SHIPPED, Pages, accepted
from tests.web.world import World

SPEECH = read_speech([SHIPPED / "pages" / "texts"])
TEXTS = {file.stem: tomllib.loads(file.read_text()) for file in (SHIPPED / "pages" / "texts").glob("*.toml")}
OPEN = ("topics", "sentences", "time", "locale")
"""What other files name or CLDR says: what is missing there has a fallback."""
BY_WORD = (
    *(
        "name",
        "problem.",
        "unsubscribed.reasons.",
        "fewer.choose.",
        "fewer.done.",
        "why.source.",
        "data.tables.",
        "data.fields.",
        "rights.done.",
        "subscribe.problems.",
        "asked.said.",
        "asked.list.",
        "why.state.",
        "why.hour.",
        "why.data.",
        "why.uses.",
    ),
    *("asked.said.", "asked.list.", "why.ground.purposes.", "why.ground.bases.", "why.ground.sources.", "why.state.", "why.hour."),
    *("preferences.levels.", "preferences.daypart.", "preferences.frequency.", "preferences.pause.", "inbox.letter.", "learnt.kept."),
)
"""Texts that are looked up by a word of the data."""


def leaves(table: dict[str, Any], path: str = "") -> dict[str, Any]:
    found = {}
    for key, value in table.items():
        place = f"{path}.{key}".lstrip(".")
        if place not in OPEN:
            found.update(leaves(value, place) if isinstance(value, dict) and not is_plural(value) else {place: value})
    return found


@pytest.mark.parametrize("language", TEXTS)
def test_every_language_says_everything_with_the_same_blanks(language: str) -> None:
    english, other = leaves(TEXTS["en"]), leaves(TEXTS[language])
    assert other.keys() == english.keys()
    for place, text in other.items():
        for form in forms(text, language, place):
            assert blanks(form) == blanks(*forms(english[place], "en", place)), place


def forms(text: object, language: str, place: str) -> list[str]:
    """A text's plural forms, for each number that the language tells apart; else the text."""
    if isinstance(text, str | list):
        return [text] if isinstance(text, str) else text
    assert is_plural(text), place
    assert isinstance(text, dict)
    assert text.keys() == {*SPEECH[language].locale.plural_form.tags, "other"}, f"{place}: the plural forms of {language}"
    assert all("{count}" in form for form in text.values()), f"{place}: {{count}} chooses the form"
    return list(text.values())


def blanks(*texts: str) -> set[str]:
    return {blank for text in texts for blank in re.findall(r"\{\w+\}", text)}


@pytest.mark.parametrize("language", TEXTS)
def test_no_text_has_a_name_that_templates_read_as_a_method(language: str) -> None:
    assert not {part for place in leaves(TEXTS[language]) for part in place.split(".")} & set(dir({}))


def test_every_text_is_used_by_a_template() -> None:
    templates = "".join(file.read_text() for file in (SHIPPED / "pages").glob("*.html"))
    for place in leaves(TEXTS["en"]):
        last = place.rpartition(".")[2]
        assert place.startswith(BY_WORD) or re.search(rf"\.{last}\b", templates), place


def test_the_link_decides_then_the_reader_then_the_browser_then_the_settings(world: World, client: TestClient) -> None:
    page = f"/p/{world.token(Purpose.preferences, 1)}"
    finnish = {"accept-language": "fi-FI,fi;q=0.9,en;q=0.8"}

    def language(path: str, headers: dict[str, str] | None = None) -> str:
        found = re.search(r'<html lang="(\w+)"', client.get(path, headers=headers).text)
        assert found
        return found[1]

    assert language(page) == "fi"
    assert language(f"{page}?l=en", finnish) == "en"
    assert language("/", finnish) == "fi"
    assert language("/", {"accept-language": "fr, it;q=0.5"}) == "en"
    assert language("/", {"accept-language": "de-AT, fr;q=0.5"}) == "de"
    assert language("/", {"accept-language": "sv"}) == "sv"
    assert language("/?l=xx", finnish) == "fi"


def test_accept_language_is_read_by_weight() -> None:
    assert accepted("en;q=0.5, fi, sv;q=0.9, de;q=0") == ["fi", "sv", "en"]


@given(st.text())
def test_no_accept_language_header_breaks_a_page(header: str) -> None:
    accepted(header)


def test_an_installations_own_template_comes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "home.html").write_text("ours")
    assert Pages(tmp_path, {}).render("home.html", "en") == "ours"


def test_a_broken_text_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pages" / "texts").mkdir(parents=True)
    (tmp_path / "pages" / "texts" / "de.toml").write_text("name = ")
    with pytest.raises(UsageError, match=r"de\.toml"):
        Pages(tmp_path, {})


def test_the_style_sheet_is_served_and_may_be_kept(client: TestClient) -> None:
    found = re.search(r'href="(/static/app\.css\?v=\w{8})"', client.get("/").text)
    assert found
    answer = client.get(found[1])
    assert answer.headers["content-type"].startswith("text/css")
    assert "max-age" in answer.headers["cache-control"]
    assert client.get("/static/../pages/home.html").status_code == 404
    assert client.get("/static/nothing.css").status_code == 404


def test_no_style_says_left_or_right() -> None:
    style = (SHIPPED / "static" / "app.css").read_text()
    assert re.findall(r"(?:left|right)\s*:|(?:text-align|float)\s*:\s*(?:left|right)|-(?:left|right)\b", style) == []
