"""Pacing: a token bucket as a pure function. The bucket holds one second's letters at most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tokens` letters may go at once at `at` (seconds of any steady clock); below zero they are promised already."""

    tokens: float
    at: float


def burst(rate: float) -> float:
    """How many letters may leave at once: one second's worth, one at least."""
    return max(1.0, rate)


def full(rate: float, at: float) -> Bucket:
    return Bucket(burst(rate), at)


def take(bucket: Bucket, rate: float, at: float) -> tuple[Bucket, float]:
    """Take one letter's token at `rate` letters a second; return the bucket and how many seconds that letter waits.

    In any span of T seconds at most burst(rate) + rate x T letters leave. A clock that steps back adds no tokens.
    """
    passed = max(0.0, at - bucket.at)
    tokens = min(burst(rate), bucket.tokens + passed * rate) - 1.0
    return Bucket(tokens, max(at, bucket.at)), max(0.0, -tokens / rate)
