"""`preview --explain` for six different people: complete, in words, and numbers that add up to the last digit."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from composer.app import App
from composer.cli._explained import log_odds, print_explained
from composer.cli._letters import explanation_json
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.reasons import Skip
from composer.domain.sentence import Sentence
from composer.pipeline.preview import Preview
from composer.web.pages import SHIPPED, Pages
from tools.six_letters import PEOPLE, installation, letters

ROW = re.compile(r"^   (?P<term>[a-z][a-z ]*?) +(?P<value>\d\.\d{6} +[\d.]+ +)?(?P<adds>[+-]\d+\.\d{6})$", re.MULTILINE)


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with installation() as made:
        yield made


@pytest.fixture(scope="module")
def seen(app: App) -> dict[str, Preview]:
    return letters(app)


def printed(preview: Preview, width: int = 110) -> str:
    out = io.StringIO()
    print_explained(Console(file=out, width=width), preview)
    return out.getvalue()


def newsletter(preview: Preview) -> Newsletter:
    assert isinstance(preview.explanation.outcome, Newsletter)
    return preview.explanation.outcome


@pytest.mark.parametrize("name", PEOPLE)
def test_the_printed_terms_add_up_to_the_printed_score(seen: dict[str, Preview], name: str) -> None:
    letter, text = newsletter(seen[name]), printed(seen[name])
    numbers = text[text.index("The numbers") :]
    starts = [numbers.index(f"{block.position}. {block.module}") for block in letter.blocks]
    for block, start, end in zip(letter.blocks, starts, [*starts[1:], len(numbers)], strict=True):
        part = numbers[start:end]
        rows = {row["term"]: round(float(row["adds"]) * 1_000_000) for row in ROW.finditer(part)}
        total = rows.pop("sum")
        assert sum(rows.values()) == total == round(log_odds(block) * 1_000_000)
        score = re.search(r"score +(\d\.\d{6})", part)
        assert score
        assert float(score[1]) == round(1 / (1 + math.exp(-total / 1_000_000)), 6)
        silent = re.search(r"adds nothing: (.+)", part)
        signals = {term for term in rows if term.replace(" ", "_") in dict(block.values)}
        assert len(signals) + (len(silent[1].split(", ")) if silent else 0) == len(block.values)


@pytest.mark.parametrize("name", PEOPLE)
def test_every_module_is_shown_or_left_out_with_a_reason_in_words(app: App, seen: dict[str, Preview], name: str) -> None:
    letter, text = newsletter(seen[name]), printed(seen[name], 1000)
    assert "{" not in text
    said = text[: text.index("The numbers")]
    for module in app.library().library.names:
        assert said.count(f"   {module} ·") + said.count(f"({module})") == 1, module
    for block in letter.blocks:
        assert all(f"   - {reason}\n" in said for reason in block.reasons)
    for loser in seen[name].explanation.losers:
        because = app.rules[loser.rule].__doc__.splitlines()[0] if loser.rule in app.rules else str(loser.lacked)
        assert because in said
        assert bool(loser.rule) == (loser.rank == 0)
    assert all(str(reason) in said for reason in letter.hour_reasons)


def test_ranks_are_by_score_and_what_was_lacking_is_true(seen: dict[str, Preview]) -> None:
    for preview in seen.values():
        letter = newsletter(preview)
        ranked = sorted((loser for loser in preview.explanation.losers if loser.rank), key=lambda loser: loser.rank)
        assert [loser.score for loser in ranked] == sorted((loser.score for loser in ranked), reverse=True)
        for loser in ranked:
            if str(loser.lacked).startswith("others scored higher"):
                assert all(block.score >= loser.score for block in letter.blocks if block.slot == "recommendation")


def test_the_reader_is_told_the_same_in_their_language(app: App, seen: dict[str, Preview]) -> None:
    pages = Pages(SHIPPED, {})
    for name in ("hr", "machine-shop"):
        fields = explanation_json(seen[name], lambda sentence, language: pages.say(sentence, pages.language([language])))
        assert fields["language"] == "fi"
        for block in [*fields["blocks"], fields]:
            assert len(block["told"]) == len(block["reasons"]) >= 2
            assert all(block["told"])
            assert not set(block["told"]) & set(block["reasons"])
        for block in fields["blocks"]:
            assert sum(round(adds * 1_000_000) for adds in block["terms"].values()) == round(block["log_odds"] * 1_000_000)


def test_who_gets_no_letter_is_told_why(seen: dict[str, Preview]) -> None:
    letter = newsletter(seen["cfo"])
    skipped = Skipped("[red]cfo[/]", 1, letter.edition, letter.arm, Skip.no_consent)
    text = printed(replace(seen["cfo"], explanation=replace(seen["cfo"].explanation, outcome=skipped)))
    assert "[red]cfo[/]: no letter, no consent" in text
    assert "Nobody is written to without consent" in text


@pytest.mark.parametrize("odd", ["[/] [red]x[/red]", "\\[/bold]", "[link=https://evil.example]you[/link]"])
def test_words_of_others_are_printed_as_they_are(seen: dict[str, Preview], odd: str) -> None:
    letter = newsletter(seen["cfo"])
    block = replace(letter.blocks[0], module=odd, variant=odd, reasons=(Sentence(odd),), terms=((odd, 0.5),), values=())
    letter = replace(letter, recipient_id=odd, subject=odd, blocks=(block,), hour_reasons=(Sentence(odd),))
    loser = replace(seen["cfo"].explanation.losers[0], module=odd, rule="", rank=1, lacked=Sentence(odd))
    removed = replace(loser, rule=odd, rank=0)
    preview = replace(seen["cfo"], message=None, explanation=replace(seen["cfo"].explanation, outcome=letter, losers=(loser, removed)))
    assert printed(preview, 1000).count(odd) >= 13
