"""The derivative of a graph, which is a graph again: the chain rule, walked from the output back."""

from __future__ import annotations

from typing import Any

from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge.errors import GraphError, OptionError
from pybridge.graphs._graph import Node, read, unknown
from pybridge.graphs._operations import Part
from pybridge.graphs._symbols import Builder, Ref, Symbol


@boundary
def derivative(graph: dict[str, Any], wrt: list[str]) -> dict[str, Any]:
    """Make the graph of a graph's derivatives, by reverse mode: one backward pass for all of them.

    The new graph holds the nodes of the forward pass that the derivatives need, under their own names. A derivative
    of its own is the second derivative, and so on.

    Args:
        graph: a graph whose one output is a single number.
        wrt: the inputs to differentiate by; a node's id gives the derivative by that value.

    Returns:
        A graph of the same inputs, with an output for each of these names, in order; zeros where the output does not
        depend on one. Evaluating it raises when the output turns out not to be a single number.

    Raises:
        GraphError: a malformed graph, several outputs, or a name that is not in it.
        OptionError: `wrt` is not a list of names.

    >>> from pybridge.graphs import evaluate, from_form
    >>> cube = from_form(["*", "x", "x", "x"])
    >>> evaluate(derivative(cube, ["x"]), {"x": 2.0}).numpy()
    np.float32(12.0)
    >>> evaluate(derivative(derivative(cube, ["x"]), ["x"]), {"x": 2.0}).numpy()
    np.float32(12.0)
    """
    wrt = [wrt] if isinstance(wrt, str) else wrt
    if not isinstance(wrt, (list, tuple)):
        raise OptionError(f"wrt is a list of names of inputs; got {shown(wrt)}")
    graph = read(graph)
    output = graph.only_output("a graph to differentiate")
    unknown("name", wrt, [*graph.inputs, *graph.nodes])
    if not wrt:
        raise GraphError("name at least one input to differentiate by")

    builder = Builder(graph.inputs)
    symbols = builder.load(graph)
    forward = len(builder.nodes)
    leading = _leading(builder.nodes, {symbols[name].ref for name in wrt})
    gradients = _Gradients()
    gradients.add(symbols[output].ref, symbols[output].apply("seed", symbols[output]))
    scalars = {symbols[output].ref}
    for place in reversed(range(forward)):
        if place not in gradients or place not in leading:
            continue
        node = builder.nodes[place]
        if node.operation.elementwise and place in scalars:
            scalars.update(node.args)  # a single number has broadcast nothing
        for arg, gradient in zip(node.args, _passed_back(builder, place, gradients[place]), strict=True):
            if gradient is None or arg not in leading:
                continue
            if _may_broadcast(builder, node) and place not in scalars:
                gradient = gradient.apply("unbroadcast", gradient, Symbol(builder, arg))
            gradients.add(arg, gradient)
    names = (symbols[name] for name in wrt)
    return builder.graph(gradients[x.ref] if x.ref in gradients else x.filled(0.0) for x in names)


class _Gradients:
    """What has been sent back to each value: gradients, which add up, and parts of one, which are put together once."""

    def __init__(self) -> None:
        self._whole: dict[Ref, Symbol] = {}
        self._parts: dict[Ref, dict[tuple[Any, ...], dict[Ref, Symbol]]] = {}

    def add(self, to: Ref, gradient: Symbol | Part) -> None:
        if isinstance(gradient, Part):
            key = (*(x.ref for x in gradient.whole), gradient.axis)
            sums, to, gradient = self._parts.setdefault(to, {}).setdefault(key, {}), gradient.at, gradient.gradient
        else:
            sums = self._whole
        sums[to] = sums[to] + gradient if to in sums else gradient

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._whole or ref in self._parts

    def __getitem__(self, ref: Ref) -> Symbol:
        for (*refs, axis), parts in self._parts.pop(ref, {}).items():
            at: list[Any] = sorted(parts)
            first = parts[at[0]]
            whole = [Symbol(first.builder, each) for each in refs]
            self.add(ref, first.apply("placed", *whole, *map(parts.get, at), at=at, axis=axis))
        return self._whole[ref]


def _leading(nodes: list[Node], wrt: set[Ref]) -> set[Ref]:
    """What depends on these, and so has a gradient to pass on."""
    leading = set(wrt)
    for place, node in enumerate(nodes):
        if not leading.isdisjoint(node.args):
            leading.add(place)
    return leading


def _passed_back(builder: Builder, place: int, gradient: Symbol) -> list[Any]:
    """The gradient by each argument of a node, by its operation's rule."""
    node = builder.nodes[place]
    if node.operation.gradients is None:
        return [None] * len(node.args)
    args = (Symbol(builder, arg) for arg in node.args)
    return node.operation.gradients(gradient, Symbol(builder, place), *args, **node.attrs)


def _may_broadcast(builder: Builder, node: Node) -> bool:
    """Whether an element-wise operation may have repeated an argument: plain numbers never repeat another."""
    if not node.operation.elementwise:
        return False
    return len({arg for arg in node.args if isinstance(arg, str) or builder.nodes[arg].number is None}) > 1
