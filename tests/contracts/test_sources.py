"""What every source keeps to; a new file in composer/sources is tested by being there."""

from __future__ import annotations

import gzip
import inspect
from pathlib import Path

import pytest

from composer import sources
from composer.discover import discover
from composer.sources import Damaged

FILES = discover(sources)
ENDINGS = [(name, suffix) for name, file in FILES.items() for suffix in file.SUFFIXES]


def ignore(part: float) -> None:
    assert 0 <= part <= 1


@pytest.mark.parametrize("name", FILES)
def test_a_source_names_its_endings_and_reads(name: str) -> None:
    file = FILES[name]
    assert file.SUFFIXES
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in file.SUFFIXES)
    assert list(inspect.signature(file.read).parameters) == ["file", "progress"]


def test_no_two_sources_answer_to_one_ending() -> None:
    endings = [suffix for _, suffix in ENDINGS]
    assert len(set(endings)) == len(endings)


@pytest.mark.parametrize(("name", "suffix"), ENDINGS)
def test_an_empty_file_is_damaged_or_holds_nothing(name: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"empty{suffix}"
    file.write_bytes(gzip.compress(b"") if suffix.endswith(".gz") else b"")
    try:
        found = list(FILES[name].read(file, ignore).rows)
    except Damaged:
        found = []
    assert found == []


@pytest.mark.parametrize(("name", "suffix"), ENDINGS)
def test_noise_is_damaged_and_never_crashes(name: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"noise{suffix}"
    file.write_bytes(bytes(range(256)) * 50)
    with pytest.raises(Damaged):
        list(FILES[name].read(file, ignore).rows)
