"""How a report is printed for reading."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

NEWEST = 10
"""Texts of a survey that are printed."""

LEFT = {"": "without a reason", "often": "too many", "unfit": "not of interest", "unasked": "never asked", "personal": "too personal"}


def print_report(console: Console, found: dict[str, Any], modules: int | None = None) -> None:
    """The report of one campaign: funnel, clicks by arm, editions, modules; with `modules` only so many, without their variants."""
    funnel = found["funnel"]
    console.print(
        f"[bold]{found['campaign']}[/]: audience {funnel['audience']:,}: {funnel['accepted']:,} accepted, "
        f"{sum(funnel['skipped'].values()):,} skipped, {sum(funnel['failed'].values()):,} failed, "
        f"{funnel['unknown']:,} unknown, {funnel['waiting']:,} waiting."
    )
    for kind in ("skipped", "failed"):
        for reason, n in funnel[kind].items():
            console.print(escape(f"  {kind}: {n:,} {reason}"), highlight=False)
    if later := sum(funnel["bounced_later"].values()):
        bad, soft = funnel["bounced_later"]["hard"], funnel["bounced_later"]["soft"]
        console.print(f"  bounced after they were accepted: {later:,} ({bad:,} hard, {soft:,} soft)", highlight=False)
    if left := found["left"]:
        said = ", ".join(f"{people:,} {LEFT.get(reason, reason)}" for reason, people in left.items())
        console.print(escape(f"  unsubscribed by its letters: {sum(left.values()):,} ({said})"), highlight=False)
    print_observed(console, found["observed"])
    print_arms(console, found["clicks"])
    if len(found["editions"]) > 1:
        table = Table(title="Clicks per letter by edition", title_justify="left")
        for heading in ("edition", "personal", "hold-out", "difference", "95 % interval"):
            table.add_column(heading, justify="left" if heading == "edition" else "right")
        for edition in found["editions"]:
            gain = edition["uplift"]
            table.add_row(
                edition["edition"].partition("@")[2],
                f"{edition['personal']['clicks_per_letter']:.3f}",
                f"{edition['holdout']['clicks_per_letter']:.3f}",
                f"{gain['difference']:+.3f}" if gain else "",
                f"{gain['low']:+.3f} to {gain['high']:+.3f}" if gain else "too few",
            )
        console.print(table)
    left_out = modules is not None and modules < len(found["modules"])
    caption = f"The most clicked of {len(found['modules'])}; --json has them all." if left_out else None
    table = Table(title="Modules", title_justify="left", caption=caption)
    for heading in ("module", "shown", "clicked", "share", "as a try-out"):
        table.add_column(heading, justify="left" if heading == "module" else "right")
    for row in found["modules"][:modules]:
        table.add_row(
            row["module"], f"{row['shown']:,}", f"{row['clicked']:,}", f"{row['clicked'] / row['shown']:.1%}", f"{row['explored']:,}"
        )
        variants = dict.fromkeys(one["variant"] for one in row["variants"])
        for variant in variants if len(variants) > 1 and modules is None else ():
            shown, clicked = (sum(one[what] for one in row["variants"] if one["variant"] == variant) for what in ("shown", "clicked"))
            table.add_row(f"[dim]  {escape(variant)}[/]", f"{shown:,}", f"{clicked:,}", f"{clicked / shown:.1%}", "")
    console.print(table)
    if found["words"]:
        table = Table(
            title="Words, where there was a choice", title_justify="left", caption="They went to those they suit: shares compare nothing."
        )
        for heading in ("", "", "letters", "clicked in", "share"):
            table.add_column(heading, justify="right" if heading else "left")
        for row in found["words"]:
            share = f"{row['clicked'] / row['letters']:.1%}"
            table.add_row(row["axis"], escape(row["word"]), f"{row['letters']:,}", f"{row['clicked']:,}", share)
        console.print(table)
    print_surveys(console, found["surveys"])
    console.print("Letters by level: " + ", ".join(f"{level} {n:,}" for level, n in found["levels"].items()))


def print_surveys(console: Console, surveys: list[dict[str, Any]]) -> None:
    """What readers answered to each question, and the newest of what they wrote."""
    for survey in surveys:
        table = Table(title=escape(f"Answers to {survey['module']}"), title_justify="left")
        for heading in ("answer", "people", "share"):
            table.add_column(heading, justify="left" if heading == "answer" else "right")
        for answer, people in survey["answers"].items():
            table.add_row(escape(answer), f"{people:,}", f"{people / survey['people']:.1%}")
        console.print(table)
        for text in survey["texts"][:NEWEST]:
            console.print(escape(f"  {text['answer']}, {text['asked']}: {text['text']}"), highlight=False)
        if len(survey["texts"]) > NEWEST:
            console.print(f"  The newest {NEWEST} of {len(survey['texts']):,}; --json has them all.", highlight=False)


def print_observed(console: Console, observed: dict[str, Any]) -> None:
    """Links and pictures that were asked for: by people and by programs, side by side."""
    for kind, what in (("clicked", "links followed"), ("opened", "opens counted")):
        counts = observed[kind]
        if any(counts.values()):
            console.print(
                f"{what}: {counts['person']:,} by people, {counts['machine']:,} by programs, {counts['proxy']:,} by proxies "
                "(nothing is learnt from the last two)",
                highlight=False,
            )
    if observed["signs"]:
        console.print("  told by: " + ", ".join(f"{sign} {n:,}" for sign, n in observed["signs"].items()), highlight=False)


def print_arms(console: Console, clicks: dict[str, Any]) -> None:
    """Personal against hold-out, among people whose clicks may be measured."""
    console.print("Letters to people whose clicks may be measured:")
    if clicks["by_machine"]:
        console.print(f"  left out: {clicks['by_machine']:,} of which every link was followed, as mail scanners do", highlight=False)
    for arm, label in (("personal", "personal letters"), ("holdout", "generic hold-out")):
        console.print(
            f"  {label:<17} {clicks[arm]['letters']:>7,} letters to {clicks[arm]['people']:,} people, "
            f"{clicks[arm]['clicks_per_letter']:.3f} clicks per letter",
            highlight=False,
        )
    gain = clicks["uplift"]
    if gain is None:
        console.print("  Too few people in an arm to compare.")
    else:
        base = clicks["holdout"]["clicks_per_letter"]
        share = f" ({gain['difference'] / base:+.0%})" if base else ""
        console.print(
            f"  difference {gain['difference']:+.3f} a letter{share}, 95 % interval {gain['low']:+.3f} to {gain['high']:+.3f} "
            f"(by person): [bold]{gain['says']}[/].",
            highlight=False,
        )
