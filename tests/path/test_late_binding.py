"""What changes between planning and leaving is honoured: a storm ends, a product runs out, a mandatory block may not be shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from composer.app import App
from composer.domain.condition import Condition
from composer.pipeline.conditions import end, report
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.pipeline.preview import preview
from composer.store.campaigns import create_campaign
from composer.store.engine import writing
from composer.store.tables import ProductRow, RecipientRow
from tests.path.by_hand import ByHand
from tests.path.conftest import at
from tests.path.rows import outbox, people
from tests.store._people import put

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""A day on which the library's storm notice is valid."""
STORM = Condition("storm", "Pirkanmaa", NOW - timedelta(hours=1))


def campaign(app: App, **keys: object) -> None:
    with writing(app.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "holdout": "none", "policy": {"explore": 0}, **keys}, NOW)


def modules(row: dict[str, str]) -> list[str]:
    return [block["module"] for block in json.loads(row["decision"])["blocks"]]


async def test_a_storm_stands_first_in_its_region_and_disappears_from_what_is_not_sent_when_it_ends(installation: App) -> None:
    first, _ = people(installation.engine, 2)
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(region="Uusimaa"))
        db.execute(update(RecipientRow).where(RecipientRow.number == first).values(region="Pirkanmaa"))
    campaign(installation)
    told = report(installation, STORM, NOW)
    assert (told["people"], told["modules"], told["holds"]) == (1, ["notice/storm"], True)
    schedule(installation, "weekly", NOW)
    foreseen = [preview(installation, f"r{n}", "weekly", NOW).explanation.outcome for n in (1, 2)]
    assert [letter.blocks[0].module == "notice/storm" for letter in foreseen] == [True, False]
    await deliver(installation, at(NOW), limit=1, transport=ByHand(lambda _: None))
    assert end(installation, "storm", None, NOW) == 1
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(region="Pirkanmaa"))
    await deliver(installation, at(NOW), transport=ByHand(lambda _: None))
    sent = [modules(row) for row in outbox(installation.engine)]
    assert sent[0][0] == "notice/storm"
    assert "notice/storm" not in sent[1]


async def test_what_runs_out_after_planning_is_not_in_the_letter(installation: App) -> None:
    people(installation.engine, 1)
    with writing(installation.engine) as db:
        put(db, ProductRow, product_id="P-1", category="Payroll", in_stock=True)
    campaign(installation, pinned=["feature/payroll-dry-run"])
    schedule(installation, "weekly", NOW)
    before = preview(installation, "r1", "weekly", NOW).explanation.outcome
    assert before.blocks[0].module == "feature/payroll-dry-run"
    with writing(installation.engine) as db:
        db.execute(update(ProductRow).values(in_stock=False))
    await deliver(installation, at(NOW), transport=ByHand(lambda _: None))
    (row,) = outbox(installation.engine)
    assert "feature/payroll-dry-run" not in modules(row)
    assert "feature/payroll-dry-run" not in json.loads(row["decision"])["log"]["eligible"]


async def test_a_letter_whose_mandatory_block_may_not_be_shown_any_more_does_not_leave(installation: App) -> None:
    people(installation.engine, 1)
    campaign(installation, mandatory=["notice/storm"])
    report(installation, Condition("storm", "", NOW), NOW)
    schedule(installation, "weekly", NOW)
    end(installation, "storm", "", NOW)
    transport = ByHand(lambda _: None)
    await deliver(installation, at(NOW), transport=transport)
    (row,) = outbox(installation.engine)
    assert (row["state"], row["reason"], transport.taken) == ("skipped", "a mandatory block may not be shown", [])


async def test_two_campaigns_due_together_do_not_say_the_same(installation: App) -> None:
    people(installation.engine, 1)
    campaign(installation)
    campaign(installation, name="monthly")
    for name in ("weekly", "monthly"):
        schedule(installation, name, NOW)
    await deliver(installation, at(NOW), transport=ByHand(lambda _: None))
    one, other = outbox(installation.engine)
    repeated = set(modules(one)) & set(modules(other))
    library = installation.library().library
    assert all(library.modules[library.index[name]].generic for name in repeated)
