"""Kinds of event: what people do, and what becomes of messages (django-anymail's words)."""

from __future__ import annotations

CONDUCT = frozenset(
    {"visit", "view", "search", "cart", "wish", "download", "webinar", "login", "ticket_opened", "ticket_closed", "nps", "survey"}
)
TRADE = frozenset({"purchase", "return", "complaint"})
MESSAGE = frozenset({"sent", "deferred", "delivered", "bounced", "opened", "clicked", "spam_complaint", "unsubscribed"})
SOFT_BOUNCE = "soft"
"""How the value of a `bounced` event begins where the address may be alive; without it nobody has the address."""
OWN_ID = "composer:"
"""Ids that we give begin with it; no import may use them."""
SIGNED_UP = f"{OWN_ID}signup-"
"""How the recipient_id of somebody begins who came by a sign-up of their own."""

KINDS = CONDUCT | TRADE | MESSAGE
"""Other kinds are kept and reported, and never scored."""
