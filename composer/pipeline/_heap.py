"""Memory that is needed again in a moment is not given back in between.

glibc returns freed arrays of some hundred kilobytes to the kernel at once, and takes them anew, page by page and filled with
noughts: that was most of the time of deciding a batch. Elsewhere (musl, macOS, Windows) nothing is changed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""
_MOST_MMAP = 32 * 1024 * 1024
_USUAL = 128 * 1024


@contextmanager
def kept_memory(most: int = 256 * 1024 * 1024) -> Iterator[None]:
    """Let the process keep up to `most` freed bytes for its next arrays; at the end they are given back."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt") or not hasattr(libc, "malloc_trim"):
        yield
        return
    libc.mallopt(_TRIM_THRESHOLD, most)
    libc.mallopt(_MMAP_THRESHOLD, _MOST_MMAP)
    try:
        yield
    finally:
        libc.mallopt(_TRIM_THRESHOLD, _USUAL)
        libc.mallopt(_MMAP_THRESHOLD, _USUAL)
        libc.malloc_trim(0)
