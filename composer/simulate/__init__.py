"""The simulator: people with planted tastes, hours, cycles and habits, and what they do when letters reach them.

It answers three questions: who they are (import rows), what they do with a letter, and how likely a click on any block truly
was. The pipeline never sees what is planted, only what people do; so what is learnt can be held against the truth.
It needs no database: `play` decides for any number of people in memory. docs/simulate.md is the page about it.
"""
