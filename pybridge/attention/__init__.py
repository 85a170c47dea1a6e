"""Attention in four steps (score, weigh, average, combine), and self-attention with heads.

Which axes of a query and of keys belong together is told by how many axes they have, never by how long these are.
"""

from __future__ import annotations

from pybridge.attention._score import score
from pybridge.attention._self import self_attention
from pybridge.attention._steps import attend, context, output
from pybridge.attention._weights import causal_mask, weights

__all__ = ["score", "weights", "context", "output", "attend", "self_attention", "causal_mask"]
