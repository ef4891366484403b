"""Our verifier believes what another signer signed rightly, in every canonical form, and nothing that was changed since."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.render.check_signature import verified
from tests.checks.faults import good
from tests.checks.signed import by_dkimpy, signed, signers

COVERED = [b"From", b"To", b"Subject", b"Date"]
FORMS = [(head, body) for head in (b"relaxed", b"simple") for body in (b"relaxed", b"simple")]


@pytest.mark.parametrize("forms", FORMS, ids=str)
def test_a_signature_of_dkimpy_verifies_until_a_byte_changes(forms: tuple[bytes, bytes]) -> None:
    data, key = good().made.message.data, signers()[0].key.public_key()
    field = by_dkimpy(data, forms, COVERED)
    assert verified(field + b"\r\n" + data, field, key)
    assert not verified(field + b"\r\n" + data.replace(b"Subject: One", b"Subject: Two", 1), field, key)
    assert not verified(field + b"\r\n" + data + b"x\r\n", field, key)


@given(st.integers(min_value=0), st.integers(0, 255))
def test_no_byte_of_a_signed_letter_can_be_changed(place: int, byte: int) -> None:
    case = signed()
    data = case.made.message.data
    field, key = data.partition(b"\r\nDKIM-Signature:")[0], signers()[0].key.public_key()
    assert verified(data, field, key)
    start = data.index(b"\r\nFrom:") + 2
    at = start + place % (len(data) - start)
    changed = data[:at] + bytes([byte]) + data[at + 1 :]
    same = data[at : at + 1].lower() == bytes([byte]).lower() or {data[at], byte} <= set(b" \t")
    assert verified(changed, field, key) <= (changed == data or same or b"\r\n\r\n" not in data[:at])
