"""Subject and preheader: the campaign's own words, else those of the block that leads the letter."""

from __future__ import annotations

from composer.domain.campaign import Campaign
from composer.domain.content import ContentModule


def subject_of(campaign: Campaign, leading: ContentModule, language: str) -> str:
    """Return a subject that is never empty."""
    return (
        campaign.subject.get(language) or leading.subjects.get(language) or leading.titles.get(language) or campaign.title or campaign.name
    )


def preheader_of(leading: ContentModule, second: ContentModule | None, language: str) -> str:
    """Return the leading block's preheader, else the second block's title: more of the letter, never the subject again."""
    return leading.preheaders.get(language) or (second.titles.get(language, "") if second else "")
