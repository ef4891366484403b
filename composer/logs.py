"""Logs: events with keys on standard error, one JSON object a line, never an address or a name.

Importing this sets them up; commands that log nothing never pay for it.
"""

from __future__ import annotations

import sys

import structlog

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
log = structlog.get_logger()


def only_warnings() -> None:
    """Leave out what only tells of progress: for commands that tell it themselves."""
    structlog.configure(**(structlog.get_config() | {"wrapper_class": structlog.make_filtering_bound_logger("warning")}))
