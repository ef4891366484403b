"""`composer recipient`: what is known about one person, everything held, and forgetting it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli._context import Context, Json, moment, print_json
from composer.errors import ComposerError, Refused

if TYPE_CHECKING:
    from composer.app import App

Who = Annotated[str, typer.Argument(help="Recipient id or address.", metavar="RECIPIENT")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Show, hand out or forget what is held about one person.")
    group.command("show")(show)
    group.command("export")(export)
    group.command("erase")(erase)
    app.add_typer(group, name="recipient")


def show(context: typer.Context, who: Who, as_json: Json = False) -> None:
    """Show a recipient's profile, consents in force, and how much is held about them."""
    from composer.pipeline.rights import joined
    from composer.store.consents import granted
    from composer.store.engine import reading
    from composer.store.privacy import export as everything

    made: Context = context.obj
    with made.open() as opened, reading(opened.engine) as db:
        numbers = _find(opened, db, who)
        documents = []
        for number in numbers:
            held = everything(db, number)
            documents.append(
                {
                    **held["recipient"],
                    "granted": sorted(granted(db, [number]).get(number, ())),
                    "suppressed": sorted(row["reason"] for row in held["suppressions"] if row["lifted_at"] is None),
                    **{name: len(rows) for name, rows in held.items() if name not in ("recipient", "suppressions")},
                }
            )
    if as_json:
        print_json(joined(documents))
        return
    for document in documents:
        for name, value in document.items():
            print(f"{name}: {', '.join(value) if isinstance(value, list) else '' if value is None else value}".rstrip())


def export(context: typer.Context, who: Who, as_json: Json = False) -> None:
    """Print everything held about a recipient as one JSON document; two calls differ in `exported_at` only."""
    from composer.pipeline.rights import joined
    from composer.store.engine import reading
    from composer.store.privacy import export as everything

    made: Context = context.obj
    with made.open() as opened, reading(opened.engine) as db:
        documents = [everything(db, number) for number in _find(opened, db, who)]
    print_json({"exported_at": moment(None), **joined(documents)})


def erase(
    context: typer.Context,
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Forget a recipient for good. An anonymous row stays so that counts add up, and the address is never written to again.

    An address erases everybody who has it; an id only that one.
    """
    from composer.pipeline.forgetting import forget
    from composer.store.engine import reading

    made: Context = context.obj
    with made.open() as opened:
        with reading(opened.engine) as db:
            numbers = _find(opened, db, who)
        if not yes and sys.stdin.isatty() and not typer.confirm(f"Forget {len(numbers)} recipient(s) for good?", err=True):
            raise Refused("nothing was erased", where="recipient erase", do="Answer y, or give --yes.")
        forgotten = forget(opened, numbers, moment(None))
    if as_json:
        print_json({"erased": forgotten.people, "letters": forgotten.letters, "clean": forgotten.clean})
        return
    print(f"erased: {forgotten.people}")
    if forgotten.letters:
        print(f"letters deleted from the delivery folder: {forgotten.letters}")
    if not forgotten.clean:
        print("The database's files may still hold traces: docs/privacy.md tells when they go.")


def _find(opened: App, db: Any, who: str) -> list[int]:
    from composer.store.privacy import address_is_suppressed
    from composer.store.recipients import find_recipients

    numbers = find_recipients(db, who)
    if not numbers:
        never = "@" in who and address_is_suppressed(db, opened.key, who)
        raise ComposerError(
            "nobody has this id or address" + (" (the address is on the suppression list)" if never else ""),
            where="recipient",
            do="See that it is spelt as imported.",
        )
    return numbers
