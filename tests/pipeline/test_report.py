"""The report: everybody is somewhere, and a server's replies are told by their codes."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert, update

from composer.pipeline.report import funnel
from composer.store.campaigns import make_edition
from composer.store.engine import reading, writing
from composer.store.reports import ArmCount, VariantCount, WordCount, arm_counts, module_counts, word_counts
from composer.store.tables import ImpressionRow, OutboxRow
from tests.path.rows import NOW, letters, outbox, people, running_edition


def test_everybody_of_the_audience_is_counted_once() -> None:
    found = funnel([("accepted", "", 5), ("skipped", "no consent", 2), ("unknown", "", 1), ("planned", "", 3), ("expired", "", 1)])
    assert found["audience"] == 12
    parts = sum(found["skipped"].values()) + sum(found["failed"].values())
    assert found["accepted"] + parts + found["unknown"] + found["waiting"] == 12


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("550 5.1.1 queue 4F2A: no such user", "550 5.1.1"),
        ("554 rejected as 17xyz", "554"),
        ("blocked by a check: W02", "blocked by a check: W02"),
        ("5500 things", "5500 things"),
    ],
)
def test_a_servers_reply_is_counted_by_its_codes(reason: str, kind: str) -> None:
    assert funnel([("refused", reason, 2)])["failed"] == {kind: 2}


def test_modules_are_counted_by_variant_and_call_and_letters_by_their_words(engine: Engine) -> None:
    (who,) = people(engine, 1)
    edition = running_edition(engine)
    letters(engine, edition, [who])
    (letter,) = (row["number"] for row in outbox(engine))
    blocks = [("guide/a", "plain", "", True), ("guide/b", "technical", "renew", False), ("guide/c", "technical", "", True)]
    shown = {"outbox": letter, "recipient": who, "source": "ranked", "score": 0.1, "probability": 1.0, "signals": "{}", "shown_at": NOW}
    words = {"tone": "technical", "tone_probability": 0.9, "opening": "plain", "opening_probability": 1.0}
    with writing(engine) as db:
        db.execute(
            insert(ImpressionRow),
            [
                {**shown, **words, "module": module, "variant": variant, "call": call, "position": p, "clicked_at": NOW if hit else None}
                for p, (module, variant, call, hit) in enumerate(blocks, 1)
            ],
        )
    with reading(engine) as db:
        modules, said = module_counts(db, 1), word_counts(db, 1)
    assert [(count.module, count.shown, count.clicked) for count in modules] == [("guide/a", 1, 1), ("guide/c", 1, 1), ("guide/b", 1, 0)]
    assert modules[2].variants == (VariantCount("technical", "renew", 1, 0),)
    assert said == [WordCount("tone", "technical", 1, 1)], "a letter counts once, and only where there was a choice"


def test_arms_are_counted_by_person_and_letters_that_a_machine_read_apart(engine: Engine) -> None:
    one, two, gateway = people(engine, 3)
    letters(engine, running_edition(engine), [one, two, gateway])
    with writing(engine) as db:
        second = make_edition(db, 1, NOW).number
    letters(engine, second, [one, gateway])
    with writing(engine) as db:
        db.execute(update(OutboxRow).values(state="accepted", arm="personal", level="premium"))
    shown = {"source": "ranked", "score": 0.1, "probability": 1.0, "signals": "{}", "shown_at": NOW, "variant": "plain", "call": ""}
    clicks = {one: 2, two: 0, gateway: 4}
    blocks = [
        {
            **shown,
            "outbox": row["number"],
            "recipient": row["recipient"],
            "module": f"guide/{p}",
            "position": p + 1,
            "clicked_at": NOW if p < clicks[row["recipient"]] else None,
        }
        for row in outbox(engine)
        for p in range(4)
    ]
    with writing(engine) as db:
        db.execute(insert(ImpressionRow), blocks)
    with reading(engine) as db:
        assert arm_counts(db, 1, 4) == [ArmCount("personal", "premium", 2, 2, 3, 4, 2**2 + 1, 2 * 4 + 1 * 0, 4**2)]
        assert arm_counts(db, 1, 4, second) == [ArmCount("personal", "premium", 1, 1, 1, 2, 1, 2, 4)]
        assert arm_counts(db, 1, 5) == [ArmCount("personal", "premium", 0, 3, 5, 12, 9, 2 * 4 + 2 * 8, 4**2 + 8**2)]
