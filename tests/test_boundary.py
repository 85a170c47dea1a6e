"""What a public function refuses: named once, one of our errors, with the shapes; the reader's own errors pass."""

import numpy as np
import pytest
import tensorflow as tf

from pybridge import autodiff, graphs, linalg, losses, models, training
from pybridge import tensors as t
from pybridge._boundary import boundary
from pybridge.errors import CallError, ClojureError, DtypeError, GraphError, OptionError, PybridgeError, ShapeError


def refusal(call, *args, **options):
    with pytest.raises(PybridgeError) as caught:
        call(*args, **options)
    return caught.value


def test_a_refusal_names_the_function_that_was_called_once():
    assert str(refusal(t.matmul, [[1.0]], [[1.0], [2.0]])).startswith("matmul: (1, 1) and (2, 1) do not chain")
    error = refusal(autodiff.gradient, lambda x: t.matmul(x, [[1.0], [2.0]]), [[1.0]])
    assert str(error).startswith("matmul: (1, 1) and (2, 1)")
    assert error.operation == "matmul"
    assert str(refusal(t.add, 1, None)) == "add: a tensor holds numbers; got None"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: t.sum([1], axes=0), "sum: there is no option axes; did you mean axis?"),
        (lambda: t.sum(), "sum: x is missing; it takes (x, axis=None, keepdims=False)"),
        (lambda: t.ndim([1], [2], [3]), "ndim: got 3 arguments; it takes (x)"),
        (lambda: t.ndim([1], out=3), "ndim: there is no option out; there are x"),
        (lambda: losses.accuracy([1], y=[1]), "accuracy: there is no option y; there are y_pred, y_true"),
    ],
)
def test_a_wrong_call_says_how_it_is_called(call, says):
    with pytest.raises(CallError) as caught:
        call()
    assert str(caught.value) == says
    assert isinstance(caught.value, TypeError) and isinstance(caught.value, OptionError)


def test_what_others_refuse_comes_with_what_was_given():
    @boundary
    def failing(x, error):
        raise error

    for error, kind, says in [
        (TypeError("no kernel."), DtypeError, "failing: no kernel; got x of shape (2, 3) and dtype float32, error "),
        (ValueError("bad\nmore"), OptionError, "failing: bad; got x of shape (2, 3) and dtype float32, error "),
        (MemoryError(), ShapeError, "failing: the result does not fit into memory; got x of shape (2, 3)"),
        (KeyError("k"), OptionError, "failing: 'k'; got x of shape (2, 3) and dtype float32, error "),
        (RecursionError("deep"), ShapeError, "failing: a list is nested too deeply, or holds itself"),
    ]:
        for x in (np.zeros((2, 3), "float32"), tf.zeros((2, 3))):
            refused = refusal(failing, x, error)
            assert type(refused) is kind
            assert str(refused).startswith(says)
            assert refused.__cause__ is error


def test_a_list_that_holds_itself():
    cyclic = [1.0]
    cyclic.append(cyclic)
    deep = 1.0
    for _ in range(100_000):
        deep = [deep]
    for value in (cyclic, deep):
        assert str(refusal(t.add, value, 1)) == "add: a list is nested too deeply, or holds itself"


def test_what_does_not_fit_into_memory():
    sentence = "zeros: shape (10000000, 10000000) takes 400,000.0 GB, and there are "
    assert str(refusal(t.zeros, [10**7, 10**7])).startswith(sentence)


class Own(Exception):
    pass


@pytest.mark.parametrize("error", [Own("mine"), TypeError("mine"), OptionError("mine"), ClojureError("mine")])
def test_the_readers_own_exceptions_pass_as_they_are(error):
    def failing(*_):
        raise error

    for call in (
        lambda: autodiff.gradient(failing, 1.0),
        lambda: autodiff.jacobian(failing, 1.0),
        lambda: autodiff.hessian(failing, 1.0),
        lambda: graphs.trace(failing, "x"),
        lambda: graphs.from_tensorflow(failing, 1.0),
        lambda: autodiff.gradient(lambda x: autodiff.gradient(failing, x), 1.0),
    ):
        with pytest.raises(type(error)) as caught:
            call()
        assert caught.value is error
        assert str(error) == "mine"


def test_a_symbol_outside_of_tensors_is_refused_by_name():
    with pytest.raises(GraphError, match=r"^inv needs numbers, and <symbol x> has none while a function is traced"):
        graphs.trace(lambda x: linalg.inv(x))


def test_interrupts_pass():
    @boundary
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: training.fit(None, [1], epoch=3), "fit: there is no option epoch; did you mean epochs?"),
        (lambda: models.predict(), "predict: model is missing; it takes (model, x, *, batch_size=128"),
        (
            lambda: training.EarlyStopping(patient=3),
            "EarlyStopping: there is no option patient; did you mean patience?",
        ),
    ],
)
def test_where_the_readers_own_code_runs_a_wrong_call_says_the_same(call, says):
    with pytest.raises(CallError) as caught:
        call()
    assert str(caught.value).startswith(says)


def test_in_a_function_that_tensorflow_traces_a_refusal_is_ours_too():
    @tf.function
    def traced(x):
        return t.matmul(x, [[1.0]])

    with pytest.raises(ShapeError, match=r"matmul: \(1, 2\) and \(1, 1\) do not chain"):
        traced(tf.zeros([1, 2]))


def test_an_object_that_answers_for_itself_is_refused_too():
    class Answering:
        def __getattr__(self, name):
            raise Own(name)

    assert "Answering" in str(refusal(t.add, Answering(), 1))
