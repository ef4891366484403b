"""Decided sentences in the reader's language: none is missing, none is left over, and nothing is said in a wrong one."""

from __future__ import annotations

import re
import tomllib

import pytest
from starlette.testclient import TestClient

from composer.domain.sentence import Sentence, say
from composer.web.pages import SHIPPED
from composer.web.site import Site
from tests.decide._sentences import all_sentences

SAID = all_sentences()
OTHERS = {
    file.stem: tomllib.loads(file.read_text(encoding="utf-8"))["sentences"]
    for file in (SHIPPED / "pages" / "texts").glob("*.toml")
    if file.stem != "en"
}


@pytest.fixture
def site(client: TestClient) -> Site:
    found: Site = client.app.state.site  # type: ignore[attr-defined]
    return found


def test_the_sentences_are_found() -> None:
    assert {"You often buy {what}.", "A good place to start.", "{when} is the first time at which it may come.", "Monday"} <= set(SAID)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_all_of_them_with_the_same_blanks(language: str) -> None:
    for words, file in SAID.items():
        assert words in OTHERS[language], f"{file.name} says {words!r}: say it in templates/pages/texts/{language}.toml too"
        said = OTHERS[language][words]
        for form in said.values() if isinstance(said, dict) else [said]:
            assert sorted(blanks(form)) == sorted(blanks(words))
    assert not set(OTHERS[language]) - set(SAID), "nothing says this any more"


def blanks(words: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", words)


def test_what_is_put_in_is_said_in_the_language_too(site: Site) -> None:
    often = say("You often buy {what}.", what=say("something like this"))
    assert site.pages.say(often, "fi") == "Ostat usein: jotain tällaista."
    assert site.pages.say(often, "en") == "You often buy something like this."
    assert site.pages.say(say("You asked to hear about {topic}.", topic="hr"), "fi") == "Halusit kuulla aiheesta Henkilöstö."


def test_a_reader_is_told_less_rather_than_something_in_a_foreign_language(site: Site) -> None:
    new = say("A brand-new reason.")  # by a signal that no translator has seen
    assert site.pages.say(new, "fi") == ""
    assert site.pages.say(new, "en") == "A brand-new reason."
    assert site.pages.say(Sentence("You often buy {what}.", (("what", new),)), "fi") == ""


def test_a_number_in_a_sentence_has_its_form(site: Site) -> None:
    def told(count: str, language: str) -> str:
        return site.pages.say(say("{count} of its group are in the letter already", count=count), language)

    assert told("1", "en") == "1 of its group is in the letter already"
    assert told("2", "en") == "2 of its group are in the letter already"
    assert told("1", "de") == "1 Teil seiner Gruppe steht schon im Brief"
    assert told("2", "de") == "2 Teile seiner Gruppe stehen schon im Brief"


def test_values_are_never_read_as_blanks(site: Site) -> None:
    assert site.pages.say(say("You often buy {what}.", what="{what} {topic}"), "fi") == "Ostat usein: {what} {topic}."
    assert site.pages.say(Sentence("You often buy {a} kept from older days."), "en") == "You often buy {a} kept from older days."
