from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch

from pybridge import graphs, plot
from pybridge.errors import DtypeError, GraphError, OptionError
from pybridge.plot._layout import layered
from pybridge.plot._style import WIDTH

LINE = graphs.from_form(["+", ["*", 2, "x"], 3])
LOSS = graphs.from_form(
    ["mean", ["square", ["-", "y", ["+", ["matmul", ["relu", ["+", ["matmul", "x", "W1"], "b1"]], "W2"], "b2"]]]]
)


def test_graph_says_what_each_node_is_and_came_to():
    figure = plot.graph(LINE, {"x": 5.0} | graphs.values(LINE, {"x": 5.0}))
    said = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(said) == sorted(["x", "= 5", "2", "multiply", "= 10", "3", "add", "= 13", "output"])


def test_graph_writes_large_values_as_shapes_and_attributes_as_they_are():
    graph = graphs.from_form(["sum", "x", {"axis": 1}])
    figure = plot.graph(graph, {"x": np.zeros((2, 512)), graph["outputs"][0]: np.array([1.5, 2.0])})
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said == ["x", "shape (2, 512)", "sum", "axis = 1", "= [1.5, 2]", "output"]


def test_graph_writes_slopes_beside_the_arrows_and_into_the_output():
    names = ["x", *(node["id"] for node in LINE["nodes"])]
    slopes = dict(zip(names, graphs.evaluate(graphs.derivative(LINE, names), {"x": 5.0}), strict=True))
    axes = plot.graph(LINE, {"x": 5.0}, slopes).axes[0]
    at = {text.get_text(): text.get_position() for text in axes.texts}
    said = [text.get_text() for text in axes.texts]
    assert sorted(said) == sorted(
        ["x", "= 5", "↑ 2", "2", "↑ 5", "multiply", "↑ 1", "3", "↑ 1", "add", "↑ 1", "output"]
    )
    assert at["x"][1] > at["= 5"][1] > at["↑ 2"][1] > at["multiply"][1]
    assert "↑ 1" not in [text.get_text() for text in plot.graph(LINE, None, {"x": 2.0}).axes[0].texts]


def test_graph_writes_large_slopes_as_shapes():
    graph = graphs.from_form(["sum", "x"])
    said = [text.get_text() for text in plot.graph(graph, slopes={"x": np.ones((2, 512))}).axes[0].texts]
    assert said == ["x", "↑ shape (2, 512)", "sum", "output"]


def test_slopes_stay_under_their_boxes():
    names = [*LOSS["inputs"], *(node["id"] for node in LOSS["nodes"])]
    axes = plot.graph(LOSS, slopes=dict.fromkeys(names, np.zeros((2, 512)))).axes[0]
    axes.figure.draw_without_rendering()
    scale = axes.transData.inverted()
    boxes = [patch.get_extents().transformed(scale) for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    slopes = [text.get_window_extent().transformed(scale) for text in axes.texts if "↑" in text.get_text()]
    assert len(slopes) == len(names)
    for slope in slopes[:-1]:
        assert any(box.x0 <= slope.x0 and slope.x1 <= box.x1 and slope.y1 <= box.y0 + 0.02 for box in boxes)
        assert not any(slope.overlaps(other) for other in slopes if other is not slope)


def test_graph_numbers_several_outputs():
    said = [text.get_text() for text in plot.graph(graphs.derivative(LOSS, ["W1", "b1"])).axes[0].texts]
    assert {"output 1", "output 2"} <= set(said)


def test_graph_refused():
    with pytest.raises(GraphError, match="'z' is neither an input nor a node"):
        plot.graph({"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["z"]}], "outputs": ["y"]})
    with pytest.raises(GraphError, match="value 'n9' is not in the graph"):
        plot.graph(LINE, {"n9": 1.0})
    with pytest.raises(GraphError, match="slope 'n9' is not in the graph"):
        plot.graph(LINE, slopes={"n9": 1.0})
    with pytest.raises(DtypeError, match='graph: the value of "x": a tensor holds numbers'):
        plot.graph(LINE, {"x": "five"})
    with pytest.raises(DtypeError, match='graph: the slope of "x": a tensor holds numbers'):
        plot.graph(LINE, slopes={"x": "five"})
    chain = [{"id": f"n{k}", "op": "square", "args": [f"n{k - 1}" if k else "x"]} for k in range(150)]
    with pytest.raises(OptionError, match="graph: 151 inputs and nodes are too many to read; draw at most 150"):
        plot.graph({"inputs": ["x"], "nodes": chain, "outputs": ["n149"]})


def random_parents(seed, count=40):
    random = np.random.default_rng(seed)
    return {
        k: [int(random.integers(max(0, k - 8), k)) for _ in range(random.integers(0, 3))] if k else []
        for k in range(count)
    }


@pytest.mark.parametrize("seed", range(8))
def test_boxes_never_overlap_and_arrows_go_down(seed):
    parents = random_parents(seed)
    sizes = {node: (0.5 + node % 3 / 2, 0.3 + node % 2 / 5) for node in parents}
    layout = layered(sizes, parents, set(parents), WIDTH)
    boxes = [
        (x - sizes[n][0] / 2, x + sizes[n][0] / 2, y - sizes[n][1] / 2, y + sizes[n][1] / 2)
        for n, (x, y) in layout.centers.items()
    ]
    for at, (left, right, low, high) in enumerate(boxes):
        assert left > -1e-9 and low > -1e-9 and right < layout.width + 1e-9 and high < layout.height + 1e-9
        for other_left, other_right, other_low, other_high in boxes[:at]:
            assert right <= other_left or other_right <= left or high <= other_low or other_high <= low
    for node, arguments in parents.items():
        for argument, route in zip(arguments, layout.routes[node], strict=True):
            heights = [y for _, y in route]
            assert heights == sorted(heights, reverse=True)
            assert route[0][0] == layout.centers[argument][0]
            assert abs(route[-1][0] - layout.centers[node][0]) < sizes[node][0] / 2
        arrivals = [route[-1][0] for route in layout.routes[node]]
        assert arrivals == sorted(arrivals)


def test_a_layout_is_the_same_every_time():
    parents = random_parents(1)
    sizes = dict.fromkeys(parents, (0.8, 0.3))
    assert layered(sizes, parents, set(), WIDTH) == layered(sizes, parents, set(), WIDTH)


def test_many_inputs_take_several_rows():
    parents = {str(k): [] for k in range(30)} | {"sum": [str(k) for k in range(30)]}
    layout = layered(dict.fromkeys(parents, (0.8, 0.3)), parents, set(), 7.0)
    assert len({y for _, y in layout.centers.values()}) > 4
