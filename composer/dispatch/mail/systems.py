"""The shapes in which mail systems write, without a machine-readable part, which addresses failed and why.

Each shape is a pattern with an address `a` and, where the system gives it, a reason `r`. The first that fits a mail is
taken; narrow ones stand before wide ones. Facts about who writes what are beside each; the samples in tests/inbound
name theirs.
"""

from __future__ import annotations

import re

from composer.dispatch.mail.words import ADDRESS

_A = rf"(?P<a>{ADDRESS.pattern})"
_BLOCK = r"(?P<r>(?:[^\n]*\S[^\n]*\n?){1,12})"
"""Lines up to an empty one."""


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("{A}", _A).replace("{BLOCK}", _BLOCK), re.MULTILINE | re.IGNORECASE)


SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    # Exim (also Mail.ru and cPanel hosts): indented address, reason indented further, "(generated from ADDRESS)" where it was passed on.
    ("exim generated", _shape(r"^ {2}[^\s@]{1,128}@\S{1,253}\n {4}\((?:ultimately )?generated from {A}\)\n{BLOCK}")),
    ("exim", _shape(r"^ {2}<?{A}>?\n(?P<r>(?: {4}[^\n]*\n?){1,12})")),
    # sendmail before it wrote reports: the address, then "(reason: ...)".
    ("sendmail", _shape(r"^<?{A}>?\n\s{4}\(reason: (?P<r>[^\n]{1,500})\)")),
    # Courier: the dialogue is repeated under the address.
    ("courier", _shape(r"^\s*<{A}>:\n(?P<r>(?:\s[^\n]*\n){1,10})")),
    # qmail (QSBMF), Postfix without a report, Yahoo, Yandex, 163: "<ADDRESS>: reason" up to an empty line.
    ("qsbmf", _shape(r"^<{A}>(?: \([^()\n]{1,200}\))?:[ \t]*\n?{BLOCK}")),
    # GMX, web.de, 1&1: "ADDRESS:" and the reason below.
    ("gmx", _shape(r"^{A}:\n(?P<r>(?:SMTP error|reason|host)[^\n]*\n(?:[^\n]*\S[^\n]*\n?){0,8})")),
    # Exchange and Outlook, from the part for administrators: address, then "#550 5.1.1 RESOLVER..." or the remote answer.
    ("exchange", _shape(r"^\s*{A}\n(?:Remote Server[^\n]{0,80}returned '?|#)(?P<r>[^\n]{1,600})")),
    # Exchange 5.5 to 2003: 'ADDRESS' on DATE, then lines of reason and <host #5.1.1 smtp;...>.
    ("exchange old", _shape(r"^\s*'?{A}'? on \d[^\n]{1,60}\n(?P<r>(?:\s[^\n]*\S[^\n]*\n?){1,8})")),
    # hMailServer and Outlook's transport: address, then "Error Type:" or "Remote server replied:".
    ("hmailserver", _shape(r"^\s*{A}\n\s+Error Type: (?P<r>[^\n]*\n(?:\s+[^\n]*\n?){0,8})")),
    # MailEnable: "Recipient: [SMTP:ADDRESS]", "Reason: ..."; SmarterMail, Kerio, Sun and iCloud: "Recipient address:", "Reason:".
    ("mailenable", _shape(r"Recipient:\s*\[SMTP:{A}\]\s*\n\s*Reason:\s*{BLOCK}")),
    (
        "labelled",
        _shape(
            r"^\s*(?:failed |original )?(?:recipients?|address)(?: address)?:[ \t]*<?{A}>?[ \t]*\n"
            r"\s*(?:reason|error|diagnostic)[^:\n]{0,30}:[ \t]*{BLOCK}"
        ),
    ),
    # Lotus Domino: "was not delivered to: ... because: ..."
    ("domino", _shape(r"was not delivered to:\s+{A}\s+because:\s+{BLOCK}")),
    # Novell GroupWise: address and the reason in brackets.
    ("groupwise", _shape(r"^[ \t]+{A} \((?P<r>[^()\n]{3,200})\)\s*$")),
    # CommuniGate Pro: "Failed to deliver to 'ADDRESS'", then which module reports.
    ("communigate", _shape(r"failed to deliver to '<?{A}>?'\s*\n{BLOCK}")),
    # IMail and smtp32: one line; the cause stands before the address.
    (
        "imail",
        _shape(
            r"^(?P<r>unknown user|user mailbox exceeds allowed size|undeliverable to|invalid final delivery userid)[:.]? ?(?:to )?<?{A}>?"
        ),
    ),
    # MDaemon: "Failed address: ADDRESS", the session below.
    ("mdaemon", _shape(r"^\s*failed address: {A}\s*\n(?P<r>(?:[^\n]*\n?){1,30})")),
    # IronPort and Mimecast: "The following message to <ADDRESS> was undeliverable." and the reason.
    (
        "ironport",
        _shape(
            r"message to <?{A}>? (?:was|is) (?:undeliverable|rejected|not delivered)\.?\s*(?:the )?reason(?: for the problem)?:?\s*{BLOCK}"
        ),
    ),
    # Symantec.cloud (MessageLabs): addresses, then "Reason:".
    ("messagelabs", _shape(r"following addresses?[.:]?\s*\n\s*<?{A}>?\s*\n\s*reason: ?{BLOCK}")),
    # Barracuda: "Your message to: ADDRESS was blocked by ..."; Trend Micro alike.
    (
        "barracuda",
        _shape(r"your (?:message|e-?mail) to:? ?<?{A}>?,?\s+(?P<r>(?:was|has been|could not)[^\n]{1,300}(?:\n[^\n]*\S[^\n]*){0,5})"),
    ),
    # Gmail: "Your message wasn't delivered to ADDRESS because ...", before 2016 "Delivery to the following recipient failed permanently".
    ("gmail", _shape(r"(?:wasn't|couldn't be|hasn't been) delivered to {A} (?P<r>(?:because|yet)(?:.|\n){1,800})")),
    ("gmail old", _shape(r"delivery to the following recipients? (?P<r>(?:failed permanently|has been delayed):\s+){A}")),
    # InterMail: the reason stands before the address.
    ("intermail", _shape(r"undeliverable due to the following reason:\s+(?P<r>(?:[^\n]*\S[^\n]*\n){1,5})\s*(?:user: )?<{A}>")),
    # QQ: the address in brackets inside the sentence, or behind the Chinese for "recipient".
    ("qq", _shape(r"(?P<r>(?:退信原因|无法送达|收件人)[^\n]{0,40}?)[:：(（<\s]{A}")),
    # Zoho: the address, "ERROR CODE" and the remote answer.
    ("zoho", _shape(r"^\s*{A}, ?ERROR ?CODE ?:(?P<r>[^\n]{1,500})")),
    # Anybody: an address alone on a line or in a list, with a reason behind a separator.
    ("one line", _shape(r"^\s*(?:[-*\u2022] ?)?<?{A}>?\s?(?::|[-\u2013] |\.\.\. )(?P<r>[^\n]{3,400})")),
)
