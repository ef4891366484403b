"""`composer restore`: put a backup in place of the present database, and keep what people said since."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from composer.cli._context import Context, Json, print_json


def register(app: typer.Typer) -> None:
    @app.command("restore")
    def restore_command(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="A file made by 'composer backup'.")],
        as_json: Json = False,
    ) -> None:
        """Put FILE in place of the present database. Unsubscribes, erasures and letters sent since the backup stand."""
        from composer.app import key_file, read_key
        from composer.store.backup import restore
        from composer.store.backups import note_backup
        from composer.store.engine import connect, writing

        made: Context = context.obj
        settings = made.settings()
        secret = key_file(settings)
        engine = connect(settings.database.url, settings.folder)
        try:
            restored = restore(engine, read_key(secret) if secret.exists() else None, secret, file)
            with writing(engine) as db:
                note_backup(db, file, datetime.fromisoformat(restored.made_at))
        finally:
            engine.dispose()
        if as_json:
            print_json({"file": str(file), **asdict(restored)})
            return
        print(f"Restored the backup of {restored.made_at}.")
        print(
            f"Kept from the database before: {restored.suppressions} suppressions, {restored.consents} consent lines, "
            f"{restored.erasures} erasures, {restored.choices} choices of recipients."
        )
        print("Letters of editions made since the backup are not known any more: look at 'composer outbox list' before sending.")
