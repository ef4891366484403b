"""Finding people, and keeping one mailbox one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from composer.store.engine import reading, writing
from composer.store.recipients import (
    address_key,
    draw_key,
    find_recipient,
    find_recipients,
    known_recipients,
    normal_address,
    save_recipients,
    sharing_an_address,
)

KEY = bytes(range(32))
GIVEN = ["recipient_id", "address"]


@pytest.mark.parametrize("other", ["Ann@Example.com", " ann@EXAMPLE.COM ", "ANN@example.com"])
def test_one_mailbox_has_one_key_however_it_is_spelt(other: str) -> None:
    assert address_key(KEY, other) == address_key(KEY, "ann@example.com")


def test_a_unicode_domain_and_its_a_label_are_one() -> None:
    assert normal_address("ann@münchen.example") == normal_address("ann@xn--mnchen-3ya.example") == "ann@xn--mnchen-3ya.example"


@pytest.mark.parametrize("other", ["a.nn@example.com", "ann+news@example.com", "ann@mail.example.com"])
def test_other_mailboxes_are_others(other: str) -> None:
    assert address_key(KEY, other) != address_key(KEY, "ann@example.com")


def test_the_key_of_an_address_depends_on_the_secret() -> None:
    assert address_key(bytes(32), "ann@example.com") != address_key(KEY, "ann@example.com")


@given(st.text(max_size=30))
def test_normalising_twice_is_normalising_once(address: str) -> None:
    once = normal_address(address)
    assert normal_address(once) == once or "@" not in address


@given(st.text(alphabet="aäöéñ.+", min_size=1, max_size=10))
def test_composed_and_decomposed_letters_are_one(local: str) -> None:
    forms = {normal_address(f"{unicodedata.normalize(form, local)}@example.com") for form in ("NFC", "NFD")}
    assert len(forms) == 1


def test_draw_keys_are_signed_64_bits_and_stay() -> None:
    assert all(-(2**63) <= draw_key(word) < 2**63 for word in ("", "r1", "ä"))
    assert draw_key("r1") == draw_key("r1") != draw_key("r2")


def test_people_are_found_by_id_before_address(engine: Engine) -> None:
    with writing(engine) as db:
        save_recipients(
            db,
            KEY,
            [
                {"recipient_id": "1", "address": "Ann@example.com"},
                {"recipient_id": "2", "address": "ann@example.com"},
                {"recipient_id": "ann@example.com", "address": "bo@example.com"},
            ],
            GIVEN,
        )
    with reading(engine) as db:
        numbers = known_recipients(db)
        assert find_recipients(db, "ann@example.com") == [numbers["ann@example.com"]]
        assert find_recipients(db, "ANN@example.com") == [numbers["1"], numbers["2"]]
        assert find_recipient(db, "2") == numbers["2"]
        assert find_recipient(db, "nobody") is find_recipient(db, "no@example.com") is None
        assert sharing_an_address(db, ["1", "2"]) == {"2"}


def test_saving_again_updates_only_what_is_given(engine: Engine) -> None:
    with writing(engine) as db:
        row = {"recipient_id": "1", "address": "ann@example.com", "first_name": "Ann", "role": "buyer"}
        assert save_recipients(db, KEY, [row], [*GIVEN, "first_name", "role"]).added == 1
        touched = save_recipients(db, KEY, [{"recipient_id": "1", "address": "ann@example.com", "role": "boss"}], [*GIVEN, "role"])
        assert (touched.added, touched.changed) == (0, 1)
        assert db.execute(text("SELECT first_name, role, level FROM recipients")).one() == ("Ann", "boss", "premium")


def test_an_equal_row_is_not_touched(engine: Engine) -> None:
    with writing(engine) as db:
        rows = [{"recipient_id": "1", "address": "ann@example.com"}] * 2
        assert save_recipients(db, KEY, rows, GIVEN).added == 1
        touched = save_recipients(db, KEY, rows, GIVEN)
        assert (touched.added, touched.changed) == (0, 0)


def test_no_import_changes_a_level_that_the_person_chose(engine: Engine) -> None:
    with writing(engine) as db:
        save_recipients(db, KEY, [{"recipient_id": "1", "address": "ann@example.com", "level": "basic"}], [*GIVEN, "level"])
        save_recipients(db, KEY, [{"recipient_id": "1", "address": "ann@example.com", "level": "standard"}], [*GIVEN, "level"])
        assert db.execute(text("SELECT level FROM recipients")).scalar() == "standard"
        db.execute(text("UPDATE recipients SET chosen_at = 1767225600, level = 'none'"))
        save_recipients(db, KEY, [{"recipient_id": "1", "address": "ann@example.com", "level": "premium"}], [*GIVEN, "level"])
        assert db.execute(text("SELECT level FROM recipients")).scalar() == "none"
