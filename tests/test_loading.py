"""pybridge has TensorFlow load without Keras; nothing else about TensorFlow is to differ (pybridge/_loading.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

# What can be seen of TensorFlow, before and after Keras has come by its lazy names.
SEEN = """
import json, sys
import tensorflow as tf
seen = {"names": sorted(dir(tf)), "all": sorted(tf.__all__), "path": list(tf.__path__)}
for name in ("keras", "losses", "metrics", "optimizers", "initializers"):
    seen[name] = [repr(getattr(tf, name)), sorted(dir(getattr(tf, name)))]
from tensorflow.keras.layers import Dense
import keras
seen["one"] = Dense is tf.keras.layers.Dense is keras.layers.Dense
seen["version"] = tf.keras.__version__
seen["modules"] = sorted(name for name in sys.modules if name.startswith(("tensorflow", "keras")))
print(json.dumps(seen))
"""


def said(code: str) -> str:
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def plain() -> dict:
    """What is seen without pybridge."""
    return json.loads(said(SEEN))


def test_keras_and_what_it_loads_wait_until_they_are_asked_for():
    loads = "import sys; from pybridge import tensors, autodiff, linalg; tensors.ones(2)\n"
    assert said(f"{loads}print({{'keras', 'sklearn', 'pandas', 'matplotlib'}} & set(sys.modules))") == "set()\n"


@pytest.mark.parametrize("first", ["import pybridge", "import pybridge.models"])
def test_tensorflow_is_the_same_with_and_without(plain, first):
    seen = json.loads(said(f"{first}\n{SEEN}"))
    assert set(plain["modules"]) <= set(seen["modules"])
    assert {**seen, "modules": None} == {**plain, "modules": None}


def test_asking_where_keras_and_tensorflow_are_loads_neither():
    code = """
import sys, importlib.util
import pybridge
print([importlib.util.find_spec(name).origin.endswith(f"{name}/__init__.py") for name in ("tensorflow", "keras")])
print("tensorflow" in sys.modules, "keras" in sys.modules)
from pybridge import tensors
import gc; print(gc.get_freeze_count() > 100_000)
"""
    assert said(code).split("\n") == ["[True, True]", "False False", "True", ""]


def test_another_thread_gets_keras_while_tensorflow_loads():
    code = """
import threading
from pybridge import _loading, tensors
with _loading._without_keras():
    try:
        import keras
    except ImportError as e:
        print(e)
    thread = threading.Thread(target=exec, args=("import keras", globals()))
    thread.start()
    thread.join()
print(keras.ops.add(tensors.ones(2), 1).numpy().tolist())
"""
    assert said(code) == "Keras loads when a program first asks for it\n[2.0, 2.0]\n"


def test_a_saved_model_of_kerass_is_read_as_ever(tmp_path):
    said(f"""
import os; os.chdir({str(tmp_path)!r})
import keras, numpy as np, tensorflow as tf
net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu"), keras.layers.BatchNormalization()])
net.compile("adam", "mse")
net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
net.export("exported", verbose=False)
tf.saved_model.save(net, "saved")
""")
    read = f"""
import os; os.chdir({str(tmp_path)!r})
import tensorflow as tf
for name in ("exported", "saved"):
    read = tf.saved_model.load(name)
    print(type(read), sorted(dir(read)))
    print(read.signatures["serving_default"](tf.ones((1, 3)))["output_0"].numpy().tolist())
"""
    assert said(f"from pybridge import tensors\n{read}import sys; assert 'keras' not in sys.modules") == said(read)


VARIABLES = """
import gc
from pathlib import Path
from pybridge import tensors
import keras
tensors.ones(2)

def own_kilobytes():
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

def make(count):
    for _ in range(count):
        keras.Variable([1.0, 2.0])

make(50)
before = own_kilobytes()
make(500)
print(own_kilobytes() - before, keras.Variable([1.0], name="rate").value.name)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="/proc tells how much memory a process has")
def test_variables_that_are_gone_leave_no_memory_behind():
    """Without what pybridge mends, 500 variables of different names leave 18 MB behind."""
    kilobytes, name = said(VARIABLES).split()
    assert int(kilobytes) < 4000
    assert name == "rate:0"
