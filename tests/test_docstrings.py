"""A Python docstring in Clojure: its words, and its doctests as Clojure forms."""

from __future__ import annotations

import inspect
import re

import pytest

from pybridge.clojure import codegen, examples
from pybridge.clojure.docstrings import Speech
from pybridge.clojure.forms import Untranslated


def f(x, axis=None, *, batch_size=None):
    """What the prose below is about."""


PROSE = [
    ("a dict, dicts, a list or tuple of lists", "a map, maps, a vector or vector of vectors"),
    ("None, True and `False`", "nil, true and `false`"),
    ("after val_loss, val_", "after val-loss, val-"),
    ("`x` along `axis`, `batch_size` at a time", "`x` along `:axis`, `:batch-size` at a time"),
    ("`training.fit` with `initial_epoch`", "`training/fit!` with `:initial-epoch`"),
    ("`autodiff.gradient`, `tensors.one_hot`", "`autodiff/gradient`, `t/one-hot`"),
    ("`matmul`, `one_hot`", "`matmul`, `one-hot`"),
    ("`keras.Model.fit` and `train_step` are Python's", "`keras.Model.fit` and `train_step` are Python's"),
    ('"mean_square" or "loss function"', ':mean-square or "loss function"'),
    ('"..." or "ij,jk->ik"', '"..." or "ij,jk->ik"'),
    ('`("dense", 512, {"use_bias": False})`', "`[:dense 512 {:use-bias false}]`"),
    ('`{"loss": [...], "val_loss": [...]}`', "`{:loss [...], :val-loss [...]}`"),
    ("(x, y) or (x, y, sample_weight)", "[x y] or [x y sample-weight]"),
    ("a function of (y_true, y_pred)", "a function of [y-true y-pred]"),
    ("[start, stop, step], [[0, 1], [1, 0]]", "[start stop step], [[0 1] [1 0]]"),
    ("shape (rows, d_key), at most max(x, 0), in [0, 1]", "shape (rows, d_key), at most max(x, 0), in [0, 1]"),
]

DOCTESTS = [
    (">>> sum([[1, 2]], axis=0).numpy()\narray([1, 2])", "@(t/sum [[1 2]] :axis 0)\n;; => [1 2]"),
    (">>> exp(1).numpy().round(2)\nnp.float32(2.72)", "@(t/exp 1)\n;; ≈ 2.72"),
    (">>> cast([True], 'int32').shape\nTensorShape([1])", "(t/shape (t/cast [true] :int32))\n;; => [1]"),
    (">>> zeros([1], 'int32').numpy()\narray([0])", "@(t/zeros [1] :dtype :int32)\n;; => [0]"),
    (">>> arange(0, 1e-7).numpy()\narray([nan, -inf, 1e-7])", "@(t/arange 0 1.0E-7)\n;; => [##NaN ##-Inf 1.0E-7]"),
    (
        ">>> from pybridge import linalg\n>>> f = linalg.svd([[2.0]])\n>>> f['s'].numpy(), f['vh'].shape\n"
        "(array([2.]), TensorShape([1, 1]))",
        "(let [f (linalg/svd [[2.0]])]\n  [@(:s f) (t/shape (:vh f))])\n;; => [[2.0] [1 1]]",
    ),
    (
        ">>> v = variable(1.0)\n>>> assign(v, 2)\n>>> v.numpy()\nnp.float32(2.0)",
        "(let [v (t/variable 1.0)\n      _ (t/assign! v 2)]\n  @v)\n;; => 2.0",
    ),
    (
        ">>> from pybridge.autodiff import gradient\n>>> gradient(lambda x: x[0] ** 2 - 1, [1.0]).numpy()\narray([2.])",
        "@(autodiff/gradient (fn [x] (- (t/power (t/index x 0) 2) 1)) [1.0])\n;; => [2.0]",
    ),
    (
        ">>> from pybridge.graphs import from_form\n>>> from_form(['+', 'x', 1])['inputs']\n['x']",
        '(:inputs (graphs/from-form \'(+ x 1)))\n;; => ["x"]',
    ),
    (">>> [shape(x) for x in [[1], [2]]]\n[[1], [1]]", "(mapv t/shape [[1] [2]])\n;; => [[1] [1]]"),
    (
        ">>> from pybridge.linalg import svd\n>>> {k: v.numpy() for k, v in svd([[1.0]]).items()}\n{'s': array([1.])}",
        "(update-vals (linalg/svd [[1.0]]) deref)\n;; => {:s [1.0]}",
    ),
    (
        ">>> from pybridge.naive import BatchGenerator\n>>> BatchGenerator([1], [2]).num_batches\n1",
        "(pb/.. (naive/batch-generator [1] [2]) -num-batches)\n;; => 1",
    ),
    (">>> describe([1])\n{'dtype': 'int64', 'nbytes': 8}", '(t/describe [1])\n;; => {:dtype "int64", :nbytes 8}'),
]


@pytest.mark.parametrize(("python", "clojure"), PROSE)
def test_prose_speaks_clojure(python: str, clojure: str):
    speech = Speech(codegen.vocabulary(), "tensors", list(inspect.signature(f).parameters.values()))
    assert speech.say(python) == clojure


@pytest.mark.parametrize(("python", "clojure"), DOCTESTS)
def test_a_doctest_becomes_an_example(python: str, clojure: str):
    assert examples.derived(python, codegen.vocabulary(), "tensors") == [clojure]


@pytest.mark.parametrize(
    ("python", "named"),
    [
        (">>> with open('x') as f:\n...     sum(f)\n1", "`with open('x') as f:` has no counterpart"),
        (">>> print(zeros([1]))\n[ 0. ]", "`print(zeros([1]))` has no counterpart"),
        (">>> np.vstack([1])\n1", "`np.vstack([1])` has no counterpart"),
        (">>> sum([1])\n<tf.Tensor>", "`<tf.Tensor>` is no value"),
        (">>> {x for x in 'ab'}\n1", "has no counterpart"),
    ],
)
def test_what_has_no_counterpart_is_named(python: str, named: str):
    with pytest.raises(Untranslated, match=re.escape(named)):
        examples.derived(python, codegen.vocabulary(), "tensors")


def test_examples_before_one_that_has_no_counterpart_are_kept():
    assert len(examples.derived(">>> sum([1]).numpy()\n1\n>>> str(1)\n'1'", codegen.vocabulary(), "tensors")) == 1


def test_every_example_by_hand_is_of_a_function():
    functions = {
        f"{dotted.partition('.')[0]}/{codegen.clojure_name(dotted.partition('.')[2], definition)}"
        for dotted, definition in codegen.vocabulary().functions.items()
    }
    assert examples.by_hand().keys() <= functions
