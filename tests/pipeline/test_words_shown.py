"""The chosen words from plan to log: told by `plan --json` and preview, stored exactly, noted with every block, learnt from."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import text

from composer.app import App
from composer.cli._letters import as_json, print_letter
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.reasons import Skip
from composer.domain.sentence import Sentence
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import plan, schedule
from composer.pipeline.retrain import retrain
from composer.store.decisions import dump_newsletter, load_newsletter
from composer.store.engine import reading
from composer.transports.folder import open_transport

from .conftest import NOW


def planned(town: App) -> list[Newsletter]:
    lines: list[object] = []
    plan(town, "weekly", NOW, line=lines.append)
    return [line for line in lines if isinstance(line, Newsletter)]


def test_a_line_of_the_plan_tells_tone_opening_and_calls(town: App) -> None:
    letters = planned(town)
    tones = set(town.library().library.tones)
    for letter in letters:
        row = as_json(letter)
        assert {"module", "variant", "position", "source", "score", "probability", "call"} <= set(row["blocks"][0])
        assert (row["tone"], row["opening"]) == (letter.tone.chosen, letter.opening.chosen)
        assert {block["variant"] for block in row["blocks"]} <= {row["tone"], "plain"}
        assert row["words"]["tone"]["reason"]
        assert row["words"]["opening"]["probability"] == letter.opening.probability
    assert {letter.tone.chosen for letter in letters} == tones, "this library has letters in every tone"
    assert {"", "discover", "renew"} <= {block.call for letter in letters for block in letter.blocks}


def test_a_stored_letter_reads_back_with_its_words(town: App) -> None:
    for letter in planned(town):
        assert load_newsletter(dump_newsletter(letter)) == letter


def test_a_letter_is_printed_with_its_words_and_why(town: App) -> None:
    out = io.StringIO()
    letter = next(letter for letter in planned(town) if letter.tone.chosen != "plain")
    print_letter(Console(file=out, width=200), letter)
    assert f"Tone {letter.tone.chosen}" in out.getvalue()
    assert str(letter.tone.reason) in out.getvalue()
    assert f"Opening {letter.opening.chosen}" in out.getvalue()


@pytest.mark.parametrize("odd", ["[/] [red]x[/red]", "\\[/bold]", "[link=https://evil.example]you[/link]"])
def test_words_of_others_are_printed_as_they_are(town: App, odd: str) -> None:
    letter = planned(town)[0]
    block = replace(letter.blocks[0], reasons=(Sentence(odd),))
    letter = replace(
        letter,
        recipient_id=odd,
        subject=odd,
        blocks=(block,),
        hour_reasons=(Sentence(odd),),
        tone=replace(letter.tone, reason=Sentence(odd)),
    )
    out = io.StringIO()
    print_letter(Console(file=out, width=200), letter)
    assert out.getvalue().count(odd) == 5
    out = io.StringIO()
    print_letter(Console(file=out, width=200), Skipped(odd, 1, letter.edition, letter.arm, Skip.no_consent))
    print_letter(Console(file=out, width=200), letter, "Hi Aino")
    assert "Hi Aino\n" in out.getvalue()


def test_every_block_sent_is_noted_with_its_words_and_they_are_learnt_from(town: App, tmp_path: Path) -> None:
    letters = {letter.recipient_id: letter for letter in planned(town)}
    schedule(town, "weekly", NOW)
    folder = town.settings.delivery.model_copy(update={"folder": tmp_path / "out"})
    changed = town.settings.model_copy(update={"delivery": folder})
    asyncio.run(deliver(town, lambda: NOW + timedelta(days=1), transport=open_transport(changed)))
    columns = "r.recipient_id, i.position, i.variant, i.call, i.tone, i.tone_probability, i.opening, i.opening_probability"
    with reading(town.engine) as db:
        rows = db.execute(text(f"SELECT {columns} FROM impressions i JOIN recipients r ON r.number = i.recipient")).all()
    assert len(rows) > 200
    for who, position, variant, call, tone, tone_probability, opening, opening_probability in rows:
        letter = letters[who]
        block = letter.blocks[position - 1]
        assert (variant, call) == (block.variant, block.call)
        assert (tone, tone_probability) == (letter.tone.chosen, letter.tone.probability)
        assert (opening, opening_probability) == (letter.opening.chosen, letter.opening.probability)
    retrain(town, NOW + timedelta(days=2))
    with reading(town.engine) as db:
        learnt = town.beliefs(db).of("tone")
    chances = Counter(who for who, *_, tone_probability, _, _ in rows if tone_probability < 1)
    assert 0 < learnt["letters"] <= len(chances)
