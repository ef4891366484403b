"""Composer chooses, composes and sends personal newsletters, learns from them, and can say why.

The path of a letter, which is also the tree::

    source --ingest--> store --plan--> [decide] -> [render] -> outbox --deliver--> [dispatch] transport
                         ^                                                              |
                         +---- beliefs <--retrain-- [learn] <-- events <--track---------+
"""

__version__ = "0.1.0"
