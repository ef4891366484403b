"""The rules of sending, and nothing else: when to try again, what an answer means, how fast, what becomes of a letter."""
