"""`composer plan CAMPAIGN`: decide the next edition for everybody in its audience."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from composer.cli._context import Json, Now, moment, print_json


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
        from composer.domain.newsletter import Newsletter, Skipped
        from composer.pipeline.plan import plan

        listening = True

        def line(outcome: Newsletter | Skipped) -> None:
            nonlocal listening
            try:
                if listening:
                    show(outcome)
            except BrokenPipeError:  # the reader has seen enough; the plan is stored to its end all the same
                listening = False
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

        def show(outcome: Newsletter | Skipped) -> None:
            if as_json:
                print_json(line_json(outcome))
            elif isinstance(outcome, Skipped):
                print(f"{outcome.recipient_id:<14} no letter: {outcome.reason.value}")
            else:
                blocks = " ".join(block.module.rpartition("/")[2] for block in outcome.blocks)
                print(f"{outcome.recipient_id:<14} {outcome.send_at:%a %d %b %H:%M}  {outcome.arm.value:<8} {blocks}")

        with context.obj.open() as opened:
            report = plan(opened, campaign, moment(now), dry_run=dry_run, line=line)
        if not as_json:
            skipped = ", ".join(f"{n} {reason}" for reason, n in sorted(report.skipped.items())) or "nobody"
            stored = "" if report.stored else " Nothing was stored."
            print(f"\n{report.edition.key}: {report.letters} letters; skipped: {skipped}.{stored}")
