"""The import contracts hold, and each one breaks when it is broken on purpose."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = {c["id"]: c["name"] for c in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]}

# contract -> planted files {file in composer/: text}, and the import that its report must name
OFFENCES: dict[str, tuple[dict[str, str], str]] = {
    "layers": (
        {"domain/planted_up.py": "import composer.render.planted_leaf"},
        "composer.domain.planted_up -> composer.render.planted_leaf",
    ),
    "pure": ({"decide/planted_clock.py": "import time"}, "composer.decide.planted_clock -> time"),
    "strangers-learn-decide": (
        {"learn/planted_peek.py": "import composer.decide.planted_leaf"},
        "composer.learn.planted_peek -> composer.decide.planted_leaf",
    ),
    "strangers-rules": (
        {"decide/eligibility/planted_a.py": "import composer.decide.eligibility.planted_b"},
        "composer.decide.eligibility.planted_a -> composer.decide.eligibility.planted_b",
    ),
    "strangers-signals": (
        {"decide/signals/planted_a.py": "import composer.decide.signals.planted_b"},
        "composer.decide.signals.planted_a -> composer.decide.signals.planted_b",
    ),
    "strangers-edges": (
        {"sources/planted_mail.py": "import composer.transports.planted_leaf"},
        "composer.sources.planted_mail -> composer.transports.planted_leaf",
    ),
    "sql": ({"web/planted_query.py": "import sqlite3"}, "composer.web.planted_query -> sqlite3"),
    "mjml": ({"web/planted_markup.py": "import mjml"}, "composer.web.planted_markup -> mjml"),
    "jinja": ({"cli/_planted_page.py": "import jinja2"}, "composer.cli._planted_page -> jinja2"),
    "acyclic": (
        {"store/planted_there.py": "import composer.store.planted_back", "store/planted_back.py": "import composer.store.planted_there"},
        ".planted_there -> .planted_back",
    ),
}
LEAVES = ["render", "decide", "transports", "decide/eligibility", "decide/signals"]


def lint(folder: Path) -> dict[str, str]:
    """Run the linter in `folder` and return {contract name: its report}; a kept contract reports nothing."""
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "COLUMNS": "240", "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
    )
    assert "Broken contracts" in run.stdout or run.returncode == 0, run.stdout + run.stderr
    reports = dict.fromkeys(CONTRACTS.values(), "")
    for name in reports:
        verdict = re.search(re.escape(name) + r".*?(KEPT|BROKEN)", run.stdout, re.DOTALL)
        assert verdict, f"no verdict on: {name}\n{run.stdout}"
        if verdict[1] == "BROKEN":
            detail = re.search(re.escape(name) + r"\n-{3,}\n(.*?)(?=\n[^\n]+\n-{10,}\n|\Z)", run.stdout, re.DOTALL)
            reports[name] = detail[1] if detail else "BROKEN"
    return reports


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The reports on a copy of the package in which every contract is broken by planted files."""
    copy = tmp_path_factory.mktemp("laws")
    shutil.copytree(ROOT / "composer", copy / "composer", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for folder in LEAVES:
        name = "planted_b" if "/" in folder else "planted_leaf"
        (copy / "composer" / folder / f"{name}.py").write_text('"""A planted file that others must not import."""\n')
    for files, _ in OFFENCES.values():
        for file, text in files.items():
            (copy / "composer" / file).write_text(f'"""A planted offence."""\n{text}\n')
    return lint(copy)


def test_all_contracts_hold() -> None:
    assert {name: report for name, report in lint(ROOT).items() if report} == {}


def test_every_contract_has_its_offence() -> None:
    assert OFFENCES.keys() == CONTRACTS.keys()


@pytest.mark.parametrize("contract", OFFENCES)
def test_a_contract_breaks_when_broken_on_purpose(contract: str, broken: dict[str, str]) -> None:
    _, offence = OFFENCES[contract]
    report = broken[CONTRACTS[contract]]
    importer, imported = offence.split(" -> ")
    assert re.search(rf"{re.escape(importer)}.*{re.escape(imported)}", report, re.DOTALL), report
