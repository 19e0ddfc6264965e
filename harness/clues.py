"""What an app's own source and page say about the input it waits for.

A handler that compares its text with ``"/help"`` or splits it at ``";"`` does something
special there, which text drawn blindly never reaches. `source(files)` reads the author's
files once, without running them; `Source.constants(function)` returns what the function,
and what it calls, compares with, splits at, parses and counts to.
"""

from __future__ import annotations

import ast
import contextlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contract import Component, Contract, Event, Function

__all__ = ["NO_CLUES", "Clues", "Constants", "Source", "clues", "source"]

MOST_FILES = 40
LARGEST_BYTES = 256 * 1024
MOST_TEXTS = 48
MOST_NUMBERS = 24
LONGEST = 60

#: Calls whose text is for people to read, and never compared with an input.
TOLD = frozenset(
    ("print", "debug", "info", "warning", "error", "exception", "Info", "Warning", "Error")
)
SPLITS = frozenset(("split", "rsplit", "partition", "rpartition"))
PATTERNS = frozenset(("compile", "findall", "finditer", "fullmatch", "match", "search", "sub"))
#: What a text is read as, by the name of the call that reads it.
READERS = {
    "loads": "json",
    "literal_eval": "python",
    "eval": "python",
    "exec": "python",
    "int": "number",
    "float": "number",
    "Decimal": "number",
    "Fraction": "number",
    "fromisoformat": "date",
    "strptime": "date",
    "to_datetime": "date",
    "read_csv": "csv",
    "DictReader": "csv",
    "urlparse": "url",
    "urlsplit": "url",
    "fromstring": "xml",
    "safe_load": "yaml",
    "ip_address": "ip",
    "UUID": "uuid",
    "b64decode": "base64",
    "fromhex": "hex",
    "Path": "path",
}


@dataclass(frozen=True, slots=True)
class Constants:
    """What a function and those it calls hold, the most telling first.

    *texts* and *numbers* are literals, *separators* what a text is split at, *formats* of
    ``strptime``, *patterns* regular expressions, *readers* what a text is parsed as.
    """

    texts: tuple[str, ...] = ()
    numbers: tuple[int | float, ...] = ()
    separators: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known of one field beside its own properties.

    *examples* are the author's own values for it, *name* is the function's parameter, *beside*
    are the numbers at which the event's other fields end, or which they give to choose from.
    *major* is Gradio's version ("" where it is not known), *local* whether the app runs on
    this machine.
    """

    examples: tuple[Any, ...] = ()
    name: str = ""
    constants: Constants = Constants()
    beside: tuple[int | float, ...] = ()
    major: str = ""
    local: bool = False


#: Nothing is known beside the field's own properties.
NO_CLUES = Clues()


class Source:
    """The author's files, parsed; *definitions* by name, from all of them."""

    def __init__(self, trees: dict[str, ast.Module]) -> None:
        self.trees = trees
        self.definitions: dict[str, list[ast.AST]] = {}
        for tree in trees.values():
            for name, node in _definitions(tree):
                self.definitions.setdefault(name, []).append(node)
        self._known: dict[tuple[str, int], Constants] = {}

    def constants(self, function: Function | None) -> Constants:
        """Return what *function* and those it calls hold; nothing where it is not here."""
        if function is None or function.builtin or function.file not in self.trees:
            return Constants()
        key = (function.file, function.line)
        if key not in self._known:
            self._known[key] = _collected(self._reached(function))
        return self._known[key]

    def text(self, function: Function | None) -> str:
        """Return the source of *function* and of those it calls, without comments."""
        if function is None or function.builtin or function.file not in self.trees:
            return ""
        return "\n".join(map(ast.unparse, self._reached(function)))

    def _reached(self, function: Function) -> list[ast.AST]:
        begin = _at(self.trees[function.file], function)
        found: list[ast.AST] = list(begin)
        seen = {id(node) for node in found}
        for node in found:  # grows as it goes
            for name in _names(node):
                for other in self.definitions.get(name, ()):
                    if id(other) not in seen and len(found) < 200:
                        seen.add(id(other))
                        found.append(other)
        return found


