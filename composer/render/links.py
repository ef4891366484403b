"""Links of blocks: where they point and how our own site can tell which block was followed."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit


@lru_cache(4096)
def block_link(url: str, site: str, campaign: str, module: str, position: int = 0) -> str:
    """Return the block's `url` with source, medium, campaign and content on it where it leads to our own `site`.

    `position` is the block's place in its letter, from 1; 0 where there is no letter.
    A foreign site gets its address unchanged; a block without an address leads to the site itself.
    """
    parts = urlsplit(url or site)
    if not is_own(parts.hostname or "", site):
        return url
    ours = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": campaign, "utm_content": content(module, position)}
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in ours]
    return urlunsplit(parts._replace(path=parts.path or "/", query=urlencode([*query, *ours.items()], quote_via=quote)))


def parts_of(address: str) -> SplitResult:
    """Return the parts of any text that stands where an address could; one that cannot be read, like `https://[`, is all path."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", address, "", "")


def host_of(address: str) -> str:
    """Return the host of an address; an empty string where there is none, or the address cannot be read."""
    return parts_of(address).hostname or ""


def content(module: str, position: int = 0) -> str:
    """Return a block's name as utm_content carries it: `kind/slug` in position 2 as `kind.slug.2`."""
    return module.replace("/", ".") + (f".{position}" if position else "")


def is_own(host: str, site: str) -> bool:
    """Tell whether `host` is our site's host or lies under it; a leading www. does not count."""
    own = (urlsplit(site).hostname or "").removeprefix("www.")
    return bool(own) and (host == own or host.endswith("." + own))
