"""The laws of import: twice is once, good rows go in whatever stands beside them, damage applies nothing."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlmodel import SQLModel, col

from composer.config import Defaults, Settings
from composer.errors import UsageError
from composer.pipeline.ingest import ingest
from composer.sources import Damaged
from composer.store.consents import granted, suppression_version
from composer.store.engine import reading, writing
from composer.store.privacy import erase
from composer.store.recipients import find_recipient, known_recipients
from composer.store.tables import ConsentLedgerRow, EventRow, OrderRow, ProductRow, RecipientRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = bytes(32)
PEOPLE = "recipient_id,email,first_name\nr1,ann@example.com,Ann\nr2,bo@example.com,Bo\n"
PRODUCTS = "product_id,name,category\np1,Coffee,coffee\np2,Cup,cups\n"
ORDERS = "order_id,recipient_id,ordered_at,product_id,quantity\n"


class Importer:
    """Writes text to a file and imports it into one database."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.app: Any = SimpleNamespace(engine=engine, key=KEY, settings=Settings(defaults=Defaults(time_zone="Europe/Helsinki")))

    def __call__(self, kind: str, text: str | bytes, name: str = "f.csv", mapping: str = "", **options: Any) -> Any:
        file = self.folder / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        map_file = self.folder / "map.toml" if mapping else None
        if map_file:
            map_file.write_text(mapping, encoding="utf-8")
        return ingest(self.app, kind, file, map_file, **{"now": NOW, **options})

    def counts(self, kind: str, text: str, **options: Any) -> tuple[int, int, int, int]:
        report = self(kind, text, **options)
        return report.added, report.changed, report.same, report.refused.count

    def column(self, column: Any) -> list[Any]:
        with reading(self.engine) as db:
            return list(db.execute(select(col(column)).order_by(col(column.class_.number))).scalars())

    def dump(self) -> dict[str, list[str]]:
        """Every row but the times at which ledger lines were recorded."""
        with reading(self.engine) as db:
            return {
                table.name: [str(tuple(row)) for row in db.execute(select(*(c for c in table.c if c.name != "recorded_at")))]
                for table in SQLModel.metadata.sorted_tables
            }


@pytest.fixture
def importer(engine: Engine, tmp_path: Path) -> Importer:
    return Importer(engine, tmp_path)


@pytest.fixture
def light(sqlite_engine: Engine, tmp_path: Path) -> Importer:
    """On SQLite only, for what does not depend on the database."""
    return Importer(sqlite_engine, tmp_path)


EVERYTHING = {
    "recipients": PEOPLE,
    "products": PRODUCTS,
    "consents": "recipient_id,purpose,state,source,at\nr1,letters,granted,crm,2026-01-01\nr1,profiling,granted,,\nr2,letters,withdrawn,,\n",
    "orders": ORDERS + "o1,r1,2026-01-01,p1,1\no1,r1,2026-01-01,p2,2\no2,r2,2026-01-02T09:00:00Z,p9,0\n",
    "events": "event_id,recipient_id,kind,occurred_at,product_id\ne1,r1,view,2026-01-01,p1\ne2,r2,danced,2026-01-01,p8\n",
}


def test_importing_twice_is_importing_once(importer: Importer) -> None:
    first = {kind: importer.counts(kind, text) for kind, text in EVERYTHING.items()}
    once = importer.dump()
    assert {kind: (added, changed, same) for kind, (added, changed, same, _) in first.items()} == {
        "recipients": (2, 0, 0),
        "products": (2, 0, 0),
        "consents": (3, 0, 0),
        "orders": (3, 0, 0),
        "events": (2, 0, 0),
    }
    again = {kind: importer.counts(kind, text, now=NOW + timedelta(days=1)) for kind, text in EVERYTHING.items()}
    assert {kind: (added, changed) for kind, (added, changed, _, _) in again.items()} == dict.fromkeys(EVERYTHING, (0, 0))
    assert importer.dump() == once


