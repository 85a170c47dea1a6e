"""Run Clojure's tests, as the standard input names them, in a Python that hosts the JVM; answers go to a descriptor."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys

from pybridge import clojure
from pybridge.clojure.classpath import classpath

faulthandler.enable()
faulthandler.register(signal.SIGQUIT)
os.environ["PYBRIDGE_CLASSPATH"] = os.pathsep.join(classpath(tests=True))

runner = clojure.require("pybridge.test-runner")
with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
    for line in sys.stdin:
        answers.write(runner.answer(line.strip()))
        answers.flush()
