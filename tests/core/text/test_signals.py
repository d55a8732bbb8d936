"""What is kept of a report's sections and importance is what an edition finds out itself."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from briefing.core import record
from briefing.core.edition import Prepared, make_edition
from briefing.core.errors import NothingToPrintError
from briefing.core.model import CorrectionBrief, CorrectionKind, Corrections, Document, Material
from briefing.core.text.analysis import Analysis, analyze
from briefing.core.text.signals import SignalRule, Signals, pack_signals, unpack_signals
from tests.classifying import ByWords
from tests.desk import FERRY, RECIPE, STUB
from tests.fakes import PlainMeasure
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    WORDS,
    YESTERDAY,
    report,
)
from tests.present import present

TEXTS = (HARBOR, HARBOR_AGAIN, NICKEL, RIVER, ORCHIDS, STRAIT, STRAIT_NEXT, FERRY, STUB)
TWO = (ByWords(WORDS), ByWords({name: words[:3] for name, words in WORDS.items()}))
RULE = SignalRule("words 1", TWO)
DESK = replace(RECIPE, classifier=TWO[1], story_classifier=TWO[0])
HARBORS = report("harbor", HARBOR)


def kept(
    *documents: Document, rule: SignalRule = RULE, analyses: Mapping[str, Analysis] | None = None
) -> dict[str, Analysis]:
    analyses = analyses or {each.id: analyze(each, language="en") for each in documents}
    packed = pack_signals(documents, analyses, rule=rule)
    return {
        each.id: replace(analyses[each.id], signals=its)
        for each, its in zip(documents, packed, strict=True)
    }


def made(material: Material, known: dict[str, Analysis], *, key: bytes = RULE.key) -> str:
    """Return the record of an edition, or why there is none."""
    recipe = replace(DESK, signals=key)
    try:
        return record.write(
            make_edition(
                material, recipe=recipe, measure=PlainMeasure(), known=Prepared(known)
            ).edition
        )
    except NothingToPrintError as error:
        return str(error)


@pytest.mark.parametrize("days", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_an_edition_from_scratch_is_that_of_what_is_kept_in_whatever_order(days: int) -> None:
    chance = Random(20)  # noqa: S311  no secret
    began = datetime(2026, 3, 11, 6, tzinfo=UTC)
    alone = {text: analyze(report("d", text), language="en") for text in TEXTS}
    for _ in range(days):
        texts = chance.choices(TEXTS, k=chance.randint(1, 3))
        hours = [timedelta(hours=chance.randrange(30)) for _ in texts]
        day = tuple(
            replace(report(f"d{place}", text, publisher=f"Paper {place}"), published=began + hour)
            for place, (text, hour) in enumerate(zip(texts, hours, strict=True))
        )
        analyses = {each.id: alone[text] for each, text in zip(day, texts, strict=True)}
        collected = chance.sample(day, chance.randint(0, len(day)))
        known = analyses | kept(*collected, analyses=analyses)
        assert made(Material(day, TODAY), known) == made(Material(day, TODAY), analyses)


def test_what_is_kept_is_not_asked_again_and_that_of_other_models_not_read() -> None:
    known = kept(HARBORS)
    signals = Signals({"deed": 1.0}, {"security": 0.9, "other": 0.1}, {})
    packed = known["harbor"].signals
    told = present(unpack_signals(packed, key=RULE.key))
    assert (set(told.importance) > set(signals.importance), told.opening["security"]) == (True, 1.0)
    assert told.body["security"] > 0.5
    rule = replace(RULE, classifiers=(TWO[0], None))
    for other, its in ((report("o", ORCHIDS), RULE), (HARBORS, rule)):
        (signals_of,) = (each.signals for each in kept(other, rule=its).values())
        assert present(unpack_signals(signals_of, key=its.key)).body == {}
    newer = replace(RULE, models="words 2")
    assert RULE.key != newer.key
    for key in (newer.key, b""):
        assert unpack_signals(packed, key=key) is None
    assert unpack_signals(b"", key=RULE.key) is None


def test_damage_is_noticed_and_what_is_none_not_read() -> None:
    packed = kept(HARBORS)["harbor"].signals
    whole = unpack_signals(packed, key=RULE.key)
    for place in range(0, len(packed), 3):
        damaged = packed[:place] + bytes([packed[place] ^ 0x10]) + packed[place + 1 :]
        # The header of the compression has bits that say nothing of its content.
        assert unpack_signals(damaged, key=RULE.key) in [None, whole]
        assert unpack_signals(packed[:place], key=RULE.key) is None
    for content in [b"", b"\0\0\0\3a\0b", b"\0\0\0\1\xff", b"\0\0\0\3\0\0\0\0"]:
        packed = RULE.key + zlib.compress(content)
        assert unpack_signals(packed, key=RULE.key) is None


def test_a_report_of_which_a_correction_takes_sentences_is_read_again() -> None:
    first = analyze(HARBORS, language="en").sentences(HARBORS)[0]
    printed = replace(HARBORS, id="old", text=HARBORS.text.replace("lease", "sale"))
    new = replace(first, text=first.text.replace("2", "3"), document="new")
    changed = replace(printed, id="new")
    correction = CorrectionBrief(
        CorrectionKind.CHANGED, first, new, "e1", YESTERDAY, datetime(2026, 3, 11, 6, tzinfo=UTC)
    )
    material = Material(
        (HARBORS, report("nickel", NICKEL)),
        TODAY,
        corrections=Corrections(
            briefs=(correction,), documents={"harbor": HARBORS, "new": changed}
        ),
    )
    assert made(material, kept(*material.documents)) == made(material, {})
