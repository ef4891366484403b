"""Reading files: every good row comes out, every bad one is named, damage is told from bad rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.sources import Damaged, csv_file, jsonl_file
from composer.sources._columns import KINDS, address, country, language, number, time
from composer.sources._lines import LONGEST

HELSINKI = ZoneInfo("Europe/Helsinki")
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def quiet(_part: float) -> None:
    pass


def rows_of(file: Path) -> list[tuple[int, object]]:
    source = jsonl_file if ".jsonl" in file.name else csv_file
    return list(source.read(file, quiet).rows)


@same_folder
@given(table=st.lists(st.lists(cells, min_size=2, max_size=2), max_size=8), delimiter=st.sampled_from(",;\t"))
def test_what_a_csv_writer_writes_is_read_back(tmp_path: Path, table: list[list[str]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([["a", "b"], *table])
    file = tmp_path / "t.csv"
    file.write_bytes(text.getvalue().encode())
    assert [row for _, row in rows_of(file)] == [{"a": a, "b": b} for a, b in table]


@same_folder
@given(table=st.lists(st.dictionaries(cells, cells | st.integers() | st.booleans() | st.none()), max_size=8))
def test_what_json_writes_is_read_back_as_text(tmp_path: Path, table: list[dict[str, object]]) -> None:
    file = tmp_path / "t.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in [{"first": "x"}, *table]).encode()))

    def text(value: object) -> str:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    assert [row for _, row in rows_of(file)] == [{"first": "x"}, *({name: text(value) for name, value in row.items()} for row in table)]


@same_folder
@given(cut=st.integers(0, 10_000))
def test_a_gzip_cut_anywhere_is_damaged(tmp_path: Path, cut: int) -> None:
    whole = gzip.compress("".join(f"{i},{i * i}\n" for i in range(2_000)).encode())
    file = tmp_path / "t.csv.gz"
    file.write_bytes(whole[: cut % len(whole)])
    with pytest.raises(Damaged):
        rows_of(file)


@same_folder
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_rows_or_damage_and_never_a_crash(tmp_path: Path, raw: bytes) -> None:
    for name in ("t.csv", "t.jsonl"):
        file = tmp_path / name
        file.write_bytes(raw)
        try:
            for line, row in rows_of(file):
                assert line >= 1
                assert isinstance(row, str | dict)
        except Damaged:
            continue


def test_lines_are_those_of_the_file_also_after_a_value_of_many_lines(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(b'a,b\r\n1,"x\r\ny"\r\n\r\n2,z\r\n')
    assert rows_of(file) == [(2, {"a": "1", "b": "x\r\ny"}), (5, {"a": "2", "b": "z"})]


def test_one_stray_quote_costs_one_row(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('a,b\n1,x\n2,"y\n' + "".join(f"{i},z\n" for i in range(3, 5_000)), encoding="utf-8")
    found = rows_of(file)
    assert [line for line, row in found if isinstance(row, str)] == [3]
    assert len(found) == 4_999


def test_a_line_longer_than_the_limit_is_one_bad_row_and_never_held_whole(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write("a,b\n1,")
        for _ in range(5):
            out.write("x" * LONGEST)
        out.write("\n2,y\n")
    assert rows_of(file) == [(2, "the line is too long"), (3, {"a": "2", "b": "y"})]


def test_the_place_of_a_wrong_byte_is_named(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    good = "a,b\n" + "".join(f"{i},ä\n" for i in range(50_000))
    file.write_bytes(good.encode() + b"x,\xe9\n")
    with pytest.raises(Damaged, match=f"not UTF-8 at byte {len(good.encode()) + 2}") as caught:
        rows_of(file)
    assert caught.value.where == f"{file}:50002"


def test_progress_grows_to_one(tmp_path: Path) -> None:
    file = tmp_path / "t.csv.gz"
    file.write_bytes(gzip.compress(("a,b\n" + "".join(f"{i},{i * 7919}\n" for i in range(100_000))).encode()))
    parts: list[float] = []
    for _ in csv_file.read(file, parts.append).rows:
        pass
    assert parts == sorted(parts)
    assert parts[-1] == 1
    assert len(parts) > 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ann@Example.COM", "Ann@example.com"),
        ("a@münchen.example", "a@xn--mnchen-3ya.example"),
        ("a+b.c@mail.example", "a+b.c@mail.example"),
        ("a@x.test", "a@x.test"),
        ("a@x.INVALID", "a@x.invalid"),
        ("o'hara@example.com", "o'hara@example.com"),
        ("a@mu\u0308nchen.example", "a@xn--mnchen-3ya.example"),
        ("a@\uff4d\u3002example", "a@m.example"),
        ("-rf@example.com", "-rf@example.com"),
        ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"),
        (
            "a" * 64 + "@" + ".".join(["d" * 63, "d" * 63, "e" * 57, "com"]),
            "a" * 64 + "@" + ".".join(["d" * 63, "d" * 63, "e" * 57, "com"]),
        ),
    ],
)
def test_addresses_are_kept_with_their_domain_as_lower_case_a_label(text: str, said: str) -> None:
    assert address(text, HELSINKI) == said


@pytest.mark.parametrize(
    "text",
    [
        "ann",
        "@example.com",
        "ann@",
        "a b@example.com",
        "a@b",
        "a@b c.com",
        '"a b"@example.com',
        "ü@example.com",
        "a@example..com",
        "a" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "Ann <ann@example.com>",
        "ann@example.com\r\nBcc: bo@example.com",
        "a@[127.0.0.1]",
        "ann@example.com, bo@example.com",
        "a@.test",
        "a@😀\u200b.com",
        "ann\u202e@example.com",
        "ann@exa\u202emple.com",
        "ann@example.com NOTIFY=NEVER",
        "ann@example.com> NOTIFY=NEVER",
        "<ann@example.com>",
        "(hidden)ann@example.com",
        "ann@example.com\n",
        " ann@example.com",
        "ann\x00@example.com",
        "a\u0301nn@example.com",
        '"ann"@example.com',
        "ann@-example.com",
        "ann@xn--a.example",
        "ann@example.com.",
        "a" * 64 + "@" + ".".join(["d" * 63, "d" * 63, "e" * 58, "com"]),
        "a" * 64 + "@" + ".".join(["d" * 63, "d" * 63, "e" * 52, "localhost"]),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address") as caught:
        address(text, HELSINKI)
    assert "example" not in str(caught.value)


def test_a_time_without_offset_is_in_the_given_zone() -> None:
    assert time("2026-07-01T12:00:00", HELSINKI) == time("2026-07-01T09:00:00Z", HELSINKI) == time("2026-07-01T11:00:00+02:00", HELSINKI)
    assert time("2026-01-01", HELSINKI) == time("2025-12-31T22:00:00Z", HELSINKI)


@pytest.mark.parametrize(("text", "said"), [("EN", "en"), ("pt_br", "pt-BR"), ("zh-hant-TW", "zh-Hant-TW"), ("de-1996", "de-1996")])
def test_languages_are_written_as_bcp_47_has_them(text: str, said: str) -> None:
    assert language(text, HELSINKI) == said


def test_numbers_are_finite_and_countries_exist() -> None:
    assert number("1e3", HELSINKI) == 1000
    assert country("fi", HELSINKI) == "FI"
    for text in ("nan", "inf", "1_000", "", "1,5"):
        with pytest.raises(ValueError, match="not a number"):
            number(text, HELSINKI)
    with pytest.raises(ValueError, match="not a two-letter country code"):
        country("ZZ", HELSINKI)


def test_the_columns_are_those_of_the_contract() -> None:
    assert {kind: [f"*{c.name}" if c.required else c.name for c in columns] for kind, columns in KINDS.items()} == {
        "recipients": [
            "*recipient_id",
            "*email",
            "first_name",
            "last_name",
            "language",
            "time_zone",
            "country",
            "region",
            "company",
            "role",
            "stage",
            "level",
            "created_at",
        ],
        "consents": ["*recipient_id", "*purpose", "*state", "basis", "wording", "proof", "note", "source", "at"],
        "products": ["*product_id", "*name", "category", "brand", "price", "currency", "in_stock", "valid_from", "valid_until"],
        "orders": ["*order_id", "*recipient_id", "*ordered_at", "*product_id", "quantity", "amount", "discount", "currency"],
        "events": ["*event_id", "*recipient_id", "*kind", "*occurred_at", "product_id", "module", "value"],
    }
