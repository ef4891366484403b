"""Logs: events with keys on standard error, never an address or a name."""

from __future__ import annotations

import sys

import structlog


def set_up_logs() -> None:
    """One JSON object a line on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        # Asked for at every line: who redirects standard error later, as test runners do, gets the lines there.
        logger_factory=lambda *_: structlog.PrintLogger(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
