"""The demo, as a new user runs it, and its two programs on their own."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from pybridge import models
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

demo = importlib.import_module("pybridge.cli.demo")

PYBRIDGE = Path(sys.executable).with_name("pybridge")
ROW = re.compile(r"^(Python|Clojure) +(\d+\.\d\d) +(\d\.\d{4}) +(\d\.\d{4}) +(\d\.\d{4}) +([0-9a-f]{64})", re.MULTILINE)
AGREE = "The two agree to the last bit: every weight, loss, accuracy and prediction is the same."


def run(*command: object, cwd: Path, **environment: str):
    surroundings = os.environ | {"COLUMNS": "160"} | environment
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=cwd, env=surroundings)


@pytest.fixture(scope="module")
def on_digits(tmp_path_factory):
    """The demo where MNIST cannot be had."""
    folder = tmp_path_factory.mktemp("digits")
    return run(PYBRIDGE, "demo", cwd=folder, PYBRIDGE_DATA=str(folder))


def test_both_languages_train_mnist_to_the_same_bits(tmp_path):
    shown = run(PYBRIDGE, "demo", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    (python, *one), (clojure, *other) = ROW.findall(shown.stdout)
    assert (python, clojure) == ("Python", "Clojure")
    assert one[1:] == other[1:]
    assert float(one[3]) >= 0.975
    assert AGREE in shown.stdout
    assert shown.stdout.endswith("The training curves and ten test digits as they were read: demo/first-look.png\n")
    height, width, _ = matplotlib.image.imread(tmp_path / "demo" / "first-look.png").shape
    assert height > 800
    assert width > 1200


def test_without_mnist_it_says_so_and_takes_digits(on_digits):
    assert on_digits.returncode == 0
    assert "holds neither MNIST's four IDX files nor mnist.npz" in on_digits.stdout
    assert "Without MNIST, this is scikit-learn's digits: 1,797 small images" in on_digits.stdout
    assert AGREE in on_digits.stdout


LAST = r"test accuracy 0\.\d{4}; the first ten test digits are read as \[\d(,? \d){9}\]"


def test_a_jvm_as_host_trains_to_the_same_bits(on_digits, tmp_path):
    code = f"""
    (require '[pybridge.core :as pb])
    (let [look (binding [*command-line-args* ["digits"]] (load-file "{demo.PROGRAM.with_suffix(".clj")}"))]
      (println "weights" (pb/call (pb/module "pybridge.cli.demo") :digest (:net look))))
    """
    java = [find_java().executable, "--enable-native-access=ALL-UNNAMED", "-cp", os.pathsep.join(classpath())]
    shown = run(*java, "clojure.main", "-e", code, cwd=tmp_path, PYBRIDGE_PYTHON=sys.executable)
    *_, says, weights = shown.stdout.splitlines() or [shown.stderr]
    assert re.fullmatch(LAST, says)
    assert says in on_digits.stdout
    assert weights == f"weights {ROW.findall(on_digits.stdout)[0][-1]}"


def test_the_program_in_python_runs_alone(on_digits, tmp_path):
    shown = run(sys.executable, demo.PROGRAM.with_suffix(".py"), "digits", cwd=tmp_path)
    assert shown.returncode == 0
    last = shown.stdout.splitlines()[-1]
    assert re.fullmatch(LAST, last)
    assert last in on_digits.stdout


@pytest.mark.parametrize("suffix", [".py", ".clj"])
def test_ctrl_c_in_training_ends_it_with_one_line(suffix, tmp_path):
    process = subprocess.Popen(
        [PYBRIDGE, "run", demo.PROGRAM.with_suffix(suffix)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("epoch 2/5"):
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert said.splitlines()[-1] == "pybridge: interrupted"
    assert process.returncode == 130


def test_one_bit_of_one_weight_is_a_difference():
    look = {"history": {"loss": [0.5]}, "predictions": [1], "scores": {"accuracy": 1.0}}
    nets = [models.sequential([("dense", 2)], input_shape=[3], seed=1) for _ in range(2)]
    one, other = ({"net": net, **look} for net in nets)
    assert demo.differences(one, other) == []
    kernel, bias = models.weights(nets[1])
    models.set_weights(nets[1], [np.nextafter(kernel, np.float32(9)), bias])
    assert demo.differences(one, other) == ["weights"]
    assert demo.differences(one, other | {"predictions": [2]}) == ["weights", "predictions"]
