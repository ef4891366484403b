"""`composer condition` and the pins of `campaign create`, as operators use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import ComposerError, Refused, UsageError
from tests.path.rows import NOW
from tests.path.test_commands import answer, composer, configured

__all__ = ["configured"]
AT = ("--now", NOW.isoformat())


def test_a_condition_is_set_listed_and_ended(configured: Path) -> None:
    told = answer(configured, "condition", "set", "storm", "--until", "2026-03-03T12:00Z", *AT, "--json")
    assert told == {
        "condition": "storm",
        "region": "",
        "since": "2026-03-02T09:00:00Z",
        "until": "2026-03-03T12:00:00Z",
        "holds": True,
        "people": 3,
        "modules": ["notice/storm"],
    }
    assert answer(configured, "condition", "list", *AT, "--json") == [told]
    listed = composer(configured, "condition", "list", *AT)
    assert listed.stdout == "storm everywhere until 2026-03-03 12:00 UTC: 3 people, notice/storm\n".replace("in everywhere", "everywhere")
    assert answer(configured, "condition", "end", "storm", *AT, "--json")["ended"] == 1
    assert answer(configured, "condition", "list", *AT, "--json") == []


def test_a_region_that_nobody_lives_in_and_a_name_that_no_module_knows_are_told(configured: Path) -> None:
    result = composer(configured, "condition", "set", "strom", "--region", "Pirkanma", *AT)
    assert result.exit_code == 0
    assert result.stdout == "strom in Pirkanma until it is ended: 0 people, no module\n"
    assert "nobody is known to be in 'Pirkanma'" in result.stderr
    assert 'when = "strom"' in result.stderr


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (("set", "A storm"), UsageError, "is no name of a condition"),
        (("set", "storm", "--until", "2026-03-02T08:00Z"), UsageError, "over before it holds"),
        (("end", "storm"), Refused, "'storm' is not reported"),
    ],
)
def test_what_cannot_be_meant_is_refused(configured: Path, words: tuple[str, ...], kind: type[ComposerError], said: str) -> None:
    result = composer(configured, "condition", *words, *AT)
    assert (type(result.exception), result.stdout) == (kind, "")
    assert said in str(result.exception)


def test_pins_that_no_letter_can_hold_are_refused_with_file_key_and_what_to_do(configured: Path, tmp_path: Path) -> None:
    file = tmp_path / "spring.toml"
    file.write_text('name = "spring"\nmandatory = ["notice/strom"]\n')
    result = composer(configured, "campaign", "create", str(file))
    assert isinstance(result.exception, UsageError)
    assert (result.exception.where, result.exception.what) == (str(file), "mandatory: there is no module 'notice/strom'")
    assert "composer modules list" in result.exception.do
    file.write_text('name = "spring"\nmandatory = ["notice/storm"]\npinned = ["guide/*"]\napart = "none"\n')
    shown = answer(configured, "campaign", "create", str(file), "--json")
    assert (shown["mandatory"], shown["pinned"], shown["apart"]) == (["notice/storm"], ["guide/*"], "none")
