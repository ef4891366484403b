"""The reference pages say what the code does: commands, campaign keys, module keys, fields, checks, dependencies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from composer.library import Sources, lint
from composer.library.module_file import KEYS as MODULE_KEYS
from composer.sources import KINDS
from composer.store.campaign_file import CampaignKeys
from tools.document_checks import FILE as CHECKS
from tools.document_checks import reference as list_of_checks
from tools.document_commands import FILE as COMMANDS
from tools.document_commands import reference as list_of_commands

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def keys_of_tables(page: str) -> set[str]:
    """Return every word in code quotes in the first cells of a page's tables."""
    cells = re.findall(r"^\| (`.*?) \|", text(page), re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([a-z_0-9]+)`", cell)}


def test_the_command_reference_is_written_from_the_commands() -> None:
    assert COMMANDS.read_text(encoding="utf-8") == list_of_commands(), "run 'make docs'"


def test_every_campaign_key_is_explained() -> None:
    assert keys_of_tables("docs/campaigns.md") == set(CampaignKeys.model_fields)


def test_every_module_key_is_explained() -> None:
    assert set(MODULE_KEYS) <= keys_of_tables("docs/modules.md")


def test_the_module_in_the_docs_is_a_good_module() -> None:
    example = re.search(r"```\n(\+\+\+\n.*?)```", text("docs/modules.md"), re.DOTALL)
    assert example
    folder = ROOT / "templates" / "newsletter"
    files = {f"templates/newsletter/{path.relative_to(folder)}": text(str(path)) for path in folder.rglob("*.*")}
    files["modules/category/eggs.mjml"] = example[1]
    wrong = [finding for finding in lint(Sources(files, "docs")) if finding.severity == "error"]
    assert wrong == []


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    names = {match[0] for name in wanted if (match := re.match(r"[\w-]+", name))}
    page = text("docs/dependencies.md")
    assert {name for name in names if not re.search(rf"^\|[^|]*\b{re.escape(name)}\b", page, re.MULTILINE)} == set()


def test_the_list_of_checks_is_written_from_the_checks() -> None:
    assert CHECKS.read_text(encoding="utf-8") == list_of_checks(), "run 'make docs'"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_is_there(page: Path) -> None:
    words = page.read_text(encoding="utf-8")
    names = re.findall(r"`((?:composer|docs|examples|tests|templates|tools|bench|requirements)/[\w./-]*\w)/?`", words)
    links = re.findall(r"\]\(([^)#:]+)\)", words)
    missing = [name for name in names if not (ROOT / name).exists()] + [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_every_column_of_an_import_is_explained() -> None:
    page = text("docs/importing.md")
    for kind, columns in KINDS.items():
        row = re.search(rf"^\| `{kind}` \| (.*) \|$", page, re.MULTILINE)
        assert row, kind
        assert row[1].split(", ") == [f"**{column.name}**" if column.required else column.name for column in columns]
