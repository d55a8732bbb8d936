"""The English sentences that code stores or passes on, and operators read in their language.

They stand where they are written: in f-strings, whose fields are named after what fills them.
``briefing.press.catalog.recognized`` finds them again, also in parts that ";" or ":" join, so
they are extracted in these parts.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from briefing.app.doctor import REQUIRED
from briefing.core.messages import counted
from briefing.core.model import DeliveryStatus
from briefing.mail.relay import Stage

ROOT = Path(__file__).parents[1] / "briefing"
#: Functions and errors that take a sentence, with the places of such arguments.
TAKES: Mapping[str, tuple[int | str, ...]] = {
    "broken": (0, 1),
    "Ended": (1,),
    "Alert": (3,),
    "Coverage": ("why",),
    "Result": ("detail",),
    "AuditEvent": (3,),
    "hold": ("busy",),
    **dict.fromkeys(
        """BusyError ConnectionResetError FetchError LayoutError MissingPartError
        NothingToPrintError OverloadError ReplyError StoreError TimeoutError kind""".split(),
        (0,),
    ),
}
#: Functions that return one, and constants that hold some.
RETURNS = frozenset(
    """_judge _named _note _of_disk _of_tls _over _reason _reason_of _refusal _unconnected
    _unreached ahead_words failure message named not_public objection remedy words""".split()
)
HOLDS = frozenset(
    """SUBJECT _DIED _FULL _HANGING _LATE _LEAP _OVER _POSTGRESQL _REMEDIES _SQLITE _SUSPECT
    _TOO_MANY _UNREACHED _WRITTEN""".split()
)
#: Files of what only commands do, whose output is English.
_COMMANDS = frozenset(
    """app/access.py app/deliver/administration.py app/make.py app/readers cli lab settings
    setup/identity_provider.py setup/registry.py setup/settings_editor.py store/backup.py
    store/copies.py store/withdrawals.py web""".split()
)
#: What is typed, and of the same letters in each language.
_TYPED = re.compile(r"briefing |createdb |pip |--|allow_\w+ = ")
#: A field at an end that adds more, or nothing.
_EDGE = re.compile(r"(?<=[a-z}])\{\w+\}\Z")
#: Names that sentences quote, and sentences with such a name.
_NAMED = {
    "app/doctor/__init__.py": sorted(frozenset().union(*REQUIRED.values())),
    "app/rounds/alerts.py": [
        f"{{n}} {status} ({{cause}})"
        for status in (DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED, DeliveryStatus.HELD)
    ],
    "mail/relay.py": ["{text} (at {stage})", *(stage for stage in Stage if stage.islower())],
}


#: A message, or both forms of one that counts.
Sentence = str | tuple[str, ...]


def sentences() -> Iterator[tuple[Path, Sentence]]:
    """Yield the parts of all sentences, in the order of their files."""
    for path in sorted(ROOT.rglob("*.py")):
        own = path.relative_to(ROOT)
        if {own.as_posix(), own.parts[0], "/".join(own.parts[:2])} & _COMMANDS:
            continue
        for sentence in _Sentences().of(ast.parse(path.read_text("utf-8"))):
            if isinstance(sentence, str):
                parts = re.split(r"; |: |\n", sentence)
                yield from ((path, _EDGE.sub("", part)) for part in parts if _is_sentence(part))
            else:
                yield path, sentence
    for place, named in _NAMED.items():
        yield from ((ROOT / place, name) for name in named)


def _is_sentence(part: str) -> bool:
    rest = re.sub(r"\{\w+\}|`[^`]*`|https?:\S*", "", part)
    if part != part.strip(", ") or part.count("(") != part.count(")") or _TYPED.match(part):
        return False
    return len(re.findall("[a-z]", rest)) > (3 if rest != part else 2)


class _Sentences(ast.NodeVisitor):
    """Collects the sentences of a module."""

    def __init__(self) -> None:
        self._found = list[Sentence]()
        #: What the names of the functions around a place are set to.
        self._set = list[dict[str, list[ast.expr]]]([{}])

    def of(self, module: ast.Module) -> list[Sentence]:
        self.visit(module)
        return self._found

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        names = dict[str, list[ast.expr]]()
        for each in ast.walk(node):
            for name, value in _set_by(each):
                names.setdefault(name, []).append(value)
            if isinstance(each, ast.Return) and each.value and node.name in RETURNS:
                self._set.append(names)
                self._take(each.value)
                self._set.pop()
        self._set.append(names)
        self.generic_visit(node)
        self._set.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815  as ast has it

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Name) and target.id in HOLDS for target in node.targets):
            values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            for value in values:
                self._take(value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        for place in TAKES.get(_called(node), ()):
            given = [each.value for each in node.keywords if each.arg == place]
            if isinstance(place, int):
                given = node.args[place : place + 1]
            for each in given:
                self._take(each)
        self.generic_visit(node)

    def _take(self, node: ast.expr, names: frozenset[str] = frozenset()) -> None:
        """Note the sentences of an expression: its strings, and those of the names in it."""
        if isinstance(node, ast.Constant):
            self._found += [node.value] if isinstance(node.value, str) else []
        elif isinstance(node, ast.Name):
            own = next((own for own in reversed(self._set) if node.id in own), {})
            for value in own.get(node.id, ()) if node.id not in names else ():
                self._take(value, names | {node.id})
        elif isinstance(node, ast.Call) and _called(node) == "counted":
            noun = getattr(node.args[1], "value", "")
            forms = tuple(counted(n, noun).replace(str(n), "{n}") for n in (1, 2))
            self._found += [forms] if noun else []
        else:
            if isinstance(node, ast.JoinedStr):
                self._found.append(_template(node))
            for part in _parts(node):
                self._take(part, names)


def _set_by(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement sets, each with its value."""
    if not isinstance(node, ast.Assign | ast.AugAssign):
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        pairs: list[tuple[ast.expr, ast.expr]] = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = [*zip(target.elts, node.value.elts, strict=False)]
        yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


#: Calls whose first arguments are no sentences: keys, names of attributes, files.
_SKIPPED = {"beside": 1, "fromkeys": 1, "getattr": 3}


def _parts(node: ast.expr) -> list[ast.expr]:
    """Return the parts of an expression that may be sentences."""
    if isinstance(node, ast.JoinedStr):
        return [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
    if isinstance(node, ast.Call):
        return node.args[_SKIPPED.get(_called(node), 0) :]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return [node.elt]
    parts: list[ast.expr] = getattr(node, "values", getattr(node, "elts", []))
    return parts if isinstance(node, ast.BoolOp | ast.Tuple | ast.List) else []


def _template(node: ast.JoinedStr) -> str:
    """Return an f-string with fields named after what fills them in."""
    taken, parts = list[str](), list[str]()
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        elif isinstance(value, ast.FormattedValue):
            name = _name(value.value)
            taken.append(name)
            number = taken.count(name)
            parts.append(f"{{{name}{number if number > 1 else ''}}}")
    return "".join(parts)


def _name(node: ast.expr) -> str:
    """Return the last name of an expression that calls nothing."""
    called = {each.func for each in ast.walk(node) if isinstance(each, ast.Call)}
    names = [
        each.attr if isinstance(each, ast.Attribute) else each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Name) and each not in called
    ]
    return names[0].strip("_").lower() if names else "what"


if __name__ == "__main__":
    for place, part in sentences():
        print(place.relative_to(ROOT), "|", part)  # noqa: T201
