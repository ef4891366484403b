"""Surveys in letters that were sent: looking answers nothing, the button does, once a letter, at every level."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from composer.app import App, open_app
from composer.domain.survey import LONGEST_TEXT
from composer.domain.tokens import read_click_token, read_survey_token, survey_token
from composer.pipeline.report import report
from composer.pipeline.surveys import Question, find_question
from composer.store.campaigns import create_campaign
from composer.store.engine import reading, writing
from composer.store.letters import letter_of
from composer.store.privacy import erase, export

from .conftest import NOW, dump, new_town, send
from .test_links import browser, kind, urls_of

STARS, TOPICS = "review/how-is-it-going", "survey/what-next"
SAID = "The manual <b>is</b> missing & the crane squeaks"


Letters = dict[str, list[bytes]]


@pytest.fixture(scope="module")
def letters_out(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The folder of an installation with the letters of two campaigns that ask a question: stars, of recent buyers, and topics."""
    folder = tmp_path_factory.mktemp("asked")
    app = new_town(folder, sqlite_template)
    with writing(app.engine) as db:
        for name, module in (("stars", STARS), ("topics", TOPICS)):
            create_campaign(db, {"name": name, "window": "now", "pinned": [module], "cap": "none", "apart": "0d", "holdout": "none"}, NOW)
    for name in ("stars", "topics"):
        send(app, name, folder / name)
    app.close()
    return folder


@pytest.fixture
def asking(letters_out: Path) -> Letters:
    """Campaign -> its letters."""
    return {name: [file.read_bytes() for file in sorted((letters_out / name).glob("*.eml"))] for name in ("stars", "topics")}


@pytest.fixture
def town(app: App, letters_out: Path) -> Iterator[App]:
    """The installation that sent them, to do with as a test likes."""
    app.engine.dispose()
    for file in ("composer.db", "secret.key"):
        shutil.copy(letters_out / file, app.settings.folder / file)
    opened = open_app(app.settings)
    yield opened
    opened.close()


def answers_of(letter: bytes) -> list[str]:
    """The links of a letter's question, each with its answer; those of the stars where it asks two."""
    found = sorted(url for url in urls_of(letter) if kind(url) == "s")
    stars = [url for url in found if url[-1].isdigit()]
    return stars or found


def question_of(app: App, url: str) -> Question:
    found = find_question(app, urlsplit(url).path.rpartition("/")[2])
    assert found
    return found


def level_of(app: App, url: str) -> str:
    named = read_survey_token(app.keys, urlsplit(url).path.rpartition("/")[2])
    assert named
    with reading(app.engine) as db:
        letter = letter_of(db, named[0])
    assert letter
    assert letter.newsletter
    return letter.newsletter.level.name


def form(answer: str, asked: str = "", words: str = "") -> dict[str, str]:
    return {"form": "survey", "answer": answer, "asked": asked, "text": words}


def test_a_1_to_4_click_opens_the_improvement_question_and_a_5_the_success_one(town: App, asking: Letters) -> None:
    links = next(filter(None, map(answers_of, asking["stars"])))
    survey = question_of(town, links[0]).survey
    assert [url.partition("?a=")[2] for url in links] == ["1", "2", "3", "4", "5"]
    with browser(town) as client:
        for url in links:
            page = client.get(f"{url}&l=en").text
            answer = url.partition("?a=")[2]
            assert re.findall(r'value="(\d)" required checked', page) == [answer]
            assert (survey.ask("improve", "en") in page) == (answer != "5")
            assert (survey.ask("succeed", "en") in page) == (answer == "5")


def test_an_answer_is_stored_once_and_a_prefetch_does_not_answer(town: App, asking: Letters) -> None:
    url = next(filter(None, map(answers_of, asking["stars"])))[1]
    before = dump(town)
    with browser(town) as client:
        for method in ("GET", "HEAD", "OPTIONS"):
            for headers in ({}, {"sec-purpose": "prefetch;prerender"}, {"user-agent": "Mozilla/5.0 (compatible; Example scanner)"}):
                assert client.request(method, url, headers=headers).status_code in (200, 405)
        assert dump(town) == before
        for answer, words in (("2", SAID), ("2", SAID), ("4", "")):
            assert client.post(url, data=form(answer, "improve", words)).status_code == 200
    assert rows(town, "SELECT answer, asked, text FROM answers") == [("4", "improve", SAID)], (
        "the newest answer, and the words until others come"
    )
    assert rows(town, "SELECT kind, module, value FROM events WHERE kind = 'survey'") == [("survey", STARS, "4")]


def rows(app: App, sql: str) -> list[tuple[Any, ...]]:
    with reading(app.engine) as db:
        return [tuple(row) for row in db.execute(text(sql))]


def test_every_level_may_answer_and_only_who_allows_it_is_counted_as_a_click(town: App, asking: Letters) -> None:
    met: dict[str, str] = {}
    for letter in asking["topics"]:
        for url in answers_of(letter)[:1]:
            met.setdefault(level_of(town, url), url)
    assert set(met) == {"none", "basic", "standard", "premium"}
    with browser(town) as client:
        for url in met.values():
            assert "Thank you" in client.post(f"{url}&l=en", data=form("it")).text
    assert len(rows(town, "SELECT * FROM answers")) == 4
    assert rows(town, "SELECT module FROM events WHERE kind = 'clicked'") == [(TOPICS,)]


