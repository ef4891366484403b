"""Import, plan and preview of the real `journey` purchases: `python -m bench.journey [DATA]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import composer, measure, tell

ROOT = Path(__file__).parents[1]
JOURNEY = ROOT / "examples" / "journey"
NOW = "2017-10-16T06:00:00Z"


def main() -> None:
    """Set up examples/journey with the whole data and time its steps."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "journey"
    if not data.is_dir():
        print(f"bench.journey: {data} is not there; name the folder of the journey data to run this benchmark")
        return
    with tempfile.TemporaryDirectory() as folder:
        _import(Path(folder) / "empty" / "config.toml", data)
        config = Path(folder) / "shop" / "config.toml"
        done = measure([str(JOURNEY / "setup"), str(config.parent), str(data)])
        tell("journey: whole set-up", done, 240)
        if done.code:
            sys.exit(done.output)
        tell("journey: plan of 1,985 recipients", composer(config, "plan", "weekly", "--now", NOW, "--json"), 60, 600)
        tell("journey: preview from the shell", composer(config, "preview", "1", "--campaign", "weekly", "--now", NOW), 1)


def _import(config: Path, data: Path) -> None:
    """Import the order lines into an empty installation, twice."""
    composer(config, "init")
    for kind, name in (("products", "products.csv.gz"), ("recipients", "recipients.csv")):
        composer(config, "import", kind, str(data / name), "--map", str(JOURNEY / f"{kind}.toml"))
    for what in ("import of the order lines", "the same import again"):
        done = composer(config, "import", "orders", str(data / "orders.csv.gz"), "--map", str(JOURNEY / "orders.toml"))
        tell(f"journey: {what}", done, 60, 600)
        print(next((line for line in done.output.splitlines() if line.startswith("orders:")), done.output))


if __name__ == "__main__":
    main()
