"""How the demo tells what only a simulator knows: the oracle's share, and the planted against the learnt."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

HEADINGS = ("role", "people", "likes most, as planted", "likes most, as learnt", "agreement at first", "now")


def print_truth(console: Console, truth: dict[str, Any]) -> None:
    """Print `truth` of the demo's outcome for reading."""
    console.print("These people are made up, so it is known what they like. The letters never saw it; this is how near learning came.\n")
    table = Table(title="Who likes what", title_justify="left", caption="Agreement of two orders: 1 the same, 0 unrelated, -1 reversed.")
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading.startswith(("role", "likes")) else "right")
    for row in truth["roles"]:
        ranks = (f"{row[name]:+.2f}" for name in ("shipped_rank", "rank"))
        table.add_row(row["role"], str(row["people"]), ", ".join(row["planted"]), ", ".join(row["learnt"]), *ranks)
    console.print(table)
    console.print(
        f"Within one person's own modules the order agrees {truth['shipped_person']:+.2f} before anything is learnt and "
        f"{truth['person']:+.2f} now\n(mean of {truth['people']} people whose clicks may be measured). How well each module is written "
        f"agrees {truth['module_effects']:+.2f} with its learnt effect.\n",
        highlight=False,
    )
    _effects(console, "What a place in the letter is worth beside the first, in log-odds", ("position",), truth["positions"])
    _effects(console, "What a tone is worth beside plain words: logarithm of how many times the clicks", ("role", "tone"), truth["tones"])
    console.print("The hours at which people read are planted too; no send time is learnt yet, so there is nothing to compare.")


def _effects(console: Console, title: str, keys: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = Table(title=title, title_justify="left")
    for heading in (*keys, "planted", "learnt"):
        table.add_column(heading, justify="left" if heading in keys else "right")
    for row in rows:
        table.add_row(*map(str, row[: len(keys)]), *(f"{value:+.2f}" for value in row[len(keys) :]))
    if rows:
        console.print(table)


def print_short(console: Console, found: dict[str, Any]) -> None:
    """The demo in three sentences."""
    weeks, gain = found["truth"]["weeks"], found["clicks"]["uplift"]
    sent, best = (sum(week[name] for week in weeks) for name in ("sent", "oracle"))
    if gain is None:
        console.print("Too few people to compare personal letters with generic ones: give the demo more with --recipients.")
    else:
        base = found["clicks"]["holdout"]["clicks_per_letter"]
        console.print(
            f"Personal letters earned [bold]{gain['difference']:+.2f}[/] clicks each over the generic letter's {base:.2f} "
            f"(95 % interval {gain['low']:+.2f} to {gain['high']:+.2f}, by person): [bold]{gain['says']}[/].",
            highlight=False,
        )
    if best:
        console.print(
            "The best letter each week, after what had already been shown, would have earned "
            f"[bold]{best / sent:.2f}[/] times their clicks: "
            f"they reached [bold]{sent / best:.0%}[/] of it.",
            highlight=False,
        )
    console.print(
        f"What is believed about one person's order of modules agrees [bold]{found['truth']['person']:+.2f}[/] with the planted one "
        f"({found['truth']['shipped_person']:+.2f} before learning).",
        highlight=False,
    )
