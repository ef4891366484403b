"""The built-in inbox: a real SMTP server that keeps what it takes."""

from __future__ import annotations

import smtplib
from pathlib import Path

from composer.demo.inbox import Inbox, received

BODY = b"Subject: Hello\r\n\r\n.dot\r\nHello\r\n"


def test_the_inbox_keeps_letters_byte_for_byte_in_order_of_arrival(tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox, smtplib.SMTP(inbox.host, inbox.port) as client:
        client.sendmail("letters@example.com", ["aino@example.com"], BODY)
        client.sendmail("letters@example.com", ["aino@example.com"], BODY.replace(b"Hello", b"Again"))
        assert inbox.letters() == [BODY, BODY.replace(b"Hello", b"Again")]
    assert [file.name for file in received(tmp_path / "inbox")] == ["0000001.eml", "0000002.eml"]


def test_a_new_inbox_goes_on_counting_where_the_old_one_stopped(tmp_path: Path) -> None:
    (tmp_path / "0000041.eml").write_bytes(BODY)
    with Inbox(tmp_path) as inbox, smtplib.SMTP(inbox.host, inbox.port) as client:
        client.sendmail("letters@example.com", ["aino@example.com"], BODY)
    assert [file.name for file in received(tmp_path)] == ["0000041.eml", "0000042.eml"]
