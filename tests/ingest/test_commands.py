"""The commands around people's data, from the shell's side."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bad_input.cases import run


@pytest.fixture
def installation(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database of two people, which is the working folder."""
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var" / "composer.db")
    (tmp_path / "var" / "secret.key").write_text("00" * 32)
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text("recipient_id,email,first_name\nr1,ann@example.com,Ann\nr2,bo@example.com,Bo\n", encoding="utf-8")
    Path("said.csv").write_text("recipient_id,purpose,state\nr1,letters,granted\nr2,letters,granted\n", encoding="utf-8")
    assert run(["import", "recipients", "people.csv"])[0] == 0
    assert run(["import", "consents", "said.csv"])[0] == 0
    return tmp_path


def answer(*arguments: str) -> dict[str, object]:
    code, printed = run([*arguments, "--json"])
    assert code == 0, printed
    document: dict[str, object] = json.loads(printed)
    return document


@pytest.mark.usefixtures("installation")
def test_an_import_reports_in_json() -> None:
    assert answer("import", "recipients", "people.csv") == {
        "kind": "recipients",
        "file": "people.csv",
        "dry_run": False,
        "rows": 2,
        "added": 0,
        "changed": 0,
        "same": 2,
        "refused_count": 0,
        "refused": [],
        "warning_count": 0,
        "warnings": [],
        "note_count": 0,
        "notes": [],
        "extra_columns": [],
    }


@pytest.mark.usefixtures("installation")
def test_a_person_is_shown_by_id_and_by_address() -> None:
    shown = answer("recipient", "show", "r1")
    assert shown == answer("recipient", "show", "Ann@EXAMPLE.com")
    assert (shown["first_name"], shown["granted"], shown["suppressed"], shown["orders"]) == ("Ann", ["letters"], [], 0)
    code, printed = run(["recipient", "show", "r1"])
    assert code == 0
    assert "first_name: Ann" in printed


@pytest.mark.usefixtures("installation")
def test_two_exports_differ_only_in_their_time() -> None:
    first, second = answer("recipient", "export", "r1"), answer("recipient", "export", "r1")
    assert first.pop("exported_at")
    assert second.pop("exported_at")
    assert first == second


@pytest.mark.usefixtures("installation")
def test_an_address_stands_for_everybody_who_has_it() -> None:
    Path("more.csv").write_text("recipient_id,email\nr3,ANN@example.com\n", encoding="utf-8")
    run(["import", "recipients", "more.csv"])
    found = answer("recipient", "export", "ann@example.com")
    assert [other["recipient"]["recipient_id"] for other in found["same_address"]] == ["r3"]  # type: ignore[attr-defined]
    assert answer("recipient", "erase", "ann@example.com") == {"erased": 2, "letters": 0, "clean": True}
    code, printed = run(["recipient", "show", "ann@example.com"])
    assert code == 1
    assert "suppression list" in printed
    assert "ann@" not in printed


@pytest.mark.usefixtures("installation")
def test_a_backup_comes_back_without_those_erased_since() -> None:
    assert run(["backup", "b.zip"])[0] == 0
    assert run(["recipient", "erase", "r1"])[0] == 0
    Path("late.csv").write_text("recipient_id,email\nr9,late@example.com\n", encoding="utf-8")
    assert run(["import", "recipients", "late.csv"])[0] == 0
    restored = answer("restore", "b.zip")
    assert (restored["erasures"], restored["suppressions"]) == (1, 1)
    assert run(["recipient", "show", "r1"])[0] == run(["recipient", "show", "r9"])[0] == 1
    assert answer("recipient", "show", "r2")["granted"] == ["letters"]


def test_a_lost_installation_comes_back_from_its_backup_alone(installation: Path) -> None:
    assert run(["backup", "b.zip"])[0] == 0
    shutil.rmtree(installation / "var")
    assert run(["restore", "b.zip"])[0] == 0
    assert answer("recipient", "show", "r1")["first_name"] == "Ann"
    assert (installation / "var" / "secret.key").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("installation")
def test_migrate_says_where_the_database_is() -> None:
    assert answer("migrate") == {"before": "0004", "after": "0004"}


@pytest.mark.parametrize("terminal", [False, True])
def test_the_progress_bar_is_for_terminals_only(installation: Path, terminal: bool) -> None:
    parent, child = pty.openpty() if terminal else os.pipe()
    with os.fdopen(parent, "rb", buffering=0) as screen:
        environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[2])}
        process = subprocess.Popen(
            [sys.executable, "-m", "composer", "import", "recipients", "people.csv"],
            cwd=installation,
            stdout=subprocess.PIPE,
            stderr=child,
            env=environment,
        )
        os.close(child)
        out, _ = process.communicate(timeout=60)
        try:
            seen = screen.read(10_000)
        except OSError:  # Linux says so when nobody is left at the other end
            seen = b""
    assert out.decode() == "recipients: 2 rows: 0 new, 0 changed, 2 as before, 0 refused\n"
    assert (b"importing" in seen) == terminal
