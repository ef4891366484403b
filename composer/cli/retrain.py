"""`composer retrain`: learn from what people bought and clicked."""

from __future__ import annotations

import typer

from composer.cli._context import Json, Now, moment, print_json


def register(app: typer.Typer) -> None:
    @app.command("retrain")
    def retrain_command(context: typer.Context, now: Now = None, as_json: Json = False) -> None:
        """Learn from purchases and clicks up to now; the next plan uses it. Safe to repeat: with nothing new since, nothing is done."""
        from composer.pipeline.retrain import retrain

        with context.obj.open() as opened:
            summary = retrain(opened, moment(now))
        if as_json:
            print_json(summary)
            return
        if summary["nothing_new"]:
            print(f"Nothing is new since the last retrain of this day: the beliefs stand (version {summary['version']}).")
            return
        print(
            f"Learnt from {summary['purchases']:,} purchases by {summary['recipients']:,} people, "
            f"and from {summary['clicks']:,} clicks on {summary['impressions']:,} blocks."
        )
        print(f"Beliefs: {', '.join(summary['beliefs'])} (version {summary['version']}).")
