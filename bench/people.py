"""Generated people as import files: `python -m bench.people FOLDER RECIPIENTS CATEGORY...`.

Run as a process of its own: a child's peak memory, as the kernel tells it, begins with its parent's.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

AT = "2026-01-01T00:00:00Z"


def _write(file: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    return file


def people(folder: Path, size: int, categories: list[str]) -> dict[str, Path]:
    """Write import files: everybody consents to letters and profiling and has bought about four things."""
    draw = np.random.default_rng(7)
    zones = ("Europe/Helsinki", "Europe/London", "America/New_York", "Asia/Tokyo")
    ids = [f"g{n:06d}" for n in range(size)]
    return {
        "products": _write(
            folder / "products.csv", ("product_id", "name", "category"), [(f"p{n}", c, c) for n, c in enumerate(categories)]
        ),
        "recipients": _write(
            folder / "recipients.csv",
            ("recipient_id", "email", "time_zone", "role", "stage", "level", "created_at"),
            [
                (i, f"{i}@example.com", zones[draw.integers(4)], f"role{draw.integers(5)}", f"stage{draw.integers(4)}", "premium", AT)
                for i in ids
            ],
        ),
        "consents": _write(
            folder / "consents.csv",
            ("recipient_id", "purpose", "state", "basis", "at"),
            [(i, purpose, "granted", "consent", AT) for i in ids for purpose in ("letters", "profiling")],
        ),
        "orders": _write(
            folder / "orders.csv",
            ("order_id", "recipient_id", "ordered_at", "product_id"),
            [
                (
                    f"o{n}",
                    ids[draw.integers(size)],
                    f"2026-0{draw.integers(1, 3)}-{draw.integers(1, 28):02d}T{draw.integers(6, 22):02d}:00:00Z",
                    f"p{draw.integers(len(categories))}",
                )
                for n in range(4 * size)
            ],
        ),
    }


if __name__ == "__main__":
    people(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