def source(files: Iterable[str], roots: Iterable[Path] = ()) -> Source:
    """Return the author's *files* and the local ones that they import, parsed.

    *roots* are folders in which imports are looked for, beside the files' own. What cannot
    be read or parsed is left out.
    """
    trees: dict[str, ast.Module] = {}
    waiting = [Path(file) for file in dict.fromkeys(files)]
    folders = list(roots)
    for path in waiting:  # grows as it goes
        if len(trees) == MOST_FILES or str(path) in trees:
            continue
        tree = _parsed(path)
        if tree is None:
            continue
        trees[str(path)] = tree
        waiting += _imported(tree, path, folders)
    return Source(trees)


def clues(contract: Contract, event: Event, known: Source) -> dict[int, Clues]:
    """Return what is known of each input of *event* and its chain, by component id."""
    examples = _examples(contract, event)
    found: dict[int, Clues] = {}
    chain = contract.chain(event)
    # Before the author's function of a chat stands Gradio's own, which takes the message.
    later = next((c for m in chain if (c := known.constants(m.function)) != Constants()), None)
    for member in chain:
        constants = known.constants(member.function)
        if member.function is not None and member.function.builtin:
            constants = later or constants
        for parameter in member.inputs:
            identity = parameter.component.id
            if identity not in found:
                found[identity] = Clues(
                    tuple(examples.get(identity, ())),
                    parameter.name,
                    constants,
                    _beside(p.component for p in member.inputs if p is not parameter),
                    contract.major,
                    bool(known.trees),
                )
    return found


def _beside(components: Iterable[Component]) -> tuple[int | float, ...]:
    """Return the numbers that the components end at, or give first and last to choose from."""
    found: list[int | float] = []
    for component in components:
        props = component.props
        choices = props.get("choices") or []
        ends = [props.get(name) for name in ("minimum", "maximum")]
        known = map(_number, [*choices[:2], *choices[-2:], *ends])
        found += [number for number in known if number is not None]
    return tuple(dict.fromkeys(found))


def _number(value: Any) -> int | float | None:
    """Return the finite number that *value*, or the value of a choice, is; None if it is none."""
    if isinstance(value, list | tuple) and value:
        value = value[-1]
    with contextlib.suppress(TypeError, ValueError):
        number = float(value)
        if math.isfinite(number) and not isinstance(value, bool):
            return int(number) if number.is_integer() else number
    return None


def _examples(contract: Contract, event: Event) -> dict[int, list[Any]]:
    """Return the author's own values by component: a column of a table of examples."""
    found: dict[int, list[Any]] = {}
    for table, row in contract.examples(event):
        samples = table.inputs[0].component.props.get("samples") or ()
        if row < len(samples) and isinstance(samples[row], list):
            for component, value in zip(table.outputs, samples[row], strict=False):
                if value is not None and row < 20:
                    found.setdefault(component.id, []).append(_plain(component, value))
    return found


def _plain(component: Component, value: Any) -> Any:
    if component.type == "multimodaltextbox" and isinstance(value, dict):
        return value.get("text")
    return value


# -- the files ---------------------------------------------------------------------------


