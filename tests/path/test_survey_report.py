"""What `composer report` prints of surveys: counts, the newest words, and never markup out of them."""

from __future__ import annotations

import io

from rich.console import Console

from composer.cli._report import NEWEST, print_surveys


def printed(texts: int) -> str:
    console = Console(record=True, width=100, file=io.StringIO())
    said = [{"answer": "1", "asked": "improve", "text": f"[red]word {n}[/]", "language": "en"} for n in range(texts)]
    print_surveys(console, [{"module": "survey/stars", "people": 4, "answers": {"1": 3, "5": 1}, "texts": said}])
    return console.export_text()


def test_answers_are_counted_with_their_share() -> None:
    lines = [line.split() for line in printed(0).splitlines()]
    assert ["Answers", "to", "survey/stars"] in lines
    assert any(words[-2:] == ["3", "75.0%"] or {"1", "3", "75.0%"} <= set(words) for words in lines)
    assert any({"5", "1", "25.0%"} <= set(words) for words in lines)


def test_the_newest_words_are_read_out_as_they_were_written() -> None:
    said = printed(NEWEST + 2)
    assert "1, improve: [red]word 0[/]" in said
    assert f"word {NEWEST - 1}" in said
    assert f"word {NEWEST}[" not in said
    assert f"The newest {NEWEST} of {NEWEST + 2}" in said
    assert "The newest" not in printed(NEWEST)
