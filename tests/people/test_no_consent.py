"""Somebody who never agreed to letters."""

from __future__ import annotations

import numpy as np

from composer.domain.reasons import Skip
from tests.people._one import one, skipped


def test_who_did_not_consent_gets_nothing_and_the_reason_is_said() -> None:
    assert skipped(consented=np.array([False])).reason == Skip.no_consent


def test_the_explanation_still_tells_what_would_have_stood_in_the_letter() -> None:
    explanation = one(consented=np.array([False])).decide().explain(0)
    assert len(explanation.losers) == 47
