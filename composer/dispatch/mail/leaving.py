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
        (?:i )?(?:want|wish|would like|'d like) to (?:unsubscribe|opt out|be removed)FROM_LIST
        unsubscribe (?:this|my) (?:e-?mail )?(?:address)?
        opt[ -]?(?:me )?out
        cancel (?:my |the )?(?:subscription|newsletter)
        no more (?:e?-?mails?|letters?|newsletters?)
        peru
        peruuta
        peru(?:uta)? (?:minun )?(?:tilaus|tilaukseni|uutiskirje|uutiskirjeen tilaus|kirje(?:et)?)
        lopeta (?:tilaus|tilaukseni)
        poista(?:kaa)?(?: minut)?(?: (?:listalta|postituslistalta|jakelusta))?
        tilauksen peruutus
        peruu?tan (?:uutiskirjeen )?(?:tilauksen|tilaukseni)
        (?:haluan|haluaisin|tahdon) (?:perua|peruuttaa|lopettaa) (?:uutiskirjeen |kirjeiden )?(?:tilauksen|tilaukseni)
        poista(?:kaa)? (?:minut|osoitteeni) (?:listaltanne|postituslistaltanne|rekisterist.(?:nne)?)
        en halua (?:en.. )?(?:n.it. )?(?:viestej.|kirjeit.|posteja)
        avprenumerera
        avregistrera(?: mig)?
        avanm.l(?:a)?(?: mig)?
        avsluta (?:min )?prenumeration(?:en)?
        (?:jag )?(?:vill|.nskar) (?:avsluta|s.ga upp) (?:min )?prenumeration(?:en)?
        (?:jag )?vill avregistrera mig
        ta bort mig(?: fr.n (?:listan|utskicket))?
        abmelden
        abbestellen
        austragen
        abmeldung
        (?:newsletter|mich|uns)(?: bitte)? (?:vom newsletter )?(?:abbestellen|abmelden|austragen)
        abbestellen newsletter
        (?:bitte )?(?:mich )?(?:aus dem verteiler|aus der liste|von der liste)(?: bitte)? (?:nehmen|l.schen|streichen|austragen|entfernen)
        (?:ich )?m.chte (?:den |ihren )?(?:newsletter|mich)(?: bitte)? (?:abbestellen|abmelden)
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
    r"(?:hi|hello|dear|hei|moi|hej|hallo|guten tag|thanks|thank you|kiitos|tack|danke|(?:best |kind )?regards|mvh|mfg|terveisin)"
    r"(?: [\w'-]{1,30}){0,2}|yst.v.llisin terveisin|this message was (?:automatically generated|sent automatically) by .{1,40}",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_a-z][\w'.-]{0,30}(?: [^\W\d_a-z][\w'.-]{0,30}){0,3}|[A-Z]{2,5}")
_END = re.compile(r"[.!?;\n]+(?=\s|$)|\n")
LONGEST_COMMAND = 120


def is_command(subject: str, text: str) -> bool:
    """Tell whether the mail says nothing but that its writer wants to leave. `text` is what was written anew.

    Greetings, thanks and a name below do not count as something; where only they are written, the subject must be the command.
    """
    if len(text) > 600:
        return False
    sentences = [one for one in map(_plain, _END.split(text)) if one and not _COURTESY.fullmatch(one)]
    while len(sentences) > 1 and _NAME.fullmatch(sentences[-1]) and not _is(sentences[-1]):
        sentences.pop()
    whole = _plain(" ".join(text.split()))
    if sentences and not all(map(_NAME.fullmatch, sentences)):
        return all(map(_is, sentences)) or _is(whole)
    return any(map(_is, sentences)) or _is(_plain(_ANSWER.sub("", subject[:300])))


def _is(sentence: str) -> bool:
    return len(sentence) <= LONGEST_COMMAND and _COMMAND.fullmatch(sentence) is not None


def _plain(line: str) -> str:
    """Without punctuation at either end and with single blanks."""
    line = line.replace(",", " ").replace("!", " ")
    return " ".join(line.strip(" \t.,;:!?*_-\"'()[]<>\xa0\u200b").split())
