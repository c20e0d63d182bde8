"""A rule's own source, less what only the app needs: its class with `init` and `update`, and what these two call."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any

# The array functions that rules use, for one point of torch; a rule's hyperparameters are plain numbers here.
ARRAYS = {
    "absolute": "absolute = torch.abs",
    "constant": "def constant(values, like):\n    return torch.as_tensor(values, dtype=like.dtype)",
    "dot": "def dot(a, b):\n    return (a * b).sum(-1, keepdim=True)",
    "eigh": "def eigh(matrix):\n    matrix = matrix if matrix.isfinite().all() else torch.eye(len(matrix)) * torch.nan\n"
    "    return torch.linalg.eigh(matrix) if matrix.isfinite().all() else (matrix[0], matrix)",
    "log": "log = torch.log",
    "matvec": "def matvec(matrix, vector):\n    return matrix @ vector",
    "maximum": "def maximum(a, floor):\n    return a.clamp(min=floor)",
    "norm": "def norm(a):\n    return sqrt(dot(a, a))",
    "ones_like": "ones_like = torch.ones_like",
    "sign": "sign = torch.sign",
    "solve_above": "def solve_above(matrix, vector, damping, floor):\n"
    '    """(matrix + damping I)⁻¹ vector, and whether all eigenvalues of that sum exceed the floor."""\n'
    "    values, vectors = eigh(matrix)\n"
    "    return vectors @ (vectors.T @ vector / (values + damping)), (values + damping > floor).all()",
    "sqrt": "sqrt = torch.sqrt",
    "transpose": "def transpose(matrix):\n    return matrix.T",
    "where": "where = torch.where",
    "zeros_like": "zeros_like = torch.zeros_like",
}
# What makes a difference only for sweeps and for parameters that see no input, of which a surface has none.
PLAIN = {
    "per_term": "def per_term(hyperparameter):\n    return hyperparameter",
    "exempted": "def exempted(oracle, divisor):\n    return divisor",
}
Node = ast.ClassDef | ast.FunctionDef | ast.Assign


def rule_code(rule: type[Any]) -> dict[str, str]:
    """The definitions that a rule needs, by name, each after what it uses; the rule's class is the last."""
    found: dict[str, str] = {}
    _collect(rule.__name__, sys.modules[rule.__module__], found)
    return found


def _collect(name: str, module: ModuleType, found: dict[str, str]) -> None:
    """Add a global name of a module, after those that its code uses."""
    text = {**ARRAYS, **PLAIN}.get(name)
    if text is None:
        module, node = _definition(name, module)
        if node is None:
            return
        shaken = _shaken(node)
        text, used = ast.unparse(shaken), _loaded(shaken)
    else:
        used = _loaded(ast.parse(text))
    for other in used:
        known = other in vars(module) or other in ARRAYS
        if other not in found and other != name and known:
            _collect(other, module, found)
    if name not in found:
        found[name] = text


@lru_cache(maxsize=64)
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _definition(name: str, module: ModuleType) -> tuple[ModuleType, Node | None]:
    """Where a name is defined, followed through imports within the optimizers; None for what comes from elsewhere."""
    for node in _tree(module).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            return module, node
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return module, node
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            source = str(node.module)
            if source.startswith("optimizers.") and source != "optimizers.optimizer":
                return _definition(name, sys.modules[source])
    return module, None


def _shaken(node: Node) -> ast.stmt:
    """A definition in plain form: without annotations, decorators and branches for NumPy; of a class what `update` needs."""
    plain = _Plain().visit(ast.parse(ast.unparse(node)).body[0])
    if isinstance(plain, ast.ClassDef):
        plain.bases, plain.decorator_list = [], [ast.Name("dataclass", ast.Load())]
        methods = {m.name: m for m in plain.body if isinstance(m, ast.FunctionDef)}
        needed = _needed(methods)
        plain.body = [m for m in plain.body if not isinstance(m, ast.FunctionDef) or m.name in needed]
        if "init" not in methods:
            plain.body.append(ast.parse("def init(self, theta):\n    return None").body[0])
    return ast.fix_missing_locations(plain)


def _needed(methods: dict[str, ast.FunctionDef]) -> set[str]:
    needed, fresh = set(), {"init", "update"} & set(methods)
    while fresh:
        needed |= fresh
        called = {n.attr for name in fresh for n in ast.walk(methods[name]) if isinstance(n, ast.Attribute)}
        fresh = (called & set(methods)) - needed
    return needed


def _loaded(tree: ast.AST) -> Iterator[str]:
    names = (n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return iter(dict.fromkeys(names))


class _Plain(ast.NodeTransformer):
    """Drops annotations, and what is decided where hyperparameters are plain numbers and points are tensors."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        node.annotation = ast.Name("float", ast.Load())
        return node if node.simple else ast.Assign([node.target], node.value or ast.Constant(None))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns, node.decorator_list = None, []
        for argument in node.args.args:
            argument.annotation = None
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        decided = _decided(node.test)
        return node if decided is None else node.body if decided else node.orelse or None

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        self.generic_visit(node)
        decided = _decided(node.test)
        return node if decided is None else node.body if decided else node.orelse


def _decided(test: ast.expr) -> bool | None:
    """False for tests that hold for NumPy arrays or for swept hyperparameters only, else None."""
    text = ast.unparse(test)
    return False if "np.ndarray" in text or "np.ndim(" in text else None
