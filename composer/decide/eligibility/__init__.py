"""Eligibility: one rule a file, found by file name.

Adding a rule: a file with a docstring (its first line is shown when it removes a module) and
`allows(audience, library, moment) -> bool array that broadcasts to [R, M]`. A rule about the recipient alone
returns [R, 1] and names its reason: `SKIPS = Skip.no_consent`.
"""
