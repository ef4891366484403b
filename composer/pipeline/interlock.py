"""The opt-out interlock of a run: before each letter's data one number is read, and where it moved, people are asked anew."""

from __future__ import annotations

from collections.abc import Iterable

from composer.app import App
from composer.pipeline.claiming import Letter
from composer.store.engine import reading
from composer.store.interlock import SuppressionWatch, Waiting, objections


class Interlock:
    """Knows the claimed letters of a run and which of them may not leave any more."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._watch = SuppressionWatch(app.engine)
        self._version: int | None = None
        self._letters: dict[int, Letter] = {}
        self._objections: dict[int, str] = {}

    def watch(self, letters: Iterable[Letter]) -> None:
        """Take in freshly claimed letters; the claim has just looked at each."""
        for letter in letters:
            self._letters[letter.claimed.number] = letter
        self._version = None  # somebody may have left while the claim was looking

    def forget(self, letter: Letter) -> None:
        """A letter has ended, one way or the other."""
        self._letters.pop(letter.claimed.number, None)
        self._objections.pop(letter.claimed.number, None)

    def allows(self, letter: Letter) -> bool:
        """Tell whether the letter may leave at this moment."""
        version = self._watch.version()
        if version != self._version:
            self._look_again()
            self._version = version  # read before looking: whatever comes later moves it again
        return letter.claimed.number not in self._objections

    def objection(self, letter: Letter) -> str:
        """Why a letter may not leave."""
        return self._objections.get(letter.claimed.number, "")

    def _look_again(self) -> None:
        waiting = {
            number: Waiting(letter.claimed.recipient, campaign.number, campaign.list, letter.newsletter.level)
            for number, letter in self._letters.items()
            for campaign in (letter.composer.campaign,)
        }
        with reading(self._app.engine) as db:
            self._objections |= objections(db, waiting)

    def close(self) -> None:
        self._watch.close()
