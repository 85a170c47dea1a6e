"""Python expressions as Clojure forms: the small part of Python that examples in docstrings are written in."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

from pybridge._names import kebab
from pybridge.clojure.forms import Form, Tree, Untranslated, call, deref, is_dereferenced, number, plain, vector
from pybridge.clojure.vocabulary import BUILTINS, CONSTANTS, OPERATORS, Vocabulary, alias, clojure_name

__all__ = ["Reader"]

_WORD = re.compile(r"[a-z][a-z0-9_]{2,}")
_SHAPES = ("shape", "dtype", "ndim", "size")


class Reader:
    """Reads Python as a subject's examples write it: its own names bare, other subjects' by their module."""

    def __init__(self, vocabulary: Vocabulary, subject: str):
        self.vocabulary = vocabulary
        self.subject = subject
        self.imported: dict[str, str] = {}
        self.local: set[str] = set()
        self.rounded = False  # whether Python rounds what was read last, which Clojure does not

    def tree(self, node: Any) -> Any:
        return getattr(self, f"_{type(node).__name__.lower()}", self._refuse)(node)

    def pattern(self, node: ast.AST) -> Tree:
        """What names are bound to: a name, or names to be taken apart."""
        if isinstance(node, ast.Tuple | ast.List):
            return vector([self.pattern(item) for item in node.elts])
        if isinstance(node, ast.Name):
            self.local.add(node.id)
            return kebab(node.id)
        return self._refuse(node)

    def _constant(self, node: ast.Constant) -> Tree:
        value = node.value
        if value is Ellipsis:
            return "..."
        if value is None or isinstance(value, bool):
            return {None: "nil", True: "true", False: "false"}[value]
        if isinstance(value, str):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, int | float):
            return "Math/PI" if value == math.pi else number(value)
        return self._refuse(node)

    def _argument(self, node: ast.AST) -> Tree:
        """An argument: a word is one of a few, so a keyword; a tuple describes something, so its words are too."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORD.fullmatch(node.value):
            return ":" + kebab(node.value)
        if isinstance(node, ast.Tuple) or (
            isinstance(node, ast.List) and any(isinstance(item, ast.Tuple) for item in node.elts)
        ):
            return vector([self._argument(item) for item in node.elts])
        return self.tree(node)

    def _list(self, node: ast.List) -> Tree:
        return vector([self.tree(item) for item in node.elts])

    _tuple = _list

    def _dict(self, node: ast.Dict) -> Tree:
        pairs = [(self._key(key), self._argument(value)) for key, value in zip(node.keys, node.values, strict=True)]
        return Form("{}", tuple(item for pair in pairs for item in pair))

    def _key(self, node: ast.AST | None) -> Tree:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return ":" + kebab(node.value) if re.fullmatch(r"\w+", node.value) else json.dumps(node.value)
        return self.tree(node)

    def literal(self, node: ast.AST) -> Tree:
        """Return a literal as it is, with any value where it has a name; in `graphs` a list is a program."""
        self.local |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        if self.subject == "graphs" and isinstance(node, ast.List) and len(node.elts) > 1:
            return self._program(node)
        return self._argument(node)

    def _program(self, node: ast.AST) -> Tree:
        form = self.form(node)
        return form._replace(mark="'") if isinstance(form, Form) and form.brackets == "()" else form

    def form(self, node: ast.AST) -> Tree:
        """A program written as data: quoted code."""
        match node:
            case ast.List(elts=[ast.Constant(value=str()), *_]):
                return call(*(self.form(item) for item in node.elts))
            case ast.Constant(value=str() as name) if name != "@":
                return kebab(name)
        return self.tree(node)

    def _name(self, node: ast.Name) -> Tree:
        if node.id in self.local:
            return kebab(node.id)
        return self._qualified(node.id) or self._refuse(node)

    def _qualified(self, name: str) -> str | None:
        found = self._function(name)
        return f"{alias(found[0])}/{clojure_name(found[1], found[2])}" if found else None

    def _function(self, name: str) -> tuple[str, str, Callable[..., Any]] | None:
        return self.vocabulary.find(name, self.subject, self.imported)

    def _refuse(self, node: ast.AST) -> NoReturn:
        raise Untranslated(f"`{ast.unparse(node)}` has no counterpart")

    def _attribute(self, node: ast.Attribute) -> Tree:
        path = ast.unparse(node)
        if path in CONSTANTS:
            return CONSTANTS[path]
        if isinstance(node.value, ast.Name) and node.value.id not in self.local:
            return self._qualified(path) or self._refuse(node)
        if node.attr == "name" and isinstance(node.value, ast.Attribute) and node.value.attr == "dtype":
            return self.tree(node.value)
        if node.attr in _SHAPES:
            return call(f"t/{node.attr}", self.tree(node.value))
        if self._is_method(node.attr):
            return call(self._qualified(node.attr) or "", self.tree(node.value))
        return self._walk(node.value, "-" + kebab(node.attr))

    def _is_method(self, name: str) -> bool:
        """Whether the subject has a function for this method or property of one of its classes."""
        found = self._function(name)
        return found is not None and "." in found[2].__qualname__

    def _walk(self, of: ast.AST, step: Tree) -> Tree:
        """A member of a Python object, `pb/..` walking on where it walks already."""
        tree = self.tree(of)
        if isinstance(tree, Form) and tree.items[:1] == ("pb/..",) and not tree.mark:
            return tree._replace(items=(*tree.items, step))
        return call("pb/..", tree, step)

    def _subscript(self, node: ast.Subscript) -> Tree:
        key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return call(self._key(key), self.tree(node.value))
        if isinstance(key, ast.Slice) and key.lower is None and key.step is None and key.upper is not None:
            return call("vec", call("take", self.tree(key.upper), self.tree(node.value)))
        tree = self.tree(node.value)
        if isinstance(tree, Form) and tree.items[:1] == ("pb/..",):
            return tree._replace(items=(*tree.items, vector([self.tree(key)])))
        if isinstance(node.value, ast.Call) and isinstance(key, ast.Constant):
            return call("nth", tree, self.tree(key))
        axes = key.elts if isinstance(key, ast.Tuple) else [key]
        return call("t/index", tree, *(self._axis(axis) for axis in axes))

    def _axis(self, node: ast.AST) -> Tree:
        if not isinstance(node, ast.Slice):
            return self.tree(node)
        if node.lower is node.upper is node.step is None:
            return "nil"
        ends = [node.lower, node.upper] + ([node.step] if node.step else [])
        return vector([self.tree(end) if end else "nil" for end in ends])

    def _call(self, node: ast.Call) -> Tree:
        if isinstance(node.func, ast.Attribute):
            method = self._method(node, node.func)
            if method is not None:
                return method
        path = ast.unparse(node.func)
        if isinstance(node.func, ast.Name) and path not in self.local and not self._qualified(path):
            return self._builtin(node, path)
        name = (BUILTINS.get(path) if "." in path else None) or self.tree(node.func)
        if name == "graphs/from-form" and len(node.args) == 1:
            return call(name, self._program(node.args[0]))
        return call(name, *self._arguments(node, path))

    def _arguments(self, node: ast.Call, path: str) -> list[Tree]:
        """The arguments in Clojure's order; an option whose value is a keyword is named, as it could be one itself."""
        found = self._function(path)
        parameters = list(inspect.signature(found[2]).parameters.values()) if found else []
        arguments: list[Tree] = []
        named: dict[str, ast.AST] = {}
        for argument, parameter in itertools.zip_longest(node.args, parameters[: len(node.args)]):
            value = self._argument(argument)
            if named or (parameter and parameter.default is not parameter.empty and str(value).startswith(":")):
                named[parameter.name] = argument
            else:
                arguments.append(value)
        named |= {keyword.arg or self._refuse(node): keyword.value for keyword in node.keywords}
        for parameter in parameters[len(arguments) :]:
            required = parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            if required and parameter.name in named:
                arguments.append(self._argument(named.pop(parameter.name)))
        for name, value in named.items():
            arguments += [":" + kebab(name), self._argument(value)]
        return arguments

    def _method(self, node: ast.Call, function: ast.Attribute) -> Tree | None:
        """A method of what an expression returns; None when `function` is a function of a module."""
        path = ast.unparse(function)
        if isinstance(function.value, ast.Name) and function.value.id not in self.local:
            if path in ("np.array", "np.asarray"):
                return self.tree(node.args[0])
            return None if path in BUILTINS or self._qualified(path) else self._refuse(node)
        if function.attr in ("numpy", "tolist"):
            tree = self.tree(function.value)
            return tree if is_dereferenced(tree) else deref(tree)
        if function.attr in ("round", "as_list"):
            self.rounded |= function.attr == "round"
            return self.tree(function.value)
        if self._is_method(function.attr):
            name = ast.Name(function.attr)
            return self.tree(ast.Call(name, [function.value, *node.args], node.keywords))
        step = call(kebab(function.attr), *self._arguments(node, path))
        return self._walk(function.value, step)

    def _builtin(self, node: ast.Call, name: str) -> Tree:
        if name == "float" and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            return number(float(node.args[0].value))
        arguments = [self.tree(argument) for argument in node.args]
        if name in ("float", "int", "bool") and isinstance(arguments[0], Form):
            return arguments[0] if is_dereferenced(arguments[0]) else deref(arguments[0])
        if name == "abs" and is_dereferenced(arguments[0]):
            return deref(call("t/absolute", plain(arguments[0])))
        if name in ("round", "dict", "tuple"):
            self.rounded |= name == "round"
            return arguments[0]
        if name in BUILTINS and not node.keywords:
            return call(BUILTINS[name], *arguments)
        return self._refuse(node)

    def _lambda(self, node: ast.Lambda) -> Tree:
        names = [argument.arg for argument in node.args.args]
        before = set(self.local)
        self.local |= set(names)
        body = self.tree(node.body)
        self.local = before
        return call("fn", vector([kebab(name) for name in names]), body)

    def _binop(self, node: ast.BinOp) -> Tree:
        left = self.tree(node.left)
        if isinstance(node.op, ast.Add) and is_dereferenced(left) and ast.unparse(node.right) == "0":
            return left  # `+ 0` makes NumPy write 0 for -0
        right = self.tree(node.right)
        name = OPERATORS.get(type(node.op)) or self._refuse(node)
        if name in ("+", "*") and isinstance(left, Form) and left.items[0] == name and not left.mark:
            return call(*left.items, right)
        return call(name, left, right)

    def _unaryop(self, node: ast.UnaryOp) -> Tree:
        operand = self.tree(node.operand) if isinstance(node.op, ast.USub) else self._refuse(node)
        if operand == "##Inf":
            return "##-Inf"
        return "-" + operand if isinstance(operand, str) and operand[:1].isdigit() else call("-", operand)

    def _listcomp(self, node: ast.ListComp) -> Tree:
        first, *others = node.generators
        iterable = self._refuse(node) if others else self.tree(first.iter)
        if not first.ifs:
            return call("mapv", self._function_of(first.target, node.elt), iterable)
        before = set(self.local)
        bindings = [self.pattern(first.target), iterable]
        for test in first.ifs:
            bindings += [":when", self.tree(test)]
        body = self.tree(node.elt)
        self.local = before
        return call("vec", call("for", vector(bindings), body))

    _generatorexp = _listcomp

    def _dictcomp(self, node: Any) -> Tree:
        """A dict of the same keys, as in `{name: value.numpy() for name, value in found.items()}`."""
        first = node.generators[0]
        keys, values = first.target.elts if isinstance(first.target, ast.Tuple) else (None, None)
        if not isinstance(keys, ast.Name) or ast.dump(node.key) != ast.dump(ast.Name(keys.id, ast.Load())):
            return self._refuse(node)
        found = self.tree(first.iter.func.value) if ast.unparse(first.iter).endswith(".items()") else self._refuse(node)
        return call("update-vals", found, self._function_of(values, node.value))

    def _function_of(self, argument: Any, body: ast.AST) -> Tree:
        """A function of one argument, by its name where it has one."""
        before = set(self.local)
        name = self.pattern(argument)
        tree = self.tree(body)
        self.local = before
        if tree == f"@{name}":
            return "deref"
        applied = isinstance(tree, Form) and tree.brackets == "()" and not tree.mark and tree.items[1:] == (name,)
        return tree.items[0] if applied else call("fn", vector([name]), tree)

    def _compare(self, node: ast.Compare) -> Tree:
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
            return self._refuse(node)
        return call("=", self.tree(node.left), self.tree(node.comparators[0]))
