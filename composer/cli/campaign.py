"""`composer campaign ...`: make, look at, approve, stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli._context import Json, Now, moment, print_json

if TYPE_CHECKING:
    from composer.app import App
    from composer.pipeline.told import PlanReport

At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="The edition's time: ISO 8601.")]
Name = Annotated[str, typer.Argument(help="The campaign's name.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Make, look at, approve and stop campaigns.", no_args_is_help=True)
    app.add_typer(group, name="campaign")

    @group.command("create")
    def create(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="The campaign file (TOML); only `name` is needed.")],
        as_json: Json = False,
    ) -> None:
        """Make a campaign from FILE; it stays a draft until it is scheduled."""
        from composer.pipeline.campaigns import create_from_file

        with context.obj.open() as opened:
            _print(create_from_file(opened, file, moment(None)), as_json)

    @group.command("edit")
    def edit(
        context: typer.Context,
        name: Name,
        file: Annotated[Path, typer.Argument(help="The campaign file (TOML) with the settings it shall have.")],
        as_json: Json = False,
    ) -> None:
        """Give a campaign the settings of FILE: a draft in place, else as a new version for editions that are not approved yet."""
        from composer.pipeline.campaigns import edit_from_file

        with context.obj.open() as opened:
            _print(edit_from_file(opened, name, file), as_json)

    @group.command("list")
    def list_all(context: typer.Context, as_json: Json = False) -> None:
        """List the campaigns with their states."""
        from composer.pipeline.campaigns import overview

        with context.obj.open() as opened:
            rows = overview(opened)
        if as_json:
            print_json(rows)
            return
        for row in rows:
            print(f"{row['name']:<24} {row['state']:<10} {row['title']}" + (f"  ({row['reason']})" if row["reason"] else ""))

    @group.command("show")
    def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
        """Show every key of a campaign with the value in force, its editions and their counts."""
        from composer.pipeline.campaigns import show as show_campaign

        with context.obj.open() as opened:
            _print(show_campaign(opened, name), as_json)

    @group.command("approve")
    def approve_command(context: typer.Context, name: Name, at: At = None, now: Now = None, as_json: Json = False) -> None:
        """Approve the next edition without starting it: modules, layout and settings are frozen; 'campaign schedule' starts it."""
        from composer.pipeline.plan import approve

        with context.obj.open() as opened:
            report = approve(opened, name, moment(now), moment(at, "--at") if at else None)
            _print(_approved(opened, name, report), as_json)

    @group.command("schedule")
    def schedule_command(context: typer.Context, name: Name, at: At = None, now: Now = None, as_json: Json = False) -> None:
        """Approve the next edition and start it: module versions and layout are frozen, letters may leave when due."""
        from composer.pipeline.plan import schedule

        with context.obj.open() as opened:
            report = schedule(opened, name, moment(now), moment(at, "--at") if at else None)
            _print(_approved(opened, name, report), as_json)

    @group.command("pause")
    def pause(context: typer.Context, name: Name, as_json: Json = False) -> None:
        """Stop the campaign's letters until 'campaign resume'."""
        _change(context, name, "pause", as_json)

    @group.command("resume")
    def resume(context: typer.Context, name: Name, as_json: Json = False) -> None:
        """Let a paused campaign go on."""
        _change(context, name, "resume", as_json)

    @group.command("cancel")
    def cancel(context: typer.Context, name: Name, as_json: Json = False) -> None:
        """End the campaign: letters not yet begun are skipped (cancelled)."""
        _change(context, name, "cancel", as_json)


def _approved(opened: App, name: str, report: PlanReport) -> dict[str, Any]:
    from composer.store.campaigns import get_campaign
    from composer.store.engine import reading

    with reading(opened.engine) as db:
        state = get_campaign(db, name).state.value
    edition, letters = report.edition.key, report.letters
    return {"campaign": name, "state": state, "edition": edition, "letters": letters, "skipped": dict(report.skipped)}


def _change(context: typer.Context, name: str, verb: str, as_json: bool) -> None:
    from composer.pipeline.campaigns import change_state

    with context.obj.open() as opened:
        _print(change_state(opened, name, verb), as_json)


def _print(fields: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(fields)
        return
    for key, value in fields.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            print(f"{key}:")
            for row in value:
                print("  " + ", ".join(f"{k} {v}" for k, v in row.items()))
        elif isinstance(value, dict):
            print(f"{key:<10} " + (", ".join(f"{k} {v}" for k, v in value.items()) or "-"))
        else:
            print(f"{key:<10} {'-' if value in (None, '', []) else value}")
