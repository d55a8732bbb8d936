import ast
import re
import tomllib
from copy import copy
from datetime import date
from pathlib import Path

import pytest

import briefing.core.language
from briefing.core.errors import UnknownNameError
from briefing.core.language import LANGUAGES, Language, primary
from briefing.core.language.read import Entries
from briefing.core.text.words import stem_by
from tests.examples import examples

HOME = Path(briefing.core.language.__file__).parent
TABLES = {path.stem: tomllib.loads(path.read_text()) for path in HOME.glob("*.toml")}


def test_a_language_is_its_table_and_holds_no_entry_that_english_does_not_have() -> None:
    assert set(LANGUAGES) == set(TABLES)
    with pytest.raises(
        UnknownNameError, match=r"^unknown language 'sv'; known: de, en, es, fr, it, nl, pt, ru"
    ):
        Language.of("sv")
    assert [primary(tag) for tag in ("en-GB", "EN_us", " en ", "")] == ["en", "en", "en", ""]
    assert Language.of_text("en-GB") is Language.of("en")
    bare = Language.of_text("sv")
    assert bare.stop_words == frozenset()
    assert copy(bare) is bare  # as in another process
    assert not bare.furniture.by.search("By Ada Lind")
    assert not bare.furniture.small_words
    assert not bare.furniture.caption_phrases
    maps = (bare.calendar.months, bare.style.words, bare.style.weights)
    assert not any((*maps, bare.facts.confused))
    with pytest.raises(AttributeError, match="no byline_phrase in this part of a language"):
        _ = Language.of("en").furniture.byline_phrase


def test_every_entry_of_a_table_can_be_read_and_is() -> None:
    templates = (HOME.parents[2] / "templates").rglob("*.*t*")
    code = "\n".join(path.read_text() for path in (*HOME.parents[1].rglob("*.py"), *templates))
    named = {*re.findall(r"""[."](\w+)""", code)}
    for language, tables in TABLES.items():
        text = (HOME / f"{language}.toml").read_text()
        for name, table in tables.items():
            part = getattr(Language.of(language), name)
            for entry in table if isinstance(part, Entries) else ():
                if not table[entry]:
                    continue  # said not to be in this language
                if entry not in TABLES["en"][name]:
                    # a pattern of others of this language alone
                    assert re.search(rf"\(\?&(?:{name}\.)?{entry}\)", text), f"{name}.{entry}"
                    continue
                assert getattr(part, entry) is getattr(part, entry), f"{name}.{entry}"
                marks = (f"(?&{entry})", f"(?&{name}.{entry})")
                assert entry in named or any(mark in text for mark in marks), f"{name}.{entry}"


COMMONEST = {
    "de": "der die und in zu den das nicht von sie ist des sich mit dem war hat wurde",
    "en": "the be to of and a in that have it for not on with as at",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se",
    "it": "di e che la il un a per in una è non sono si da con del",
    "nl": "de van een het en in is dat op te voor met die zijn aan er niet werd we",
    "pt": "de a o que e do da em um para não com uma os no se na por mais as dos é à",
    "ru": "и в не на что по но для был",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_commonest_words_of_a_language_say_nothing(code: str) -> None:
    stop_words = Language.of(code).stop_words
    assert stop_words.issuperset(COMMONEST[code].split())
    assert not any(word.startswith("+") for word in stop_words)


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_no_word_of_a_section_has_the_stem_of_a_word_that_says_nothing(code: str) -> None:
    # the German "Sicherheit" and "sich" have one stem
    language = Language.of(code)
    mute = {stem_by(language.stemmer, word) for word in language.stop_words}
    words = {word for each in language.importance.sections.values() for word in each}
    assert words
    assert mute.isdisjoint(stem_by(language.stemmer, word.lower()) for word in words)


# --- what is of one language lies in its table ------------------------------------------------

#: What is no word in a pattern or a table.
SYNTAX = re.compile(r"^#.*$|\\\w|\(\?[P<&!=]*\w*", re.MULTILINE)
#: All but what is printed around the news.
ENTRIES = SYNTAX.sub(
    " ", re.sub(r"(?s)\n\[page\].*?\n\[titles\]", "", (HOME / "en.toml").read_text())
).lower()
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


@examples("module")
def test_words_of_a_language_in_a_module_are_noticed(module: str) -> None:
    assert natural(module)


def test_no_module_of_the_core_or_the_press_knows_a_language() -> None:
    house = HOME.parents[1]
    modules = [*house.glob("core/**/*.py"), *house.glob("press/*.py")]
    known = {path.name: natural(path.read_text()) for path in modules if path.parent != HOME}
    assert not {name: lists for name, lists in known.items() if lists}


@examples("code, counted, day")
def test_numbers_and_days_are_of_the_language(code: str, counted: list[str], day: str) -> None:
    words = Language.of(code).page
    assert [words.counted(number, "story") for number in (0, 1, 1_200)] == counted
    assert words.day(date(2026, 3, 12), words.long_date) == day


@examples("code, number, forms, form")
def test_a_word_has_the_form_of_its_number(code: str, number: int, forms: str, form: str) -> None:
    assert Language.of(code).page.form(number, forms) == form


@pytest.mark.parametrize(
    ("code", "first"), [("en", "1 May"), ("de", "1. Mai"), ("fr", "1er mai"), ("it", "1º maggio")]
)
def test_the_first_of_a_month_is_written_as_in_the_language(code: str, first: str) -> None:
    words = Language.of(code).page
    assert words.day(date(2026, 5, 1), words.month_day) == first
    assert words.day(date(2026, 5, 2), words.month_day).startswith("2")


def test_a_month_without_a_day_has_its_own_form() -> None:
    words = Language.of("ru").page
    assert words.day(date(2026, 5, 2), words.month_day) == "2 мая"
    assert words.day(date(2026, 5, 2), words.month_year) == "май 2026 года"
