"""Somebody who asked to be forgotten: a blank row, no consent, a suppressed address."""

from __future__ import annotations

import numpy as np

from composer.domain.reasons import Skip
from tests.people._one import skipped, word


def test_an_erased_person_gets_nothing() -> None:
    erased = skipped(
        consented=np.array([False]),
        suppressed=np.array([True]),
        address=np.array([""], dtype=object),
        language=word(""),
        time_zone=word(""),
    )
    assert erased.reason == Skip.no_consent


def test_the_same_address_imported_again_with_consent_stays_suppressed() -> None:
    assert skipped(suppressed=np.array([True])).reason == Skip.suppressed
