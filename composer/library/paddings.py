"""The linter of paddings: what browsers read and the compiler does not.

MRML counts a padding with a part that has no unit, like "0 28px", as none when it works out how wide what stands inside may
be. Pictures and columns then come out too wide in Outlook, which takes widths from attributes.
"""

from __future__ import annotations

import re

PADDINGS = frozenset(("padding", "inner-padding", "padding-left", "padding-right"))
_NOTHING = re.compile(r"0+(?:\.0+)?[a-z%]*")
_BARE = re.compile(r"(?<![^\s])\d+(?:\.\d+)?(?![^\s])")


def bare_parts(value: str) -> list[tuple[int, str]]:
    """Return the parts of a padding that have no unit, each with its offset; none where the sum of the widths is right all the same.

    That is so where both sides are zero: "0", "12px 0".
    """
    found = [(match.start(), match[0]) for match in _BARE.finditer(value)]
    parts = value.split()
    if not found or "{{" in value or len(parts) > 4:
        return []
    right = parts[1] if len(parts) > 1 else parts[0]
    left = parts[3] if len(parts) > 3 else right
    return found if _NOTHING.fullmatch(left) is None or _NOTHING.fullmatch(right) is None else []


def is_zero(part: str) -> bool:
    """Tell whether a part without a unit is zero, which is the same in every unit: then "px" can be added without asking."""
    return not float(part)
