"""A letter of the past: after modules, weights and events changed it is the same letter, for the reasons of its day."""

from __future__ import annotations

import email
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.app import App, open_app
from composer.domain.newsletter import Newsletter
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.plan import plan
from composer.pipeline.preview import preview
from composer.pipeline.retrain import retrain
from composer.store.beliefs import load_beliefs
from composer.store.campaigns import editions_of, get_campaign
from composer.store.decisions import load_newsletter
from composer.store.engine import reading

from .conftest import NOW, import_rows
from .test_links import browser, kind, urls_of

LATER = NOW + timedelta(days=3)
LETTERS = 12


def past(app: App, folder: Path) -> dict[str, tuple[bytes, Newsletter]]:
    """Recipient -> (bytes as they were sent, decision as it was frozen), for some letters of one campaign."""
    files = {str(email.message_from_bytes(data)["Message-ID"]): data for data in (f.read_bytes() for f in (folder / "out").glob("*.eml"))}
    query = (
        "SELECT message_id, decision FROM outbox o JOIN editions e ON e.number = o.edition JOIN campaigns c ON c.number = e.campaign "
        "WHERE o.state = 'accepted' AND c.name = 'week-1' AND o.arm = 'personal' ORDER BY o.number LIMIT :n"
    )
    with reading(app.engine) as db:
        rows = db.execute(text(query), {"n": LETTERS}).all()
    return {letter.recipient_id: (files[number], letter) for number, letter in ((row[0], load_newsletter(row[1])) for row in rows)}


def why(app: App, letter: bytes) -> str:
    """What the why page says."""
    page = next(url for url in urls_of(letter) if kind(url) == "w")
    answer = browser(app).get(page)
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def changed(sent: App, letters_sent: Path, tmp_path: Path) -> Iterator[App]:
    """The same installation after a week in which everything changed: modules, people, purchases, clicks and what was learnt of them."""
    letters = past(sent, letters_sent)
    modules = tmp_path / "modules"
    shutil.copytree(sent.settings.library.modules, modules)
    shown = sorted({block.module for _, letter in letters.values() for block in letter.blocks})
    (modules / f"{shown[0]}.mjml").unlink()
    for name in shown[1:4]:
        file = modules / f"{name}.mjml"
        file.write_text(file.read_text(encoding="utf-8").replace('title = "', 'title = "Quite another: '), encoding="utf-8")
    with reading(sent.engine) as db:
        products = list(db.execute(text("SELECT product_id FROM products ORDER BY product_id")).scalars())
    orders = [
        {"order_id": f"{who}-{product}", "recipient_id": who, "ordered_at": f"{NOW + timedelta(days=1):%Y-%m-%d}", "product_id": product}
        for who in letters
        for product in products
    ]
    import_rows(sent, tmp_path, "orders", orders)
    with sent.engine.begin() as db:
        db.execute(text("UPDATE impressions SET clicked_at = shown_at + 60 WHERE number % 3 = 0 AND position > 1"))
        db.execute(text("UPDATE recipients SET role = 'owner', stage = 'renew', region = 'elsewhere', first_name = 'Another'"))
    section = sent.settings.library.model_copy(update={"modules": modules})
    app = open_app(sent.settings.model_copy(update={"library": section}))
    before = retrain(app, NOW)["version"]
    assert before != next(iter(letters.values()))[1].log.beliefs  # type: ignore[union-attr]
    yield app
    app.close()


def test_everything_changed_and_the_letters_are_the_same(sent: App, letters_sent: Path, changed: App) -> None:
    for who, (data, letter) in past(sent, letters_sent).items():
        replayed = preview(changed, who, "week-1", LATER)
        assert replayed.message is not None
        assert replayed.message.data == data
        assert replayed.explanation.outcome == letter
        view = next(url for url in urls_of(data) if kind(url) == "v")
        assert browser(changed).get(view).text == replayed.message.html.replace("\n", "\r\n")


def test_the_why_page_tells_the_reasons_of_that_day(sent: App, letters_sent: Path, request: pytest.FixtureRequest) -> None:
    told = {who: why(sent, data) for who, (data, _) in past(sent, letters_sent).items()}
    changed: App = request.getfixturevalue("changed")
    assert {who: why(changed, data) for who, (data, _) in past(sent, letters_sent).items()} == told


def test_today_other_letters_would_be_decided(sent: App, letters_sent: Path, changed: App) -> None:
    """Or the tests above would say nothing."""
    letters = {letter.recipient_number: letter for _, letter in past(sent, letters_sent).values()}
    with reading(changed.engine) as db:
        campaign = get_campaign(db, "week-1")
        edition = editions_of(db, campaign.number)[0]
        decided = decide_numbers(changed, db, changed.library(), campaign, edition, list(letters), LATER)
    again = [decided.outcome(r) for r in range(len(decided))]
    others = [one for one in again if not isinstance(one, Newsletter) or one.blocks != letters[one.recipient_number].blocks]
    assert len(others) == len(letters)


def test_the_beliefs_of_that_day_can_still_be_read_and_are_those_of_its_terms(sent: App, letters_sent: Path, changed: App) -> None:
    for _, letter in past(sent, letters_sent).values():
        assert letter.log is not None
        with reading(changed.engine) as db:
            beliefs = load_beliefs(db, letter.log.beliefs)
        weights, effects = beliefs.of("scorer")["weights"], beliefs.of("scorer")["modules"]
        for block in letter.blocks:
            terms, values = dict(block.terms), dict(block.values)
            assert {name: terms.get(name, 0) for name in weights} == pytest.approx({n: weights[n] * values[n] for n in weights}, abs=1e-6)
            assert terms["module"] == pytest.approx(effects[block.module], abs=1e-6)


def test_what_a_preview_says_was_left_out_is_of_that_day_too(sent: App, letters_sent: Path, changed: App) -> None:
    for who, (_, letter) in past(sent, letters_sent).items():
        assert letter.log is not None
        losers = {loser.module: loser for loser in preview(changed, who, "week-1", LATER).explanation.losers}
        shown = {block.module for block in letter.blocks}
        assert {name for name, loser in losers.items() if not loser.rule} == set(letter.log.eligible) - shown


def test_weights_that_are_no_numbers_are_told_of_and_the_shipped_ones_decide(town: App, capsys: pytest.CaptureFixture[str]) -> None:
    def planned() -> list[object]:
        lines: list[object] = []
        plan(town, "weekly", NOW, dry_run=True, line=lines.append)
        return [(line.recipient_id, line.blocks) for line in lines if isinstance(line, Newsletter)]

    with town.engine.begin() as db:
        db.execute(text("DELETE FROM beliefs WHERE name = 'scorer'"))
    shipped = planned()
    with town.engine.begin() as db:
        broken = {"value": '{"weights":{"affinity":NaN}}'}
        db.execute(text("INSERT INTO beliefs (name, value, learnt_at) VALUES ('scorer', :value, 0)"), broken)
    assert planned() == shipped
    assert len(shipped) > 30
    assert '"belief": "scorer"' in capsys.readouterr().err
