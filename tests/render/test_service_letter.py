"""Service letters say the same in every language, in text and HTML alike, and take no hostile word for a command."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from composer.domain.message import Message
from composer.domain.service_letter import ASKING, FRAME, Kind, ServiceLetter, words_of
from composer.errors import UsageError
from composer.library.service_words import SHIPPED, read_service_words
from composer.render.service_letter import ServiceEnvelope, service_message

NOW = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)
LINK = f"https://news.example.com/confirm/{'A' * 36}"
WORDS = read_service_words(SHIPPED)


def made(kind: Kind = Kind.confirm, language: str = "en", *, name: str = "Example Company", words: object = WORDS) -> Message:
    letter = ServiceLetter(
        1, kind, "<a@example.com>", None, "ann@example.com", language, {}, asked_at=NOW, expires_at=NOW + timedelta(days=3)
    )
    envelope = ServiceEnvelope(
        "letters@example.com",
        name,
        "Example Street 1",
        "https://www.example.com/privacy",
        "",
        "bounces@example.com",
        "fi",
        ZoneInfo("Europe/Helsinki"),
        LINK if kind in ASKING else "",
    )
    return service_message(letter, words, envelope)  # type: ignore[arg-type]


def blanks(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


def test_every_language_says_the_same_with_the_same_blanks() -> None:
    assert set(WORDS.texts) == {"en", "fi", "sv", "de"}
    for texts in WORDS.texts.values():
        assert {part: set(words) for part, words in texts.items()} == {
            "frame": set(FRAME),
            **{kind.value: set(words_of(kind)) for kind in Kind},
        }
        for part, said in texts.items():
            for name, text in said.items():
                assert blanks(text) == blanks(WORDS.texts["en"][part][name]), (part, name)


@pytest.mark.parametrize("language", ["en", "fi", "sv", "de"])
@pytest.mark.parametrize("kind", Kind)
def test_text_and_html_say_everything_in_the_readers_language(kind: Kind, language: str) -> None:
    message = made(kind, f"{language}-XX")
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", message.html.split("</head>")[1], flags=re.DOTALL)
    shown, text = (" ".join(part.split()) for part in (shown, message.text))
    for name in (*words_of(kind), "once", "hello"):
        if name != "subject":
            words = re.split(r"\{\w+\}", {**WORDS.texts[language]["frame"], **WORDS.texts[language][kind.value]}[name])
            assert all(part.strip() in shown and part.strip() in text for part in words), name
    assert f'<html lang="{language}" dir="ltr">' in message.html
    assert "{" not in text
    assert (LINK in text, f'href="{LINK}"' in message.html) == ((kind in ASKING,) * 2)
    assert len(message.subject) <= 60


def test_the_end_of_a_link_is_told_in_the_installations_zone_and_the_readers_form() -> None:
    assert "The link holds until 7 March 2026 00:30 (EET)." in made().text
    assert "Linkki on voimassa 7. maaliskuuta 2026 0.30 (EET) asti." in made(language="fi").text
    assert "Der Link gilt bis 7. März 2026 00:30 (EET)." in made(language="de").text


def test_an_unknown_language_gets_the_installations_own() -> None:
    assert made(language="xx").text == made(language="fi").text == made(language="").text


def test_a_hostile_sender_name_stays_a_name() -> None:
    message = made(name='<script>{{ 7*7 }}</script>{until}" \r\nBcc: x@example.com')
    assert "<script>" not in message.html
    assert "{{ 7*7 }}" in message.text
    head = message.data.split(b"\r\n\r\n")[0]
    assert b"\r\nBcc" not in head
    assert message.sender == "bounces@example.com"


def test_a_language_from_right_to_left_is_laid_out_so(tmp_path: Path) -> None:
    own = tmp_path / "service" / "texts"
    own.mkdir(parents=True)
    (own / "ar.toml").write_text((SHIPPED / "service/texts/en.toml").read_text().replace("Hello,", "مرحبا"), encoding="utf-8")
    message = made(language="ar", words=read_service_words(tmp_path))
    assert '<html lang="ar" dir="rtl">' in message.html
    assert "مرحبا" in message.text


@pytest.mark.parametrize(
    ("text", "said"), [("[frame", "not TOML"), ("[frame]\nhello = 'x'", "no text for frame.by_hand, "), ("\udcff", "cannot be read")]
)
def test_damaged_words_are_refused_by_their_file(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "service" / "texts"
    own.mkdir(parents=True)
    (own / "en.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        read_service_words(tmp_path)
    assert "en.toml" in str(refused.value.where)
