"""The contract of every rule and signal there is: a new file is tested by being there."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from composer.decide import signals as folder
from composer.decide.language import settle_language
from composer.decide.redact import redact
from composer.discover import discover
from composer.domain.audience import Audience, Codes
from composer.domain.belief import Beliefs
from composer.domain.condition import Condition
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.reasons import Skip
from composer.domain.sentence import Sentence
from composer.domain.stock import Stock
from tests.decide._sentences import spoken
from tests.decide._worlds import COUNTRIES, INTERESTS, LETTER, NOW, ROLES, RULES, SIGNALS, STAGES, TOPICS, learnt, module, people

PEOPLE = 60


def varied() -> Library:
    """A library in which every kind of restriction and tag occurs."""
    modules = [
        module(
            f"story/m{i:02}",
            group="abc"[i % 3],
            interests=INTERESTS[i % 5 : i % 5 + 2] if i % 4 else (),
            topics=TOPICS[i % 3 :][:1],
            roles=ROLES[:1] if i % 5 == 0 else (),
            stages=STAGES[1:] if i % 6 == 0 else (),
            months=((11,), (), (6, 7))[i % 3],
            countries=COUNTRIES[:1] if i % 7 == 0 else (),
            valid_until=NOW if i % 7 == 3 else None,
            bought_within=timedelta(days=120) if i % 4 == 1 else None,
            rest_letters=i % 3,
            when="storm" if i % 5 == 4 else "",
        )
        for i in range(14)
    ]
    return Library(tuple(modules), {"newsletter": LETTER}, "varied")


LIBRARY = varied()
SECOND = int(NOW.timestamp())
STOCK = Stock.of(LIBRARY.interests, {INTERESTS[0]: [], INTERESTS[1]: [(0, SECOND), (SECOND + 20, SECOND + 30)], INTERESTS[3]: []})
STORM = Condition("storm", "north", NOW - timedelta(hours=1), NOW + timedelta(hours=1))
LEAVES = SECOND + np.arange(PEOPLE, dtype=np.int64) * 2 - PEOPLE
MOMENT = Moment(NOW, NOW - timedelta(minutes=5), "contract", LEAVES, 2, timedelta(days=7), STOCK, (STORM,))
CROWD = people(LIBRARY, PEOPLE)
BELIEFS = [Beliefs(), learnt(LIBRARY, "contract")]

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
every_signal = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
knowing = pytest.mark.parametrize("beliefs", BELIEFS, ids=["nothing learnt", "learnt"])


def at_level(level: Level) -> Audience:
    return redact(replace(CROWD, level=np.full(PEOPLE, level, dtype=np.int8)))


def scrambled(audience: Audience, above: Level) -> Audience:
    """The audience with every column that needs more than `above` replaced by other people's."""
    other = people(LIBRARY, len(audience), "others")
    columns = [c.name for c in fields(audience) if c.metadata["level"] is not None and c.metadata["level"] > above]
    return replace(audience, **{name: getattr(other, name) for name in columns})


def at(rows: np.ndarray | list[int]) -> Moment:
    return replace(MOMENT, send_at=MOMENT.send_at[rows])


@every_rule
def test_a_rule_says_what_it_forbids_and_answers_yes_or_no(rule: ModuleType) -> None:
    assert rule.__doc__
    assert rule.__doc__.splitlines()[0].endswith(".")
    answer = rule.allows(settle_language(CROWD, ("en", "fi")), LIBRARY, MOMENT)
    assert answer.dtype == bool
    assert np.broadcast_shapes(answer.shape, (PEOPLE, len(LIBRARY.modules))) == (PEOPLE, len(LIBRARY.modules))
    if hasattr(rule, "SKIPS"):
        assert isinstance(rule.SKIPS, Skip)
        assert answer.shape == (PEOPLE, 1)


@every_rule
def test_in_this_crowd_a_rule_forbids_some_and_allows_some(rule: ModuleType) -> None:
    """What the other tests here are worth."""
    answer = rule.allows(settle_language(CROWD, ("en", "fi")), LIBRARY, replace(MOMENT, send_at=np.where(LEAVES % 4 == 0, -1, LEAVES)))
    assert set(np.unique(answer)) == {False, True}


@every_rule
def test_a_rule_judges_each_recipient_alone(rule: ModuleType) -> None:
    shape = (PEOPLE, len(LIBRARY.modules))
    whole = np.broadcast_to(rule.allows(CROWD, LIBRARY, MOMENT), shape)
    for r in (0, 17, 59):
        alone = np.broadcast_to(rule.allows(CROWD.take([r]), LIBRARY, at([r])), (1, shape[1]))
        assert np.array_equal(alone[0], whole[r])


@every_rule
def test_a_rule_copes_with_nobody_and_nothing(rule: ModuleType) -> None:
    empty = Library((), LIBRARY.layouts)
    assert np.broadcast_to(rule.allows(people(empty, 3), empty, at([0, 1, 2])), (3, 0)).shape == (3, 0)
    assert rule.allows(CROWD.take([]), LIBRARY, at([])).shape[0] in (0, 1)


