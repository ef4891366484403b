"""Signals: one reason to prefer a module a file, found by file name.

Adding a signal: a file with `LEVEL` (the lowest level whose data it reads), `WEIGHT` (its prior weight in
log-odds), `PERSONAL` (whether it knows the person), `value(audience, library, moment, beliefs) -> float32` that broadcasts to `[R, M]`
in 0..1, and `reason(audience, r, library, m, moment, beliefs) -> Sentence`, for a block that was chosen or asked about:
`say("You often buy {what}.", what=...)`, the words written out in the call, or SILENCE where there is nothing to say to this
reader (and in a `SILENT` signal always). What it says in other languages stands in templates/pages/texts; until then those
readers are told less. A signal that learns adds `learn(history, library, moment) -> dict`, stored as the belief of its name.

`FITTED` signals read purchases: their weights are fitted on them before anything was clicked, and clicks say how far to trust
that (learn/prior.py, learn/weights.py). `OURS` is our own interest: it ranks, is no part of the chance of a click, and is not
learnt. The shipped weights are what real purchases gave (bench/choose), rounded.
"""
