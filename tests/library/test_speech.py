"""A language as pages speak it: forms of number, day and list are CLDR's, an installation may add a language or change a word."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.sentence import say
from composer.errors import UsageError
from composer.library.speech import Speech, read_speech

SHIPPED = Path(__file__).parents[2] / "templates" / "pages" / "texts"
SPEECH = read_speech([SHIPPED])
AT = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
ARABIC = (
    '[home]\ntitle = "رسائل {sender}"\n[inbox]\n'
    'letters = {zero = "لا رسائل", one = "رسالة واحدة", two = "رسالتان", '
    'few = "{count} رسائل", many = "{count} رسالة", other = "{count} رسالة"}\n'
)


def own(folder: Path, **files: str) -> dict[str, Speech]:
    """The shipped languages with an installation's own files over them."""
    for code, text in files.items():
        (folder / f"{code}.toml").write_text(text, encoding="utf-8")
    return read_speech([SHIPPED, folder])


@pytest.mark.parametrize(
    ("language", "moment", "short", "day", "number", "listed"),
    [
        ("en", "Monday 2 March 2026, 09:05", "2 Mar 09:05", "2 March 2026", "12,345.5", "a, b and c"),
        ("fi", "maanantaina 2. maaliskuuta 2026 klo 9.05", "2.3. 9.05", "2. maaliskuuta 2026", "12\xa0345,5", "a, b ja c"),
        ("sv", "måndag 2 mars 2026 kl. 09:05", "2 mars 09:05", "2 mars 2026", "12\xa0345,5", "a, b och c"),
        ("de", "Montag, 2. März 2026, 09:05 Uhr", "2. März 09:05", "2. März 2026", "12.345,5", "a, b und c"),
    ],
)
def test_dates_numbers_and_lists_have_the_languages_forms(
    language: str, moment: str, short: str, day: str, number: str, listed: str
) -> None:
    speech = SPEECH[language]
    assert (speech.moment(AT), speech.moment(AT, "short")) == (moment, short)
    assert speech.day(date(2026, 3, 2)) == day
    assert speech.number(12345.5) == number
    assert speech.listed(["a", "b", "c"]) == listed
    assert speech.fill("{n}", n=12345) == speech.number(12345)


def test_number_chooses_the_plural_form() -> None:
    forms = SPEECH["en"].texts["inbox"]["letters"]
    assert [SPEECH["en"].fill(forms, count=n) for n in (0, 1, 2, 1200)] == ["0 letters", "1 letter", "2 letters", "1,200 letters"]
    forms = SPEECH["fi"].texts["inbox"]["letters"]
    assert [SPEECH["fi"].fill(forms, count=n) for n in (0, 1, 2)] == ["0 kirjettä", "1 kirje", "2 kirjettä"]


def test_an_hour_in_a_sentence_is_written_as_the_language_writes_it() -> None:
    when = say("{day} {time}", day=say("Monday"), time="09:00")
    assert SPEECH["fi"].say(when) == "maanantaina klo 9.00"
    assert SPEECH["de"].say(when) == "Montag, 09:00 Uhr"


def test_an_installation_adds_a_language_with_its_own_plurals_and_direction(tmp_path: Path) -> None:
    speech = own(tmp_path, ar=ARABIC)["ar"]
    assert (speech.direction, SPEECH["fi"].direction) == ("rtl", "ltr")
    assert speech.texts["name"] == "العربية"
    said = [speech.fill(speech.texts["inbox"]["letters"], count=count) for count in (0, 1, 2, 3, 11, 100)]
    assert said == ["لا رسائل", "رسالة واحدة", "رسالتان", "3 رسائل", "11 رسالة", "100 رسالة"]
    assert speech.moment(AT) == "الاثنين، 2 مارس 2026، 9:05 ص", "its dates are CLDR's where it says nothing else"
    assert speech.texts["unsubscribe"]["button"] == "Unsubscribe", "what it has no words for yet is English"
    assert speech.say(say("A good place to start.")) == "", "but reasons in a foreign language are not given"


def test_an_installation_changes_a_word_and_keeps_the_rest(tmp_path: Path) -> None:
    speech = own(tmp_path, fi='[unsubscribe]\nbutton = "Lopeta"\n[sentences]\n"A good place to start." = "Aloita tästä."\n')
    changed = speech["fi"]
    assert changed.texts["unsubscribe"]["button"] == "Lopeta"
    assert changed.texts["unsubscribe"]["title"] == SPEECH["fi"].texts["unsubscribe"]["title"]
    assert changed.say(say("A good place to start.")) == "Aloita tästä."
    assert changed.say(say("It is the season for this.")) == SPEECH["fi"].say(say("It is the season for this."))
    assert speech["sv"].texts == SPEECH["sv"].texts


def test_a_language_that_cldr_does_not_know_may_name_one_it_is_like(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"tlh\.toml: 'tlh' is no language"):
        own(tmp_path, tlh='name = "tlhIngan Hol"')
    assert own(tmp_path, tlh='name = "tlhIngan Hol"\nlocale = "en-GB"')["tlh"].day(date(2026, 3, 2)) == "2 March 2026"


@given(st.text(), st.text())
def test_filled_values_are_never_read_as_blanks(value: str, other: str) -> None:
    speech = SPEECH["en"]
    assert speech.fill("{a}-{b}", a=value, b=other) == f"{speech.isolated(value)}-{speech.isolated(other)}"


def test_a_value_written_the_other_way_is_kept_apart(tmp_path: Path) -> None:
    arabic = own(tmp_path, ar=ARABIC)["ar"]
    assert arabic.fill(arabic.texts["home"]["title"], sender="Example (Company)") == "رسائل \u2068Example (Company)\u2069"
    assert arabic.fill("{a}", a="شركة") == "شركة"
    assert SPEECH["en"].fill("From {a}.", a="شركة (2)") == "From \u2068شركة (2)\u2069."
    assert SPEECH["en"].fill("From {a}.", a="Example (2)") == "From Example (2)."
    assert SPEECH["en"].say(say("You often buy {what}.", what="شاي")) == "You often buy \u2068شاي\u2069."
