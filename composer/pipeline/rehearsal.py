"""Rehearsing: a letter under suspicion is composed in a process of its own first. If that one dies, the letter is at fault.

Who kills the sender itself therefore never has a letter set aside: only a child that died before its parent's eyes counts,
and not one that was told to end from outside (for want of memory too: that is often somebody else's doing).
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from composer.app import App
from composer.config import Settings
from composer.logs import log
from composer.pipeline.compose import Composer, open_composer
from composer.store.decisions import load_newsletter, load_person
from composer.store.engine import connect, reading

SECONDS = 60.0
"""How long composing one letter may take: it takes milliseconds."""
_TOLD = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})


class Rehearsal:
    """The child, started when it is first needed and anew after each death. `close` it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._child: tuple[BaseProcess, Connection] | None = None

    def survives(self, edition: int, decision: str) -> bool:
        """Tell whether a frozen letter can be composed without the end of the process. Blocks for as long as that takes."""
        if self._child is None and not self._start():
            return True  # nothing is known: it is tried alone, as one that could be composed
        assert self._child is not None
        process, pipe = self._child
        with suppress(OSError):  # dead already: no answer comes
            pipe.send((edition, decision))
        if _answers(pipe):
            return True
        process.join(1)
        told = process.exitcode in _TOLD  # None where it hangs
        self.close()
        return told

    def _start(self) -> bool:
        ours, theirs = get_context("spawn").Pipe()
        url = self._app.engine.url.render_as_string(hide_password=False)
        arguments = (theirs, self._app.settings, url, self._app.key)
        process = get_context("spawn").Process(target=_rehearse, args=arguments, name="rehearsal", daemon=True)
        process.start()
        theirs.close()
        self._child = (process, ours)
        if _answers(ours):
            return True
        self.close()
        log.warning("rehearsal_not_started", instead="letters under suspicion are sent alone")
        return False

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            process, pipe = child
            pipe.close()
            process.kill()
            process.join()
            process.close()


def _answers(pipe: Connection) -> bool:
    try:
        return pipe.poll(SECONDS) and pipe.recv() is None
    except (EOFError, OSError):
        return False


def _rehearse(pipe: Connection, settings: Settings, url: str, key: bytes) -> None:
    """The child: compose what is asked for until nobody asks any more."""
    os.setsid()  # Ctrl-C and the like reach the sender alone, who then closes the pipe
    app = App(settings, connect(url, settings.folder), key)
    composers: dict[int, Composer] = {}
    pipe.send(None)
    with suppress(EOFError, OSError):
        while True:
            number, decision = pipe.recv()
            with suppress(Exception):  # whatever is raised the sender meets too, and says so: only the end of the process counts here
                if number not in composers:
                    with reading(app.engine) as db:
                        composers[number] = open_composer(app, db, number)
                reader = load_person(decision)
                if reader is not None:
                    composers[number].compose(load_newsletter(decision), reader)
            pipe.send(None)
