"""Import, plan and preview of the real `journey` purchases: `python -m bench.journey [DATA]`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bench.measure import composer, measure, tell

ROOT = Path(__file__).parents[1]
NOW = "2017-10-16T06:00:00Z"


def main() -> None:
    """Set up examples/journey with the whole data and time its steps."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "journey"
    if not data.is_dir():
        print(f"bench.journey: {data} is not there; name the folder of the journey data to run this benchmark")
        return
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.toml"
        done = measure([str(ROOT / "examples" / "journey" / "setup"), folder, str(data)])
        tell("journey: whole set-up", done, 240)
        if done.code:
            print(done.output[-2000:])
            return
        again = composer(
            config, "import", "orders", str(data / "orders.csv.gz"), "--map", str(ROOT / "examples/journey/orders.toml"), "--json"
        )
        tell("journey: import of 915,764 order lines, again", again, 60, 600)
        first = Path(folder) / "first"
        first.mkdir()
        tell("journey: plan of 1,985 recipients", composer(config, "plan", "weekly", "--now", NOW, "--json"), 60, 600)
        tell("journey: preview from the shell", composer(config, "preview", "1", "--campaign", "weekly", "--now", NOW), 1)
        print(json.loads(again.output.splitlines()[-1]) if again.output.strip().endswith("}") else again.output[-500:])


if __name__ == "__main__":
    main()
