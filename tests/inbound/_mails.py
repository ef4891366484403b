"""Mails for tests: letters really sent into a folder, and the reports that come back about them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from composer.app import App
from composer.pipeline.deliver import deliver
from composer.transports.folder import open_transport
from tests.path.conftest import at, delivering, planned


def sent(app: App, folder: Path, count: int = 1, **keys: Any) -> list[bytes]:
    """Plan and send letters to r1@example.com, r2 ... by way of a folder; return their bytes in that order."""
    planned(app, count, **keys)
    delivering(app, transport="folder", folder=folder)
    asyncio.run(deliver(app, at(), transport=open_transport(app.settings)))
    letters = [file.read_bytes() for file in folder.glob("*.eml")]
    return sorted(letters, key=lambda letter: int(re.search(rb"\nTo: <r(\d+)@", letter)[1]))  # type: ignore[index]


def head_of(letter: bytes) -> bytes:
    return letter.partition(b"\r\n\r\n")[0] + b"\r\n"


def dsn(
    recipient: str = "r1@example.com",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    original: bytes = b"",
    to: str = "letters@example.com",
) -> bytes:
    """A report as RFC 3464 has it about one recipient, returning the head of `original`."""
    return (
        (
            f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net\r\nTo: <{to}>\r\nSubject: Returned mail\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\n\r\nIt could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.example.net\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n"
            "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        ).encode()
        + original
        + b"\r\n--b--\r\n"
    )
