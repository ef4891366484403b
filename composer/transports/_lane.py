"""A lane: one connection, and the letters that go over it one behind the other, each driven by its own `send`.

What may overlap, and why. Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA of a letter are one write,
and that write is the end of the body before it: one flight a letter. DATA is the last of its group, as the RFC demands,
and no body is written before its own MAIL, RCPT and DATA were answered 250, 25x and 354: replies are matched to commands
one by one, so a reply too many or too few shows before a body can leave, and ends the connection.

Opt-outs. `still_wanted` is asked when the write that holds DATA is made, so that no DATA begins after an opt-out was
answered; and again right before the body, because a letter may have waited behind the one before it. DATA cannot be taken
back then, an empty body would be a letter too: the connection is closed before the dot, which no server takes for a letter.

RCPT refused with DATA already out: the server says 5xx to DATA, or 354; then a lone dot ends the empty transaction (RFC
2920 3.1). MAIL refused and DATA answered 354 means that server and we disagree about whose letter it is: closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from composer.dispatch.replies import Stage, classify, silence
from composer.domain.outcome import Outcome, Verdict
from composer.transports._dialogue import Dialogue, Reply
from composer.transports._envelope import Envelope, Offers, stuffed

WITHDRAWN = Outcome(Verdict.withdrawn)
_DONE, _RECIPIENT, _GO_ON = (250,), (250, 251, 252), (354,)
_NOT_THIS_LETTER = (0, 421, 503)
"""Answers to MAIL, on a connection that carried others, that concern the connection: dead, used up, or out of step."""


class Patience(NamedTuple):
    """Seconds: smtp.timeout for a command's answer, smtp.dot_timeout for the answer after the final dot."""

    command: float
    dot: float


class Letter:
    """A message on its way: its envelope, its bytes, and once it has boarded its lane and the answers it waits for."""

    __slots__ = ("answers", "behind", "boarded", "data", "envelope", "lane", "reset", "still_wanted")

    def __init__(self, envelope: Envelope, data: bytes, still_wanted: Callable[[], bool]) -> None:
        self.envelope, self.data, self.still_wanted = envelope, data, still_wanted
        self.lane: Lane | None = None
        self.answers: list[asyncio.Future[Reply]] = []
        """Of MAIL, RCPT and DATA, where they were written together."""
        self.reset: asyncio.Future[Reply] | None = None
        self.behind = False
        """Whether its envelope was written before the letter in front was answered."""
        self.boarded: asyncio.Future[Reply | Outcome | None] | None = None
        """While it waits: done with the answer to its DATA, with an outcome without one, or when it shall look for itself."""


class Moved(Exception):
    """The connection ended for another letter's sake, or was dead already: of this letter nothing was taken, let it board anew.

    `unfollowed` tells that the server did not follow what was written ahead, though it offers PIPELINING.
    """

    def __init__(self, unfollowed: bool = False) -> None:
        super().__init__()
        self.unfollowed = unfollowed


