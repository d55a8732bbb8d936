"""Sentences that are stored in English, and recognized in the language of who reads them."""

import re
from functools import cache
from pathlib import Path

import pytest

from briefing.core.language import LANGUAGES
from briefing.press import catalog
from briefing.press.wording import worded_in
from tests.growth import is_linear
from tests.messages import extracted
from tests.sentences import Sentence, sentences


@cache
def written() -> tuple[tuple[Path, Sentence], ...]:
    """Return the sentences of the code: to read all of it takes seconds."""
    return tuple(sentences())


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_each_sentence_is_recognized_with_its_fields(code: str) -> None:
    said = dict.fromkeys(sentence for _, sentence in written())
    assert len(said) > 300
    with worded_in(code):
        for sentence in said:
            forms = (sentence,) if isinstance(sentence, str) else sentence
            for number, form in zip((1, 7), forms, strict=False):
                names = re.findall(r"\{(\w+)\}", form)
                values = {name: f"Q{place}" for place, name in enumerate(names)}
                told = catalog.gettext(form, **values)
                if len(forms) > 1:
                    values = {**values, "n": str(number)}
                    told = catalog.ngettext(forms[0], forms[1], number)
                assert catalog.translated(form.format(**values)) == told


def test_a_sentence_of_several_parts_is_recognized_in_each() -> None:
    said = (
        "evening edition of 2026-03-12: not made yet: the sources could not be read since 06:30 "
        "UTC: Ostra Post: answers 503 (Service Unavailable); and 1,203 more; tried again until "
        "10:30 UTC"
    )
    with worded_in("fr"):
        told = re.sub(r"\s", " ", catalog.translated(said))
        assert told == (
            "édition evening du 2026-03-12 : pas encore produite : les sources sont illisibles "
            "depuis 06:30 UTC : Ostra Post : répond 503 (Service Unavailable) ; et 1 203 de plus ; "
            "nouvelles tentatives jusqu’à 10:30 UTC"
        )
    with worded_in("ru"):
        assert catalog.translated("made while 2 of 3 sources did not respond: A, B and 4 more") == (
            "подготовлен без ответа от 2 (всего 3 источника): A, B и ещё 4"
        )
        assert catalog.translated("disk: 0.1 GB free; make room") == (
            "диск: свободно 0,1\u00a0ГБ; освободите место"
        )


def test_what_is_no_sentence_of_ours_or_english_stays_as_it_is() -> None:
    for text in ["", "The Guardian: Ostra; Velmark: x", "refused", "1,203"]:
        for code in LANGUAGES:
            with worded_in(code):
                assert catalog.recognized(text) == text
    for _, sentence in written():
        if isinstance(sentence, str):
            filled = re.sub(r"\{\w+\}", "Q", sentence)
            assert catalog.translated(filled) == filled
    of = {path.name for path, _ in written()}
    assert {"alerts.py", "days.py", "__init__.py", "client.py"} <= of
    known = {message.id for message in extracted()}
    assert {sentence for _, sentence in written()} <= known


@pytest.mark.parametrize("part", ["; ", ": ", "edition ", "and 1 more ", "a of b of ", "x", " ("])
def test_a_text_from_outside_takes_no_long_time(part: str) -> None:
    with worded_in("de"):
        catalog.recognized("x")  # the sentences are read
        assert is_linear(catalog.recognized, (part * 1_000)[:1_000])
        assert catalog.recognized(part * 1_000) == part * 1_000
