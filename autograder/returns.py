"""The return annotation of a driver function, checked against what came back: exact types, before any check sees the value."""

from __future__ import annotations

import ast
from typing import Any

from torch import Tensor

from autograder.errors import AssignmentError

SCALARS: dict[str, tuple[type, ...]] = {
    "Tensor": (Tensor,), "float": (float, int), "int": (int,), "bool": (bool,), "str": (str,), "None": (type(None),),
}  # fmt: skip


def mismatch(value: Any, annotation: str) -> str:
    """What is wrong with the value, or nothing. AssignmentError for an annotation that this does not know."""
    return _compare(value, ast.parse(annotation, mode="eval").body)


def _compare(value: Any, node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and node.value is None:
        return "" if value is None else _say("nothing", value)
    if isinstance(node, ast.Attribute) and node.attr == "Tensor":
        return _scalar(value, "Tensor")
    if isinstance(node, ast.Name):
        return _scalar(value, node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        left = _compare(value, node.left)
        return left and _compare(value, node.right)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _container(value, node.value.id, inside)
    known = "Tensor, float, int, bool, str, list, dict, tuple"
    raise AssignmentError(f"driver.py: return annotation `{ast.unparse(node)}`: expected {known}")


def _scalar(value: Any, name: str) -> str:
    if name not in SCALARS:
        raise AssignmentError(f"driver.py: return annotation `{name}`: expected one of {', '.join(SCALARS)}")
    right = isinstance(value, SCALARS[name]) and (name == "bool" or not isinstance(value, bool))
    words = {"Tensor": "a tensor", "float": "a number", "None": "nothing"}
    return "" if right else _say(words.get(name, f"a {name}"), value)


def _container(value: Any, name: str, inside: list[ast.expr]) -> str:
    kinds: dict[str, type] = {"list": list, "dict": dict, "tuple": tuple}
    if name not in kinds:
        raise AssignmentError(f"driver.py: return annotation `{name}[...]`: expected list, dict or tuple")
    if not isinstance(value, kinds[name]):
        return _say(f"a {name}", value)
    parts: Any = value
    if name == "dict":
        problems = [f"[{key!r}]: {found}" for key, item in parts.items() if (found := _compare(item, inside[1]))]
    elif name == "tuple" and not isinstance(inside[-1], ast.Constant):
        if len(parts) != len(inside):
            return f"expected {len(inside)} values, got {len(parts)}"
        pairs = enumerate(zip(parts, inside, strict=True))
        problems = [f"[{i}]: {found}" for i, (item, node) in pairs if (found := _compare(item, node))]
    else:
        problems = [f"[{i}]: {found}" for i, item in enumerate(parts) if (found := _compare(item, inside[0]))]
    return problems[0] if problems else ""


def _say(wanted: str, value: Any) -> str:
    came = "nothing (None): is a `return` missing?" if value is None else f"a {type(value).__name__}"
    came = came.replace("a Tensor", "a tensor")
    return f"expected {wanted}, got {came}"
