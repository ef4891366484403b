"""A folder of .eml files instead of a mail server: for looking at letters, and for handing them to something else."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from email.utils import getaddresses
from pathlib import Path

from composer.config import Settings
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.transports import no_matter


def open_transport(settings: Settings) -> FolderTransport:
    """Return the transport that writes into `delivery.folder`; the folder is made with the first letter."""
    return FolderTransport(settings.path(settings.delivery.folder))


class FolderTransport:
    """One file a letter, named by its Message-ID: a letter handed over twice is there once."""

    connections = depth = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        name = re.sub(r"[^A-Za-z0-9._-]", "_", message.message_id.strip("<>").partition("@")[0])
        if not still_wanted():
            return Outcome(Verdict.withdrawn)
        await begun()
        try:
            await asyncio.to_thread(self._write, f"{name}.eml", message.data)
        except OSError as error:
            return Outcome(Verdict.unreachable, 0, f"the folder cannot be written: {error.strerror}")
        return Outcome(Verdict.accepted, 250, "written to the folder")

    def _write(self, name: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._folder / name, data)

    async def close(self) -> None:
        """Nothing is held."""


def write_whole(file: Path, data: bytes) -> None:
    """Write, flush to disk, rename: the file is there whole or not at all. Raises OSError."""
    half = file.with_name(f".{file.name}.half")
    with half.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)


_TO = re.compile(rb"^To:[ \t]*(.*(?:\r?\n[ \t].*)*)", re.MULTILINE | re.IGNORECASE)
_HEAD = 16 * 1024
"""Bytes of a file that hold its header."""


def forget_letters(folder: Path, theirs: Callable[[str], bool]) -> tuple[int, int]:
    """Delete the letters in `folder` that are addressed to one of `theirs`, half-written ones too.

    Returns how many were deleted, and how many files could not be read or deleted.
    """
    gone = left = 0
    for file in [*folder.glob("*.eml"), *folder.glob(".*.eml.half")]:
        try:
            with file.open("rb") as opened:
                head = re.split(rb"\r?\n\r?\n", opened.read(_HEAD), maxsplit=1)[0]
            if any(theirs(address) for _, address in getaddresses(_addressed(head)) if "@" in address):
                file.unlink()
                gone += 1
        except FileNotFoundError:  # somebody else took it meanwhile
            continue
        except OSError:
            left += 1
    return gone, left


def _addressed(head: bytes) -> list[str]:
    return [re.sub(r"\r?\n", "", found.decode("utf-8", "replace")) for found in _TO.findall(head)]
