"""The head of a letter: the column rules its blocks need, merged in the compiler's own order.

MRML writes the column rules sorted by class, once for everybody and once for Thunderbird, and after them the rule
for images that fill a phone's width. So the head of a letter is the union of its blocks' rules, sorted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

BREAKPOINT = "480px"
FLUID = """<style type="text/css">@media only screen and (max-width:479px) {
                table.mj-full-width-mobile { width: 100% !important; }
                td.mj-full-width-mobile { width: auto !important; }
            }
            </style>"""
_COLUMNS = re.compile(
    rf'<style type="text/css">@media only screen and \(min-width:{BREAKPOINT}\) {{ (?P<rules>.*?)  }}</style>'
    rf'<style media="screen and \(min-width:{BREAKPOINT}\)">.*?</style>'
)
_RULE = re.compile(r"\.(mj-column-[\w-]+ \{ [^}]* \})")


def merge_head(rules: Iterable[str]) -> str:
    """Return the style elements for the union of `rules`, exactly as the compiler writes them."""
    wanted = set(rules)
    columns = sorted(wanted - {FLUID})
    text = ""
    if columns:
        plain = "".join(f".{rule} " for rule in columns)
        thunderbird = "".join(f".moz-text-html .{rule} " for rule in columns)
        text = (
            f'<style type="text/css">@media only screen and (min-width:{BREAKPOINT}) {{ {plain} }}</style>'
            f'<style media="screen and (min-width:{BREAKPOINT})">{thunderbird}</style>'
        )
    return text + (FLUID if FLUID in wanted else "")


def split_head(head: str) -> tuple[str, tuple[str, ...], str]:
    """Split a compiled head into what stands before the rules, the rules, and what stands after them."""
    found = _COLUMNS.search(head)
    rules: tuple[str, ...] = ()
    if found:
        before, after = head[: found.start()], head[found.end() :]
        rules = tuple(_RULE.findall(found["rules"]))
    else:
        at = head.index("<![endif]-->\n", head.index(".mj-outlook-group-fix")) + len("<![endif]-->\n")
        before, after = head[:at], head[at:]
    if after.startswith(FLUID):
        rules, after = (*rules, FLUID), after[len(FLUID) :]
    return before, rules, after
