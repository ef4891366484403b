"""Plan of 100,000 generated recipients x 47 modules: `python -m bench.plan [RECIPIENTS]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import composer, measure, tell

ROOT = Path(__file__).parents[1]
JOURNEY = ROOT / "examples" / "journey"
NOW = "2026-03-02T06:00:00Z"


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
        done = measure([sys.executable, "-m", "bench.people", name, str(size), *categories])
        if done.code:
            sys.exit(done.output)
        for kind in ("products", "recipients", "consents", "orders"):
            file = folder / f"{kind}.csv"
            done = composer(config, "import", kind, str(file), "--json")
            tell(f"import of {kind} for {size:,} recipients", done, 60, 600)
            if done.code:
                sys.exit(done.output)
        tell("retrain", composer(config, "retrain", "--now", NOW), 60, 600)
        (folder / "c.toml").write_text('name = "bench"\nwindow = "now"\n')
        done = composer(config, "campaign", "create", str(folder / "c.toml"))
        if done.code:
            sys.exit(done.output)
        done = composer(config, "plan", "bench", "--now", NOW, "--json")
        tell(f"plan of {size:,} recipients x {len(categories)} modules", done, 60, 600)
        print(f"lines: {done.lines:,}")
        print(measure([sys.executable, "-m", "bench.decide", str(config), NOW]).output, end="")
        tell("preview from the shell", composer(config, "preview", "g000001", "--campaign", "bench", "--now", NOW), 1)


if __name__ == "__main__":
    main()
