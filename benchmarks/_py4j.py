"""The same crossings by py4j, where it is installed: Python and a JVM of its own, which talk over a socket."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
from collections.abc import Callable

from benchmarks._measuring import per_call
from pybridge.clojure.java import find_java


class Operator:
    """A `LongUnaryOperator` of Java's, which returns what it is given."""

    def applyAsLong(self, x: int) -> int:  # noqa: N802, RUF100  # Java's name
        return x

    class Java:
        """What py4j reads."""

        implements = ("java.util.function.LongUnaryOperator",)


def gateway() -> object:
    """A JVM that py4j has started, and that can call back."""
    from py4j.java_gateway import CallbackServerParameters, GatewayParameters, JavaGateway, launch_gateway

    port = launch_gateway(java_path=str(find_java().executable), die_on_exit=True)
    made = JavaGateway(
        gateway_parameters=GatewayParameters(port=port),
        callback_server_parameters=CallbackServerParameters(port=0, daemonize=True, daemonize_connections=True),
    )
    atexit.register(made.shutdown)
    server = made.java_gateway_server
    listening = made.get_callback_server().get_listening_port()
    server.resetCallbackClient(server.getCallbackClient().getAddress(), listening)
    return made


def sides() -> dict[str, Callable[[], float]]:
    """The functions that measure py4j, by the names of the rows that they belong to.

    They give nanoseconds. No row has a list, which py4j sends element by element, a call for each.
    """
    if not importlib.util.find_spec("py4j"):
        return {}
    from py4j.protocol import Py4JJavaError

    java = gateway().jvm.java
    operator, absolute, parse = Operator(), java.lang.Math.abs, java.lang.Integer.parseInt
    text = "a" * 1_000_000
    of_java = java.lang.StringBuilder(text)

    def called_back() -> float:
        return per_call(java.util.stream.LongStream.range(0, 200).map(operator).sum) / 200

    def refused() -> None:
        with contextlib.suppress(Py4JJavaError):
            parse("no")

    return {
        "call of Python, one number / a bare JPype proxy": called_back,
        "callback, one number / a bare JPype proxy": lambda: per_call(lambda: absolute(1), 200),
        "1 MB of text to Python / JPype's": lambda: per_call(of_java.toString),
        "1 MB of text to Clojure / JPype's": lambda: per_call(lambda: java.lang.StringBuilder(text)),
        "Clojure throws an exception of Java's, Python catches": lambda: per_call(refused, 50),
    }
