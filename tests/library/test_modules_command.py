"""`composer modules` works on files alone."""

from __future__ import annotations

import json
import re
import shutil
from html import escape
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from composer.cli import modules
from composer.cli._context import Context
from composer.errors import UsageError
from tests.bad_input.modules.cases import CASES
from tests.render.letters import REPOSITORY, opened


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration beside copies of the library, and no database."""
    for name in ("modules", "templates"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / "config.toml").write_text("")
    return tmp_path / "config.toml"


def run(config: Path, *words: str) -> tuple[int, str]:
    app = Typer()
    app.callback()(lambda: None)
    modules.register(app)
    result = CliRunner().invoke(app, ["modules", *words], obj=Context(config))
    if isinstance(result.exception, UsageError):
        raise result.exception
    return result.exit_code, result.stdout


def test_list_gives_a_row_for_every_module(config: Path) -> None:
    code, out = run(config, "list", "--json")
    rows = json.loads(out)
    assert code == 0
    assert [row["module"] for row in rows] == list(opened().library.names)
    assert run(config, "list")[1].count("\n") == len(rows)


def test_lint_of_a_good_library_is_silent_and_ends_well(config: Path) -> None:
    assert run(config, "lint") == (0, "errors: 0, warnings: 0\n")
    assert run(config, "lint", "--json") == (0, "[]\n")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_lint_of_a_broken_module_tells_it_and_exits_1(config: Path, case: Path) -> None:
    shutil.rmtree(config.parent / "modules")
    shutil.copytree(case / "modules", config.parent / "modules")
    code, out = run(config, "lint")
    expected = (case / "expected.txt").read_text(encoding="utf-8")
    assert (code, out[: len(expected)]) == (1, expected)
    code, out = run(config, "lint", "--json")
    assert code == 1
    assert {tuple(row) for row in json.loads(out)} == {("file", "line", "column", "severity", "message")}


def test_show_prints_the_text_and_writes_a_page(config: Path, tmp_path: Path) -> None:
    page = tmp_path / "x.html"
    code, out = run(config, "show", "feature/replay-at-night", "--language", "fi", "--variant", "technical", "--html", str(page))
    assert code == 0
    assert "idempotenssiavain" in out
    assert re.search(r"^picture: +night-replay.png$", out, re.MULTILINE)
    assert re.search(r"^calls: +discover, ", out, re.MULTILINE)
    assert "idempotenssiavain" in page.read_text(encoding="utf-8")


def test_show_without_a_name_writes_every_module_in_every_variant(config: Path, tmp_path: Path) -> None:
    page = tmp_path / "gallery.html"
    shutil.rmtree(config.parent / "modules")
    for name in ("guide/first-week", "survey/what-next"):
        (config.parent / "modules" / name).parent.mkdir(parents=True)
        shutil.copy(REPOSITORY / "modules" / f"{name}.mjml", config.parent / "modules" / f"{name}.mjml")
    (config.parent / "modules" / "guide" / "broken.mjml").write_text("broken")
    code, out = run(config, "show", "--html", str(page), "--json")
    assert (code, json.loads(out)) == (0, {"file": str(page), "modules": 2})
    html = page.read_text(encoding="utf-8")
    assert set(re.findall(r'<article class="card g-module" id="([^"]+)"', html)) == {"guide.first-week", "survey.what-next"}
    assert "modules/guide/broken.mjml:1" in html
    assert "no front matter" in html
    for (name, language, variant, style), fragment in opened().compiled.fragments.items():
        if name in ("guide/first-week", "survey/what-next") and style == "":
            first = escape(fragment.text.partition("\n")[0].replace("{{ link }}", ""))
            assert first in html, (name, language, variant)
    assert html.count("In plain text, as a row") == len(
        [key for key in opened().compiled.fragments if key[0] == "guide/first-week" and not key[3]]
    )
    shown = set(re.findall(r"content:var\((--picture-[\w-]+)\)", html))
    assert shown
    assert all(f"{name}:url(data:image/png;base64," in html for name in shown)
    # Nothing beside the page is needed, and nothing of it runs.
    loaded = re.findall(r'\ssrc="(?!data:)|<link\b|<script\b|url\((?!data:)|@import', html)
    assert loaded == []
    assert "{{" not in html
    assert "{%" not in html


def test_fix_corrects_the_files_and_says_so(config: Path) -> None:
    file = config.parent / "modules" / "guide" / "first-week.mjml"
    good = file.read_bytes()
    wrong = good.replace(b"mj-column>", b"mj-colum>").replace(b'mj-class="card"', b"mj-class=card")
    file.write_bytes(wrong)
    file.chmod(0o640)
    code, out = run(config, "lint")
    assert (code, file.read_bytes()) == (1, wrong)
    code, out = run(config, "lint", "--fix")
    assert (code, file.read_bytes(), file.stat().st_mode & 0o777) == (0, good, 0o640)
    assert out.count("corrected: ") == 2
    assert out.endswith("errors: 0, warnings: 0\n")
    assert sorted(path.name for path in file.parent.iterdir() if path.name.startswith(".")) == []
    assert run(config, "lint", "--fix", "--json") == (0, "[]\n")


def test_show_names_what_is_there_when_asked_for_what_is_not(config: Path, tmp_path: Path) -> None:
    for words, do in (
        (("x/y",), "modules list"),
        (("guide/first-week", "--language", "sv"), "Languages: en, fi"),
        (("guide/first-week", "--html", str(tmp_path / "no" / "x.html")), "folder that exists"),
    ):
        with pytest.raises(UsageError) as raised:
            run(config, "show", *words)
        assert do in raised.value.do
    (config.parent / "modules" / "guide" / "first-week.mjml").write_text("broken")
    with pytest.raises(UsageError, match="no front matter"):
        run(config, "show", "guide/first-week")
