"""Where the product's own chooser takes part, in the same forms as the peers. A part that is not there yet is left out, and said to be.

`RELEVANCE` is fitted on a world's fitting sends and scores any send (`peers.py`). `ZERO` holds learners from zero clicks by the
name they are printed under (`zero.py`). Neither may look at `world.right` of a judged send.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.choose.peers import Peer
from bench.choose.zero import Start

EXPLORING, GREEDY = "ours, 10 % explored", "ours, no exploration"

RELEVANCE: Peer | None = None
ZERO: Mapping[str, Start] = {}
