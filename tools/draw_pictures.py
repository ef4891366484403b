"""Draw every picture of the library: `python -m tools.draw_pictures [NAME ...]` writes templates/pictures.

The pictures are code, so a change of the brand's colours is a change of tools/drawing/canvas.py and one run.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from tools.drawing import factory, money, nature, office, people, systems

FOLDER = Path(__file__).parents[1] / "templates" / "pictures"
SCENES = {**factory.SCENES, **money.SCENES, **office.SCENES, **systems.SCENES, **nature.SCENES, **people.SCENES}
"""Name without ending -> what draws it."""


def picture(name: str) -> bytes:
    """Return the picture as a palette PNG."""
    out = BytesIO()
    SCENES[name]().finished().save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Write the pictures that were asked for, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or sorted(SCENES):
        data = picture(name)
        (FOLDER / f"{name}.png").write_bytes(data)
        print(f"{name}.png: {len(data) / 1000:.1f} kB")


if __name__ == "__main__":
    main()
