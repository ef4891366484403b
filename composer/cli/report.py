"""`composer report CAMPAIGN`: funnel, uplift against the hold-out, modules, levels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from composer.cli._context import Json, print_json
from composer.errors import UsageError


def register(app: typer.Typer) -> None:
    @app.command("report")
    def report_command(
        context: typer.Context,
        campaign: Annotated[str, typer.Argument(help="The campaign's name.")],
        html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report as a page.")] = None,
        as_json: Json = False,
    ) -> None:
        """Where everybody ended, what was clicked, and whether personal letters did better than the hold-out's."""
        from rich.console import Console

        from composer.cli._report import print_report
        from composer.pipeline.report import report

        with context.obj.open() as opened:
            found = report(opened, campaign)
        if as_json:
            print_json(found)
            return
        console = Console(record=html is not None)
        print_report(console, found)
        if html is not None:
            try:
                html.write_text(console.export_html(), encoding="utf-8")
            except OSError as error:
                raise UsageError(
                    f"cannot be written ({error.strerror})", where=str(html), do="Name a file in a folder you may write to."
                ) from None
