"""A computation graph as plain data, and its derivative as another one.

A graph is `{"inputs": [name], "nodes": [{"id", "op", "args", "attrs"?}], "outputs": [id]}`, the same in JSON and EDN.
A node's operation is the name of a function of `pybridge.tensors`; its args are inputs and nodes; its attrs are what
the function takes besides tensors, and `at`, which result it is, where the function returns several. Graphs have a few
operations more. `constant` is one. Derivatives are made with seed, with which a backward pass begins; `unbroadcast`,
which sums a gradient over what broadcasting had repeated; `adjoint`, which sends a gradient back through a linear
operation; `ends`, `cuts`, `part` and `placed`, which give each of several tensors its part of a gradient; `before` and
`recurrence`, with which products are differentiated; `taken` and `share`, for what depends on the order of numbers.
`floor_divide` is Python's `//`; `erf` and `erfc` are the error function.
"""

from __future__ import annotations

# the operations, each beside its derivative
from pybridge.graphs import (  # noqa: F401 (each adds itself to the table of operations)
    _arrange,
    _cumulate,
    _elementwise,
    _functions,
    _order,
    _own,
    _parts,
    _products,
    _reductions,
    _shapes,
)
from pybridge.graphs._compose import compose
from pybridge.graphs._derivative import derivative
from pybridge.graphs._dot import to_dot
from pybridge.graphs._evaluate import compile, evaluate, values
from pybridge.graphs._forms import from_form, to_form
from pybridge.graphs._simplify import simplify
from pybridge.graphs._tensorflow import from_tensorflow
from pybridge.graphs._trace import trace

__all__ = [
    "from_form",
    "to_form",
    "trace",
    "from_tensorflow",
    "compose",
    "evaluate",
    "values",
    "derivative",
    "simplify",
    "compile",
    "to_dot",
]
__dir__ = __all__.copy  # completion offers these
