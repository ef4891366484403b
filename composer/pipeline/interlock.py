"""The opt-out interlock of a run: before each letter's data one number is read, and where it moved, people are asked anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from composer.app import App
from composer.pipeline.claiming import Letter
from composer.store.engine import reading
from composer.store.interlock import SuppressionWatch, Waiting, objections

SINGLY = 20
"""Letters looked at one by one before all are asked after at once: a single question costs about a twentieth of the great one."""


class Interlock:
    """Knows the claimed letters of a run and which of them may not leave any more."""

    def __init__(self, app: App, clock: Callable[[], datetime]) -> None:
        self._app, self._clock = app, clock
        self._watch = SuppressionWatch(app.engine)
        self._letters: dict[int, Letter] = {}
        self._seen: dict[int, int] = {}
        """Letter -> the version that was read before it was last looked at: whatever comes later moves the version again."""
        self._singly = 0
        self._objections: dict[int, str] = {}

    def watch(self, letters: Iterable[Letter]) -> None:
        """Take in freshly claimed letters. Each is looked at once more: somebody may have left while the claim was looking."""
        for letter in letters:
            self._letters[letter.claimed.number] = letter

    def forget(self, letter: Letter) -> None:
        """A letter has ended, one way or the other."""
        for known in (self._letters, self._seen, self._objections):
            known.pop(letter.claimed.number, None)

    def allows(self, letter: Letter) -> bool:
        """Tell whether the letter may leave at this moment: nothing was committed against it since, not even during the look."""
        number = letter.claimed.number
        while number not in self._objections and (version := self._watch.version()) != self._seen.get(number):
            self._look(letter, version)
        return number not in self._objections

    def objection(self, letter: Letter) -> str:
        """Why a letter may not leave."""
        return self._objections.get(letter.claimed.number, "")

    def _look(self, letter: Letter, version: int) -> None:
        """Ask after all letters at once where this one is fresh or many were asked after singly; else after this one."""
        everybody = letter.claimed.number not in self._seen or self._singly >= SINGLY
        self._singly = 0 if everybody else self._singly + 1
        letters = self._letters if everybody else {letter.claimed.number: letter}
        waiting = {
            number: Waiting(one.claimed.recipient, campaign.number, campaign.list, one.newsletter.level, one.time_zone, one.person.opens)
            for number, one in letters.items()
            for campaign in (one.composer.campaign,)
        }
        with reading(self._app.engine, spares=True) as db:
            self._objections |= objections(db, waiting, self._clock())
        self._seen.update(dict.fromkeys(waiting, version))

    def close(self) -> None:
        self._watch.close()