def test_who_answers_is_asked_why_once_under_the_question_of_that_answer(town: App, asking: Letters) -> None:
    url = next(filter(None, map(answers_of, asking["stars"])))[3]
    survey = question_of(town, url).survey
    improve, succeed = survey.ask("improve", "en"), survey.ask("succeed", "en")
    with browser(town) as client:
        changed = client.post(f"{url}&l=en", data=form("5", "improve"))
        assert succeed in changed.text, "another answer than the link's has another question"
        assert 'name="answer" value="5"' in changed.text
        told = client.post(f"{url}&l=en", data=form("5", "succeed", SAID))
        assert succeed not in told.text
        assert improve not in told.text
        again = client.get(f"{url.partition('?')[0]}?l=en").text
        assert 'value="5" required checked' in again
        assert "You answered on" in again
        assert "The manual &lt;b&gt;is&lt;/b&gt; missing &amp; the crane squeaks" in again
        assert "<b>is</b>" not in again


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"form": "survey"},
        {"form": "survey", "answer": "6"},
        {"form": "survey", "answer": ["", "6"]},
        {"form": "other", "answer": "5"},
        {"answer": "5"},
        {"List-Unsubscribe": "One-Click"},
    ],
)
def test_a_body_that_is_no_answer_changes_nothing(town: App, asking: Letters, body: dict[str, Any]) -> None:
    url = next(filter(None, map(answers_of, asking["stars"])))[0]
    before = dump(town)
    with browser(town) as client:
        answer = client.post(f"{url}&l=en", data=body)
    assert answer.status_code == 422
    assert "Nothing was sent" in answer.text
    assert dump(town) == before


def test_words_are_kept_as_they_are_cut_and_never_under_a_question_nobody_asked(town: App, asking: Letters) -> None:
    url = next(filter(None, map(answers_of, asking["stars"])))[0]
    with browser(town) as client:
        client.post(url, data=form("1", "invented", SAID))
        assert rows(town, "SELECT asked, text FROM answers") == [("", "")]
        client.post(url, data=form("1", "improve", " \0" + "ä" * (LONGEST_TEXT + 9)))
    assert rows(town, "SELECT asked, text FROM answers") == [("improve", "ä" * LONGEST_TEXT)]


def test_a_survey_link_is_no_click_address_and_no_other_page_knows_it(town: App, asking: Letters) -> None:
    url = next(filter(None, map(answers_of, asking["stars"])))[0]
    token = urlsplit(url).path.rpartition("/")[2]
    assert len(token) == 40
    assert read_click_token(town.keys, token) is None
    subject, position = read_survey_token(town.keys, token) or pytest.fail("unknown")
    with browser(town) as client:
        unknown = client.get("/s/" + "A" * 40)
        assert unknown.status_code == 404
        for other in (
            survey_token(town.keys, subject, position + 1),
            survey_token(town.keys, subject, 0),
            survey_token(b"another installation's key", subject, position),
            *(token[:place] + ("B" if token[place] != "B" else "C") + token[place + 1 :] for place in range(40)),
        ):
            for answer in (client.get(f"/s/{other}"), client.post(f"/s/{other}", data=form("5"))):
                assert (answer.status_code, answer.text) == (404, unknown.text)
        for page in ("u", "p", "w", "v", "c"):
            assert client.get(f"/{page}/{token}").status_code in (200, 404)
            client.post(f"/{page}/{token}", data=form("5"))
    assert rows(town, "SELECT * FROM answers") == []


def test_a_letter_that_has_not_left_asks_nobody(town: App, asking: Letters) -> None:
    url = next(filter(None, map(answers_of, asking["stars"])))[0]
    with writing(town.engine) as db:
        db.execute(text("UPDATE outbox SET frozen = 0, state = 'planned'"))
    with browser(town) as client:
        assert client.get(url).status_code == client.post(url, data=form("5")).status_code == 404


def test_answers_are_exported_and_erased(town: App, asking: Letters) -> None:
    url = next(filter(None, map(answers_of, asking["stars"])))[0]
    who = question_of(town, url).recipient
    with browser(town) as client:
        client.post(url, data=form("1", "improve", SAID))
        with reading(town.engine) as db:
            assert [(row["module"], row["answer"], row["text"]) for row in export(db, who)["answers"]] == [(STARS, "1", SAID)]
        with writing(town.engine) as db:
            erase(db, who, town.key, NOW)
        assert SAID not in str(dump(town))
        assert client.get(url).text == client.get("/s/" + "A" * 40).text
        assert client.post(url, data=form("1")).status_code == 404
    assert rows(town, "SELECT * FROM answers") == []


def test_the_report_counts_answers_and_reads_out_words_without_their_writers(town: App, asking: Letters) -> None:
    links = [url for letter in asking["stars"] for url in answers_of(letter) if url.endswith("?a=1")]
    assert len(links) > 2
    with browser(town) as client:
        for place, url in enumerate(links):
            client.post(url, data=form("1", "improve", SAID) if place == 0 else form("5"))
    assert report(town, "stars")["surveys"] == [
        {
            "module": STARS,
            "people": len(links),
            "answers": {"1": 1, "5": len(links) - 1},
            "texts": [{"answer": "1", "asked": "improve", "text": SAID, "language": question_of(town, links[0]).language}],
        }
    ]
    assert report(town, "topics")["surveys"] == []


def test_the_page_asks_in_the_letters_language_and_says_so_where_the_page_speaks_another(town: App, asking: Letters) -> None:
    url = next(url for letter in asking["topics"] for url in answers_of(letter)[:1] if question_of(town, url).language == "fi")
    with browser(town) as client:
        assert '<h1 lang="fi">Mistä kirjoitamme seuraavaksi?</h1>' in client.get(url).text
        assert '<h1 lang="en">What should we write about next?</h1>' in client.get(f"{url}&l=en").text
        swedish = client.get(f"{url}&l=sv").text
    assert '<html lang="sv"' in swedish
    assert '<h1 lang="fi">Mistä kirjoitamme seuraavaksi?</h1>' in swedish
    assert "Skicka mitt svar" in swedish
