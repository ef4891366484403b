"""`composer check`: configuration, library, database, plug-ins, counts."""

from __future__ import annotations

import typer

from composer.cli._context import Json, print_json


def register(app: typer.Typer) -> None:
    @app.command("check")
    def check(context: typer.Context, as_json: Json = False) -> None:
        """Look at configuration, library, database and plug-ins, and add up every edition's counts. Exit 1 if anything is wrong."""
        from composer import cli, sources, transports
        from composer.discover import discover
        from composer.pipeline.check_up import CheckLine, check_up
        from composer.sources import webhooks
        from composer.web import desk, public

        with context.obj.open() as opened:
            lines = list(check_up(opened))
        for name, package in (
            ("transports", transports),
            ("sources", sources),
            ("webhooks", webhooks),
            ("public pages", public),
            ("desk pages", desk),
            ("commands", cli),
        ):
            found = discover(package)
            lines.append(CheckLine(name, True, ", ".join(word.rstrip("_").replace("_", "-") for word in found) or "none yet"))
        wrong = sum(line.ok is False for line in lines)
        if as_json:
            print_json(
                {"ok": not wrong, "checks": [{"check": line.check, "ok": line.ok is not False, "detail": line.detail} for line in lines]}
            )
        else:
            for line in lines:
                mark = {True: "ok   ", False: "WRONG", None: "note "}[line.ok]
                print(f"{mark}  {line.check}: {line.detail}")
        if wrong:
            raise typer.Exit(1)
