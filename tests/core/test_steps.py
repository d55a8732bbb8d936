from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from random import Random

import pytest

from briefing.core import record
from briefing.core.edition import Prepared, make_edition
from briefing.core.errors import BriefingError
from briefing.core.model import (
    NO_CORRECTIONS,
    Action,
    CorrectionBrief,
    CorrectionKind,
    Corrections,
    Document,
    Edition,
    Material,
)
from briefing.core.ports import KeptSteps, Recipe
from briefing.core.text.analysis import Analysis, analyze
from briefing.settings import Settings
from briefing.setup import parts
from briefing.sources.files import read
from tests.desk import chosen
from tests.fakes import PlainMeasure

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY, NOON = date(2026, 3, 12), datetime(2026, 3, 12, 12, tzinfo=UTC)


@lru_cache(maxsize=1)
def reports() -> tuple[Document, ...]:
    every = read([str(EXAMPLES / name) for name in ("2026-03-11", "2026-03-12")]).documents
    return tuple(
        replace(report, id=f"r{number}", published=NOON - timedelta(hours=2 + number % 9))
        for number, report in enumerate(every)
    )


@lru_cache(maxsize=1)
def recipe() -> Recipe:
    return parts.recipe(Settings(name="Ostra Desk"))


@cache
def known(report: Document) -> Analysis:
    return analyze(report, language="en")


@cache
def earlier(days: int) -> Edition:
    """Return an edition of some days before, of reports of which others tell today."""
    day = DAY - timedelta(days=days)
    return made(Material(reports()[days::6], day), KeptSteps())[1]


def made(material: Material, kept: KeptSteps) -> tuple[object, Edition]:
    """Return all that is known of an edition, and the edition."""
    analyses = {report.id: known(replace(report, weight=1.0)) for report in material.documents}
    ready = Prepared(analyses, kept)
    its = make_edition(material, recipe=recipe(), measure=PlainMeasure(), known=ready)
    return (record.write(its.edition), its.topics, its.stories), its.edition


def outcome(material: Material, kept: KeptSteps) -> object:
    try:
        return made(material, kept)[0]
    except BriefingError as error:
        return type(error), str(error)


def changed(material: Material, chance: Random) -> Material:
    """Return a day in which something is not as before."""
    some = list(material.documents)
    match chance.choice("choose choose choose undo come weigh correct remember".split()):
        case "choose":
            action, report = chance.choice([*Action]), chance.choice(some)
            section = "economy" if action is Action.MOVE else ""
            choice = chosen(action, report, section, id=len(material.choices) + 1, day=DAY)
            return replace(material, choices=(*material.choices, choice))
        case "undo":
            return replace(material, choices=material.choices[1:])
        case "come":
            return replace(material, documents=some[1:] + [chance.choice(reports()[60:])][:1])
        case "weigh":
            some[0] = replace(some[0], weight=2.5 - some[0].weight)
            return replace(material, documents=some)
        case "correct" if printed := [*earlier(1).sentences()]:
            old = chance.choice(printed)
            brief = CorrectionBrief(
                CorrectionKind.REMOVED, old, None, earlier(1).id, earlier(1).day, NOON
            )
            corrections = Corrections(briefs=(brief,), documents=dict(earlier(1).documents))
            is_new = material.corrections == NO_CORRECTIONS
            return replace(material, corrections=corrections if is_new else NO_CORRECTIONS)
        case _:
            before: Sequence[Edition] = [earlier(days) for days in range(1, chance.randint(1, 4))]
            return replace(material, before=before)


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 60), marks=pytest.mark.slow)])
def test_an_edition_of_kept_steps_is_that_from_scratch(seeds: range) -> None:
    for seed in seeds:
        chance, kept = Random(seed), KeptSteps()  # noqa: S311  a day, no secret
        material = Material(chance.sample(reports()[:60], chance.randint(2, 14)), DAY)
        for press in range(6):
            is_same = outcome(material, kept) == outcome(material, KeptSteps())
            # Not compared in the assertion, which would write out how two editions differ.
            assert is_same, (seed, press)
            if chance.random() < 0.5:
                kept.trim()
            material = changed(material, chance)


def test_a_step_is_taken_again_where_what_it_depends_on_has_changed() -> None:
    taken: list[int] = []

    def double(number: int) -> int:
        taken.append(number)
        return 2 * number

    kept = KeptSteps()
    assert [kept(double, None, 1), kept(double, None, 1), kept(double, None, 2)] == [2, 2, 4]
    assert taken == [1, 2]
    assert kept(double, "another", 1) == 2
    kept.trim()
    assert kept(double, None, 2) == 4
    assert taken == [1, 2, 1]
    kept.trim()
    assert [kept(double, None, 2), kept(double, "another", 1)] == [4, 2]
    assert taken == [1, 2, 1, 1]
