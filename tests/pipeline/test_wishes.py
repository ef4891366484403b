"""From the press of a button to the next letter: less and more, at every level, and taken back without a trace."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import text

from composer.app import App
from composer.cli._explained import print_explained
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.domain.sentence import say
from composer.domain.tokens import Purpose, Subject, make_token
from composer.pipeline.plan import schedule
from composer.pipeline.preview import Preview, preview
from composer.store.campaigns import create_campaign, editions_of, get_campaign
from composer.store.engine import reading, writing

from .conftest import NOW
from .test_links import browser, kind, urls_of
from .test_replay import LATER, past

FAR = NOW + timedelta(days=70)
"""When nothing rests any more only because it was just shown."""


@pytest.fixture
def people(sent: App, letters_sent: Path) -> dict[str, tuple[str, Newsletter]]:
    """Recipient -> (address of their letter's why page, the letter)."""
    letters = past(sent, letters_sent)
    return {who: (next(url for url in urls_of(data) if kind(url) == "w"), letter) for who, (data, letter) in letters.items()}


def next_letter(app: App, who: str, campaign: str) -> Preview:
    return preview(app, who, campaign, FAR)


def shown(seen: Preview) -> list[str]:
    assert isinstance(seen.explanation.outcome, Newsletter)
    return [block.module for block in seen.explanation.outcome.blocks]


def press(app: App, page: str, module: str, ask: str) -> str:
    with browser(app) as client:
        answer = client.post(f"{page}?l=en", data={"module": module, "ask": ask})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("level", Level)
def test_less_keeps_a_part_out_of_the_next_letter_at_each_level(sent: App, people: dict[str, tuple[str, Newsletter]], level: Level) -> None:
    """At every level, even where a campaign pins it. Taken back, no byte tells that anything was ever asked."""
    library = sent.library().library
    generic = {module.name for module in library.modules if module.generic and not module.months}
    who, page, unwanted = next(
        (who, page, block.module) for who, (page, letter) in people.items() for block in letter.blocks if block.module in generic
    )
    with writing(sent.engine) as db:
        db.execute(text("DELETE FROM impressions"))
        db.execute(text("UPDATE recipients SET level = :level"), {"level": level.name})
        create_campaign(db, {"name": "again", "window": "now", "cap": "none", "holdout": "none", "pinned": [unwanted]}, NOW)
    before = next_letter(sent, who, "again")
    assert unwanted in shown(before)
    press(sent, page, unwanted, "less")
    after = next_letter(sent, who, "again")
    assert unwanted not in shown(after)
    assert {loser.module: loser.rule for loser in after.explanation.losers}[unwanted] == "asked"
    press(sent, page, unwanted, "undo")
    again = next_letter(sent, who, "again")
    assert before.message is not None
    assert again.message is not None
    assert again.message.data == before.message.data


def test_more_brings_others_about_the_same_and_says_so(sent: App, people: dict[str, tuple[str, Newsletter]]) -> None:
    library = sent.library().library
    told = 0
    with writing(sent.engine) as db:
        create_campaign(db, {"name": "personal", "window": "now", "cap": "none", "holdout": "none"}, NOW)
    for who, (page, letter) in list(people.items())[:3]:
        wanted = next(block.module for block in letter.blocks if library.modules[library.index[block.module]].interests)
        press(sent, page, wanted, "more")
        seen = next_letter(sent, who, "personal")
        outcome = seen.explanation.outcome
        assert isinstance(outcome, Newsletter)
        about = set(library.modules[library.index[wanted]].interests)
        for block in outcome.blocks:
            follows = bool(about & set(library.modules[library.index[block.module]].interests))
            assert (dict(block.bonus).get("asked") == 2.5) == follows
            if follows:
                told += 1
                assert say("You asked for more like this.") in block.reasons
        out = io.StringIO()
        print_explained(Console(file=out, width=110), seen)
        assert not any(dict(block.bonus).get("asked") for block in outcome.blocks) or "What this person asked for" in out.getvalue()
    assert told > 2


def test_a_letter_that_waits_is_another_one_at_once(sent: App, people: dict[str, tuple[str, Newsletter]]) -> None:
    schedule(sent, "weekly", LATER)
    with reading(sent.engine) as db:
        campaign = get_campaign(db, "weekly")
        edition = editions_of(db, campaign.number)[-1]
        query = text("SELECT recipient FROM outbox WHERE edition = :edition AND state = 'planned' LIMIT 1")
        number = db.execute(query, {"edition": edition.number}).scalar()
    assert number is not None
    page = f"/w/{make_token(sent.key, Purpose.why, Subject(int(number), campaign.number, edition.scheduled))}"
    with browser(sent) as client:
        before = client.get(page).text
    first = re.findall(r'name="module" value="([^"]+)"', before)[0]
    after = press(sent, page, first, "less")
    assert first not in re.findall(r'id="part\d+".*?name="module" value="([^"]+)"', after, re.DOTALL)
    asked = after[after.index('id="asked"') :]
    assert 'role="status"' in asked
    assert "You asked not to get this part again" in asked
