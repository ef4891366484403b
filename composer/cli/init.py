"""`composer init`: configuration, database and secret key; safe to repeat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from composer.cli._context import Json, example_library, moment, print_json

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
    def init(
        context: typer.Context,
        rotate: Annotated[
            bool, typer.Option("--rotate-key", help="Make a new key for links of letters to come; old links stay good.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        """Make what an installation needs where it is missing: configuration file, database, secret key.

        --rotate-key adds a token key to the key file, in force for editions from the next minute on; what runs reads it at once. Links of
        letters sent before are read with the old keys, which stay. On several machines, copy the file to each.
        """
        from composer.app import key_file, make_key
        from composer.config import load
        from composer.store.campaigns import newest_begun
        from composer.store.engine import connect, reading
        from composer.store.key_file import rotate_keys
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
        since = None
        if rotate:
            with reading(engine) as db:  # letters of an edition keep one key, and some may have left before its minute (--now)
                begun = newest_begun(db)
            since = rotate_keys(secret, max(moment(None), begun) if begun else moment(None)).later[-1][0]
        engine.dispose()
        if as_json:
            print_json({"config": str(file), "made": made, **({"key_in_force_from": since} if since else {})})
            return
        print(f"Ready: {file}." + (f" Made: {', '.join(made)}." if made else " Everything was there."))
        if since:
            print(f"A new key makes the links of editions from {since:%Y-%m-%d %H:%M} UTC. Older links stay good.")
            print("Mail providers report to new URLs from now on: see 'composer hooks list'.")


def _example(folder: Path) -> str:
    """The library section of a new configuration: the examples in place of what `folder` has not got itself."""
    place = example_library(folder)
    lacking = [name for name in ("modules", "templates") if not (folder / name).is_dir()]
    if place is None or not lacking:
        return ""
    lines = ["", "[library]", "# Composer's own examples, until you have yours."]
    return "\n".join([*lines, *(f"{name} = {json.dumps(str(place / name), ensure_ascii=False)}" for name in lacking), ""])
