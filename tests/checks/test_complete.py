"""The list of laws, the tables that judge them and the faults they are tried with belong together."""

from __future__ import annotations

from composer.render import QUICK, WHOLE
from composer.render.check_piece import FRAGMENT, FRAME
from composer.render.laws import BY_NAME, LAWS
from tests.checks import test_every, test_piece, test_whole

FAULTS = {
    "piece": [name for name, _, _ in (*test_piece.FRAGMENTS, *test_piece.FRAMES)] + ["C05"],
    "every": [name for name, _, _ in test_every.FAULTS],
    "whole": [name for name, _, _ in test_whole.FAULTS],
}
CHECKS = {"piece": (*FRAGMENT, *FRAME), "every": QUICK, "whole": WHOLE}


def test_every_law_has_a_name_of_its_own_and_is_a_sentence() -> None:
    assert len(BY_NAME) == len(LAWS)
    assert all(law.says.endswith(".") for law in LAWS)


def test_every_check_judges_a_law_of_the_list() -> None:
    assert {name for checks in CHECKS.values() for name, _ in checks} <= set(BY_NAME)


def test_every_law_is_judged_somewhere_or_says_who_holds_it() -> None:
    judged = {name for checks in CHECKS.values() for name, _ in checks}
    assert [law.name for law in LAWS if law.name not in judged and not law.elsewhere] == []


def test_no_check_of_any_tier_is_without_a_fault_that_it_must_see() -> None:
    for tier, checks in CHECKS.items():
        assert {name for name, _ in checks} - set(FAULTS[tier]) == set(), tier


def test_the_suite_seeds_more_than_the_84_faults_of_the_prototype() -> None:
    assert sum(map(len, FAULTS.values())) >= 84
    assert len({name for names in FAULTS.values() for name in names}) >= 60


def test_a_law_is_judged_once_in_a_tier() -> None:
    for tier in ("every", "whole"):
        names = [name for name, _ in CHECKS[tier]]
        assert len(set(names)) == len(names)
