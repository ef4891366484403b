"""The library's pictures are what the script draws: same pixels, small enough, all named in their README."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from composer.library.pictures import LARGEST, trouble
from tools.draw_pictures import FOLDER, SCENES, picture
from tools.drawing.canvas import HEIGHT, WIDTH


def test_every_file_is_drawn_and_every_scene_is_a_file() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.png")) == sorted(SCENES)
    assert [path.name for path in FOLDER.iterdir() if path.suffix not in (".png", ".md")] == []


def test_the_readme_lists_every_picture_once() -> None:
    listed = re.findall(r"^\| ([\w-]+)\.png \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == sorted(SCENES)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_picture_is_what_the_script_draws(name: str) -> None:
    kept = (FOLDER / f"{name}.png").read_bytes()
    assert (len(kept) <= LARGEST, trouble(f"{name}.png", kept)) == (True, "")
    with Image.open(BytesIO(kept)) as there, Image.open(BytesIO(picture(name))) as here:
        assert there.size == (WIDTH, HEIGHT)
        # Pixels, not bytes: another zlib packs the same picture differently.
        assert ImageChops.difference(there.convert("RGB"), here.convert("RGB")).getbbox() is None, "run python -m tools.draw_pictures"