row = st.sampled_from(
    [
        "o1,r1,2026-01-01,p1,1",
        "o1,r1,2026-01-01,p1,3",
        "o2,r2,2026-01-02,p2,1",
        "o3,r9,2026-01-02,p2,1",
        "o4,r1,never,p1,1",
        "o5,r1",
        "o6,r1,2026-01-05,p7,0",
        '"o7,r1,2026-01-05,p1,1',
        "o8,r2,2026-02-01,p1,",
    ]
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(row, max_size=10))
def test_bad_rows_do_not_stop_good_ones_and_rows_always_add_up(light: Importer, rows: list[str]) -> None:
    light("recipients", PEOPLE)
    light("products", PRODUCTS)
    with writing(light.engine) as db:
        db.execute(OrderRow.__table__.delete())  # type: ignore[attr-defined]
    report = light("orders", ORDERS + "".join(f"{line}\n" for line in rows))
    good = {(line.split(",")[0]) for line in rows if line[:2] in ("o1", "o2", "o6", "o8")}
    assert set(light.column(OrderRow.order_id)) == good
    assert report.added == len(good)
    assert report.added + report.changed + report.same + report.refused.count == report.rows == len(rows)
    bad = [number for number, line in enumerate(rows, 2) if line[:2] in ("o3", "o4", "o5") or line.startswith('"')]
    assert sorted(found.line for found in report.refused.listed) == bad


