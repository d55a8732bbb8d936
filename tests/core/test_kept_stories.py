from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from briefing.core.kept_edition import pack_stories, stories_key, unpack_stories
from briefing.core.model import Document
from briefing.core.text.analysis import Analysis, analyze
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.sources.files import read

DAY = Path(__file__).parents[2] / "examples/2026-03-12"
WINDOW = timedelta(days=3)


@cache
def reports() -> tuple[Document, ...]:
    """Return the reports of the example day, and the first of them once more."""
    every = tuple(report for report in read([str(DAY)]).documents if report.language == "en")
    return (*every, replace(every[0], id="again", title="The same"))


@cache
def analyses() -> tuple[Analysis, ...]:
    return tuple(analyze(report, language="en") for report in reports())


def test_stories_are_read_as_they_were_kept_unless_damaged() -> None:
    prints = [its.fingerprint for its in analyses()]
    stories = cluster(reports(), copies=find_copies(reports(), prints))
    assert any(story.copies for story in stories)
    assert any(story.near for story in stories)
    assert any(len(story.links) > 1 for story in stories)
    assert unpack_stories(pack_stories(stories, reports()), reports()) == stories
    packed = pack_stories(cluster(reports(), copies={}), reports())
    for harmed in (packed[:-1], b"", b"?" * 40):
        assert unpack_stories(harmed, reports()) is None


def key(some: tuple[Document, ...], window: timedelta = WINDOW) -> bytes:
    return stories_key(some, analyses()[: len(some)], window=window)


def test_stories_of_other_reports_have_another_key() -> None:
    first, *others = reports()
    later = replace(first, published=datetime(2026, 3, 12, 13, tzinfo=UTC))
    every = [
        reports(),
        reports()[:-1],
        (later, *others),
        (replace(first, id="other"), *others),
        (replace(first, text=f"{first.text} "), *others),
    ]
    keys = {*map(key, every), key(reports(), WINDOW / 2)}
    keys.add(stories_key(reports(), [*analyses()[1:], analyses()[0]], window=WINDOW))
    assert len(keys) == len(every) + 2
    # The grade of a source joins no reports.
    assert key((replace(first, weight=2.0), *others)) == key(reports())
