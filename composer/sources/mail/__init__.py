"""Mail that comes in: a listener that mail servers deliver to, and a mailbox that is read.

Both hand every mail to a `Take` and speak of it as taken only after that has returned.
"""

from __future__ import annotations

from collections.abc import Callable

Take = Callable[[bytes, str], None]
"""(the mail, the address it came for): returns when what the mail says is committed.

It is called in threads, and with the same mail again after any break: the second time must change nothing. A
ComposerError means that the mail cannot be taken now; any other error that it cannot be taken by this version.
"""


def is_ours(address: str, recipient: str) -> bool:
    """Tell whether mail for `recipient` is for `address`, with or without a +TOKEN. Mail systems fold case (RFC 5321, 2.4)."""
    local, _, domain = address.lower().rpartition("@")
    theirs, _, host = recipient.lower().rpartition("@")
    return host == domain and (theirs == local or theirs.startswith(f"{local}+"))