@every_rule
@pytest.mark.parametrize("level", Level)
def test_a_rule_knows_no_more_than_the_level(rule: ModuleType, level: Level) -> None:
    forbidden = redact(scrambled(replace(CROWD, level=np.full(PEOPLE, level, dtype=np.int8)), level))
    assert np.array_equal(rule.allows(at_level(level), LIBRARY, MOMENT), rule.allows(forbidden, LIBRARY, MOMENT))


@every_signal
@knowing
def test_a_signal_is_a_number_from_nought_to_one_for_everybody_and_everything(signal: ModuleType, beliefs: Beliefs) -> None:
    assert signal.__doc__
    assert signal.__doc__.splitlines()[0].endswith(".")
    assert isinstance(signal.LEVEL, Level)
    assert isinstance(signal.PERSONAL, bool)
    assert np.isfinite(signal.WEIGHT)
    assert signal.WEIGHT > 0
    value = signal.value(CROWD, LIBRARY, MOMENT, beliefs)
    assert value.dtype == np.float32
    assert np.broadcast_to(value, (PEOPLE, len(LIBRARY.modules))).ndim == value.ndim
    assert value.min() >= 0
    assert value.max() <= 1


@every_signal
@knowing
def test_a_signals_level_is_honest(signal: ModuleType, beliefs: Beliefs) -> None:
    changed = scrambled(CROWD, signal.LEVEL)
    assert np.array_equal(signal.value(CROWD, LIBRARY, MOMENT, beliefs), signal.value(changed, LIBRARY, MOMENT, beliefs))


@every_signal
@knowing
@pytest.mark.parametrize("level", Level)
def test_below_its_level_a_signal_tells_people_apart_by_nothing_forbidden(signal: ModuleType, beliefs: Beliefs, level: Level) -> None:
    forbidden = redact(scrambled(replace(CROWD, level=np.full(PEOPLE, level, dtype=np.int8)), level))
    assert np.array_equal(signal.value(at_level(level), LIBRARY, MOMENT, beliefs), signal.value(forbidden, LIBRARY, MOMENT, beliefs))


@every_signal
@knowing
def test_a_signal_sees_each_recipient_alone(signal: ModuleType, beliefs: Beliefs) -> None:
    whole = np.broadcast_to(signal.value(CROWD, LIBRARY, MOMENT, beliefs), (PEOPLE, len(LIBRARY.modules)))
    before = {c.name: getattr(CROWD, c.name) for c in fields(CROWD)}
    for r in (0, 17, 59):
        alone = np.broadcast_to(signal.value(CROWD.take([r]), LIBRARY, at([r]), beliefs), (1, len(LIBRARY.modules)))
        assert np.array_equal(alone[0], whole[r])
    assert all(getattr(CROWD, name) is column for name, column in before.items())


@every_signal
def test_a_signal_copes_with_nobody_and_nothing(signal: ModuleType) -> None:
    empty = Library((), LIBRARY.layouts)
    assert signal.value(people(empty, 3), empty, MOMENT, Beliefs()).shape in ((3, 0), (1, 0), (3, 1))
    assert signal.value(CROWD.take([]), LIBRARY, at([]), BELIEFS[1]).shape[0] in (0, 1)


@every_signal
@knowing
def test_a_signals_reasons_are_sentences_that_name_nobody(signal: ModuleType, beliefs: Beliefs) -> None:
    said = 0
    for r in range(PEOPLE):
        for m in range(len(LIBRARY.modules)):
            reason = signal.reason(CROWD, r, LIBRARY, m, MOMENT, beliefs)
            assert isinstance(reason, Sentence)
            if not reason:
                continue
            said += 1
            sentence = str(reason)
            assert reason.text in spoken(signal), "write the words out in the call of say: translators find them there"
            assert re.fullmatch(r"[A-Z][^@{}<>]*\.", sentence), sentence
            assert not any(private in sentence for private in personal_words(CROWD, r)), sentence
    if hasattr(signal, "SILENT"):
        assert not said
        return
    assert said or not beliefs.values, "a signal with something learnt must be able to speak"


def personal_words(audience: Audience, r: int) -> list[str]:
    texts: list[Any] = [audience.address[r], audience.recipient_id[r] + " "]
    texts += [audience.first_name[r], audience.last_name[r], audience.company[r]]
    texts += [
        getattr(audience, c.name).word(r)
        for c in fields(audience)
        if isinstance(getattr(audience, c.name), Codes) and c.name in ("region", "country", "time_zone")
    ]
    return [text for text in texts if text]


def test_every_file_of_the_folder_was_met() -> None:
    assert set(discover(folder)) == set(SIGNALS)
    assert len(SIGNALS) >= 6
    assert len(RULES) >= 6
