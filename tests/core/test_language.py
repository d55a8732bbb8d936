"""A language is its table: read once, refused without one, and bare where a text has another."""

from __future__ import annotations

import tomllib
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
    assert (bare.code, bare.stop_words) == ("de", frozenset())
    assert not bare.furniture.by.search("By Ada Lind")
    assert not bare.furniture.small_words
    assert not bare.furniture.caption_phrases
    maps = (bare.calendar.months, bare.style.words, bare.style.weights, bare.facts.units)
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