class Lane:
    """One open connection. `driver` is the letter whose turn it is, `follower` the one whose envelope is written behind its body."""

    def __init__(self, dialogue: Dialogue, offers: Offers, patience: Patience) -> None:
        self.dialogue, self.offers, self.patience = dialogue, offers, patience
        self.pipelining = offers.pipelining
        self.driver: Letter | None = None
        self.follower: Letter | None = None
        self.has_room = False
        """Whether a body is on its way and nobody follows it yet."""
        self.abandoned = False
        """Whether the follower has left: the lane ends with its driver."""
        self.carried = 0
        """Letters whose body was answered here."""
        self.idle_since = 0.0
        self.going_away = False
        """Whether the server said 421."""
        self._unclean = False
        """Whether an envelope may lie at the server that RSET must clear."""

    def refusal(self, letter: Letter) -> Outcome | None:
        """Why a letter cannot begin here: the server cannot take it, or it is no longer wanted. Asked right before its DATA is written."""
        return letter.envelope.refused_by(self.offers) or (None if letter.still_wanted() else WITHDRAWN)

    def board(self, letter: Letter, *body: bytes) -> asyncio.Future[Reply] | None:
        """Write a letter's MAIL, RCPT and DATA, behind `body` where one is given; return the answer to the body."""
        command = self.patience.command
        reset = b"RSET\r\n" if self._unclean else b""
        patience = [*([self.patience.dot] if body else []), *([command] if reset else []), command, command, command]
        written = b"".join((*body, reset, letter.envelope.mail(self.offers), letter.envelope.rcpt(), b"DATA\r\n"))
        *before, mail, rcpt, data = self.dialogue.say(written, *patience, last=letter.boarded)
        letter.lane, letter.answers, letter.behind = self, [mail, rcpt, data], self.driver is not letter
        letter.reset = before[-1] if reset else None
        self._unclean = False
        return before[0] if body else None

    async def carry(self, letter: Letter, begun: Callable[[], Awaitable[None]], following: Callable[[Lane], Letter | None]) -> Outcome:
        """Drive one letter to its outcome. `following` gives the waiting letter that may begin here when the body leaves. Raises Moved."""
        try:
            refused = await (self._offer_at_once(letter) if self.pipelining else self._offer_in_turn(letter))
            if refused is not None:
                return refused
            if letter.behind and not self.dialogue.usable:  # the letter in front ended the connection
                raise Moved
            await begun()
            if not letter.still_wanted():
                self.dialogue.close()
                return WITHDRAWN
            return await self._body(letter, following)
        except Moved:
            self.dialogue.close()
            raise
        except BaseException:
            self.leave(letter)
            raise

    def leave(self, letter: Letter) -> None:
        """A letter leaves before its end (cancelled, or nothing can be recorded): what it began must not go on.

        One that only follows leaves the body before it in peace; the lane closes when its turn would come.
        """
        if self.follower is letter:
            self.abandoned = True
        else:
            self.dialogue.close("broken off by us")

    async def _offer_at_once(self, letter: Letter) -> Outcome | None:
        if not letter.answers:
            refusal = self.refusal(letter)
            if refusal:
                return refusal
            self.board(letter)
        if letter.reset is not None and (await letter.reset).code != 250:
            raise Moved(unfollowed=letter.behind)
        mail, rcpt, data = [answer.result() if answer.done() else await answer for answer in letter.answers]
        if (letter.behind or self.carried) and mail.code in _NOT_THIS_LETTER:
            raise Moved(unfollowed=letter.behind and mail.code != 421 and not self.going_away)
        for stage, reply, good in ((Stage.mail, mail, _DONE), (Stage.rcpt, rcpt, _RECIPIENT), (Stage.data, data, _GO_ON)):
            if reply.code not in good:
                outcome = self._ended(stage, reply, letter)
                await self._end_empty(stage, rcpt, data)
                return outcome
        return None

    async def _end_empty(self, stage: Stage, rcpt: Reply, data: Reply) -> None:
        """After a refusal with DATA already out: leave the connection fit for the next letter, or closed."""
        if not self.dialogue.usable:
            return
        self._unclean = True
        if data.code < 300 or (stage is Stage.mail and rcpt.code < 400) or (stage is not Stage.rcpt and data.code < 400):
            self.dialogue.close()
        elif data.code < 400:
            (answer,) = self.dialogue.say(b".\r\n", self.patience.dot)
            if (await answer).code < 400:
                self.dialogue.close()  # it took a letter for nobody: it does not follow us

    async def _offer_in_turn(self, letter: Letter) -> Outcome | None:
        if self._unclean and (await self._ask(b"RSET\r\n")).code != 250:
            raise Moved
        self._unclean = False
        refusal = letter.envelope.refused_by(self.offers)
        if refusal:
            return refusal
        reply = await self._ask(letter.envelope.mail(self.offers))
        if self.carried and reply.code in _NOT_THIS_LETTER:
            raise Moved
        if reply.code not in _DONE:
            return self._ended(Stage.mail, reply, letter)
        self._unclean = True
        reply = await self._ask(letter.envelope.rcpt())
        if reply.code not in _RECIPIENT:
            return self._ended(Stage.rcpt, reply, letter)
        if not letter.still_wanted():
            return WITHDRAWN
        reply = await self._ask(b"DATA\r\n")
        return None if reply.code in _GO_ON else self._ended(Stage.data, reply, letter)

    async def _ask(self, command: bytes) -> Reply:
        return await self.dialogue.say(command, self.patience.command)[0]

    async def _body(self, letter: Letter, following: Callable[[Lane], Letter | None]) -> Outcome:
        body = (stuffed(letter.data, letter.envelope.dotted), b".\r\n")
        self._unclean = False
        self.follower = following(self) if self.pipelining else None
        answer = self.board(self.follower, *body) if self.follower else self.dialogue.say(b"".join(body), self.patience.dot)[0]
        assert answer is not None
        self.has_room = self.pipelining and self.follower is None
        reply = await answer
        self.has_room = False
        self.carried += 1
        if reply.early and reply.code < 400:  # the dialogue has ended before the dot left us: surely not taken
            return silence(Stage.data, reply.text)
        return self._ended(Stage.body, reply, letter)

    def _ended(self, stage: Stage, reply: Reply, letter: Letter) -> Outcome:
        """Judge the answer that ends a letter; close where it is none, or does not belong here."""
        if not reply.code:
            return silence(stage, reply.text)
        outcome = classify(stage, reply.code, reply.text, letter.envelope.sender, letter.envelope.recipient)
        self.going_away = self.going_away or reply.code == 421
        if reply.code == 421 or (reply.code < 400 and outcome.verdict is not Verdict.accepted):
            self.dialogue.close()  # it is going away, or it answers something else than we ask
        return outcome
