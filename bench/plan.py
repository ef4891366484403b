"""Plan of 100,000 generated recipients x 47 modules: `python -m bench.plan [RECIPIENTS]`."""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.measure import composer, tell

ROOT = Path(__file__).parents[1]
JOURNEY = ROOT / "examples" / "journey"
AT = "2026-01-01T00:00:00Z"
NOW = "2026-03-02T06:00:00Z"


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


def main() -> None:
    """Import the generated people, then plan for all of them."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "config.toml"
        config.write_text(f'[library]\nmodules = "{JOURNEY / "modules"}"\ntemplates = "{ROOT / "templates"}"\n')
        for step in (("init",), ("modules", "list")):
            done = composer(config, *step)
            if done.code:
                sys.exit(done.output)
        categories = sorted(
            {
                line.split('"')[1].removeprefix("category:")
                for file in (JOURNEY / "modules").rglob("*.mjml")
                for line in file.read_text(encoding="utf-8").splitlines()
                if line.startswith("interests")
            }
        )
        for kind, file in people(folder, size, categories).items():
            done = composer(config, "import", kind, str(file), "--json")
            tell(f"import of {kind} for {size:,} recipients", done, 60, 600)
            if done.code:
                sys.exit(done.output[-2000:])
        tell("retrain", composer(config, "retrain", "--now", NOW), 60, 600)
        (folder / "c.toml").write_text('name = "bench"\nwindow = "now"\n')
        for step in (("campaign", "create", str(folder / "c.toml")),):
            done = composer(config, *step)
            if done.code:
                sys.exit(done.output[-2000:])
        done = composer(config, "plan", "bench", "--now", NOW, "--json")
        tell(f"plan of {size:,} recipients x {len(categories)} modules", done, 60, 600)
        print(f"lines: {len(done.output.splitlines()):,}")
        tell("preview from the shell", composer(config, "preview", "g000001", "--campaign", "bench", "--now", NOW), 1)


if __name__ == "__main__":
    main()
