"""Opening an SMTP connection with aiosmtplib: connect, TLS, sign in; whatever goes wrong becomes an Outcome."""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPAuthenticationError, SMTPException, SMTPResponseException, SMTPTimeoutError

from composer.config import Smtp
from composer.dispatch.replies import Stage, classify, scrub, silence
from composer.domain.outcome import Outcome, Verdict
from composer.transports._dialogue import Dialogue
from composer.transports._envelope import offers_of
from composer.transports._lane import Lane, Patience


class NoConnection(Exception):
    """No connection could be made; `outcome` is what that means for the letter that wanted one."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


async def connect(section: Smtp, context: ssl.SSLContext, name: str) -> Lane:
    """Open, secure and sign in. `name` is what we call ourselves in EHLO. Raises NoConnection.

    With start_tls "required" nothing but EHLO and STARTTLS is said in clear, least of all a password (RFC 3207).
    """
    seconds = section.timeout.total_seconds()
    client = SMTP(
        hostname=section.host,
        port=section.port,
        timeout=seconds,
        local_hostname=name,
        tls_context=context,
        use_tls=section.start_tls == "implicit",
        start_tls=False,
    )
    try:
        await client.connect()
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # asyncio.wait_for of Python 3.11 may swallow it, and aiosmtplib uses that
            raise asyncio.CancelledError
        await client.ehlo()
        if section.start_tls == "required":
            await _secure(client)
        if section.username:
            await _sign_in(client, section)
        transport = client.transport
        if transport is None or transport.is_closing():
            raise NoConnection(silence(Stage.connect, "the connection was lost"))
        # uvloop's transports are none of asyncio's classes.
        dialogue = Dialogue(cast(asyncio.Transport, transport), seconds)
        return Lane(dialogue, offers_of(client.esmtp_extensions), Patience(seconds, section.dot_timeout.total_seconds()))
    except NoConnection:
        client.close()
        raise
    except Exception as error:  # noqa: BLE001 - ssl, OS and value errors escape aiosmtplib beside its own
        client.close()
        raise NoConnection(_meaning(error)) from None
    except BaseException:
        client.close()
        raise


async def _secure(client: SMTP) -> None:
    if not client.supports_extension("starttls"):
        raise NoConnection(Outcome(Verdict.paused, 0, "TLS is required and the server does not offer STARTTLS"))
    try:
        await client.starttls()
    except SMTPResponseException as error:
        verdict = Verdict.unreachable if 400 <= error.code < 500 else Verdict.paused
        raise NoConnection(Outcome(verdict, error.code, f"TLS: STARTTLS was refused: {scrub(error.message)}")) from None
    await client.ehlo()


async def _sign_in(client: SMTP, section: Smtp) -> None:
    try:
        await client.login(section.username, section.password.get_secret_value())
    except SMTPTimeoutError:
        raise
    except SMTPAuthenticationError as error:
        verdict = Verdict.unreachable if 400 <= error.code < 500 else Verdict.paused  # RFC 4954: 454 is a passing trouble
        raise NoConnection(Outcome(verdict, error.code, f"sign-in was refused: {scrub(error.message, section.username)}")) from None
    except SMTPException as error:
        if isinstance(error, ConnectionError):
            raise
        raise NoConnection(Outcome(Verdict.paused, 0, "sign-in: the server offers no method we know")) from None


def _meaning(error: BaseException) -> Outcome:
    """Find the cause: TLS trouble pauses, an answer is judged, anything else means that nobody was there."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return Outcome(Verdict.paused, 0, f"TLS: the server's certificate is not trusted: {scrub(seen.verify_message)}")
        if isinstance(seen, ssl.SSLError):
            return Outcome(Verdict.paused, 0, f"TLS: no agreement with the server ({seen.reason or 'handshake failed'})")
        if isinstance(seen, SMTPResponseException):
            if not 400 <= seen.code < 600:
                return silence(Stage.connect, "the server does not speak SMTP")
            return classify(Stage.connect, seen.code, seen.message)
        seen = seen.__cause__
    if isinstance(error, TimeoutError):
        return silence(Stage.connect, "no answer in time")
    return silence(Stage.connect, "no connection")
