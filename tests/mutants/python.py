"""Which changes there are of Python: conditions, numbers, words, arguments, and calls that are left out."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from tests.mutants.change import Change

_COMPARISONS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "is not": "is",
    "is": "is not",
    "not in": "in",
    "in": "not in",
}
_OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "<<": ">>", "&": "|", "|": "&"}
_OPERATOR = re.compile(r"not\s+in\b|is\s+not\b|in\b|is\b|<<|>>|<=|>=|==|!=|//|\*\*|[-<>+*/%&|^]|and\b|or\b")
# Nobody promises what a log or a text says, or how long exactly a pause is.
_SAID = ("log.", "logging.", "getLogger", "warnings.")
_UNPROMISED = re.compile(r"_(SECONDS|BATCH|BYTES)(_MIN|_MAX)?\b|^_?log$")


def changes(path: str, source: bytes) -> Iterator[Change]:
    yield from _Finder(path, source).find()


class _Finder:
    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def find(self) -> Iterator[Change]:
        pending: list[ast.AST] = [ast.parse(self._source)]
        while pending:
            node = pending.pop()
            yield from self._of(node)
            pending += self._inside(node)

    def _inside(self, node: ast.AST) -> Iterator[ast.AST]:
        """What of a node may be changed: neither types, nor decorators, nor what is only said."""
        match node:
            case ast.JoinedStr() | ast.Raise() | ast.Assert() | ast.Import() | ast.ImportFrom():
                return
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Call() if self._text(node.func).startswith(_SAID):
                return
            case ast.Assign(targets=[ast.Name(id=name)]) if _UNPROMISED.search(name):
                return
            case ast.AnnAssign(value=value):
                yield from [value] if value is not None else []
            case ast.arguments():
                yield from (one for one in (*node.defaults, *node.kw_defaults) if one is not None)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from (node.args, *node.body)
            case ast.ClassDef():
                yield from node.body
            case ast.Subscript(slice=ast.Constant(value=str())):
                yield node.value
            case _:
                yield from ast.iter_child_nodes(node)

    def _of(self, node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Compare():
                for left, right in pairwise([node.left, *node.comparators]):
                    yield from self._between(left, right, _COMPARISONS)
            case ast.BoolOp():
                for left, right in pairwise(node.values):
                    yield from self._between(left, right, {"and": "or", "or": "and"})
            case ast.BinOp():
                yield from self._between(node.left, node.right, _OPERATORS)
            case ast.UnaryOp(op=ast.Not()):
                yield self._replaced(node, self._text(node.operand))
            case ast.Constant(value=bool()):
                yield self._replaced(node, str(not node.value))
            case ast.Constant(value=int() | float() as number):
                yield self._replaced(node, f"{number + 1!r}")
            case ast.Constant(value=str() as words) if " " not in words:
                yield self._replaced(node, f'("XX" + {self._text(node)})')
            case ast.IfExp():
                yield self._replaced(node, f"({self._text(node.body)})")
                yield self._replaced(node, f"({self._text(node.orelse)})")
            case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() | ast.Await() | ast.NamedExpr()):
                yield self._replaced(node.test, f"not ({self._text(node.test)})")
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield self._replaced(value, "None")
            case ast.Expr(value=ast.Call() | ast.Await() as value) if not self._is_said(value):
                yield self._replaced(node, "pass")
            case ast.Continue():
                yield self._replaced(node, "break")
            case ast.Call() if not self._is_said(node):
                yield from self._arguments_left_out(node)
            case ast.comprehension():
                for condition in node.ifs:
                    yield self._replaced(condition, "True")
            case ast.ExceptHandler(type=ast.Tuple(elts=[first, *_]) as caught):
                yield self._replaced(caught, self._text(first))
            case _:
                return

    def _is_said(self, node: ast.AST) -> bool:
        return self._text(node).removeprefix("await ").startswith(_SAID)

    def _arguments_left_out(self, call: ast.Call) -> Iterator[Change]:
        for keyword in call.keywords:
            if keyword.arg is not None:
                start, end = self._span(keyword)
                rest = re.match(rb"\s*,", self._source[end:])
                yield self._change(start, end + (rest.end() if rest else 0), "")

    def _between(self, left: ast.AST, right: ast.AST, others: dict[str, str]) -> Iterator[Change]:
        start, end = self._span(left)[1], self._span(right)[0]
        found = _OPERATOR.search(self._source[start:end].decode())
        other = others.get(" ".join(found[0].split())) if found else None
        if found and other:
            yield self._change(start + found.start(), start + found.end(), other)

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()

    def _span(self, node: ast.AST) -> tuple[int, int]:
        place = node
        assert isinstance(place, ast.expr | ast.stmt | ast.keyword)
        assert place.end_lineno is not None
        assert place.end_col_offset is not None
        return (
            self._starts[place.lineno - 1] + place.col_offset,
            self._starts[place.end_lineno - 1] + place.end_col_offset,
        )

    def _replaced(self, node: ast.AST, new: str) -> Change:
        return self._change(*self._span(node), new)

    def _change(self, start: int, end: int, new: str) -> Change:
        line = self._source.count(b"\n", 0, start) + 1
        return Change(self._path, line, start, end, self._source[start:end].decode(), new)
