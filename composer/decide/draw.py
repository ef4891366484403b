"""Random draws without a stream: each is a hash of the recipient, of what seeds it and of what it is for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from composer.domain.audience import Array


def uniform(draw_key: Array, key: str, purpose: str) -> Array:
    """Return float64[R], uniform in [0, 1), from uint64[R] keys.

    What one recipient draws never depends on who else is in the batch. `key` is the campaign's name
    for draws that last over editions, the edition's key for the others.
    """
    digest = blake2b(f"{key}\0{purpose}".encode(), digest_size=8).digest()
    seed = np.uint64(int.from_bytes(digest, "little"))
    bits = _mix(_mix(draw_key.astype(np.uint64)) ^ seed)
    drawn: Array = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return drawn


def turns(draw_key: Array, names: Sequence[str], among: int) -> Array:
    """Return int64[R, M], uniform in [0, among), from uint64[R] keys: whose turn it is among modules that nothing tells apart."""
    mixed = _mix(_mix(draw_key.astype(np.uint64))[:, None] ^ _seeds(tuple(names))[None, :])
    drawn: Array = (mixed % np.uint64(among)).astype(np.int64)
    return drawn


@lru_cache(maxsize=16)
def _seeds(names: tuple[str, ...]) -> Array:
    """uint64[M]"""
    return np.array([int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") for name in names], dtype=np.uint64)


def normal(draw_key: Array, key: str, names: Sequence[str]) -> Array:
    """Return float64[R, M] from uint64[R] keys: nearly standard normal, the sum of four uniform draws (Irwin-Hall), within 3.5."""
    seeds = [int.from_bytes(blake2b(f"{key}\0{name}".encode(), digest_size=8).digest(), "little") for name in names]
    bits = _mix(_mix(draw_key.astype(np.uint64))[:, None] ^ np.array(seeds, dtype=np.uint64)[None, :])
    total = np.zeros(bits.shape, dtype=np.int64)
    for shift in (0, 16, 32, 48):
        total += ((bits >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
    drawn: Array = (total - 2 * 0xFFFF) / (2.0**16 / 3**0.5)
    return drawn


def _mix(bits: Array) -> Array:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit."""
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = bits ^ (bits >> np.uint64(31))
    return mixed