def test_batches_and_order_do_not_matter(light: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, text in EVERYTHING.items():
        light(kind, text)
    whole = light.dump()
    monkeypatch.setattr("composer.pipeline.ingest.BATCH", 1)
    for kind, text in EVERYTHING.items():
        assert light.counts(kind, text)[:2] == (0, 0)
    assert light.dump() == whole


def test_half_a_gzip_applies_nothing(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.pipeline.ingest.BATCH", 100)
    packed = gzip.compress(("recipient_id,email\n" + "".join(f"r{i},p{i}@example.com\n" for i in range(1_000))).encode())
    with pytest.raises(Damaged):
        importer("recipients", packed[: len(packed) // 2], name="f.csv.gz")
    assert importer.column(RecipientRow.number) == []
    assert importer("recipients", packed, name="f.csv.gz").added == 1_000


def test_a_dry_run_counts_and_stores_nothing(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    before = importer.dump()
    assert importer.counts("recipients", PEOPLE.replace("Ann", "Anna") + "r3,cy@example.com,Cy\nr4,x,y\n", dry_run=True) == (1, 1, 1, 1)
    assert importer.dump() == before


def test_a_recipient_imported_again_is_updated_where_the_file_says_something(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    assert importer.counts("recipients", "recipient_id,email,role\nr1,ann@new.example,boss\nr2,bo@example.com,\n") == (0, 1, 1, 0)
    assert importer.column(RecipientRow.first_name) == ["Ann", "Bo"]
    assert importer.column(RecipientRow.address) == ["ann@new.example", "bo@example.com"]
    assert importer.column(RecipientRow.role) == ["boss", ""]
    importer("recipients", "recipient_id,email,role\nr1,ann@new.example,\n")
    assert importer.column(RecipientRow.role) == ["", ""]


def test_the_language_nobody_gave_is_the_default(light: Importer) -> None:
    light("recipients", "recipient_id,email,language\nr1,a@example.com,fi\nr2,b@example.com,\n")
    light("recipients", "recipient_id,email\nr1,a@example.com\nr3,c@example.com\n")
    assert light.column(RecipientRow.language) == ["fi", "en", "en"]


def test_times_without_offset_are_in_the_default_zone(light: Importer) -> None:
    light("recipients", PEOPLE)
    light("orders", ORDERS + "o1,r1,2026-01-01T12:00:00,p1,1\no2,r1,2026-01-01T12:00:00Z,p1,1\n")
    assert light.column(OrderRow.ordered_at) == [datetime(2026, 1, 1, 10, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)]


def test_an_unknown_product_is_named_and_known_once_it_comes(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    report = importer("orders", ORDERS + "o1,r1,2026-01-01,p1,1\n")
    assert (report.added, report.warnings.count, report.clean) == (1, 1, False)
    assert importer.column(ProductRow.known) == [False]
    assert importer.counts("products", PRODUCTS) == (1, 1, 0, 0)
    assert importer.column(ProductRow.known) == [True, True]
    assert importer("orders", ORDERS + "o1,r1,2026-01-01,p1,1\n").clean


def test_an_order_of_a_stranger_names_no_product(light: Importer) -> None:
    light("recipients", PEOPLE)
    assert light.counts("orders", ORDERS + "o1,stranger,2026-01-01,p1,1\n") == (0, 0, 0, 1)
    assert light.column(ProductRow.number) == []


def test_an_import_cannot_grant_in_the_persons_name(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    importer("consents", "recipient_id,purpose,state,source\nr1,letters,withdrawn,crm\nr1,opens,granted,signup\n")
    assert importer.column(ConsentLedgerRow.source) == ["import:crm", "import:signup"]
    importer("consents", "recipient_id,purpose,state\nr1,letters,granted\n", now=NOW + timedelta(days=1))
    with reading(importer.engine) as db:
        assert granted(db, [known_recipients(db)["r1"]]) == {1: frozenset({"letters", "opens"})}


def test_an_unsubscribe_from_another_system_outlives_every_later_import(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    importer("consents", "recipient_id,purpose,state,source\nr1,letters,withdrawn,unsubscribe\n")
    importer("consents", "recipient_id,purpose,state,source\nr1,letters,granted,signup\n", now=NOW + timedelta(days=1))
    assert importer.column(ConsentLedgerRow.source) == ["unsubscribe", "import:signup"]
    with reading(importer.engine) as db:
        assert granted(db, [known_recipients(db)["r1"]]) == {1: frozenset()}


def test_a_line_without_a_time_is_said_once(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    text = "recipient_id,purpose,state,wording\nr1,letters,granted,v1\nr1,letters,granted,v1\nr1,letters,granted,v2\n"
    assert importer.counts("consents", text.replace(",v2", ",v1"))[0] == 1
    assert importer.counts("consents", text, now=NOW + timedelta(days=1))[0] == 1
    assert importer.column(ConsentLedgerRow.at) == [NOW, NOW + timedelta(days=1)]


def test_a_withdrawal_in_a_file_moves_the_suppression_version(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    text = "recipient_id,purpose,state,at\nr1,letters,withdrawn,2026-01-01\n"
    versions = []
    for _ in range(2):
        importer("consents", text)
        with reading(importer.engine) as db:
            versions.append(suppression_version(db))
    assert versions == [1, 1]


def test_somebody_erased_may_be_imported_again_and_is_a_new_person(importer: Importer) -> None:
    importer("recipients", PEOPLE)
    with writing(importer.engine) as db:
        number = find_recipient(db, "r1")
        assert number is not None
        erase(db, number, KEY, NOW)
    assert importer.counts("recipients", PEOPLE) == (1, 0, 1, 0)
    assert importer.counts("events", EVERYTHING["events"])[0] == 2
    assert len(importer.column(EventRow.recipient)) == 2


def test_a_mapping_renames_translates_and_fills_in(light: Importer) -> None:
    text = "id;mail;sprache;size\n1;ann@example.com;Deutsch;38\n2;bo@example.com;;39\n3;cy@example.com;fi;40\n"
    mapping = (
        '[columns]\nrecipient_id = "id"\nemail = "mail"\nlanguage = "sprache"\n[values.language]\nDeutsch = "de"\n'
        '[defaults]\nlanguage = "sv"\nlevel = "basic"\n'
    )
    report = light("recipients", text, mapping=mapping)
    assert (report.added, report.extra_columns) == (3, ["size"])
    assert light.column(RecipientRow.language) == ["de", "sv", "fi"]
    assert light.column(RecipientRow.level) == ["basic"] * 3


def test_json_lines_update_only_what_each_row_names(light: Importer) -> None:
    light("recipients", PEOPLE)
    light(
        "recipients",
        '{"recipient_id": "r1", "email": "ann@example.com", "role": "boss"}\n'
        '{"recipient_id": "r2", "email": "bo@example.com", "first_name": "Bob", "x": 1}\n',
        name="f.jsonl",
    )
    assert light.column(RecipientRow.first_name) == ["Ann", "Bob"]
    assert light.column(RecipientRow.role) == ["boss", ""]


def test_a_report_lists_at_most_so_many_rows_and_counts_all(light: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.pipeline.import_report.LISTED", 10)
    report = light("recipients", "recipient_id,email\n" + "r,none\n" * 50)
    assert (report.refused.count, len(report.refused.listed)) == (50, 10)


def test_an_unknown_kind_or_file_is_wrong_usage(light: Importer) -> None:
    with pytest.raises(UsageError, match="no such kind"):
        light("people", PEOPLE)
    with pytest.raises(UsageError, match="unknown kind of file"):
        light("recipients", PEOPLE, name="f.xlsx")
