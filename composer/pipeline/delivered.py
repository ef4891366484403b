"""What a run of delivery came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class DeliveryReport:
    """Letters by what became of them, and why the run stopped early, where it did."""

    counts: Counter[str] = field(default_factory=Counter)
    paused: str = ""
    """Trouble with TLS, sign-in or the sender: campaigns wait for `campaign resume`."""
    stopped: str = ""
    """No server to be reached: the letters wait for the next run."""
    guarded: str = ""
    """Why a guard halted a campaign whose letters are due; they wait for `campaign resume`."""
    put_back: int = 0
    """How often a letter was put back because its provider gets no more at once."""
    under_way: int = 0
    """Letters that another sender holds, or held when it died: they are due again when its lease ends."""
