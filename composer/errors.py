"""Errors for people: what is wrong, where, and what to do about it."""

from __future__ import annotations

from errno import ENOMEM
from traceback import extract_tb

_NO_MEMORY = ("cannot allocate memory", "failed to map segment", "can't start new thread", "out of memory", "without exception set")


class ComposerError(Exception):
    """A failure the reader can act on; shown as one line and a hint, never with a traceback.

    `what` names the trouble, `where` the file, row or setting it sits in, `do` the next step.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        first = f"{self.where}: {self.what}" if self.where else self.what
        return f"{first}\n{self.do}" if self.do else first


class UsageError(ComposerError):
    """Wrong usage or configuration: nothing was started."""

    exit_code = 2


class Refused(ComposerError):
    """A guard said no: the command was understood and deliberately not carried out."""

    exit_code = 3


def in_short(error: BaseException) -> str:
    """What a log may say of any error: our own words, or kind and place of a bug, whose words may hold a person's data."""
    if isinstance(error, ComposerError):
        return error.what
    frames = reversed(extract_tb(error.__traceback__)[-3:])
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    return " < ".join([type(error).__name__, *places])


def is_out_of_memory(error: BaseException | None) -> bool:
    """Tell whether memory ran out, in any of the ways in which Python and the libraries that it loads say so."""
    while error is not None:
        words = str(error).lower()
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM:
            return True
        if isinstance(error, (ImportError, RuntimeError, SystemError)) and any(sign in words for sign in _NO_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False
