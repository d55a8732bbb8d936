"""The budget of the house: lines and tokens by room, as ``tool.house.budget`` in pyproject.toml.

``./run check`` holds it; a room grows beyond it only with a decision that says what was given up.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: The page on the house, which shows the budget, and the lines of it that enclose the table.
PAGE = ROOT / "docs/decisions/0001-the-house.md"
BEGIN, END = "<!-- budget: written by ./run docs -->\n", "<!-- end of the budget -->\n"
#: Layout of the text, which is no token of ours.
_LAYOUT = frozenset(
    {
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    }
)
#: Words that stand for something that has a name.
FORBIDDEN = frozenset({"one", "found", "told", "said", "utils", "helpers", "manager"})


@dataclass(frozen=True, slots=True)
class Size:
    """What a room holds."""

    files: int = 0
    lines: int = 0
    #: Of Python's own tokenizer, comments and strings as one each, without the layout.
    tokens: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(self.files + other.files, self.lines + other.lines, self.tokens + other.tokens)


def size_of(text: str) -> Size:
    """Count one module."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Size(1, text.count("\n"), sum(token.type not in _LAYOUT for token in tokens))


def rooms(root: Path = ROOT) -> dict[str, Size]:
    """Count each room of briefing/, what lies beside them as "top", all of them, and the tests."""
    sizes: dict[str, Size] = {}
    for file in sorted(root.glob("briefing/**/*.py")):
        size, inside = size_of(file.read_text()), file.relative_to(root / "briefing").parts
        for room in ("briefing", inside[0] if len(inside) > 1 else "top"):
            sizes[room] = sizes.get(room, Size()) + size
    for file in sorted(root.glob("tests/**/*.py")):
        sizes["tests"] = sizes.get("tests", Size()) + size_of(file.read_text())
    return sizes


def exceeded(sizes: dict[str, Size], budget: dict[str, dict[str, int]]) -> Iterator[str]:
    """Yield a line for each room without a budget or above it."""
    for room, size in sizes.items():
        if room not in budget:
            yield f"{room} has none; give it one in pyproject.toml, with a decision"
            continue
        for measure, most in budget[room].items():
            if (now := getattr(size, measure)) > most:
                yield f"{room} has {now:,} {measure}, at most {most:,} are due; remove some"


def counts(root: Path = ROOT) -> dict[str, int]:
    """Count what makes a house large without saying more."""
    trees = [ast.parse(file.read_text()) for file in sorted(root.glob("briefing/**/*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    calls = Counter(
        node.func.id
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    fields = Counter(tuple(_fields(node)) for node in classes)
    return {
        "helpers with one caller": sum(map(_lone_helpers, trees)),
        "types with one maker": sum(calls[each.name] == 1 for each in classes if _is_frozen(each)),
        "repeated field lists": sum(n - 1 for names, n in fields.items() if len(names) > 2),
        "forbidden names": sum(
            getattr(node, part, None) in FORBIDDEN
            for node in nodes
            for part in ("id", "arg", "name", "attr")
        ),
    }


def _lone_helpers(tree: ast.Module) -> int:
    """Count the private functions of a module that are named at one place."""
    used = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return sum(
        isinstance(node, ast.FunctionDef) and node.name.startswith("_") and used[node.name] == 1
        for node in tree.body
    )


def _is_frozen(node: ast.ClassDef) -> bool:
    kinds = ("dataclass", "frozen")
    return any(ast.unparse(each).startswith(kinds) for each in node.decorator_list)


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id


def with_budget(page: str, budget: dict[str, dict[str, int]]) -> str:
    """Return the page on the house with the table of the budget written again."""
    rows = (
        f"| `{room}` | {most['lines']:,} | {most['tokens']:,} |\n" for room, most in budget.items()
    )
    before, _, rest = page.partition(BEGIN)
    table = f"| room | lines | tokens |\n|---|--:|--:|\n{''.join(rows)}"
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


def read_budget(root: Path = ROOT) -> dict[str, dict[str, int]]:
    """Read the budget of each room."""
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    budget: dict[str, dict[str, int]] = settings["tool"]["house"]["budget"]
    return budget


def main() -> int:
    """Print sizes and counts, or with --docs write the table; 1 when a room is above its budget."""
    sizes, budget = rooms(), read_budget()
    if "--docs" in sys.argv:
        PAGE.write_text(with_budget(PAGE.read_text(), budget))
        return 0
    for room, size in sizes.items():
        sys.stdout.write(
            f"{room:<9}{size.files:5} files{size.lines:8,} lines{size.tokens:9,} tokens\n"
        )
    sys.stdout.write(", ".join(f"{number:,} {what}" for what, number in counts().items()) + "\n")
    over = list(exceeded(sizes, budget))
    sys.stderr.writelines(f"budget: {line}\n" for line in over)
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())
