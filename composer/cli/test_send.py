"""`composer test-send CAMPAIGN --as RECIPIENT --to ADDRESS`: a recipient's message, marked as a test, to an operator."""

from __future__ import annotations

from typing import Annotated

import typer

from composer.cli._context import Json, Now, moment, print_json


def register(app: typer.Typer) -> None:
    @app.command("test-send")
    def test_send(
        context: typer.Context,
        campaign: Annotated[str, typer.Argument(help="The campaign's name.")],
        recipient: Annotated[str, typer.Option("--as", metavar="RECIPIENT", help="Whose letter: an id or an address.")],
        to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The operator who gets it.")],
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """Send RECIPIENT's letter to an operator: marked [TEST], with links that open nothing. Stores nothing."""
        from composer.pipeline.test_letter import send_test_letter

        with context.obj.open() as opened:
            outcome = send_test_letter(opened, campaign, recipient, to, moment(now))
        if as_json:
            print_json({"verdict": outcome.verdict.value, "code": outcome.code, "text": outcome.text})
        else:
            print(f"Test letter: {outcome.verdict.value} ({outcome.code} {outcome.text})".replace(" )", ")"))
        if outcome.verdict.value != "accepted":
            raise typer.Exit(1)
