"""What surrounds a letter: who sends it, its list, its keys and its links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything about a message that neither the newsletter nor the person says. URLs are absolute."""

    sender_address: str
    sender_name: str
    postal_address: str
    privacy_url: str
    site: str
    base_url: str
    """Where our own pages live: the only place http:// may point to, and on loopback only."""
    list_id: str
    """RFC 2919: for example letters.example.com."""
    list_name: str
    title: str
    """The campaign's name for people."""
    message_id: str
    """With its angle brackets."""
    date: datetime
    unsubscribe_header_url: str
    """The one-click address; it stands in the header only."""
    unsubscribe_url: str
    preferences_url: str
    why_url: str
    view_url: str
    """This very letter as a web page."""
    pictures_url: str
    """The folder our pictures are served from."""
    campaign: str
    """Slug; utm_campaign."""
    reply_to: str = ""
    """Where answers go; empty: to the sender's address."""
    feedback_id: str = ""
    """Google's Feedback-ID `a:b:c:Sender`: the same for every letter of a campaign; empty: none."""
    click_urls: tuple[str, ...] = ()
    """One address a block that notes the click and leads on; empty where clicks may not be measured."""
    survey_urls: Mapping[int, str] = field(default_factory=dict)
    """Block's position -> the page of its question, for blocks that ask one. Looking at it notes nothing, so every level has it."""
    trap_url: str = ""
    """Beside them a link that nobody sees: only programs that follow every link follow it. It stands in HTML only."""
    open_url: str = ""
    """The picture that counts opens; empty without the reader's consent."""
    return_path: str = ""
    """Where reports about this very letter go; empty: to the sender's address. It is no part of the letter's bytes."""
    unsubscribe_mailto: str = ""
    """The address that unsubscribes this person by mail; empty: none. It stands in the header only."""
    mark: str = ""
    """Put before the subject of a test send, for example "[TEST] "."""
