"""`composer evaluate [CAMPAIGN]`: what another policy would have earned, from the letters that were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli._context import Json, moment, print_json

if TYPE_CHECKING:
    from composer.pipeline.evaluate import Judged

_SAYS = {
    "same": "the same: it would have sent the base slates.",
    "better": "better: it would have been clicked more than the base slates.",
    "worse": "worse: it would have been clicked less than the base slates.",
    "cannot tell": "cannot tell: the difference may be nothing. More letters or more exploration narrow it; an A/B test decides.",
}


def register(app: typer.Typer) -> None:
    @app.command("evaluate")
    def evaluate_command(
        context: typer.Context,
        campaign: Annotated[str | None, typer.Argument(help="The campaign's name; without one, all campaigns.")] = None,
        policy: Annotated[
            str,
            typer.Option("--policy", metavar="P", help="current, prior, popular, logged, or beliefs:VERSION."),
        ] = "current",
        since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="Only letters accepted from then on: ISO 8601.")] = None,
        as_json: Json = False,
    ) -> None:
        """How many clicks another policy would have got, with its interval, or why nobody can tell. Nothing is written."""
        from composer.pipeline.evaluate import evaluate_policy

        with context.obj.open() as opened:
            judged = evaluate_policy(opened, policy, campaign, moment(since, "--since") if since else None)
        if as_json:
            print_json(judged.as_json())
        else:
            _print(judged)


def _print(judged: Judged) -> None:
    from composer.learn.off_policy import Refusal

    found = judged.found
    named = f"{judged.policy} (beliefs {judged.beliefs})" if judged.beliefs else judged.policy
    print(f"Policy {named}, judged by {judged.letters:,} letters to {judged.recipients:,} people.")
    for why, count in sorted(judged.left_out.items()):
        print(f"  left out: {count:,} {why}")
    if not isinstance(found, Refusal):
        print("Clicks a letter, with 95 % intervals:")
        print(f"  as sent            {found.sent:.4f}")
        print(f"  base slates        {found.base:.4f}")
        print(f"  this policy        {found.value:.4f}  [{found.low:.4f}, {found.high:.4f}]  (without a model {found.self_normalised:.4f})")
        print(f"  against the base  {found.difference:+.4f}  [{found.difference_low:+.4f}, {found.difference_high:+.4f}]")
        print(f"Blocks it would have changed and that were really shown: {found.shown:,}, with {found.clicks:,} clicks.")
    if found.effective:
        print("Position: letters it changes, letters the estimate is worth there:")
        for place, (share, worth) in enumerate(zip(found.changed, found.effective, strict=True), 1):
            print(f"  {place}  {share:>6.1%}  {worth:>10,.0f}")
    print(f"Finding: refused: {found.why}." if isinstance(found, Refusal) else f"Finding: {_SAYS[found.says]}")
