"""Which letters are read whole before they leave: the first of every edition in a run, and a share of the rest."""

from __future__ import annotations

import hmac
from collections import Counter

from composer.config import Checks

_HIGHEST = 1 << 64


class Sampling:
    """The sample of one run of delivery. Which letters of the share it takes hangs on the key and their Message-IDs alone."""

    def __init__(self, checks: Checks, key: bytes) -> None:
        self.checks, self._key = checks, key
        self._seen: Counter[int] = Counter()

    def takes(self, edition: int, message_id: str) -> bool:
        """Tell whether this letter is read whole; asking counts it among the edition's first."""
        self._seen[edition] += 1
        return self._seen[edition] <= self.checks.first or drawn(self._key, message_id, self.checks.sample)


def drawn(key: bytes, message_id: str, share: float) -> bool:
    """Tell whether a letter is in the share (0 to 1). A larger share holds every letter of a smaller one."""
    digest = hmac.digest(key, b"whole check\0" + message_id.encode(), "sha256")
    return int.from_bytes(digest[:8]) < share * _HIGHEST
