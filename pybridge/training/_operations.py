"""What a traced step contains, which decides whether XLA compiles it."""

from __future__ import annotations

import re

import tensorflow as tf
from tensorflow.python.framework import ops


def operation_types(graph: tf.Graph, *, called_only: bool = False, apart: str | None = None) -> set[str]:
    """The types of the operations in a graph and in the functions that it calls.

    Args:
        graph: the graph of a traced function.
        called_only: whether to leave out the operations of the graph itself.
        apart: a scope of the graph whose operations, and what they call, are left out.
    """
    operations = [each for each in graph.get_operations() if not within(each, apart)]
    types = set() if called_only else {operation.type for operation in operations}
    left = [name for operation in operations for name in called(operation.node_def)]
    library = {function.signature.name: function for function in graph.as_graph_def().library.function} if left else {}
    while left:
        function = library.pop(left.pop(), None)
        if function is not None:
            types |= {node.op for node in function.node_def}
            left += [name for node in function.node_def for name in called(node)]
    return types


def within(operation: tf.Operation, scope: str | None) -> bool:
    """Whether an operation was traced in a scope."""
    return scope is not None and operation.name.startswith(f"{scope}/")


def called(node: tf.compat.v1.NodeDef) -> list[str]:
    """The names of the functions that a node calls."""
    values = node.attr.values()
    return [each.name for value in values for each in (value.func, *value.list.func) if each.name]


def own_gradients(graph: tf.Graph) -> set[str]:
    """The names under which TensorFlow keeps the gradients that a graph's operations were given while it was traced."""
    kinds = (operation.node_def.attr["_gradient_op_type"].s.decode() for operation in graph.get_operations())
    return {kind for kind in kinds if kind.startswith("CustomGradient-")}


def forget_gradients(names: set[str]) -> None:
    """Let go of such gradients, and with them of their graphs, once nothing is to be differentiated any more.

    TensorFlow keeps them for the life of the process.
    """
    kept = getattr(ops.gradient_registry, "_registry", {})  # not public: a TensorFlow without it keeps them, as ever
    for name in names:
        kept.pop(name, None)


def draws_otherwise(types: set[str]) -> bool:
    """Whether XLA would draw other random numbers for some of these operations than TensorFlow's kernels do."""
    drawing = {name for name in types if re.match("Stateless(Random|Truncated|Parameter|Multinomial|Sample)", name)}
    return bool(drawing - {"StatelessRandomGetAlg", "StatelessRandomGetKeyCounter", "StatelessRandomUniformFullIntV2"})


def gains_by_xla(types: set[str], widest: int) -> bool:
    """Whether a step of these operations runs faster in XLA on a CPU, and refuses what it refuses without.

    Measured: dense layers, embeddings, normalisation and narrow recurrent layers gain; convolutions and pooling lose a
    multiple, wide recurrent layers and attention over long sequences lose some; operations that read files, call
    Python, assert or draw by a generator of their own would not do the same. So anything that is not known to gain
    runs without.

    Args:
        types: the types of the step's operations.
        widest: the longest last axis of its variables.
    """
    return types <= GAINING or (types <= GAINING | RECURRENT and widest <= 256)


# What draws by a generator in the operation itself, which another graph would start elsewhere.
OWN_CHANCE = {
    *("Multinomial", "ParameterizedTruncatedNormal", "RandomCrop", "RandomGamma", "RandomPoisson", "RandomPoissonV2"),
    *("RandomShuffle", "RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal"),
}

GAINING = set(
    [
        "Abs",
        "Add",
        "AddN",
        "AddV2",
        "All",
        "Any",
        "ArgMax",
        "ArgMin",
        "AssignAddVariableOp",
        "AssignSubVariableOp",
        "AssignVariableOp",
        "BiasAdd",
        "BiasAddGrad",
        "Bitcast",
        "BitwiseAnd",
        "BitwiseOr",
        "BitwiseXor",
        "BroadcastArgs",
        "BroadcastGradientArgs",
        "BroadcastTo",
        "Cast",
        "Ceil",
        "Clip",
        "ClipByValue",
        "Concat",
        "ConcatOffset",
        "ConcatV2",
        "Const",
        "Cos",
        "Cumsum",
        "DivNoNan",
        "Elu",
        "EluGrad",
        "Equal",
        "Erf",
        "Exp",
        "ExpandDims",
        "Expm1",
        "Fill",
        "Floor",
        "FloorDiv",
        "FloorMod",
        "GatherV2",
        "Greater",
        "GreaterEqual",
        "Identity",
        "IdentityN",
        "Inv",
        "InvertPermutation",
        "IsFinite",
        "IsInf",
        "IsNan",
        "L2Loss",
        "LeakyRelu",
        "LeakyReluGrad",
        "Less",
        "LessEqual",
        "Log",
        "Log1p",
        "LogSoftmax",
        "LogicalAnd",
        "LogicalNot",
        "LogicalOr",
        "MatMul",
        "Max",
        "Maximum",
        "Mean",
        "Min",
        "Minimum",
        "Mul",
        "MulNoNan",
        "Neg",
        "NoOp",
        "NotEqual",
        "OneHot",
        "OnesLike",
        "Pack",
        "Pad",
        "PadV2",
        "PartitionedCall",
        "Placeholder",
        "PlaceholderWithDefault",
        "Pow",
        "PreventGradient",
        "Prod",
        "Range",
        "Rank",
        "ReadVariableOp",
        "RealDiv",
        "Reciprocal",
        "Relu",
        "Relu6",
        "Relu6Grad",
        "ReluGrad",
        "Reshape",
        "ResourceApplyAdam",
        "ResourceGather",
        "ResourceScatterAdd",
        "ResourceScatterSub",
        "RightShift",
        "Round",
        "Rsqrt",
        "RsqrtGrad",
        "ScatterNd",
        "Select",
        "SelectV2",
        "Selu",
        "SeluGrad",
        "Shape",
        "ShapeN",
        "Sigmoid",
        "SigmoidGrad",
        "Sign",
        "Sin",
        "Size",
        "Slice",
        "Softmax",
        "SoftmaxCrossEntropyWithLogits",
        "Softplus",
        "SoftplusGrad",
        "Softsign",
        "SoftsignGrad",
        "SparseSoftmaxCrossEntropyWithLogits",
        "Split",
        "SplitV",
        "Sqrt",
        "SqrtGrad",
        "Square",
        "SquaredDifference",
        "Squeeze",
        "StatefulPartitionedCall",
        "StatelessIf",
        "StopGradient",
        "StridedSlice",
        "StridedSliceGrad",
        "Sub",
        "Sum",
        "Tanh",
        "TanhGrad",
        "Tile",
        "Transpose",
        "Unpack",
        "UnsortedSegmentSum",
        "VarIsInitializedOp",
        "VariableShape",
        "Where",
        "Xdivy",
        "Xlogy",
        "ZerosLike",
    ]
)
RECURRENT = set(
    [
        "EmptyTensorList",
        "StatelessWhile",
        "TensorListElementShape",
        "TensorListFromTensor",
        "TensorListGetItem",
        "TensorListLength",
        "TensorListPopBack",
        "TensorListPushBack",
        "TensorListReserve",
        "TensorListResize",
        "TensorListSetItem",
        "TensorListStack",
        "While",
    ]
)
