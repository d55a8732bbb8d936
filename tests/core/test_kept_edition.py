"""An edition that is made ahead: read as it was kept, and known by all that it is made of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from briefing.core.kept_edition import (
    edition_key,
    pack_edition,
    pack_stories,
    stories_key,
    unpack_edition,
    unpack_stories,
)
from briefing.core.model import Corrections, Document, Letterhead, Material, SagaRegister, WatchList
from briefing.core.ports import Recipe
from briefing.core.record import write
from briefing.core.text.analysis import Analysis, analyze
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.sources.files import read
from tests.desk import EDITION, RECIPE
from tests.newsday import HARBOR, NICKEL, TODAY, report

REPORTS = (report("d1", HARBOR), report("d2", NICKEL))
REGISTER = SagaRegister({("e1", "s1"): "s2"}, {"s2": TODAY}, 2, frozenset({frozenset("ab")}))
MATERIAL = Material(REPORTS, TODAY, register=REGISTER)
DEFINED = replace(RECIPE, signals=b"rule", manifest={"look": "sha256 1"})


def key(earlier: bytes = b"", recipe: Recipe = DEFINED, **changed: Any) -> bytes | None:  # noqa: ANN401
    return edition_key(replace(MATERIAL, **changed), recipe, code=b"code", earlier=earlier)


def test_what_decides_an_edition_is_in_its_key_and_plug_ins_have_none() -> None:
    before = key()
    changed = [
        key(b"another edition"),
        key(documents=REPORTS[:1]),
        key(documents=REPORTS[::-1]),
        key(documents=(replace(REPORTS[0], grade="B"), REPORTS[1])),
        key(day=date(2027, 1, 1)),
        key(failed=[("wire", "no answer")]),
        key(left_out={"too old": 1}),
        key(edition="evening"),
        key(register=replace(REGISTER, of={("e1", "s1"): "s1"})),
        key(register=replace(REGISTER, last=3)),
        key(register=replace(REGISTER, apart=frozenset())),
        key(register=None),
    ]
    recipes: list[dict[str, Any]] = [
        {"manifest": {"look": "sha256 2"}},
        {"signals": b"other"},
        {"letterhead": Letterhead(accent="#123456")},
        {"window": timedelta(hours=1)},
        {"lists": {"straits": "The straits"}},
        {"worth_of": lambda _: ()},
    ]
    changed += [key(recipe=replace(DEFINED, **other)) for other in recipes]
    assert None not in changed
    assert len({before, *changed}) == 1 + len(changed)
    # The order in which an editor took stories apart, and the words of readers, change no page.
    again = replace(REGISTER, apart=frozenset({frozenset("ba")}))
    assert key(register=again, own_words=(WatchList("w1", ()),)) == before
    plugs: list[dict[str, Any]] = [{"ranker": ranked_elsewhere}, {"signals": b""}, {"manifest": {}}]
    for plugged in plugs:
        assert key(recipe=replace(DEFINED, **plugged)) is None


def ranked_elsewhere(*_: object, **__: object) -> tuple[()]:
    """Stand for the ranker of a plug-in."""
    return ()


def test_an_edition_is_read_as_it_was_kept_with_the_texts_of_its_reports() -> None:
    first, *others = EDITION.documents.values()
    gone = replace(REPORTS[0], id="gone", text="", text_sha256="0" * 64)
    found, *fewer = EDITION.ledger.ranked
    # In its record this is 0, which is left out of a record of that.
    ledger = replace(EDITION.ledger, ranked=(replace(found, salience=-0.00001), *fewer))
    edition = replace(EDITION, documents={**EDITION.documents, "gone": gone}, ledger=ledger)
    material = Material(others, TODAY, corrections=Corrections(documents={first.id: first}))
    read = unpack_edition(pack_edition(edition), material)
    assert read is not None
    assert [*read.documents.items()] == [*edition.documents.items()]
    assert read.documents["gone"].sha256 == "0" * 64
    assert write(read) == write(edition)


@pytest.mark.parametrize(
    "harm", [lambda packed: packed[:-1], lambda _: b"", lambda _: pack_edition(EDITION)[::-1]]
)
def test_what_is_damaged_is_not_read(harm: Callable[[bytes], bytes]) -> None:
    assert unpack_edition(harm(pack_edition(EDITION)), MATERIAL) is None


DAY = Path(__file__).parents[2] / "examples/2026-03-12"
WINDOW = timedelta(days=3)


@cache
def every_report() -> tuple[Document, ...]:
    """Return the reports of the example day, and the first of them once more."""
    every = tuple(report for report in read([str(DAY)]).documents if report.language == "en")
    return (*every, replace(every[0], id="again", title="The same"))


@cache
def analyses() -> tuple[Analysis, ...]:
    return tuple(analyze(report, language="en") for report in every_report())


def test_stories_are_read_as_they_were_kept_unless_damaged() -> None:
    prints = [its.fingerprint for its in analyses()]
    stories = cluster(every_report(), copies=find_copies(every_report(), prints))
    assert any(story.copies for story in stories)
    assert any(story.near for story in stories)
    assert any(len(story.links) > 1 for story in stories)
    assert unpack_stories(pack_stories(stories, every_report()), every_report()) == stories
    packed = pack_stories(cluster(every_report(), copies={}), every_report())
    for harmed in (packed[:-1], b"", b"?" * 40):
        assert unpack_stories(harmed, every_report()) is None


def stories_key_of(some: tuple[Document, ...], window: timedelta = WINDOW) -> bytes:
    return stories_key(some, analyses()[: len(some)], window=window)


def test_stories_of_other_reports_have_another_key() -> None:
    first, *others = every_report()
    later = replace(first, published=datetime(2026, 3, 12, 13, tzinfo=UTC))
    every = [
        every_report(),
        every_report()[:-1],
        (later, *others),
        (replace(first, id="other"), *others),
        (replace(first, text=f"{first.text} "), *others),
    ]
    keys = {*map(stories_key_of, every), stories_key_of(every_report(), WINDOW / 2)}
    keys.add(stories_key(every_report(), [*analyses()[1:], analyses()[0]], window=WINDOW))
    assert len(keys) == len(every) + 2
    # The grade of a source joins no reports.
    assert stories_key_of((replace(first, weight=2.0), *others)) == stories_key_of(every_report())
