"""`composer plan CAMPAIGN`: decide the next edition for everybody in its audience."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli._context import Json, Now, moment, print_json

if TYPE_CHECKING:
    from composer.pipeline.told import Brief


def register(app: typer.Typer) -> None:
    @app.command("plan")
    def plan_command(
        context: typer.Context,
        campaign: Annotated[str, typer.Argument(help="The campaign's name.")],
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing.")] = False,
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """Decide the next edition of CAMPAIGN: one line a recipient, and why the others get nothing.

        Stores a forecast for each (not with --dry-run). After 'campaign schedule' it only shows what is approved.
        """
        from composer.cli._letters import as_json as line_json
        from composer.pipeline.plan import plan

        listening = True

        def said(show: Callable[[Any], None]) -> Callable[[Any], None]:
            def line(told: Any) -> None:
                nonlocal listening
                try:
                    if listening:
                        show(told)
                except BrokenPipeError:  # the reader has seen enough; the plan is stored to its end all the same
                    listening = False
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

            return line

        with context.obj.open() as opened:
            lines = {"line": said(lambda outcome: print_json(line_json(outcome)))} if as_json else {"brief": said(_print_brief)}
            report = plan(opened, campaign, moment(now), dry_run=dry_run, **lines)
        if not as_json:
            skipped = ", ".join(f"{n} {reason}" for reason, n in sorted(report.skipped.items())) or "nobody"
            stored = "" if report.stored else " Nothing was stored."
            print(f"\n{report.edition.key}: {report.letters} letters; skipped: {skipped}.{stored}")


def _print_brief(brief: Brief) -> None:
    if brief.send_at is None:
        print(f"{brief.recipient_id:<14} no letter: {brief.reason}")
    else:
        print(f"{brief.recipient_id:<14} {_hour(brief.send_at)}  {brief.arm:<8} {' '.join(map(_short, brief.modules))}")


@lru_cache(maxsize=4096)
def _hour(at: datetime) -> str:
    return f"{at:%a %d %b %H:%M}"


@lru_cache(maxsize=4096)
def _short(module: str) -> str:
    return module.rpartition("/")[2]
