"""Sources: files that data comes in by. One format a file, found by file name.

Adding a source: a file here with `SUFFIXES`, the endings it answers to, and
`read(file: Path, progress: Progress) -> Records` (see _records.py). It raises Damaged for a file that must be
refused whole; a bad row it hands on with the reason, so that the good rows go in.
"""
