"""`composer signup`: the form for other sites, and how many people asked and confirmed."""

from __future__ import annotations

from typing import Annotated

import typer

from composer.cli._context import Json, print_json


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Signing up: the form for other sites, and what came of it.")
    app.add_typer(group, name="signup")

    @group.command("form")
    def form(
        context: typer.Context,
        language: Annotated[str, typer.Option(help="Language of the form; default: the installation's.", metavar="LANGUAGE")] = "",
        only: Annotated[list[str] | None, typer.Option("--list", help="This list only; may be repeated.", metavar="NAME")] = None,
        as_json: Json = False,
    ) -> None:
        """Print a form in HTML to put into a page of another site. It needs no script, and sends people to /subscribe."""
        from composer.errors import UsageError
        from composer.web.public.subscribe import embeddable

        settings = context.obj.settings()
        offered = settings.signup.lists
        if unknown := [name for name in only or () if name not in offered]:
            raise UsageError(f"'{unknown[0]}' cannot be signed up for", where="--list", do=f"signup.lists holds: {', '.join(offered)}.")
        html = embeddable(settings, language or settings.defaults.language, tuple(only or offered))
        if as_json:
            print_json({"html": html})
        else:
            print(html, end="")

    @group.command("report")
    def report(context: typer.Context, as_json: Json = False) -> None:
        """How often people asked, what came of it, and how many confirmed, since the installation was made."""
        from composer.pipeline.mail_bombs import Judgement
        from composer.pipeline.signing_up import COUNTED
        from composer.store.engine import reading
        from composer.store.tally import came_in

        with context.obj.open() as opened, reading(opened.engine) as db:
            told = came_in(db)
        counts = {word: told.get(COUNTED + word, 0) for word in (*Judgement, "confirmed")}
        if as_json:
            print_json({str(word): count for word, count in counts.items()})
            return
        words = {
            "queued": "asked to confirm",
            "again_too_soon": "asked again too soon",
            "too_many_for_address": "too often for one address on a day",
            "too_many_by_client": "too many by one client",
            "suppressed": "never written to, and asked before",
            "confirmed": "confirmed",
        }
        for word, count in counts.items():
            print(f"{count:>8}  {words[word]}")
