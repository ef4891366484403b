"""Subject and preheader: the campaign's own words, else the chosen opening of the block that leads the letter."""

from __future__ import annotations

from composer.domain.campaign import Campaign
from composer.domain.content import PLAIN, ContentModule


def subject_of(campaign: Campaign, leading: ContentModule, language: str, opening: str = PLAIN) -> str:
    """Return a subject that is never empty."""
    chosen = leading.openings.get(language, {}).get(opening)
    return (
        campaign.subject.get(language)
        or (chosen.subject if chosen else "")
        or leading.subjects.get(language)
        or leading.titles.get(language)
        or campaign.title
        or campaign.name
    )


def preheader_of(leading: ContentModule, second: ContentModule | None, language: str, opening: str = PLAIN) -> str:
    """Return the opening's preheader, else the second block's title: more of the letter, never the subject again."""
    chosen = leading.openings.get(language, {}).get(opening)
    return (chosen.preheader if chosen else "") or leading.preheaders.get(language) or (second.titles.get(language, "") if second else "")
