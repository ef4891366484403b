"""One file holds everything, and a restore forgets nothing that people said."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select, text, update
from sqlmodel import SQLModel, col

from composer.domain.consent import State
from composer.domain.event import SIGNED_UP
from composer.domain.service_letter import Kind
from composer.domain.survey import Answer
from composer.errors import ComposerError, Refused, UsageError
from composer.pipeline.rights import object_to_letters
from composer.store import service_letters
from composer.store.answers import answer_of, keep_answer
from composer.store.backup import backup, restore
from composer.store.consents import granted, is_suppressed, lift, suppress, suppression_version
from composer.store.engine import connect, reading, writing
from composer.store.mails import keep, list_mails, mark_seen
from composer.store.migrate import upgrade
from composer.store.privacy import erase
from composer.store.recipients import address_key, arrive, find_recipient, key_of
from composer.store.rights import objects_to_letters
from composer.store.tables import EditionRow, ImpressionRow, LibraryVersionRow, OutboxRow, PictureRow, RecipientRow

from ._people import DAY, KEY, NOW, grant, put, save, world


@pytest.fixture
def saved(sqlite_engine: Engine, tmp_path: Path) -> Path:
    """A backup of the small world."""
    with writing(sqlite_engine) as db:
        world(db)
    file = tmp_path / "backup.zip"
    backup(sqlite_engine, KEY, file, NOW)
    return file


def everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with reading(engine) as db:
        return {table.name: [tuple(row) for row in db.execute(select(table))] for table in SQLModel.metadata.sorted_tables}


def test_a_restored_database_is_the_one_backed_up(sqlite_engine: Engine, saved: Path, tmp_path: Path) -> None:
    fresh = connect("sqlite:///fresh/composer.db", tmp_path)
    key_file = tmp_path / "fresh" / "secret.key"
    restored = restore(fresh, None, key_file, saved)
    assert restored.made_at == NOW.isoformat()
    before, after = everything(sqlite_engine), everything(fresh)
    before.pop("marks"), after.pop("marks")
    assert after == before
    assert bytes.fromhex(key_file.read_text()) == KEY
    assert key_file.stat().st_mode & 0o077 == 0
    fresh.dispose()


def test_a_backup_is_for_its_owner_only_and_replaces_an_older_one(sqlite_engine: Engine, saved: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0
    with writing(sqlite_engine) as db:
        save(db, {"recipient_id": "new", "address": "new@example.com"})
    backup(sqlite_engine, KEY, saved, NOW)
    restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    with reading(sqlite_engine) as db:
        assert find_recipient(db, "new") is not None
    assert [file.name for file in saved.parent.iterdir() if file.name.startswith(".")] == []


def test_a_backup_can_be_made_while_somebody_writes(sqlite_engine: Engine, tmp_path: Path) -> None:
    with writing(sqlite_engine) as db:
        save(db, {"recipient_id": "1", "address": "1@example.com"})
        backup(sqlite_engine, KEY, tmp_path / "b.zip", NOW)
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        packed.extract("composer.db", tmp_path / "out")
    with sqlite3.connect(tmp_path / "out" / "composer.db") as copy:
        assert copy.execute("SELECT count(*) FROM recipients").fetchone() == (0,)
    copy.close()


def test_what_people_said_since_stands(sqlite_engine: Engine, saved: Path) -> None:
    with writing(sqlite_engine) as db:
        grant(db, 2, "letters", state=State.withdrawn, source="unsubscribe", at=NOW)
        grant(db, 2, "profiling", source="import", at=NOW)
        grant(db, 2, "clicks", source="preferences", at=NOW)
        db.execute(text("UPDATE recipients SET level = 'none', chosen_at = :now WHERE number = 2"), {"now": int(NOW.timestamp())})
        erase(db, 1, KEY, NOW)
        version = suppression_version(db)
    restored = restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    assert (restored.suppressions, restored.consents, restored.erasures, restored.choices) == (1, 2, 1, 1)
    with reading(sqlite_engine) as db:
        assert granted(db, [2]) == {2: frozenset({"clicks"})}
        assert find_recipient(db, "customer-ann") is None
        assert db.execute(select(col(RecipientRow.level)).where(col(RecipientRow.number) == 2)).scalar() == "none"
        assert suppression_version(db) > version
    assert "ann.personal" not in str(everything(sqlite_engine))


def test_what_people_set_on_their_pages_since_stands(sqlite_engine: Engine, saved: Path) -> None:
    """A moved address, a language, a pause, how often, and what was forgotten: none goes back to what it was at the backup."""
    theirs = {
        "address": "new@example.com",
        "address_key": address_key(KEY, "new@example.com"),
        "language": "sv",
        "kept": "address,language",
        "frequency": "monthly",
        "paused_until": NOW + 9 * DAY,
        "reset_at": NOW,
        "restricted_at": NOW,
    }
    with writing(sqlite_engine) as db:
        db.execute(update(RecipientRow).where(col(RecipientRow.number) == 2).values(theirs))
    restored = restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    assert restored.choices == 1
    with reading(sqlite_engine) as db:
        columns = [col(getattr(RecipientRow, name)) for name in theirs]
        assert dict(db.execute(select(*columns).where(col(RecipientRow.number) == 2)).one()._mapping) == theirs
    assert restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved).choices == 1, "the backup has not changed"


def test_what_people_have_ended_since_stays_ended(sqlite_engine: Engine, saved: Path, tmp_path: Path) -> None:
    """A pause, a frequency and a restriction that held at the backup, ended by people who set nothing else."""
    held = {"frequency": "monthly", "paused_until": NOW + 9 * DAY, "restricted_at": NOW}
    ended = {"frequency": "", "paused_until": None, "restricted_at": None}
    with writing(sqlite_engine) as db:
        db.execute(update(RecipientRow).values(held))
    backup(sqlite_engine, KEY, tmp_path / "backup.zip", NOW)
    with writing(sqlite_engine) as db:
        db.execute(update(RecipientRow).where(col(RecipientRow.number) == 2).values(ended))
    restore(sqlite_engine, KEY, tmp_path / "secret.key", tmp_path / "backup.zip")
    with reading(sqlite_engine) as db:
        columns = [col(getattr(RecipientRow, name)) for name in held]
        people = db.execute(select(*columns).where(col(RecipientRow.erased_at).is_(None)).order_by(col(RecipientRow.number))).all()
    assert [dict(row._mapping) for row in people] == [held, ended]


def test_who_was_suppressed_and_came_back_since_stays_back(sqlite_engine: Engine, tmp_path: Path) -> None:
    with writing(sqlite_engine) as db:
        world(db)
        for number in (1, 2):
            suppress(db, key_of(db, number), "bounce", NOW)
    backup(sqlite_engine, KEY, tmp_path / "b.zip", NOW)
    with writing(sqlite_engine) as db:
        lift(db, key_of(db, 2), NOW)
        left = {key_of(db, 1)}
    restored = restore(sqlite_engine, KEY, tmp_path / "secret.key", tmp_path / "b.zip")
    assert restored.suppressions == 1
    with reading(sqlite_engine) as db:
        assert is_suppressed(db, [key_of(db, 1), key_of(db, 2)]) == left


def test_an_objection_stands_and_so_does_its_end(sqlite_engine: Engine, tmp_path: Path) -> None:
    with writing(sqlite_engine) as db:
        world(db)
        object_to_letters(db, 1, "w", "", NOW)
    backup(sqlite_engine, KEY, tmp_path / "early.zip", NOW)
    with writing(sqlite_engine) as db:
        grant(db, 1, "letters", source="preferences", at=NOW + DAY)
        object_to_letters(db, 2, "w", "", NOW + DAY)
    restore(sqlite_engine, KEY, tmp_path / "secret.key", tmp_path / "early.zip")
    with reading(sqlite_engine) as db:
        assert [objects_to_letters(db, key_of(db, number)) for number in (1, 2)] == [False, True]
        assert granted(db, [1])[1] >= {"letters"}


def test_somebody_who_came_again_after_erasure_is_kept_and_stays_suppressed(sqlite_engine: Engine, tmp_path: Path) -> None:
    with writing(sqlite_engine) as db:
        world(db)
        erase(db, 1, KEY, NOW)
        save(db, {"recipient_id": "customer-ann", "address": "ann.personal@example.com"})
    backup(sqlite_engine, KEY, tmp_path / "b.zip", NOW)
    restored = restore(sqlite_engine, KEY, tmp_path / "secret.key", tmp_path / "b.zip")
    assert restored.erasures == 0
    with reading(sqlite_engine) as db:
        assert find_recipient(db, "customer-ann") is not None


def test_a_letter_that_left_since_stays_sent(sqlite_engine: Engine, saved: Path) -> None:
    with writing(sqlite_engine) as db:
        put(db, LibraryVersionRow, version="v2", sources=b"x", stored_at=NOW)
        put(db, PictureRow, file="storm.00000000.png", content=b"png")
        db.execute(text("UPDATE editions SET library_version = 'v2', settings = '{}', version = 3 WHERE number = 2"))
        db.execute(
            update(OutboxRow).where(col(OutboxRow.number) == 2).values(state="accepted", attempts=1, accepted_at=NOW, digest="known")
        )
        put(
            db,
            ImpressionRow,
            outbox=2,
            recipient=1,
            module="tips/cups",
            variant="plain",
            position=1,
            source="ranked",
            score=0.1,
            probability=1.0,
            shown_at=NOW,
        )
    restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    with reading(sqlite_engine) as db:
        columns = (col(OutboxRow.state), col(OutboxRow.accepted_at), col(OutboxRow.digest))
        assert db.execute(select(*columns).where(col(OutboxRow.number) == 2)).one() == ("accepted", NOW, "known")
        assert db.execute(select(col(ImpressionRow.module)).where(col(ImpressionRow.outbox) == 2)).scalars().all() == ["tips/cups"]
        approved = select(col(EditionRow.library_version), col(EditionRow.settings), col(EditionRow.version))
        assert db.execute(approved.where(col(EditionRow.number) == 2)).one() == ("v2", "{}", 3)
        assert db.execute(select(col(LibraryVersionRow.version))).scalars().all() == ["v2"]
        assert db.execute(select(col(PictureRow.file))).scalars().all() == ["storm.00000000.png"]


def test_what_people_wrote_since_is_kept_and_what_was_read_stays_read(sqlite_engine: Engine, saved: Path) -> None:
    with writing(sqlite_engine) as db:
        assert mark_seen(db, None, NOW) == 1
        keep(db, KEY, mail_id="m2", kind="reply", received_at=NOW, sender="Bo@example.com", text="hello")
        keep(db, KEY, mail_id="m3", kind="reply", received_at=NOW, sender="stranger@example.com", text="hello")
    restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    with reading(sqlite_engine) as db:
        rows = list_mails(db, done=True)
        assert [(row.recipient, row.sender, row.seen_at) for row in rows] == [
            ("customer-ann", "ann.personal@example.com", NOW),
            ("bo", "Bo@example.com", None),
            (None, "stranger@example.com", None),
        ]


def test_answers_given_since_are_kept_and_changed_ones_stay_changed(sqlite_engine: Engine, saved: Path) -> None:
    with writing(sqlite_engine) as db:
        keep_answer(db, 1, 1, 1, "tips/brew", Answer("5"), "en", NOW)
        keep_answer(db, 1, 1, 2, "tips/cups", Answer("2", "improve", "a spout"), "en", NOW)
    restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    with reading(sqlite_engine) as db:
        assert answer_of(db, 1, 1) == (Answer("5"), NOW)
        assert answer_of(db, 1, 2) == (Answer("2", "improve", "a spout"), NOW)


def test_a_letter_in_flight_comes_back_as_unknown(sqlite_engine: Engine, saved: Path) -> None:
    with writing(sqlite_engine) as db:
        db.execute(text("UPDATE outbox SET state = 'sending', attempts = 1 WHERE number = 2"))
    restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    with reading(sqlite_engine) as db:
        assert db.execute(select(col(OutboxRow.state)).where(col(OutboxRow.number) == 2)).scalar() == "unknown"


def test_restoring_twice_is_restoring_once(sqlite_engine: Engine, saved: Path) -> None:
    restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    once = everything(sqlite_engine)
    restored = restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    assert (restored.suppressions, restored.consents, restored.erasures, restored.choices) == (0, 0, 0, 0)
    twice = everything(sqlite_engine)
    once.pop("marks"), twice.pop("marks")
    assert twice == once


@pytest.mark.parametrize("damage", ["half", "empty", "text", "other zip", "no database"])
def test_a_file_that_is_no_whole_backup_changes_nothing(sqlite_engine: Engine, saved: Path, damage: str) -> None:
    before = everything(sqlite_engine)
    raw = saved.read_bytes()
    saved.write_bytes({"half": raw[: len(raw) // 2], "empty": b"", "text": b"hello"}.get(damage, raw))
    if damage in ("other zip", "no database"):
        with zipfile.ZipFile(saved, "w") as packed:
            packed.writestr("manifest.json", '{"format": 1, "made_at": "x"}')
            packed.writestr("secret.key", KEY.hex())
            if damage == "no database":
                packed.writestr("composer.db", b"not a database")
    with pytest.raises(ComposerError, match="not a whole backup"):
        restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    assert everything(sqlite_engine) == before


def test_a_missing_backup_is_named(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ComposerError, match="no such file"):
        restore(sqlite_engine, KEY, tmp_path / "secret.key", tmp_path / "none.zip")


def test_a_backup_of_another_installation_is_refused(sqlite_engine: Engine, saved: Path) -> None:
    with pytest.raises(Refused, match="another installation"):
        restore(sqlite_engine, bytes(32), saved.with_name("secret.key"), saved)


def test_a_backup_from_a_newer_version_is_refused_and_changes_nothing(sqlite_engine: Engine, saved: Path, tmp_path: Path) -> None:
    other = connect("sqlite:///other.db", tmp_path)
    upgrade(other)
    with writing(other) as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(other, KEY, saved, NOW)
    other.dispose()
    before = everything(sqlite_engine)
    with pytest.raises(UsageError, match="newer version"):
        restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    assert everything(sqlite_engine) == before


def test_other_databases_have_their_own_tools(postgres_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="pg_dump"):
        backup(postgres_engine, KEY, tmp_path / "b.zip", NOW)
    with pytest.raises(Refused, match="pg_restore"):
        restore(postgres_engine, KEY, tmp_path / "secret.key", tmp_path / "b.zip")


def test_a_backup_into_a_missing_folder_says_so(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ComposerError, match="cannot write it"):
        backup(sqlite_engine, KEY, tmp_path / "none" / "b.zip", NOW)


def ask(db: Connection, message_id: str, address: str, number: int | None = None) -> int:
    found = service_letters.add(
        db,
        kind=Kind.confirm,
        message_id=message_id,
        recipient=number,
        address=address,
        address_key=address_key(KEY, address),
        language="en",
        values={},
        asked_at=NOW,
        expires_at=NOW + DAY,
    )
    assert found is not None
    return found


def test_a_confirmation_that_left_since_does_not_leave_again_and_its_link_stays(sqlite_engine: Engine, tmp_path: Path) -> None:
    with writing(sqlite_engine) as db:
        world(db)
        first = ask(db, "<1@example.com>", "dora@example.com")
    backup(sqlite_engine, KEY, tmp_path / "b.zip", NOW)
    with writing(sqlite_engine) as db:
        db.execute(text("UPDATE service_letters SET state = 'accepted', due_at = NULL, recipient = 2"))
        second = ask(db, "<2@example.com>", "eve@example.com")
    restore(sqlite_engine, KEY, tmp_path / "secret.key", tmp_path / "b.zip")
    with reading(sqlite_engine) as db:
        rows = db.execute(text("SELECT number, state, recipient FROM service_letters WHERE number >= :first"), {"first": first}).all()
    assert [tuple(row) for row in rows] == [(first, "accepted", 2), (second, "planned", None)]


def test_who_has_signed_up_since_stays_and_stays_written_to(sqlite_engine: Engine, saved: Path) -> None:
    """Ann was erased and came back by her own sign-up: the backup's Ann is erased again, the new one stays and is not silenced."""
    theirs = address_key(KEY, "ann.personal@example.com")
    with writing(sqlite_engine) as db:
        erase(db, 1, KEY, NOW)
        number = arrive(db, KEY, f"{SIGNED_UP}1", "ann.personal@example.com", "en", NOW + DAY)
        lift(db, theirs, NOW + DAY)
        grant(db, number, "letters", source="confirm", at=NOW + DAY)
    restore(sqlite_engine, KEY, saved.with_name("secret.key"), saved)
    with reading(sqlite_engine) as db:
        assert find_recipient(db, "customer-ann") is None
        number = find_recipient(db, f"{SIGNED_UP}1") or 0
        assert granted(db, [number]) == {number: {"letters"}}
        assert is_suppressed(db, [theirs]) == set()
