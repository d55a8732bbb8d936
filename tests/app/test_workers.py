import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from briefing.app import analyses
from briefing.app.workers import WORTH, ProcessPool, analyze_by, analyze_now, processes
from briefing.core.text.analysis import AnalysisRule, pack_all
from briefing.store import versions as stored
from tests.newsday import HARBOR, TODAY, YESTERDAY
from tests.publishing import FIRST, SECOND, Desk, at, open_at
from tests.store.ready import look

RULE = AnalysisRule("en", "")
MANY = [
    replace(one, id=f"{one.id} {number}", text=f"{one.text} {number}")
    for number in range(30)
    for one in (*FIRST, *SECOND)
]

pytestmark = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="there is one processor only"
)


@pytest.fixture(scope="module")
def many() -> Iterator[ProcessPool | None]:
    with processes(len(MANY), worth=2) as found:
        yield found


def test_in_processes_the_result_is_the_same(many: ProcessPool | None) -> None:
    assert many
    assert [its for _, its in analyze_by(many, MANY, rule=RULE)] == pack_all(MANY, rule=RULE)


def test_many_documents_are_analyzed_by_processes_and_few_are_not() -> None:
    with processes(3, worth=WORTH) as few:
        assert few is None
        made = analyze_by(few, FIRST, rule=RULE)
        assert [its for _, its in made] == pack_all(FIRST, rule=RULE)
    assert analyze_now(FIRST, language="en") == {}
    found = analyze_now(MANY, language="en", worth=2)
    assert list(found) == [one.id for one in MANY]
    assert found[MANY[0].id].sentences(MANY[0])[0].text == HARBOR[1].split(". ")[0] + "."


def test_a_store_is_filled_by_processes(tmp_path: Path) -> None:
    with open_at(tmp_path) as store:
        Desk(store).keep(*FIRST, when=at(YESTERDAY, 18))
        Desk(store).keep(*SECOND, when=at(TODAY, 18))
        brought = [one.id for one in (*FIRST, *SECOND)]
        assert analyses.analyze_collected(store, brought, rule=RULE, at=at(TODAY, 18), worth=2) == 6
        kept = look(store, stored.kept_analyses, [one.id for one in FIRST], rule=RULE.digest)
    assert list(kept.values()) == pack_all([one for one in FIRST if one.id in kept], rule=RULE)
