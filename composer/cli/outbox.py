"""`composer outbox list|providers|resolve`: where each letter stands, who is held back, and a person's word on the unknown."""

from __future__ import annotations

from typing import Annotated

import typer

from composer.cli._context import Json, Now, moment, print_json
from composer.errors import UsageError

Named = Annotated[str | None, typer.Option("--campaign", metavar="NAME", help="Only this campaign.")]


def register(app: typer.Typer) -> None:
    outbox = typer.Typer(no_args_is_help=True, help="Per-recipient delivery state; resolve the unknown.")
    app.add_typer(outbox, name="outbox")

    @outbox.command("list")
    def list_command(
        context: typer.Context,
        campaign: Named = None,
        state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="Only letters in this state.")] = None,
        as_json: Json = False,
    ) -> None:
        """One line a letter: recipient, state, when, attempts, and the reason."""
        from composer.domain.outcome import OutboxState
        from composer.store.campaigns import get_campaign
        from composer.store.engine import reading
        from composer.store.outbox import list_rows

        if state is not None and state not in list(OutboxState):
            raise UsageError(f"there is no state '{state}'", where="--state", do=f"Known: {', '.join(OutboxState)}.")
        with context.obj.open() as opened, reading(opened.engine) as db:
            if campaign is not None:
                get_campaign(db, campaign)
            for row in list_rows(db, campaign, state):
                if as_json:
                    fields = row._asdict()
                    fields.pop("number")
                    print_json(fields)
                else:
                    at = f"{row.accepted_at or row.due_at or row.send_at:%Y-%m-%d %H:%M}" if row.send_at else " " * 16
                    told = f"{row.recipient:<16} {row.state:<9} {at}  {row.attempts:>2}  {row.campaign}  {row.reason}".rstrip()
                    # Who asks the receiving side after an unknown letter needs the name it goes by there.
                    print(f"{told}  {row.message_id}" if row.state == OutboxState.unknown else told)

    @outbox.command("providers")
    def providers_command(context: typer.Context, now: Now = None, as_json: Json = False) -> None:
        """Providers that get letters slowly, or none at the moment: why, and until when (docs/delivery.md)."""
        from composer.pipeline.held_back import provider_lines

        with context.obj.open() as opened:
            rows = provider_lines(opened, moment(now))
        for row in rows:
            if as_json:
                print_json(row)
            else:
                until = f", until {row['until']:%Y-%m-%d %H:%M:%S} UTC" if row["until"] else ""
                left = "" if row["left_today"] is None else f", {row['left_today']} more today"
                print(f"{row['provider']:<24} {row['why'] or 'as usual'}{until}{left}")
        if not rows and not as_json:
            print("No provider is held back.")

    @outbox.command("resolve")
    def resolve_command(
        context: typer.Context,
        campaign: Named = None,
        fate: Annotated[str, typer.Option("--as", metavar="FATE", help="accepted, refused, or again (send it once more).")] = "accepted",
        state: Annotated[str, typer.Option("--state", metavar="STATE", help="Only unknown letters can be resolved.")] = "unknown",
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """Say what became of the letters that are unknown and will not be retried: by default, that they arrived."""
        from composer.pipeline.resolving import Fate, resolve

        if fate not in list(Fate):
            raise UsageError(f"there is no fate '{fate}'", where="--as", do=f"Known: {', '.join(Fate)}.")
        if state != "unknown":
            raise UsageError(f"letters that are {state} need no resolving", where="--state", do="Leave --state out.")
        with context.obj.open() as opened:
            resolved = resolve(opened, campaign, Fate(fate), moment(now))
        if as_json:
            print_json({"resolved": len(resolved), "as": fate, "message_ids": resolved})
        else:
            print(f"{len(resolved)} letters: {fate}.")
