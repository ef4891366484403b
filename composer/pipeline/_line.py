"""The line between the claim and the senders: each letter at its moment, and of one provider no more at once than it may get."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

from composer.pipeline.claiming import Letter
from composer.pipeline.providers import Names


class Line:
    """Letters that are claimed; more are wanted when `depth` are ready.

    `at_once` tells how many of a provider may be under way (None: no limit), `held` counts the letters that are here by provider.
    """

    def __init__(self, depth: int, at_once: Callable[[str], int | None], held: Counter[str], names: Names) -> None:
        self._depth, self._at_once, self._held, self._names = depth, at_once, held, names
        self._ready: asyncio.Queue[Letter | None] = asyncio.Queue()
        self._parked: dict[str, deque[tuple[float, Letter]]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._under_way: Counter[str] = Counter()
        self._providers: dict[int, str] = {}
        self._few, self._empty = asyncio.Event(), asyncio.Event()
        self._empty.set()
        self._open = True

    def put(self, letter: Letter, leaves: float) -> None:
        """Take a letter in, to leave at `leaves` (time.monotonic) at the earliest."""
        provider = self._providers[letter.claimed.number] = self._names.of(letter.person.address)
        self._held[provider] += 1
        self._empty.clear()
        if self._open and (leaves or provider in self._parked or self._at_once(provider) is not None):
            self._parked.setdefault(provider, deque()).append((leaves, letter))
            self._release(provider)
        else:
            self._under_way[provider] += 1
            self._ready.put_nowait(letter)

    async def get(self) -> Letter | None:
        """The next letter whose turn it is; None: there will be no more."""
        letter = await self._ready.get()
        if self._ready.qsize() <= self._depth:
            self._few.set()
        return letter

    async def few(self) -> None:
        """Wait until so few letters are ready that more are wanted."""
        self._few.clear()
        if self._ready.qsize() > self._depth:
            await self._few.wait()

    def hold(self, provider: str) -> None:
        """Let a provider's letters that nobody has got yet wait until it may get some again."""
        ready = [self._ready.get_nowait() for _ in range(self._ready.qsize())]
        for letter in ready:
            if letter is None or not self._open or self._providers[letter.claimed.number] != provider:
                self._ready.put_nowait(letter)
            else:
                self._under_way[provider] -= 1
                self._parked.setdefault(provider, deque()).append((0.0, letter))
        self._few.set()

    def done(self, letter: Letter) -> None:
        """A letter that was got has ended, one way or the other."""
        provider = self._providers.pop(letter.claimed.number)
        self._under_way[provider] -= 1
        self._left(provider)
        if provider in self._parked:
            self._release(provider)

    def sweep(self, provider: str) -> list[Letter]:
        """Take out a provider's letters that are not under way."""
        letters = [letter for _, letter in self._parked.pop(provider, ())]
        for letter in letters:
            del self._providers[letter.claimed.number]
            self._left(provider)
        self._unset(provider)
        return letters

    def let_go(self) -> None:
        """Hand out everything at once from now on: whoever gets it gives it back."""
        self._open = False
        for provider in list(self._parked):
            for _, letter in self._parked.pop(provider):
                self._under_way[provider] += 1
                self._ready.put_nowait(letter)
            self._unset(provider)

    def end(self, senders: int) -> None:
        """Tell each sender that there will be no more."""
        for _ in range(senders):
            self._ready.put_nowait(None)

    def rest(self) -> list[Letter]:
        """Everything that nobody has got."""
        self.let_go()
        letters = []
        while not self._ready.empty():
            if (letter := self._ready.get_nowait()) is not None:
                letters.append(letter)
        return letters

    async def empty(self, seconds: float) -> bool:
        """Wait until nothing is here, at most so long; tell whether it is so."""
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    def _left(self, provider: str) -> None:
        self._held[provider] -= 1
        if self._held[provider] <= 0:
            del self._held[provider]
            self._under_way.pop(provider, None)
        if not self._providers:
            self._empty.set()

    def _release(self, provider: str) -> None:
        """Make ready what may leave now, and come back at the next letter's moment."""
        waiting, limit = self._parked[provider], self._at_once(provider)
        now = time.monotonic()
        self._unset(provider)
        while waiting and waiting[0][0] <= now and (limit is None or self._under_way[provider] < limit):
            self._under_way[provider] += 1
            self._ready.put_nowait(waiting.popleft()[1])
        if not waiting:
            del self._parked[provider]
        elif waiting[0][0] > now:
            self._timers[provider] = asyncio.get_running_loop().call_later(waiting[0][0] - now, self._wake, provider)

    def _wake(self, provider: str) -> None:
        if provider in self._parked:
            self._release(provider)

    def _unset(self, provider: str) -> None:
        if timer := self._timers.pop(provider, None):
            timer.cancel()
