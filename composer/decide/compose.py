"""Compose: the order of a decision. Read this first.

redact -> language and send time -> candidates -> scores -> pins -> slate -> fallback -> exploration -> words; subject and reasons
are read off when a newsletter is asked for (decided.py). The send time comes early because dates of validity are judged at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

from composer.decide.candidates import find_candidates
from composer.decide.decided import Decided
from composer.decide.draw import uniform
from composer.decide.explore import explore
from composer.decide.fallback import fill_short
from composer.decide.language import settle_language, spoken_languages
from composer.decide.pins import put_in_pins
from composer.decide.redact import redact
from composer.decide.scoring import score
from composer.decide.send_time import choose_send_times
from composer.decide.slate import fill_slate, open_slate
from composer.decide.voice import choose_words
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Edition
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.errors import UsageError


def decide(
    audience: Audience,
    library: Library,
    campaign: Campaign,
    edition: Edition,
    moment: Moment,
    beliefs: Beliefs,
    rules: Mapping[str, ModuleType],
    signals: Mapping[str, ModuleType],
    quiet: tuple[int, int],
    send_at: Array | None = None,
) -> Decided:
    """Decide for a batch. What one recipient gets never depends on who else is in it.

    `audience` is unredacted; the result holds the redacted one. `quiet` is the local hours [from, until) when nothing
    leaves. `send_at` (int64[R], epoch seconds) keeps times decided before. Raises UsageError for an unknown layout.
    """
    if campaign.layout not in library.layouts:
        raise UsageError(
            f"no layout '{campaign.layout}'", where=f"campaign {campaign.name}", do=f"Known: {', '.join(sorted(library.layouts))}."
        )
    layout, policy = library.layouts[campaign.layout], campaign.policy

    audience = settle_language(redact(audience), spoken_languages(library, layout))
    times = choose_send_times(audience, campaign, edition, moment, beliefs, quiet, send_at)
    moment = replace(moment, send_at=times.send_at, cap=campaign.cap.letters if campaign.cap else None, apart=campaign.apart)
    candidates = find_candidates(audience, library, campaign, layout, moment, rules)
    allowed = candidates.allowed
    holdout = uniform(audience.draw_key, campaign.name, "holdout") < campaign.holdout
    scores = score(audience, library, moment, beliefs, signals, holdout)
    slate, running = open_slate(scores.keys, allowed, library, layout)
    put_in_pins(slate, running, allowed, campaign, layout)
    fill_slate(slate, running, layout, policy.keep)
    fill_short(slate, scores, allowed, library, layout)
    exploration = explore(slate, scores.keys, allowed, library, layout, policy, audience.draw_key, edition.key, holdout)
    words = choose_words(audience, library, campaign, edition, beliefs, slate, holdout)

    chosen = (times, candidates, scores, slate, exploration, words)
    return Decided(audience, library, campaign, edition, moment, beliefs, signals, layout, holdout, *chosen)
