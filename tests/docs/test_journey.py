"""The journey example is whole: its files agree with each other, and setup makes an installation that plans."""

from __future__ import annotations

import csv
import gzip
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from composer.library import open_library, read_sources
from tests.kept import KEPT

ROOT = Path(__file__).parents[2]
JOURNEY = ROOT / "examples" / "journey"
NOW = "2017-10-16T06:00:00Z"


def script(name: str) -> ModuleType:
    """Import one of the example's scripts."""
    loader = importlib.machinery.SourceFileLoader(name, str(JOURNEY / name))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec
    found = importlib.util.module_from_spec(spec)
    loader.exec_module(found)
    return found


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(JOURNEY / "sample" / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_modules_are_those_the_script_writes() -> None:
    make = script("make_modules").module
    words = tomllib.loads((JOURNEY / "categories.toml").read_text(encoding="utf-8"))
    written = {file.stem: file.read_text(encoding="utf-8") for file in (JOURNEY / "modules" / "category").glob("*.mjml")}
    assert written == {slug: make(slug, texts) for slug, texts in words.items()}
    assert len(written) == 47


def test_the_library_opens_without_errors_and_no_group_dominates() -> None:
    opened = open_library(read_sources(JOURNEY / "modules", ROOT / "templates"), KEPT)
    assert [finding for finding in opened.findings if finding.severity == "error"] == []
    groups = Counter(module.group for module in opened.library.modules)
    assert groups.total() == 47
    assert len(groups) >= 8
    assert max(groups.values()) <= 47 // 6


def test_every_category_is_sold_in_the_sample() -> None:
    words = tomllib.loads((JOURNEY / "categories.toml").read_text(encoding="utf-8"))
    sold = {row["product_category"] for row in rows("products.csv.gz")}
    assert {texts["category"] for texts in words.values()} <= sold


def test_the_sample_is_small_and_keeps_its_dirt() -> None:
    assert sum(file.stat().st_size for file in (JOURNEY / "sample").iterdir()) <= 2_000_000
    orders, products = rows("orders.csv.gz"), {row["product_id"] for row in rows("products.csv.gz")}
    assert any(row["product_id"] not in products for row in orders)
    assert any(row["quantity"] == "0" for row in orders)


def composer(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "composer", "--config", str(folder / "config.toml"), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=quiet()).stdout


def quiet() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("COMPOSER_")}


def set_up(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, JOURNEY / "setup", folder, *words], capture_output=True, text=True, check=False, env=quiet())


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, set up once for the tests of this file."""
    folder = tmp_path_factory.mktemp("journey") / "shop"
    done = set_up(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def plan(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in composer(folder, "plan", "weekly", "--now", NOW, "--json").splitlines()]


@pytest.fixture(scope="module")
def planned(installation: Path) -> list[dict[str, Any]]:
    return plan(installation)


def test_everybody_of_the_sample_has_a_line_with_four_to_six_blocks_or_a_reason(planned: list[dict[str, Any]]) -> None:
    lines = planned
    assert len(lines) == len({line["recipient"] for line in lines}) == 199
    for line in lines:
        names = [block["module"] for block in line["blocks"]]
        assert (not names and line["skipped"]) or (4 <= len(names) <= 6 and len(set(names)) == len(names)), line
    assert sum(bool(line["blocks"]) for line in lines) > 190


def test_nothing_bought_in_the_last_eight_weeks_is_offered(planned: list[dict[str, Any]]) -> None:
    words = tomllib.loads((JOURNEY / "categories.toml").read_text(encoding="utf-8"))
    slug = {texts["category"]: f"category/{name}" for name, texts in words.items()}
    category = {row["product_id"]: row["product_category"] for row in rows("products.csv.gz")}
    owned: set[tuple[str, str]] = set()
    for row in rows("orders.csv.gz"):
        module = slug.get(category.get(row["product_id"], ""))
        if module and "2017-08-21T06:00:00" < row["ordered_at"] <= "2017-10-16T06:00:00":
            owned.add((row["recipient_id"], module))
    offered = {(line["recipient"], block["module"]) for line in planned for block in line["blocks"]}
    assert offered
    assert not offered & owned


def test_setting_up_again_changes_nothing(installation: Path, planned: list[dict[str, Any]]) -> None:
    again = set_up(installation)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "orders: 86796 rows, 0 added, 0 changed, 86796 same" in again.stdout
    assert plan(installation) == planned


def test_a_real_failure_stops_setup(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for file in (JOURNEY / "sample").iterdir():
        (data / file.name).write_bytes(file.read_bytes())
    whole = (data / "products.csv.gz").read_bytes()
    (data / "products.csv.gz").write_bytes(whole[: len(whole) // 2])
    done = set_up(tmp_path / "shop", str(data))
    assert done.returncode == 1
    assert "setup:" in done.stderr
    assert not (tmp_path / "shop" / "consents.csv").exists()
