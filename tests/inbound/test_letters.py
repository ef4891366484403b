"""What a letter carries so that mails about it find back: the same in preview and sending, dead in a test letter."""

from __future__ import annotations

from pathlib import Path

from composer.app import App
from composer.domain.outcome import Verdict
from composer.domain.tokens import Purpose, read_mail_token, tag_of
from composer.pipeline.preview import preview
from composer.pipeline.test_letter import send_test_letter
from tests.inbound._mails import field, send, taking, unsubscribe_address
from tests.path.conftest import delivering, installation, library, planned
from tests.path.rows import NOW

__all__ = ["installation", "library"]
BY_MAIL = (Purpose.return_path, Purpose.unsubscribe_mail)


def test_preview_shows_the_very_letter_with_its_return_path(installation: App) -> None:
    planned(taking(installation), 1)
    seen = preview(installation, "r1", "weekly", NOW).message
    [letter] = send(installation)
    assert seen is not None
    assert (seen.data, seen.sender, seen.recipient) == (letter.data, letter.sender, letter.recipient)
    for purpose, address in zip(BY_MAIL, (letter.sender, unsubscribe_address(letter)), strict=True):
        subject = read_mail_token(installation.key, purpose, tag_of(address))
        assert subject is not None
        assert subject.recipient == 1
    first, second = field(letter, "List-Unsubscribe").split(", ")
    assert first.startswith("<http")
    assert second == f"<mailto:{unsubscribe_address(letter)}?subject=unsubscribe>"
    assert b"bounces+" not in letter.data.partition(b"\r\n\r\n")[2]


def test_a_test_letter_s_addresses_open_nothing(installation: App, tmp_path: Path) -> None:
    planned(taking(installation), 1)
    delivering(installation, transport="folder", folder=tmp_path / "letters")
    assert send_test_letter(installation, "weekly", "r1", "operator@example.com", NOW).verdict is Verdict.accepted
    [file] = (tmp_path / "letters").glob("*.eml")
    head = file.read_bytes().decode("ascii").partition("\r\n\r\n")[0]
    tag = tag_of(head.partition("<mailto:")[2].partition("?")[0])
    assert len(tag) == 44
    assert {read_mail_token(installation.key, purpose, tag) for purpose in BY_MAIL} == {None}
