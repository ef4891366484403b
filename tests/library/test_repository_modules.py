"""The modules and the layout of this repository: clean, in both languages, and enough for people we know nothing about."""

from __future__ import annotations

import re

import pytest

from composer.render import check, render
from tests.render.letters import ENVELOPE, context, newsletter, opened, person, press

LIBRARY = opened().library
NAMES = LIBRARY.names


def test_the_linter_finds_nothing() -> None:
    assert opened().findings == ()


def test_every_module_speaks_both_languages_of_the_layout() -> None:
    assert {module.name: module.languages for module in LIBRARY.modules if module.languages != ("en", "fi")} == {}


def test_a_person_without_data_can_get_a_whole_letter_in_any_month() -> None:
    generic = [module for module in LIBRARY.modules if module.generic and not module.months]
    assert len(generic) >= 6
    assert len({module.group for module in generic}) >= 4


def test_there_are_at_least_six_groups_and_no_group_is_most_of_the_library() -> None:
    groups = [module.group for module in LIBRARY.modules]
    assert len(set(groups)) >= 6
    assert max(map(groups.count, groups)) <= len(groups) / 3


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("start", range(0, len(NAMES), 4))
def test_letters_of_all_modules_pass_every_check(start: int, language: str) -> None:
    names = (NAMES + NAMES[:4])[start : start + 5]
    letter = newsletter(names, language)
    reader = person(language=language)
    assert check(render(letter, reader, press(), ENVELOPE, LIBRARY), letter, reader, ENVELOPE, context()) == ()


def test_nothing_is_loaded_from_outside_and_nobody_is_tracked() -> None:
    html = render(newsletter(NAMES), person(), press(), ENVELOPE, LIBRARY).html
    assert not re.search(r"<link|@import|url\(|\.gif", html)
    pictures = re.findall(r"<img[^>]*\ssrc=\"([^\"]*)\"", html)
    assert pictures
    assert all(re.fullmatch(re.escape(ENVELOPE.pictures_url) + r"/[\w-]+\.[0-9a-f]{8}\.(png|jpg)", src) for src in pictures)


def test_the_twin_names_every_module_that_the_page_shows() -> None:
    message = render(newsletter(NAMES), person(), press(), ENVELOPE, LIBRARY)
    for module in LIBRARY.modules:
        assert module.titles["fi"].partition("{")[0] in message.text
