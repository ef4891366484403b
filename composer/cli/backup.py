"""`composer backup`: database and secret key in one file, while everything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from composer.cli._context import Context, Json, moment, print_json


def register(app: typer.Typer) -> None:
    @app.command("backup")
    def backup_command(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="Where to write it; an older backup there is replaced.")],
        as_json: Json = False,
    ) -> None:
        """Write database and secret key to FILE while everything runs. Keep it as safe as the key itself."""
        from composer.store.backup import backup

        made: Context = context.obj
        with made.open() as opened:
            backup(opened.engine, opened.key, file, moment(None))
        if as_json:
            print_json({"file": str(file), "bytes": file.stat().st_size})
        else:
            print(f"{file}: database and secret key, {file.stat().st_size:,} bytes")
