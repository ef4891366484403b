"""`composer init`: configuration, database and secret key; safe to repeat."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from composer.cli._context import Json, example_library, print_json

START = """\
# Composer's settings. Everything left out has its default: config.example.toml explains every setting.

[sender]
# Who the letters come from. Set these before anything is sent.
address = "letters@example.com"
name = "Example Company"
postal_address = "Example Company, Example Street 1, 00100 Helsinki, Finland"
privacy_url = "https://www.example.com/privacy"
site = "https://www.example.com"

[smtp]
host = "127.0.0.1"
port = 25
"""


def register(app: typer.Typer) -> None:
    @app.command("init")
    def init(context: typer.Context, as_json: Json = False) -> None:
        """Make what an installation needs where it is missing: configuration file, database, secret key."""
        from composer.app import key_file, make_key
        from composer.config import load
        from composer.store.engine import connect
        from composer.store.migrate import upgrade

        file: Path = context.obj.config or Path("config.toml")
        made = []
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(START + _example(file.absolute().parent), encoding="utf-8")
            made.append(str(file))
        settings = load(file)
        secret = key_file(settings)
        if not secret.exists():
            make_key(secret)
            made.append(str(secret))
        engine = connect(settings.database.url, settings.folder)
        upgrade(engine)
        engine.dispose()
        if as_json:
            print_json({"config": str(file), "made": made})
        else:
            print(f"Ready: {file}." + (f" Made: {', '.join(made)}." if made else " Everything was there."))


def _example(folder: Path) -> str:
    """The library section of a new configuration: the examples in place of what `folder` has not got itself."""
    place = example_library(folder)
    lacking = [name for name in ("modules", "templates") if not (folder / name).is_dir()]
    if place is None or not lacking:
        return ""
    lines = ["", "[library]", "# Composer's own examples, until you have yours."]
    return "\n".join([*lines, *(f"{name} = {json.dumps(str(place / name), ensure_ascii=False)}" for name in lacking), ""])