def _parsed(path: Path) -> ast.Module | None:
    with contextlib.suppress(OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        if path.suffix == ".py" and path.stat().st_size <= LARGEST_BYTES:
            return ast.parse(path.read_bytes())
    return None


def _imported(tree: ast.Module, path: Path, roots: list[Path]) -> list[Path]:
    """Return the files of the local modules that *tree* imports."""
    found = []
    for node in ast.walk(tree):
        names: list[tuple[Path | None, str]] = []
        if isinstance(node, ast.Import):
            names = [(None, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = path.parents[node.level - 1] if 0 < node.level <= len(path.parents) else None
            module = node.module or ""
            names = [(above, module)]
            names += [(above, f"{module}.{alias.name}".strip(".")) for alias in node.names]
        for above, name in names:
            for root in [above] if above else [path.parent, *roots]:
                place = root.joinpath(*name.split("."))
                found += [p for p in (place.with_suffix(".py"), place / "__init__.py") if _own(p)]
    return found


def _own(path: Path) -> bool:
    return "site-packages" not in path.parts and path.is_file()


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield functions, methods and constants of the module, by the name they are used by."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            inits = [n for n in node.body if getattr(n, "name", "") in ("__init__", "__call__")]
            yield from ((node.name, one) for one in inits)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((t.id, node.value) for t in targets if isinstance(t, ast.Name))


def _at(tree: ast.Module, function: Function) -> list[ast.AST]:
    """Return the function's own node: by its line, decorated or not, else by its name."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    decorated = [[d.lineno for d in getattr(n, "decorator_list", ())] for n in nodes]
    by_line: list[ast.AST] = [
        node
        for node, above in zip(nodes, decorated, strict=True)
        if function.line in (node.lineno, *above)
    ]
    return by_line or [n for n in nodes if getattr(n, "name", "") == function.name]


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr


# -- the constants -----------------------------------------------------------------------


def _collected(nodes: Iterable[ast.AST]) -> Constants:
    found = _Collector()
    for node in nodes:
        found.visit(node)
    texts = [*found.compared, *found.other]
    return Constants(
        tuple(dict.fromkeys(texts))[:MOST_TEXTS],
        tuple(dict.fromkeys(found.numbers))[:MOST_NUMBERS],
        tuple(dict.fromkeys(found.separators))[:8],
        tuple(dict.fromkeys(found.formats))[:8],
        tuple(dict.fromkeys(found.patterns))[:8],
        tuple(dict.fromkeys(found.readers)),
    )


class _Collector(ast.NodeVisitor):
    """Gathers literals: what is compared with first, what is only told to people not at all."""

    def __init__(self) -> None:
        self.compared: list[str] = []
        self.other: list[str] = []
        self.numbers: list[int | float] = []
        self.separators: list[str] = []
        self.formats: list[str] = []
        self.patterns: list[str] = []
        self.readers: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """What is raised is for people."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self.visit(value.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        for side in (node.left, *node.comparators):
            self._take(side)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key in node.keys:
            if key is not None:
                self._take(key)
        self.generic_visit(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> None:
        self._take(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in TOLD:
            return
        if name in READERS:
            self.readers.append(READERS[name])
        first = [a.value for a in node.args if isinstance(a, ast.Constant)]
        texts = [value for value in first if isinstance(value, str) and value]
        if name in SPLITS:
            self.separators += texts or [" "]
        elif name == "splitlines":
            self.separators.append("\n")
        elif name == "strptime":
            self.formats += texts
        elif name in PATTERNS and texts and _module(node.func) in ("re", "regex"):
            self.patterns.append(texts[0])
        elif texts and isinstance(node.func, ast.Attribute):
            self.compared += [text for text in texts if _telling(text)]
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        inner = node.operand.value if isinstance(node.operand, ast.Constant) else None
        number = isinstance(inner, int | float) and not isinstance(inner, bool)
        if isinstance(node.op, ast.USub) and isinstance(inner, int | float) and number:
            self.numbers.append(-inner)
            return
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, str) and _telling(value):
            self.other.append(value)
        elif isinstance(value, bool):
            pass
        elif isinstance(value, int | float) and math.isfinite(value) and abs(value) <= 2**53:
            self.numbers.append(value)

    def _take(self, node: ast.AST) -> None:
        inner = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
        for one in inner:
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and _telling(one.value):
                self.compared.append(one.value)


def _telling(text: str) -> bool:
    return 0 < len(text) <= LONGEST and not any("\ud800" <= c <= "\udfff" for c in text)


def _module(func: ast.AST) -> str:
    inner = func.value if isinstance(func, ast.Attribute) else None
    return inner.id if isinstance(inner, ast.Name) else ""
