"""Run Clojure's tests, as the standard input names them, in a Python that hosts the JVM; answers go to a descriptor."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys

from pybridge import clojure
from pybridge.clojure.classpath import classpath


def main(answers: int) -> None:
    faulthandler.enable()
    faulthandler.register(signal.SIGQUIT)
    os.environ["PYBRIDGE_CLASSPATH"] = os.pathsep.join(classpath(tests=True))
    runner = clojure.require("pybridge.test-runner")
    with os.fdopen(answers, "w", encoding="utf-8") as out:
        for line in sys.stdin:
            out.write(runner.answer(line.strip()))
            out.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
