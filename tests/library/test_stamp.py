"""The library is read again when a file of it is another one, and not before."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine

import composer.app as wiring
from composer.app import App
from composer.config import LibrarySection, Settings
from composer.library import Sources, read_sources
from tests.conftest import REPOSITORY

LONG_AGO = 1_700_000_000


class Looks:
    """An installation with a library of its own, how often its files were read, and a clock that is set by hand."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("modules", "templates/newsletter"):
            shutil.copytree(REPOSITORY / name, folder / name)
        for file in folder.rglob("*"):
            os.utime(file, (LONG_AGO, LONG_AGO))
        settings = Settings(library=LibrarySection(modules=Path("modules"), templates=Path("templates")), folder=folder)
        self.app, self.folder, self.seconds, self.readings = App(settings, create_engine("sqlite://"), bytes(32)), folder, 0.0, 0
        self.file = next((folder / "modules").rglob("*.mjml"))
        monkeypatch.setattr(wiring, "read_sources", self._read)
        monkeypatch.setattr(wiring, "monotonic", lambda: self.seconds)

    def _read(self, *places: Path) -> Sources:
        self.readings += 1
        return read_sources(*places)

    def right(self) -> bool:
        return self.app.sources() == read_sources(self.folder / "modules", self.folder / "templates")


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(tmp_path, monkeypatch)


def test_files_that_have_stood_for_a_while_are_read_once(looks: Looks) -> None:
    for looks.seconds in (0, 1, 2, 3, 100):
        assert looks.right()
    assert looks.readings == 3


def test_every_change_is_seen(looks: Looks) -> None:
    for looks.seconds in (0, 5, 9):
        assert looks.right()
    text, other = looks.file.read_text(encoding="utf-8"), looks.file.with_name("another.mjml")
    for change in (
        lambda: looks.file.write_text(text.replace("e", "a", 1), encoding="utf-8"),  # as long as before
        lambda: looks.file.rename(other),
        other.unlink,
        lambda: (looks.folder / "templates" / "newsletter" / "note.txt").write_text("new"),
    ):
        change()
        assert looks.right()


def test_a_second_change_within_one_tick_of_the_file_systems_clock_is_seen(looks: Looks) -> None:
    assert looks.right()
    text = looks.file.read_text(encoding="utf-8")
    for letter in "ab":
        looks.file.write_text(text.replace("e", letter, 1), encoding="utf-8")
        os.utime(looks.file, (LONG_AGO, LONG_AGO))  # same time, size and inode
        looks.seconds += 0.9
        assert looks.right()
