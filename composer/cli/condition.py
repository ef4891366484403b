"""`composer condition ...`: report what is observed in a region, so that letters speak of it, and end it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from composer.cli._context import Json, Now, moment, print_json

Name = Annotated[str, typer.Argument(help="The condition's name, as modules write it in `when`: storm.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Report conditions, like a storm in a region, that modules wait for.", no_args_is_help=True)
    app.add_typer(group, name="condition")

    @group.command("list")
    def list_all(context: typer.Context, now: Now = None, as_json: Json = False) -> None:
        """List the conditions that hold or will, and the modules that wait for them."""
        from composer.pipeline.conditions import overview

        with context.obj.open() as opened:
            rows = overview(opened, moment(now))
        if as_json:
            print_json(rows)
            return
        for row in rows:
            print(_line(row))

    @group.command("set")
    def set_one(
        context: typer.Context,
        name: Name,
        region: Annotated[str, typer.Option("--region", help="Where, as recipients' regions are written; without it everywhere.")] = "",
        since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="ISO 8601; without it now.")] = None,
        until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="ISO 8601; without it until it is ended.")] = None,
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """Report a condition, or give it another end: letters that are not sent yet follow."""
        from composer.domain.condition import Condition
        from composer.pipeline.conditions import report

        at = moment(now)
        starts, ends = moment(since, "--from") if since else at, moment(until, "--until") if until else None
        with context.obj.open() as opened:
            row = report(opened, Condition(name, region.strip(), starts, ends), at)
        if as_json:
            print_json(row)
            return
        print(_line(row))
        if not row["people"]:
            print(f"nobody is known to be in '{row['region']}': regions are written as in the import", file=sys.stderr)
        if not row["modules"]:
            print(f'no module waits for it: one does with when = "{name}" in its front matter', file=sys.stderr)

    @group.command("end")
    def end_one(
        context: typer.Context,
        name: Name,
        region: Annotated[str | None, typer.Option("--region", help="Where; without it wherever it is reported.")] = None,
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """End a condition: its modules disappear from every letter that is not sent yet."""
        from composer.pipeline.conditions import end

        with context.obj.open() as opened:
            ended = end(opened, name, region, moment(now))
        if as_json:
            print_json({"condition": name, "region": region, "ended": ended})
        else:
            print(f"{name}: ended" + (f" in {region}" if region else ""))


def _line(row: dict[str, Any]) -> str:
    where = f"in {row['region']}" if row["region"] else "everywhere"
    until = f"until {row['until']:%Y-%m-%d %H:%M} UTC" if row["until"] else "until it is ended"
    since = "" if row["holds"] else f"from {row['since']:%Y-%m-%d %H:%M} UTC "
    return f"{row['condition']} {where} {since}{until}: {row['people']:,} people, {', '.join(row['modules']) or 'no module'}"
