"""What servers of the big systems say, in the shape they say it, and what it means here.

The codes and the turn of phrase are facts; names, numbers and links are made up. The meaning: `dead` suppresses the
address, `stop` ends this letter, `retry` comes back, `slow` comes back and asks for fewer letters, `pause` stops the run.
"""

from __future__ import annotations

import pytest

from composer.dispatch.replies import Stage, classify
from composer.domain.outcome import Outcome, Verdict

RCPT, MAIL, DATA, BODY, DOOR = Stage.rcpt, Stage.mail, Stage.data, Stage.body, Stage.connect

SAID = [
    # Gmail and Google Workspace
    (RCPT, "550 5.1.1 The email account that you tried to reach does not exist. Please check the spelling. gsmtp", "dead"),
    (RCPT, "550 5.2.1 The email account that you tried to reach is disabled. gsmtp", "stop"),
    (RCPT, "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents more from being delivered", "retry"),
    (RCPT, "450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend later. gsmtp", "retry"),
    (RCPT, "452 4.2.2 The recipient's inbox is out of storage space and inactive. gsmtp", "retry"),
    (RCPT, "552 5.2.2 The email account that you tried to reach is over quota and inactive. gsmtp", "stop"),
    (BODY, "421 4.7.28 Gmail has detected an unusual rate of mail originating from your DKIM domain. gsmtp", "slow"),
    (BODY, "421 4.7.0 Try again later, closing connection. gsmtp", "slow"),
    (BODY, "550 5.7.28 There is an unusual rate of unsolicited mail originating from your IP address. gsmtp", "slow"),
    (BODY, "550 5.7.26 This mail has been blocked because the sender is unauthenticated. SPF did not pass. gsmtp", "stop"),
    (BODY, "550 5.7.1 This message is likely unsolicited mail. To reduce the amount of spam it has been blocked. gsmtp", "stop"),
    (BODY, "550 5.7.25 The IP address sending this message does not have a PTR record set up. gsmtp", "stop"),
    (RCPT, "550 5.4.5 Daily user sending limit exceeded. gsmtp", "slow"),
    (BODY, "452 4.5.3 Your message has too many recipients. gsmtp", "slow"),
    (BODY, "552 5.3.4 Your message exceeded the maximum size. gsmtp", "stop"),
    (MAIL, "530 5.7.0 Authentication Required. gsmtp", "pause"),
    # Outlook.com and Hotmail
    (RCPT, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", "dead"),
    (RCPT, "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Part of their network is on our block list (S3140)", "stop"),
    (MAIL, "550 SC-001 Mail rejected for policy reasons: the sender's IP address has shown namespace mining behaviour", "pause"),
    (DOOR, "421 RP-001 The mail server IP has exceeded the rate limit allowed", "door slow"),
    (DOOR, "421 RP-003 The connecting server has exceeded the limit on the number of concurrent connections", "door slow"),
    (BODY, "550 5.7.515 Access denied, sending domain example.com does not meet the required authentication level", "stop"),
    (RCPT, "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation", "slow"),
    # Exchange Online and Exchange
    (RCPT, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "dead"),
    (RCPT, "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "dead"),
    (RCPT, "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "stop"),
    (RCPT, "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77714)", "slow"),
    (RCPT, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", "stop"),
    (BODY, "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for external recipients", "slow"),
    (BODY, "550 5.7.705 Access denied, tenant has exceeded threshold", "slow"),
    (BODY, "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", "retry"),
    (RCPT, "550 5.7.1 Unable to relay", "stop"),
    (RCPT, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "stop"),
    (RCPT, "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to this recipient", "stop"),
    (RCPT, "452 4.3.1 Insufficient system resources", "retry"),
    (RCPT, "554 5.2.2 STOREDRV.Deliver.Exception:QuotaExceededException; mailbox full", "stop"),
    (BODY, "554 5.4.14 Hop count exceeded - possible mail loop", "stop"),
    (MAIL, "552 5.3.4 Message size exceeds fixed maximum message size", "stop"),
    # Yahoo and AOL
    (BODY, "554 delivery error: dd This user doesn't have a yahoo.com account (reader) [0] - mta1001.example.net", "dead"),
    (BODY, "554 delivery error: dd Sorry, your message cannot be delivered. This mailbox is disabled (554.30).", "dead"),
    (BODY, "554 delivery error: dd Not a valid recipient - atlas1001.example.net", "dead"),
    (RCPT, "552 1 Requested mail action aborted, mailbox not found", "dead"),
    (DOOR, "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints", "door slow"),
    (MAIL, "421 4.16.55 [TSS09] All messages will be deferred; retrying will not succeed before the rate falls", "slow"),
    (DOOR, "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in a block list", "door"),
    (BODY, "554 5.7.9 Message not accepted for policy reasons", "stop"),
    (BODY, "451 Message temporarily deferred - [170]", "retry"),
    # iCloud
    (RCPT, "550 5.1.1 unknown or illegal alias", "dead"),
    (RCPT, "552 5.2.2 user is over quota", "stop"),
    (BODY, "554 5.7.1 [CS01] Message rejected due to local policy", "stop"),
    (DOOR, "421 4.7.1 Too many connections from your host", "door slow"),
    (RCPT, "450 4.1.1 unverified address: user lookup failed temporarily", "retry"),
    # GMX, web.de, 1&1
    (RCPT, "550 Requested action not taken: mailbox unavailable", "dead"),
    (RCPT, "550 Requested action not taken: mailbox unavailable. The sender's domain has an invalid DNS MX record", "stop"),
    (BODY, "554 Transaction failed. Reject due to policy restrictions", "stop"),
    (MAIL, "450 Requested mail action not taken: mail send limit exceeded", "slow"),
    (DOOR, "554 No SMTP service. Bad DNS PTR resource record", "door"),
    (DOOR, "421 Too many concurrent connections", "door slow"),
    # Mail.ru and Yandex
    (RCPT, "550 Message was not accepted -- invalid mailbox. Local mailbox is unavailable: user not found", "dead"),
    (RCPT, "550 Message was not accepted -- invalid mailbox. Local mailbox is unavailable: account is disabled", "dead"),
    (BODY, "550 spam message rejected. Please write to abuse if you are not a spammer", "stop"),
    (RCPT, "451 Try again later: Ratelimit exceeded for recipient", "retry"),
    (RCPT, "451 Ratelimit exceeded. Try again later", "slow"),
    (RCPT, "550 5.7.1 No such user!", "dead"),
    (RCPT, "552 5.2.2 Mailbox size limit exceeded", "stop"),
    (BODY, "554 5.7.1 Message rejected under suspicion of SPAM", "stop"),
    # Proofpoint, Mimecast, Barracuda, Cisco, Symantec
    (RCPT, "550 5.1.1 User Unknown", "dead"),
    (DOOR, "554 5.7.0 Blocked - see the address check page", "door"),
    (BODY, "550 5.7.0 Local Policy Violation - 5.7.0", "stop"),
    (RCPT, "550 Invalid Recipient - see the community page on code 550", "dead"),
    (RCPT, "451 Internal resources are temporarily unavailable - see the community page on code 451", "retry"),
    (BODY, "554 Email rejected due to security policies - anti-virus", "stop"),
    (RCPT, "550 Administrative prohibition - envelope blocked", "stop"),
    (RCPT, "550 permanent failure for one or more recipients (reader:550 5.1.1 no such recipient)", "dead"),
    (RCPT, "550 permanent failure for one or more recipients (reader:blocked)", "stop"),
    (DOOR, "554 Service unavailable; Client host [192.0.2.1] blocked using Barracuda Reputation", "door"),
    (RCPT, "450 4.7.1 rate control: too many messages from this client", "slow"),
    (RCPT, "550 #5.1.0 Address rejected.", "stop"),
    (RCPT, "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.", "stop"),
    (DOOR, "452 Too many connections from your host.", "door slow"),
    (RCPT, "501 Connection rejected by policy [7.7] 12345, please visit the help page", "stop"),
    # Postfix
    (RCPT, "550 5.1.1 <reader@example.com>: Recipient address rejected: User unknown in virtual mailbox table", "dead"),
    (RCPT, "550 5.1.1 <reader@example.com>: Recipient address rejected: undeliverable address: host said: unknown user", "dead"),
    (RCPT, "450 4.1.1 <reader@example.com>: Recipient address rejected: unverified address", "retry"),
    (RCPT, "554 5.7.1 <reader@example.com>: Relay access denied", "stop"),
    (RCPT, "450 4.7.1 <reader@example.com>: Recipient address rejected: Greylisted, come back in 300 seconds", "retry"),
    (RCPT, "451 4.7.1 Greylisting in action, please come back later", "retry"),
    (DOOR, "421 4.7.0 mx.example.com Error: too many connections from 192.0.2.1", "door slow"),
    (MAIL, "450 4.7.1 Error: too much mail from 192.0.2.1", "slow"),
    (DATA, "554 5.5.1 Error: no valid recipients", "stop"),
    (DATA, "503 5.5.1 Error: need RCPT command", "retry"),
    (MAIL, "503 5.5.1 Error: nested MAIL command", "retry"),
    (RCPT, "553 5.1.8 <letters@example.org>: Sender address rejected: Domain not found", "stop"),
    (RCPT, "504 5.5.2 <relay>: Helo command rejected: need fully-qualified hostname", "stop"),
    (MAIL, "452 4.3.1 Insufficient system storage", "retry"),
    (RCPT, "550 5.1.2 <reader@nowhere.example>: Recipient address rejected: Domain not found", "stop"),
    # Exim
    (RCPT, "550 Unknown user", "dead"),
    (RCPT, "550 No Such User Here", "dead"),
    (RCPT, "550 Unrouteable address", "stop"),
    (RCPT, "550 relay not permitted", "stop"),
    (RCPT, "550 Verification failed for the sender: no mailbox here by that name", "stop"),
    (RCPT, "451 Temporary local problem - please try later", "retry"),
    (DOOR, "421 too many concurrent SMTP connections; please try again later.", "door slow"),
    (BODY, "550 This message was classified as SPAM and may not be delivered", "stop"),
    # qmail and its kin
    (RCPT, "550 sorry, no mailbox here by that name. (#5.1.1)", "dead"),
    (RCPT, "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)", "dead"),
    (RCPT, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "stop"),
    (RCPT, "522 sorry, recipient mailbox is full (#5.2.2)", "stop"),
    (BODY, "451 qq trouble creating files in queue (#4.3.0)", "retry"),
    (BODY, "552 sorry, that message size exceeds my databytes limit (#5.3.4)", "stop"),
    # The standards' own
    (RCPT, "556 5.1.10 Recipient address has null MX", "dead"),
    (RCPT, "550 5.1.6 Mailbox has moved", "dead"),
    (RCPT, "535 5.7.8 Authentication credentials invalid", "pause"),
    (RCPT, "550 no", "stop"),
    (RCPT, "550", "stop"),
]


def meaning(stage: Stage, outcome: Outcome) -> str:
    """One word for an outcome."""
    match outcome.verdict:
        case Verdict.refused:
            return "dead" if outcome.dead_address else "stop"
        case Verdict.try_later:
            return "slow" if outcome.throttled else "retry"
        case Verdict.unreachable:
            return "door slow" if outcome.throttled else "door"
        case Verdict.paused:
            return "pause"
    return f"{outcome.verdict} at {stage}"


@pytest.mark.parametrize(("stage", "reply", "meant"), SAID, ids=[f"{stage.name} {reply[:40]}" for stage, reply, _ in SAID])
def test_a_reply_means(stage: Stage, reply: str, meant: str) -> None:
    assert meaning(stage, classify(stage, int(reply[:3]), reply[4:], "reader@example.com")) == meant


def test_few_of_the_5xx_replies_are_a_dead_address() -> None:
    final = [meant for _, reply, meant in SAID if reply.startswith("5")]
    assert 0 < final.count("dead") < len(final) / 2


def test_every_reply_of_the_table_is_judged_without_the_address() -> None:
    for stage, reply, _ in SAID:
        assert "reader@" not in classify(stage, int(reply[:3]), f"{reply[4:]} <reader@example.com>", "reader@example.com").text


def test_words_beyond_what_is_kept_are_read() -> None:
    said = "5.7.0 " + "please see our pages, " * 12 + "you sent too many messages"
    outcome = classify(Stage.body, 550, said)
    assert len(outcome.text) == 200
    assert outcome.throttled
