"""Told to stop: apart from the clock, so that a command that only sends loads nothing of what the clock does."""

from __future__ import annotations

import asyncio
import signal


def stop_on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT end the process gracefully: nothing new is begun, what is open is finished, exit code 0."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
