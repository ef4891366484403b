"""Choosing, measured on real data with peers beside us: `python -m bench.choose`."""
