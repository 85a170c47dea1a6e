"""Looks at Python and its packages."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pybridge
from pybridge._loading import why_not_loaded
from pybridge.cli.doctor._finding import Finding, in_a_process_of_its_own

OURS = "pybridge.cli:main"  # the program of our own distribution

TENSORFLOW = "import tensorflow, keras; print(tensorflow.__version__, keras.__version__)"

MODULES = {"book": ("jinja2", "nh3", "pygments", "pypandoc"), "jupyter": ("ipykernel", "IPython")}


def python() -> Finding:
    import platform

    return Finding(f"{platform.python_version()}, {sys.executable}")


def pybridge_itself() -> Finding:
    from importlib.metadata import distributions

    for other in distributions(name="pybridge"):
        if not any(entry.value == OURS for entry in other.entry_points):
            return Finding(
                f"{other.locate_file('')} also has pybridge {other.version}, another project of that name",
                "pip uninstall pybridge pybridge-clj, then pip install pybridge-clj",
                "no",
            )
    return Finding(f"{pybridge.__version__}, {Path(pybridge.__file__).parent}")


def libpython() -> Finding:
    import sysconfig

    variables = sysconfig.get_config_vars()
    library = Path(str(variables.get("LIBDIR")), str(variables.get("INSTSONAME")))
    if sys.platform == "win32":
        library = Path(sys.base_prefix, f"python{sys.version_info[0]}{sys.version_info[1]}.dll")
    elif framework := variables.get("PYTHONFRAMEWORKPREFIX"):
        library = Path(framework, str(variables.get("INSTSONAME")))
    if library.is_file() and library.suffix != ".a":
        return Finding(str(library))
    return Finding(
        "none: this Python is not built as a shared library, so that no JVM can host it",
        f"install libpython{sys.version_info[0]}.{sys.version_info[1]}, or take a Python built with --enable-shared",
        "--",
    )


def tensorflow() -> Finding:
    if not find_spec("tensorflow"):
        return Finding("not there", "pip install tensorflow", "no")
    versions, fault = in_a_process_of_its_own(TENSORFLOW)
    if not fault:
        return Finding("{}, with Keras {}".format(*versions.split()))
    remedy = "pip install --force-reinstall tensorflow keras"
    if fault.endswith("SIGILL"):
        remedy = "this processor lacks what TensorFlow's wheel needs (AVX): take a TensorFlow that is built for it"
    return Finding(f"cannot be loaded: {why_not_loaded(fault)}", remedy, "no")


def book() -> Finding:
    return _extra("book", "pybridge book build")


def jupyter() -> Finding:
    return _extra("jupyter", "%load_ext pybridge.session")


def _extra(extra: str, what_needs_it: str) -> Finding:
    missing = [name for name in MODULES[extra] if not find_spec(name)]
    if missing:
        return Finding(
            f"{', '.join(missing)} not installed: {what_needs_it} needs it",
            f"pip install 'pybridge-clj[{extra}]'",
            "--",
        )
    return Finding(f"installed: {', '.join(MODULES[extra])}")
