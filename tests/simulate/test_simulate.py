"""The simulator keeps what it promises: what is planted can be found again in what people do, and the same seed plays the same."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest

from composer.domain.content import Library
from composer.library import open_library, read_sources
from composer.simulate.crowd import CATEGORIES, ROLES, make_crowd
from composer.simulate.hours import attention, habit_of
from composer.simulate.planted import rank_correlation
from composer.simulate.play import START, Played, play
from composer.simulate.purchases import DAY, history, need, week_of
from composer.simulate.readers import GATEWAY_SECONDS, Letters, Readers
from composer.simulate.rows import consents, orders, products, recipients, row_of
from tests.conftest import REPOSITORY

MONDAY = int(START.timestamp()) + 3 * 3_600


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(read_sources(REPOSITORY / "modules", REPOSITORY / "templates")).library


@pytest.fixture(scope="module")
def played(library: Library) -> Played:
    return play(library, 800, 4, seed=3)


def letters(people: int, modules: int, second: int = MONDAY) -> Letters:
    """The same five modules to everybody."""
    blocks = np.tile(np.arange(5) % modules, (people, 1))
    return Letters(np.arange(people), np.full(people, second, dtype=np.int64), blocks, np.zeros_like(blocks))


def test_the_same_seed_makes_the_same_people_and_another_makes_others() -> None:
    one, same, other = make_crowd(200, START, 1), make_crowd(200, START, 1), make_crowd(200, START, 2)
    assert all(np.array_equal(getattr(one, f.name), getattr(same, f.name)) for f in fields(one))
    assert not np.array_equal(one.tastes, other.tastes)
    assert np.array_equal(history(one).second, history(same).second)


def test_the_files_hold_nothing_that_is_planted() -> None:
    crowd = make_crowd(50, START, 1)
    rows = [*recipients(crowd), *consents(crowd), *orders(history(crowd), "h"), *products()]
    planted = {"tastes", "eager", "thrift", "hour", "workdays", "pace", "grower", "cycle", "scanned", "proxied"}
    assert not planted & {key for row in rows for key in row}
    assert all(row["email"].endswith("@example.com") for row in recipients(crowd))
    assert [row_of(row["recipient_id"]) for row in recipients(crowd)] == list(range(50))


def test_purchases_betray_tastes() -> None:
    crowd = make_crowd(2_000, START, 1)
    bought = history(crowd)
    counts = np.zeros((2_000, len(CATEGORIES)))
    np.add.at(counts, (bought.buyer, bought.category), 1)
    for code in range(len(ROLES)):
        of_role = crowd.role == code
        planted, bought_by = crowd.tastes[of_role].mean(axis=0), counts[of_role].sum(axis=0)
        dearest = int((planted > 2 * np.median(planted)).sum())
        assert set(np.argsort(-planted)[:dearest]) == set(np.argsort(-bought_by)[:dearest])


def test_cycles_come_back_in_their_rhythm_and_interest_rises_before() -> None:
    crowd = make_crowd(3_000, START, 1)
    quick = np.flatnonzero((crowd.cycle[:, 1] >= 0) & (crowd.cycle_days[:, 1] < 30))
    bought = history(crowd)
    gaps = []
    for who in quick[:200].tolist():
        mine = np.unique(bought.second[(bought.buyer == who) & (bought.category == crowd.cycle[who, 1])])
        gaps += (np.diff(mine) / DAY / crowd.cycle_days[who, 1]).tolist()
    assert 0.8 < np.median(gaps) < 1.2
    who = quick[:1]
    days = np.arange(60)
    wants = np.array([need(crowd, who, np.array([MONDAY + day * DAY]))[0, crowd.cycle[who[0], 1]] for day in days])
    assert wants.max() > 1.5
    assert wants.min() < 1.4


def test_interest_falls_with_a_showing_and_comes_back(library: Library) -> None:
    crowd = make_crowd(300, START, 1)
    readers = Readers(crowd, library)
    rows = np.arange(300)
    fresh = readers.chances(rows, np.full(300, MONDAY))
    readers.react(letters(300, len(library.modules)))
    worn, later = (readers.chances(rows, np.full(300, MONDAY + days * DAY)) for days in (1, 200))
    subject = crowd.cycle[:, 0] < 0  # a cycle moves interest too
    assert (worn[subject, :5] < fresh[subject, :5]).mean() > 0.95
    assert np.median(later[subject, :5] / fresh[subject, :5]) > 0.9
    assert np.allclose(worn[subject, 5:], fresh[subject, 5:], rtol=0.5)


def test_a_gateway_follows_every_link_at_once_and_people_do_not(library: Library) -> None:
    crowd = make_crowd(2_000, START, 1)
    sent = letters(2_000, len(library.modules))
    clicks = Readers(crowd, library).react(sent).clicks
    by_gateway = np.bincount(clicks.letter[clicks.machine], minlength=2_000)
    assert np.array_equal(by_gateway == 5, crowd.scanned)
    assert (clicks.second[clicks.machine] - MONDAY).max() <= GATEWAY_SECONDS + 1
    assert (clicks.second[~clicks.machine] - MONDAY).min() > GATEWAY_SECONDS


def test_a_proxy_never_carries_its_readers_hour(library: Library) -> None:
    """Loads by proxies are spread evenly over a day, whatever the hour the person reads at."""
    crowd = make_crowd(6_000, START, 1)
    opens = Readers(crowd, library).react(letters(6_000, len(library.modules))).opens
    assert np.array_equal(np.unique(opens.letter[opens.machine]), np.flatnonzero(crowd.proxied))
    hour = (opens.second[opens.machine] - MONDAY) // 3_600
    for early in (True, False):
        some = hour[(crowd.hour[opens.letter[opens.machine]] < 12) == early]
        assert abs(some.mean() - 11.5) < 1.0


def test_a_letter_at_the_dearest_hour_is_worth_more() -> None:
    habit = int(habit_of(np.array([8]), np.array([False]))[0])
    assert attention()[habit, 7] > attention()[habit, 20]


def test_a_weeks_purchases_lie_in_that_week() -> None:
    crowd = make_crowd(300, START, 1)
    assert START.weekday() == 0
    for week in (-2, 0, 3):
        begins = int((START + timedelta(weeks=week)).timestamp())
        bought = week_of(crowd, week)
        assert len(bought) > 0
        assert ((bought.second >= begins) & (bought.second < begins + 7 * DAY)).all()


def test_ranks_agree_as_spearman_says() -> None:
    values = np.array([3.0, 1.0, 2.0, 2.0])
    assert rank_correlation(values, 10 * values) == 1.0
    assert rank_correlation(values, -values) == -1.0
    assert rank_correlation(values, np.ones(4)) == 0.0


def test_played_in_memory_personal_beats_the_holdout_and_never_the_oracle(played: Played) -> None:
    assert played.per_letter(0) > 1.15 * played.per_letter(1)
    assert played.share_of_oracle(column=1) < played.share_of_oracle() <= 1
    assert played.by_machine.sum() > 0
    assert (played.expected <= played.oracle + 1e-9).all()


def test_the_same_play_comes_out_the_same(library: Library, played: Played) -> None:
    again = play(library, 800, 4, seed=3)
    assert np.array_equal(again.clicks, played.clicks)
    assert again.beliefs.values == played.beliefs.values
