"""Learning: what people did becomes beliefs. Pure; it never imports deciding, and deciding never imports it."""

from composer.learn.retrain import retrain

__all__ = ["retrain"]
