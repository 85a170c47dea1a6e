"""Ctrl-C is not lost in the functions of Keras and TensorFlow that catch whatever is raised and go on."""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from contextlib import suppress
from types import CodeType, FunctionType
from typing import Any

__all__ = ["FUNCTIONS", "let_interrupts_through"]

FUNCTIONS = {  # with an `except:` that raises nothing of what it caught, by module
    "tensorflow.python.framework.dtypes": ["DType.max", "DType.min"],
    "tensorflow.python.ops.resource_variable_ops": ["BaseResourceVariable.__repr__"],
    "keras.src.backend.common.variables": ["Variable.__repr__"],
    "keras.src.backend.tensorflow.core": ["shape"],
    "keras.src.dtype_policies": ["get"],
    "keras.src.layers.attention.multi_head_attention": ["MultiHeadAttention.__init__"],
    "keras.src.layers.core.lambda_layer": ["Lambda.compute_output_shape"],
    "keras.src.layers.layer": [
        *("Layer.compute_output_spec", "Layer._build_by_run_for_single_pos_arg", "Layer._build_by_run_for_kwargs"),
    ],
    "keras.src.legacy.saving.saving_utils": ["try_build_compiled_arguments"],
    "keras.src.models.functional": ["Functional._maybe_warn_inputs_struct_mismatch"],
    "keras.src.models.model": ["Model.build_from_config"],
    "keras.src.models.sequential": ["Sequential.build"],
    "keras.src.ops.core": ["Cond._check_output_spec"],
    "keras.src.saving.saving_lib": ["_save_model_to_fileobj", "_load_model_from_fileobj"],
    "keras.src.trainers.compile_utils": ["CompileLoss.build", "CompileLoss.call"],
    "keras.src.utils.python_utils": ["pythonify_logs"],
}


def let_interrupts_through() -> None:
    """Make each `except:` an `except Exception:` in those of `FUNCTIONS` that are loaded, once."""
    for module, names in FUNCTIONS.items():
        for name in names:
            function = _function(sys.modules.get(module), name)
            if function is not None and not hasattr(function, "_lets_interrupts_through"):
                with suppress(OSError, SyntaxError, ValueError):  # a function without its source stays as it is
                    function.__code__ = _without_bare_excepts(function)
                    vars(function)["_lets_interrupts_through"] = True


def _function(module: Any, name: str) -> FunctionType | None:
    """The function of a name with dots, below its decorators; None where this version has no such."""
    found = module
    for part in name.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    found = found.fget if isinstance(found, property) else found
    function = inspect.unwrap(found) if callable(found) else None
    return function if isinstance(function, FunctionType) else None


def _without_bare_excepts(function: FunctionType) -> CodeType:
    lines, first = inspect.getsourcelines(function)
    owner, _, _ = function.__qualname__.rpartition(".")
    inside = [f"class {owner}:\n"] if owner else []
    tree = ast.parse("".join(inside + lines))
    ast.increment_lineno(tree, first - 1 - len(inside))
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None and not _raises_again(node):
            node.type = ast.copy_location(ast.Name("Exception", ast.Load()), node)
    code = compile(tree, function.__code__.co_filename, "exec", dont_inherit=True)
    return next(each for each in _codes(code) if each.co_name == function.__code__.co_name)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))


def _codes(code: CodeType) -> itertools.chain[CodeType]:
    inside = (each for each in code.co_consts if isinstance(each, CodeType))
    return itertools.chain([code], *map(_codes, inside))
