"""The folder transport: whole files, one a letter, and opt-outs honoured."""

from __future__ import annotations

from pathlib import Path

from composer.config import Delivery, Settings
from composer.domain.message import Message
from composer.domain.outcome import Verdict
from composer.transports import open_transport
from composer.transports.folder import FolderTransport, forget_letters

BODY = b"Message-ID: <abc@letters.example.com>\r\n\r\nHello\r\n"
LETTER = Message("<abc@letters.example.com>", "letters@example.com", "aino@example.com", "Hello", BODY)


async def test_a_letter_is_one_file_however_often_it_is_handed_over(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path / "letters")
    for _ in range(2):
        assert (await transport.send(LETTER, lambda: True)).verdict is Verdict.accepted
    await transport.close()
    assert {file.name: file.read_bytes() for file in (tmp_path / "letters").iterdir()} == {"abc.eml": BODY}


async def test_an_unwanted_letter_leaves_no_file(tmp_path: Path) -> None:
    assert (await FolderTransport(tmp_path / "letters").send(LETTER, lambda: False)).verdict is Verdict.withdrawn
    assert not (tmp_path / "letters").exists()


async def test_a_message_id_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    odd = Message("<../../etc/x@letters.example.com>", "", "", "", BODY)
    await FolderTransport(tmp_path / "letters").send(odd, lambda: True)
    assert [file.name for file in (tmp_path / "letters").iterdir()] == [".._.._etc_x.eml"]
    assert [file.name for file in tmp_path.iterdir()] == ["letters"]


async def test_a_folder_that_cannot_be_written_blames_no_letter(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("in the way")
    outcome = await FolderTransport(tmp_path / "letters").send(LETTER, lambda: True)
    assert outcome.verdict is Verdict.unreachable
    assert "cannot be written" in outcome.text


def test_the_setting_names_the_transport(tmp_path: Path) -> None:
    assert isinstance(open_transport(Settings(delivery=Delivery(transport="folder"), folder=tmp_path)), FolderTransport)


def test_letters_to_somebody_are_deleted_and_others_stay(tmp_path: Path) -> None:
    heads = {
        "a": b"To: Ann <ann@example.com>\r\n",
        "b": b"Subject: x\r\nTO: \r\n Ann\r\n <ann@example.com>\r\n",
        "c": b"To: bo@example.com\r\nX-To: ann@example.com\r\n",
        "d": b"Subject: x\r\n\r\nTo: ann@example.com\r\n",
        "e": b"",
        "f": "To: Änn <ann@example.com>\r\n".encode(),
    }
    for name, head in heads.items():
        (tmp_path / f"{name}.eml").write_bytes(head + b"\r\nHello")
    (tmp_path / ".g.eml.half").write_bytes(b"To: ann@example.com\r\n")
    (tmp_path / "h.txt").write_bytes(b"To: ann@example.com\r\n")
    (tmp_path / "i.eml").mkdir()
    assert forget_letters(tmp_path, lambda address: address == "ann@example.com") == (4, 1)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c.eml", "d.eml", "e.eml", "h.txt", "i.eml"]
    assert forget_letters(tmp_path / "none", lambda _: True) == (0, 0)
