"""An installation with generated people and letters of about 40 kB, to be planned and sent."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from bench.letters_for_compose import BLOCKS, ROOT, write_modules
from bench.measure import Measured, composer, python

NOW, BEFORE = "2026-03-02T06:00:00Z", "2026-03-01T06:00:00Z"
MODULES = 12
CAMPAIGN = "bench"
_CONFIG = """[library]
modules = "modules"
templates = "templates"

[smtp]
start_tls = "off"
connections = {connections}

[web]
base_url = "https://letters.example.com"
"""


def install(folder: Path, recipients: int, connections: int = 4, *, signed: bool = False) -> Path:
    """Make an installation in `folder` whose campaign is ready to be planned; return its configuration. `signed`: with DKIM."""
    config = folder / "config.toml"
    folder.mkdir(parents=True)
    write_modules(folder / "modules", MODULES)
    shutil.copytree(ROOT / "templates", folder / "templates")
    layout = folder / "templates" / "newsletter" / "newsletter.mjml"
    layout.write_text(layout.read_text(encoding="utf-8").replace("blocks = [4, 6]", f"blocks = [{BLOCKS}, {BLOCKS}]"), encoding="utf-8")
    config.write_text(_CONFIG.format(connections=connections), encoding="utf-8")
    (folder / "bench.toml").write_text(f'name = "{CAMPAIGN}"\nwindow = "now"\n', encoding="utf-8")
    must(composer(config, "init"))
    if signed:
        must(composer(config, "dkim", "key"))
        config.write_text(config.read_text(encoding="utf-8") + '\n[dkim]\nkey_file = "dkim-rsa.pem"\n', encoding="utf-8")
    must(composer(config, "campaign", "create", str(folder / "bench.toml")))
    must(python("bench.deliver.people", str(config), str(recipients)))
    return config


def copy(config: Path, to: Path) -> Path:
    """Return the configuration of a copy of the installation."""
    shutil.copytree(config.parent, to)
    return to / config.name


def plan(config: Path) -> Measured:
    """Plan the campaign, schedule it, and tell what planning cost."""
    done = must(composer(config, "plan", CAMPAIGN, "--now", NOW))
    must(composer(config, "campaign", "schedule", CAMPAIGN, "--at", NOW))
    return done


def must(done: Measured) -> Measured:
    if done.code:
        sys.exit(done.output)
    return done
