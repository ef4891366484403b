"""`composer demo`: the whole path on generated people and a real SMTP hop into a built-in inbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli._context import Json, example_library, print_json
from composer.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from composer.demo.life import DemoRun, Week

MODULES = 8
"""Modules that the printed report shows; --json has all."""


def register(app: typer.Typer) -> None:
    @app.command("demo")
    def demo_command(
        recipients: Annotated[int, typer.Option(help="How many people to make up.", min=10, max=20_000)] = 400,
        weeks: Annotated[int, typer.Option(help="How many weeks to play.", min=1, max=52)] = 8,
        serve: Annotated[bool, typer.Option("--serve", help="Leave the inbox and the recipients' pages open in the browser.")] = False,
        folder: Annotated[Path, typer.Option(help="Where the demo keeps its database and letters; emptied first.")] = Path("var/demo"),
        port: Annotated[int, typer.Option(help="Port of the pages with --serve.", min=1024, max=65535)] = 8025,
        as_json: Json = False,
    ) -> None:
        """Play weeks of letters to generated people with hidden tastes, and report what learning was worth."""
        from rich.console import Console

        from composer.demo.run import demo, outcome, play_week
        from composer.logs import only_warnings

        only_warnings()
        console = Console(stderr=as_json)
        library = example_library(Path.cwd())
        if library is None:
            raise UsageError("no modules/ and templates/ here", where="demo", do="Run the demo in the repository's folder.")
        with demo(folder.absolute(), library, recipients, port) as run:
            console.print(
                f"[bold]{recipients} people with hidden tastes[/], {len(run.app.library().library.modules)} modules, "
                f"one letter a week for {weeks} weeks, by SMTP into the inbox in {folder}.\n"
            )
            for _ in range(weeks):
                play_week(run, lambda week: _tell(console, week))
            found = outcome(run)
            if as_json:
                print_json(found)
            else:
                _close(console, run, found)
            if serve:
                _serve(console, run, port)
            else:
                console.print("\nSee the letters and the recipients' pages: [bold]composer demo --serve[/]")


def _tell(console: Console, week: Week) -> None:
    console.print(
        f"week {week.number:>2}: {week.letters:>5} letters accepted, {week.clicks:>4} clicks ({week.by_machine} more by mail gateways), "
        f"{week.purchases:>3} purchases, {week.left} left",
        highlight=False,
    )


def _close(console: Console, run: DemoRun, found: dict[str, Any]) -> None:
    """One letter with its reasons, the report, and how near it all came to the truth."""
    from composer.cli._letters import print_letter
    from composer.cli._report import print_report
    from composer.cli._truth import print_short, print_truth
    from composer.demo.run import a_letter

    console.rule("What one person got, and why")
    letter = a_letter(run)
    if letter is not None:
        print_letter(console, letter)
    console.rule("Report")
    print_report(console, found, modules=MODULES)
    console.rule("Planted against learnt")
    print_truth(console, found["truth"])
    console.rule("In short")
    print_short(console, found)


def _serve(console: Console, run: DemoRun, port: int) -> None:
    from composer.web.app import make_web
    from composer.web.server import make_server

    console.print(f"\nInbox and pages: [bold]http://127.0.0.1:{port}/inbox[/]   (Ctrl-C ends)")
    make_server(make_web(run.app, inbox=run.inbox), "127.0.0.1", port).run()
