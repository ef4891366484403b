"""People with hostile names, from the import to the file: every letter comes out literal and whole, or says why it does not."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import update

from bench.made_letters import NAMES
from composer.app import App
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.render.headers import clean
from composer.render.received import receive
from composer.store.campaigns import create_campaign
from composer.store.engine import writing
from composer.store.tables import RecipientRow
from composer.transports.folder import FolderTransport
from tests.path.rows import outbox
from tests.pipeline.conftest import import_rows

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LONG = {"long": "Maria " * 1666 + "Mari", "emoji": "👩‍🔬" * 3333, "words": "x" * 10_000}
"""Names of 10,000 characters. An import takes them; it refuses control characters, which came into the database some other way."""
CONTROLS = {"controls": "\x00\x07\x1bA\x0bino\x7f"}
FIELDS = {"From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Auto-Submitted"}
FIELDS |= {"Feedback-ID"}
BODY = {"MIME-Version", "Content-Type"}


def imported() -> dict[str, str]:
    """Recipient id -> first name, of those that an import takes."""
    return {f"r{place}": name for place, name in enumerate(NAMES) if "\ud800" not in name and "\x00" not in name} | {"plain": "Maria"}


def letters(folder: Path) -> dict[str, bytes]:
    """Recipient id -> the bytes in the transport's folder."""
    found = {}
    for file in folder.glob("*.eml"):
        data = file.read_bytes()
        found[receive(data).value("To").strip("<>").partition("@")[0]] = data
    return found


def rows(names: dict[str, str]) -> list[dict[str, str]]:
    common = {"language": "en", "time_zone": "UTC", "level": "basic"}
    return [
        {"recipient_id": key, "email": f"{key}@example.com", "first_name": name, "company": name, **common} for key, name in names.items()
    ]


def invade(app: App, folder: Path) -> dict[str, str]:
    """Bring everybody in; return recipient id -> first name."""
    others = {**LONG, **CONTROLS}
    import_rows(app, folder, "recipients", rows({**imported(), **dict.fromkeys(others, "Aino")}))
    names = {**imported(), **others}
    import_rows(app, folder, "consents", [{"recipient_id": key, "purpose": "letters", "state": "granted"} for key in names])
    with writing(app.engine) as db:
        for key, name in others.items():
            db.execute(update(RecipientRow).where(RecipientRow.recipient_id == key).values(first_name=name))  # type: ignore[arg-type]
    return names


async def test_every_hostile_name_gets_its_letter_literal_and_whole_and_so_does_everybody_else(app: App, tmp_path: Path) -> None:
    names = invade(app, tmp_path)
    subject = "{% if first_name %}{{ first_name }}, {% endif %}one machine decides the week"
    with writing(app.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "holdout": "none", "subject": {"en": subject}}, NOW)
    schedule(app, "weekly", NOW)
    app.settings = app.settings.model_copy(update={"checks": app.settings.checks.model_copy(update={"sample": 1.0})})
    folder = tmp_path / "letters"
    report = await deliver(app, lambda: NOW, transport=FolderTransport(folder))
    found = letters(folder)
    # 10,000 pictures of four bytes and more in every greeting and title: Gmail would cut the letter off.
    assert set(names) - set(found) == {"emoji"}
    assert report.counts == {"accepted": len(names) - 1, "refused": 1}
    assert [row["reason"] for row in outbox(app.engine) if row["state"] == "refused"] == ["blocked by a check: M04, M05"]
    for key, data in found.items():
        _is_whole(data, clean(names[key]))


def test_the_import_takes_names_of_ten_thousand_characters_and_refuses_control_characters(app: App, tmp_path: Path) -> None:
    import_rows(app, tmp_path, "recipients", rows(LONG))
    for key, name in CONTROLS.items():
        with pytest.raises(AssertionError):
            import_rows(app, tmp_path, "recipients", rows({key: name}))
    with pytest.raises(AssertionError):
        import_rows(app, tmp_path, "recipients", rows({"longer": "x" * 10_001}))


def _is_whole(data: bytes, name: str) -> None:
    got = receive(data)
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert set(parsed.keys()) == {field for field, _ in got.fields} == FIELDS | BODY
    assert [part.get_content_type() for part in parsed.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert str(parsed["To"]).endswith("@example.com")
    shown = " ".join(name.split())
    if shown:
        assert shown in " ".join(got.part("text/plain").split())
        assert shown in got.page.visible
    assert not any(tag.name in ("script", "b") for tag in got.page.tags)
