"""Attention in four steps, score, weigh, average and combine, and self-attention with heads.

The number of axes decides which query meets which keys; their lengths never do.

Everything here works in compiled functions. `graphs.from_tensorflow` reads the dot scores, weights without a mask,
`output` and `self_attention` without a mask; the rest decides by values what masked places hold, for which graphs have
no operation. `graphs.trace` has symbols without shapes, which these functions need.
"""

from __future__ import annotations

from pybridge.attention._score import score
from pybridge.attention._self import self_attention
from pybridge.attention._steps import attend, context, output
from pybridge.attention._weights import causal_mask, weights

__all__ = ["score", "weights", "context", "output", "attend", "self_attention", "causal_mask"]
__dir__ = __all__.copy  # completion offers these
