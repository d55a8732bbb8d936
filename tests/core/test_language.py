"""A language is its table: read once, refused without one, and bare where a text has another."""

import ast
import re
import tomllib
from copy import copy
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import briefing.core.language
from briefing.core.errors import UnknownNameError
from briefing.core.language import LANGUAGES, Language, primary

HOME = Path(briefing.core.language.__file__).parent
TABLES = {path.stem: tomllib.loads(path.read_text()) for path in HOME.glob("*.toml")}


def test_every_table_is_a_language() -> None:
    assert set(LANGUAGES) == set(TABLES)


def test_a_language_without_a_table_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown language 'de'; known: en$"):
        Language.of("de")


def test_the_region_of_a_language_does_not_matter() -> None:
    assert [primary(tag) for tag in ("en-GB", "EN_us", " en ", "")] == ["en", "en", "en", ""]
    assert Language.of_text("en-GB") is Language.of("en")


def test_a_text_in_a_language_without_a_table_meets_no_rule_of_another() -> None:
    bare = Language.of_text("de")
    assert bare.stop_words == frozenset()
    assert copy(bare) is bare  # as in another process
    assert not bare.furniture.by.search("By Ada Lind")
    assert not bare.furniture.small_words
    assert not bare.furniture.caption_phrases
    maps = (bare.calendar.months, bare.style.words, bare.style.weights)
    assert not any((*maps, bare.facts.confused))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_entry_of_a_table_is_read(code: str) -> None:
    text, language = (HOME / f"{code}.toml").read_text(), Language.of(code)
    for name, table in TABLES[code].items():
        part = getattr(language, name)
        known = {field.name for field in fields(part)} if is_dataclass(part) else set()
        for entry in table if known else ():
            quoted = (f"(?&{entry})", f"(?&{name}.{entry})")
            assert entry in known or any(mark in text for mark in quoted), f"{name}.{entry}"


# --- what is of one language lies in its table ------------------------------------------------

#: What is no word in a pattern or a table.
SYNTAX = re.compile(r"^#.*$|\\\w|\(\?[P<&!=]*\w*", re.MULTILINE)
ENTRIES = SYNTAX.sub(" ", (HOME / "en.toml").read_text()).lower()
VOCABULARY = {*re.findall(r"[a-z]{3,}", ENTRIES)} | Language.of("en").stop_words
#: Names of our own, and hosts and agencies of the whole world.
OURS = {"FEATURES", "_OFFICIAL_HOST", "_ROW", "_STATE"}


def natural(module: str) -> list[str]:
    """Return the patterns, and the lists of words, of a module that hold words of English."""
    return [
        ast.unparse(node)
        for statement in ast.parse(module).body
        if OURS.isdisjoint(re.findall(r"^\w+", ast.unparse(statement)))
        for node in ast.walk(statement)
        if _holds_english(node)
    ]


def _holds_english(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name("re"))):
            constants = [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
            texts, least = [str(part.value) for part in constants], 3
        case ast.Call(func=ast.Attribute(value=ast.Constant(str(text)), attr="split")):
            texts, least = text.split(), 5
        case ast.Set(rows) | ast.Tuple(rows) | ast.List(rows):
            texts = [str(row.value) for row in rows if isinstance(row, ast.Constant)]
            least = 5 if all(map(str.isalpha, texts)) else len(VOCABULARY)
        case _:
            return False
    words = re.findall(r"[a-z]{3,}", SYNTAX.sub(" ", " ".join(texts)).lower())
    return len(VOCABULARY.intersection(words)) >= least


@pytest.mark.parametrize(
    "module",
    [
        r're.compile(r"\b(?:said|told|added)\b")',
        '"monday tuesday wednesday thursday friday".split()',
        'VERBS = ("said", "told", "added", "warned", "says")',
    ],
)
def test_words_of_a_language_in_a_module_are_noticed(module: str) -> None:
    assert natural(module)


def test_no_module_of_the_core_or_the_press_knows_a_language() -> None:
    house = HOME.parents[1]
    modules = [*house.glob("core/**/*.py"), *house.glob("press/*.py")]
    known = {path.name: natural(path.read_text()) for path in modules if path.parent != HOME}
    assert not {name: lists for name, lists in known.items() if lists}
