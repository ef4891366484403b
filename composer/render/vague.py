"""Words of a link that say nothing of where it leads (WCAG 2.4.4), and how a link's words are compared with them."""

from __future__ import annotations

_ENGLISH = (
    "click|click here|click this|click this link|here|this link|link|more|read more|learn more|see more|find out more|more info"
    "|more information|details|continue|go|open|this|read|view|download|start"
)
_FINNISH = (
    "tästä|klikkaa|klikkaa tästä|klikkaa tätä|tänne|täältä|lue|lue lisää|lue lisää täältä|lue tästä|lisää|lisätietoa|lisätietoja|katso"
    "|katso lisää|katso tästä|linkki|tämä linkki|siirry|jatka|avaa|lataa|tutustu|tutustu lisää"
)
_OTHERS = "klicka här|här|läs mer|mer|mehr|mehr erfahren|weiterlesen|hier|hier klicken"
VAGUE = frozenset("|".join((_ENGLISH, _FINNISH, _OTHERS)).split("|"))


def is_vague(words: str) -> bool:
    """Tell whether the words of a link say nothing; nothing at all says nothing too."""
    return " ".join(words.casefold().strip(" .…!>»›→-–").split()) in VAGUE | {""}
