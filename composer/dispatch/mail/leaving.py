"""Mails that ask to leave, without a token: only where the command is all that the mail says, in a language we know."""

from __future__ import annotations

import re

from composer.dispatch.mail.words import alternatives

_FROM_LIST = (
    r"(?: (?:from|off|of) (?:this|your|the|all|my)?(?: ?(?:mailing|news|e?-?mail))?(?: ?(?:lists?|newsletters?|letters?|e?-?mails?))?)?"
)
_COMMAND = re.compile(
    r"(?:please |kindly |bitte |ole hyv. ja |v.nligen )?(?:"
    + alternatives(
        r"""
        unsubscribe(?: me)?FROM_LIST
        (?:remove|delete|take) (?:me|my (?:e-?mail )?address)FROM_LIST
        stop
        stop (?:it|sending|mailing|e?-?mailing)(?: me)?(?: (?:e?-?mails?|letters?|newsletters?))?
        opt[ -]?(?:me )?out
        cancel (?:my |the )?(?:subscription|newsletter)
        no more (?:e?-?mails?|letters?|newsletters?)
        peru
        peruuta
        peru(?:uta)? (?:minun )?(?:tilaus|tilaukseni|uutiskirje|uutiskirjeen tilaus|kirje(?:et)?)
        lopeta (?:tilaus|tilaukseni)
        poista(?:kaa)?(?: minut)?(?: (?:listalta|postituslistalta|jakelusta))?
        tilauksen peruutus
        en halua (?:en.. )?(?:n.it. )?(?:viestej.|kirjeit.|posteja)
        avprenumerera
        avregistrera(?: mig)?
        avanm.l(?:a)?(?: mig)?
        avsluta (?:min )?prenumeration(?:en)?
        ta bort mig(?: fr.n (?:listan|utskicket))?
        abmelden
        abbestellen
        austragen
        abmeldung
        (?:newsletter|mich|uns)(?: bitte)? (?:vom newsletter )?(?:abbestellen|abmelden|austragen)
        abbestellen newsletter
        keine (?:weiteren )?(?:e?-?mails?|newsletter)
        d.sabonner
        d.sinscrire
        darme de baja
        baja
        cancellami
        afmelden
        uitschrijven
        wypisz(?: mnie)?
        отписаться
        """
    ).replace("FROM_LIST", _FROM_LIST)
    + r")(?: (?:please|thanks|thank you|kiitos|tack|danke|bitte))?",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^(?:\s*(?:re|aw|sv|vs|antw|vl|tr)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_COURTESY = re.compile(
    r"(?:hi|hello|dear|hei|moi|hej|hallo|guten tag|thanks|thank you|kiitos|tack|danke|regards|best regards|terveisin)(?: [\w'-]{1,30})?",
    re.IGNORECASE,
)
LONGEST_COMMAND = 120


def is_command(subject: str, text: str) -> bool:
    """Tell whether the mail says nothing but that its writer wants to leave. `text` is what was written anew."""
    if len(text) > 600:
        return False
    lines = [line for line in map(_plain, text.split("\n")) if line and not _COURTESY.fullmatch(line)]
    body, head = " ".join(lines), _plain(_ANSWER.sub("", subject[:300]))
    if body:
        return len(body) <= LONGEST_COMMAND and _COMMAND.fullmatch(body) is not None
    return len(head) <= LONGEST_COMMAND and _COMMAND.fullmatch(head) is not None


def _plain(line: str) -> str:
    """Without punctuation at either end and with single blanks."""
    line = line.replace(",", " ").replace("!", " ")
    return " ".join(line.strip(" \t.,;:!?*_-\"'()[]<>\xa0\u200b").split())
