"""Reading of mails that come in: bytes to what they say. Pure, and bounded in time and memory whatever comes."""

from composer.dispatch.mail.reading import read
from composer.dispatch.mail.said import Proof, Said, Told

__all__ = ["Proof", "Said", "Told", "read"]
