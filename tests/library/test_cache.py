"""What the cache gives back is what reading gives; what is damaged, old or too much is as if it were not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from composer.domain.sources import Sources
from composer.library import Cache, OpenLibrary, files, lint, make_sources, open_library, with_files
from composer.library.cache import key_of
from tests.render.letters import opened

TEXT = TypeAdapter(str)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def small() -> Sources:
    """The repository's templates and three of its modules."""
    sources = opened().sources
    modules = sorted(name for name in sources.files if name.startswith("modules/"))[::16][:3]
    files = {name: text for name, text in sources.files.items() if name.startswith("templates/") or name in modules}
    return make_sources(files, sources.unreadable, sources.pictures)


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir())


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that are read from now on, one name each."""
    read: list[str] = []
    real = files.read_one

    def noted(file: str, *rest: object) -> object:
        read.append(file)
        return real(file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("composer.library.files.read_one", noted)
    return read


def same(one: OpenLibrary, other: OpenLibrary) -> bool:
    return (one.library, one.compiled, one.findings, one.samples) == (other.library, other.compiled, other.findings, other.samples)


def test_what_comes_from_the_cache_equals_what_is_read(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = small()
    broken = make_sources({**sources.files, "modules/guide/broken.mjml": "+++\n"}, sources.unreadable, sources.pictures)
    first = open_library(broken, cache)
    read = counting(monkeypatch)
    again = open_library(broken, cache)
    assert same(first, again)
    assert same(first, open_library(broken))
    assert again.findings == lint(broken, cache)
    assert read == sorted(name for name in broken.files if name.startswith("modules/"))  # by the one without a cache


def test_of_a_library_with_one_changed_module_one_is_read(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = small()
    open_library(sources, cache)
    name = min(name for name in sources.files if name.startswith("modules/"))
    changed = make_sources({**sources.files, name: sources.files[name] + "\n"}, sources.unreadable, sources.pictures)
    read = counting(monkeypatch)
    assert same(open_library(changed, cache), open_library(changed))
    assert read[0] == name
    assert read.count(name) == 2
    assert len(read) == 1 + len([name for name in sources.files if name.startswith("modules/")])


def _edited(name: str, old: str, new: str) -> Callable[[Sources], Sources]:
    def edit(sources: Sources) -> Sources:
        assert old in sources.files[name]
        return make_sources({**sources.files, name: sources.files[name].replace(old, new, 1)}, sources.unreadable, sources.pictures)

    return edit


def _one_more_layout(sources: Sources) -> Sources:
    text = sources.files["templates/newsletter/newsletter.mjml"]
    assert 'style = "lead"' in text
    return with_files(sources, {"templates/newsletter/more.mjml": text.replace('style = "lead"', 'style = "note"')})


def _redrawn(sources: Sources) -> Sources:
    return make_sources(sources.files, sources.unreadable, {name: data + b"\0" for name, data in sources.pictures.items()})


@pytest.mark.parametrize(
    "edit",
    [
        _edited("templates/newsletter/brand.toml", 'inset = "', 'inset = "1'),
        _one_more_layout,
        _edited("templates/newsletter/parts/head.mjml", '<mj-class name="title" ', '<mj-class name="title" font-style="italic" '),
        _redrawn,
    ],
    ids=["brand", "layout", "part", "pictures"],
)
def test_everything_a_fragment_depends_on_is_in_its_key(cache: Cache, edit: Callable[[Sources], Sources]) -> None:
    sources = small()
    before = open_library(sources, cache)
    changed = edit(sources)
    assert changed.version != sources.version
    after = open_library(changed, cache)
    assert same(after, open_library(changed))
    assert after.compiled.fragments != before.compiled.fragments


@pytest.mark.parametrize("damage", [b"", b"\n", b"{}", b"x" * 64 + b"\n{}"])
def test_a_damaged_entry_is_read_as_missing_and_written_again(cache: Cache, tmp_path: Path, damage: bytes) -> None:
    cache.save("k", TEXT, "whole")
    entries(tmp_path)[0].write_bytes(damage)
    assert cache.load("k", TEXT) is None
    cache.save("k", TEXT, "whole")
    assert cache.load("k", TEXT) == "whole"


def test_one_changed_bit_is_noticed(cache: Cache, tmp_path: Path) -> None:
    cache.save("k", TEXT, "whole")
    file = entries(tmp_path)[0]
    for at in range(len(whole := file.read_bytes())):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert cache.load("k", TEXT) is None


def test_an_entry_of_another_shape_is_missing(cache: Cache) -> None:
    cache.save("k", TypeAdapter(int), 5)
    assert cache.load("k", TypeAdapter(list[int])) is None


def test_the_folder_stays_within_its_bound_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", most=10_000)
    for number in range(10):
        cache.save(f"k{number}", TEXT, "x" * 2_000)
        os.utime(tmp_path / "cache" / f"k{number}.json", (number, number))
    (tmp_path / "cache" / "k.1.2.tmp").write_bytes(b"left by a process that died")
    os.utime(tmp_path / "cache" / "k.1.2.tmp", (0, 0))
    assert cache.load("k0", TEXT)  # touches it
    cache.trim()
    assert [file.name for file in entries(tmp_path)] == ["k0.json", "k7.json", "k8.json", "k9.json"]


def test_a_folder_that_cannot_be_used_breaks_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for cache in (Cache(None), Cache(tmp_path / "file")):
        cache.save("k", TEXT, "x")
        cache.trim()
        assert cache.load("k", TEXT) is None
    assert (tmp_path / "file").read_text() == "in the way"


@given(st.lists(st.text(max_size=5), max_size=3), st.lists(st.text(max_size=5), max_size=3))
def test_keys_are_equal_only_for_equal_parts(one: list[str], other: list[str]) -> None:
    assert (key_of(*one) == key_of(*other)) == (one == other)
