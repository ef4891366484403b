"""Pictures answer under a name that holds their content: from disk, and from what editions were approved with for ever."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from composer.domain.sources import Sources, picture_file
from composer.library import make_sources, read_sources
from composer.library.pictures import LARGEST, read_pictures
from composer.store.engine import reading, writing
from composer.store.library_versions import keep_sources, load_sources
from tests.web.world import NOW, World

REPOSITORY = Path(__file__).parents[2]
FOREVER = "public, max-age=31536000, immutable"


def png(width: int = 4, height: int = 2, more: bytes = b"") -> bytes:
    """The start and the end of a PNG of this size: as much as anybody here looks at."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, 8, 3, 0, 0, 0, 0) + more + END


END = b"\0\0\0\0IEND\xae\x42\x60\x82"


def jpeg(width: int, height: int) -> bytes:
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    return b"\xff\xd8" + app0 + b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9) + b"\xff\xd9"


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    """The pictures of an installation with templates of its own."""
    section = world.app.settings.library.model_copy(update={"templates": tmp_path / "templates"})
    object.__setattr__(world, "app", dataclasses.replace(world.app, settings=world.app.settings.model_copy(update={"library": section})))
    (made := tmp_path / "templates" / "pictures").mkdir(parents=True)
    return made


def keep(world: World, sources: Sources) -> None:
    with writing(world.app.engine) as db:
        keep_sources(db, sources, NOW)


def test_a_picture_on_disk_is_served_for_ever_to_every_site(world: World, folder: Path) -> None:
    (folder / "storm.png").write_bytes(data := png())
    with world.client() as client:
        answer = client.get(f"/pictures/{picture_file('storm.png', data)}")
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, data, "image/png")
        assert answer.headers["cache-control"] == FOREVER
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        head = client.head(f"/pictures/{picture_file('storm.png', data)}")
        assert (head.status_code, head.content) == (200, b"")


def test_a_redrawn_picture_has_another_address_and_the_approved_one_keeps_answering(world: World, folder: Path) -> None:
    old, new = png(), png(more=b"redrawn")
    keep(world, make_sources({}, {}, {"storm.png": old}))
    (folder / "storm.png").write_bytes(new)
    with world.client() as client:
        assert client.get(f"/pictures/{picture_file('storm.png', old)}").content == old
        assert client.get(f"/pictures/{picture_file('storm.png', new)}").content == new
        (folder / "storm.png").unlink()
        assert client.get(f"/pictures/{picture_file('storm.png', old)}").content == old
        assert client.get(f"/pictures/{picture_file('storm.png', new)}").status_code == 404


@pytest.mark.parametrize(
    "file",
    [
        "storm.png",
        "storm.00000000.png",
        "STORM.00000000.png",
        "storm.00000000.svg",
        "..%2F..%2Fsecret.00000000.png",
        "storm.%2e%2e.png",
        "x" * 5000,
    ],
)
def test_other_names_are_a_calm_404(world: World, folder: Path, file: str) -> None:
    (folder / "storm.png").write_bytes(png())
    with world.client() as client:
        answer = client.get(f"/pictures/{file}")
        assert answer.status_code == 404
        assert answer.headers["cache-control"] == "no-store"


def test_a_link_out_of_the_folder_is_not_followed(world: World, folder: Path) -> None:
    (folder.parent / "secret.png").write_bytes(data := png(more=b"secret"))
    (folder / "storm.png").symlink_to(folder.parent / "secret.png")
    with world.client() as client:
        assert client.get(f"/pictures/{picture_file('storm.png', data)}").status_code == 404


def test_many_people_behind_one_proxy_all_see_their_pictures(world: World, folder: Path) -> None:
    (folder / "storm.png").write_bytes(data := png())
    with world.client(rate_limit=2) as client:
        answers = [client.get(f"/pictures/{picture_file('storm.png', data)}").status_code for _ in range(5)]
        assert answers == [200] * 5


def test_a_version_comes_back_with_its_pictures_and_each_content_is_stored_once(world: World) -> None:
    first = read_sources(REPOSITORY / "modules", REPOSITORY / "templates")
    changed = {**first.pictures, "storm.png": png()}
    second = make_sources(first.files, first.unreadable, changed)
    assert first.pictures
    assert first.version != second.version
    for sources in (first, second, second):
        keep(world, sources)
    with reading(world.app.engine) as db:
        for sources in (first, second):
            kept = load_sources(db, sources.version)
            assert (kept.files, kept.pictures, kept.version) == (sources.files, sources.pictures, sources.version)
    assert len(world.dump()["pictures"]) == len({picture_file(*one) for one in (*first.pictures.items(), *changed.items())})


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.png", png(more=bytes(LARGEST)), "is larger than 60 kB"),
        ("a.png", jpeg(4, 2), "is no PNG picture by its first bytes"),
        ("a.jpg", png(), "is no JPEG picture by its first bytes"),
        ("a.png", png(5, 2), "is 5 by 2 pixels: letters show pictures twice as wide as high"),
        ("a.png", png(0, 0), "is 0 by 0 pixels"),
        ("a.png", png()[:20], "is no PNG"),
        ("a.png", b"<svg/>", "is no PNG"),
        ("a.jpg", jpeg(5, 2), "is 5 by 2 pixels"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x00" * 100, "is no JPEG"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "is no JPEG"),
        ("a.png", png()[:-1], "is cut off"),
        ("a.png", png() + b"<script>", "has something behind its end"),
        ("a.jpg", jpeg(4, 2)[:-1], "is cut off"),
        ("a.png", png(100_000, 50_000), "is 100000 pixels wide, 4096 are allowed"),
        ("a.gif", b"GIF89a", "is no PNG or JPEG named in small letters"),
        ("A b.png", png(), "is no PNG or JPEG named in small letters"),
    ],
)
def test_what_is_no_picture_for_letters_is_told(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    pictures, wrong = read_pictures(tmp_path)
    assert pictures == {}
    assert said in wrong[name]


def test_both_kinds_of_picture_are_taken(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1232, 616))
    (tmp_path / "b.jpg").write_bytes(jpeg(1232, 616))
    assert sorted(read_pictures(tmp_path)[0]) == ["a.png", "b.jpg"]
    assert read_pictures(tmp_path)[1] == {}


def test_every_picture_of_the_library_answers_where_its_letters_look_for_it(client: TestClient, world: World) -> None:
    sources = world.app.sources()
    assert sources.pictures
    for name, data in sources.pictures.items():
        assert client.get(f"/pictures/{picture_file(name, data)}").content == data
