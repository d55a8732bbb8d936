"""Sagas of labeled stories, as an edition a day makes them, against the true ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

from briefing.core import model
from briefing.core.errors import InputError
from briefing.core.text.sagas import find_continuations, with_openings
from briefing.core.text.segment import segment
from briefing.lab.assess.lines import given, numbered, table
from briefing.lab.assess.stories import document
from briefing.lab.evaluate.figures import ratio_ci95

#: Sentences, and characters, that an edition prints of a story.
_PRINTED, _CHARACTERS = 3, 700


@dataclass(frozen=True, slots=True)
class _DayStory:
    """A labeled story on the day of its first report."""

    name: str
    day: date
    saga: str
    documents: tuple[model.Document, ...]


def assess_sagas(paths: Sequence[Path], *, labels: Path) -> dict[str, Any]:
    """Measure the sagas of labeled stories, one edition a day, each file alone.

    Of each file the first half by date may be learned from: "learned"; the other is "held_out".

    Args:
        paths: files of reports with "story" and "published".
        labels: a table of story and saga; a saga is "theme/saga", or empty for a story alone.
            Stories that are not in it are left out.
    """
    known = _read_labels(labels)
    rows: defaultdict[str, list[FollowedStory]] = defaultdict(list)
    desks: defaultdict[str, list[_Desk]] = defaultdict(list)
    for path in paths:
        stories = [*_stories(path, known)]
        middle = stories[len(stories) // 2].day if stories else date.min
        for half, part in (
            ("learned", [story for story in stories if story.day < middle]),
            ("held_out", [story for story in stories if story.day >= middle]),
        ):
            desk = _Desk()
            followed = [*_followed(part, path.name, desk=desk)]
            for name in (half, f"{half} {path.name.partition('.')[0]}"):
                rows[name] += followed
                desks[name].append(desk)
    measured = [name for name in sorted(rows, key=len) if rows[name]]
    if not measured:
        raise InputError(f"{labels}: none of its stories is in the files with a date")

    def true(groups: Iterable[Iterable[str]]) -> list[list[str]]:
        return [[_true(name, known) for name in group] for group in groups]

    return {
        name: measure_sagas(rows[name])
        | measure_changes(
            true(group for desk in desks[name] for group in desk.merges.values()),
            true(group for desk in desks[name] for group in desk.strands),
        )
        for name in measured
    }


@dataclass(slots=True)
class _Desk:
    """Editions as they come out, and which of their stories are which saga."""

    editions: list[model.Edition] = field(default_factory=list)
    #: Id of each saga that goes on by edition and story.
    of: dict[tuple[str, str], str] = field(default_factory=dict)
    #: The last story of each, by its id.
    last: dict[str, str] = field(default_factory=dict)
    #: Stories that show that two sagas are one, with the last of either; each two once.
    merges: dict[frozenset[str], tuple[str, ...]] = field(default_factory=dict)
    #: Stories of one saga and day, with the one before.
    strands: list[tuple[str, ...]] = field(default_factory=list)

    def publish(self, stories: Sequence[_DayStory], *, day: date) -> None:
        """Add the edition of a day."""
        today = [model.Story(story.name, story.documents) for story in stories]
        material = model.Material(
            (), day, weeks=self.editions, register=model.SagaRegister(self.of)
        )
        continuations = find_continuations(today, material)
        edition = with_openings(_edition(stories, day=day), today)
        self.editions.append(edition)
        names = [
            self._name(story.id, its.saga, edition=edition.id)
            for story, its in zip(today, continuations, strict=True)
        ]
        here: dict[str, str] = {}
        for name, story in zip(names, today, strict=True):
            if name in here:
                self.strands.append((story.id, here[name]))
            here[name] = story.id
        self.last |= here

    def _name(self, story: str, saga: model.Saga | None, *, edition: str) -> str:
        if saga is None:
            return story
        keys = [*((entry.edition, entry.story) for entry in saga.entries), (edition, story)]
        name = saga.id or self.of.get(keys[0]) or f"s{len(set(self.of.values())) + 1}"
        for other in saga.also:
            pair = frozenset((name, other))
            self.merges.setdefault(pair, (story, self.last[name], self.last[other]))
        self.of |= dict.fromkeys(keys, name)
        return name


def _followed(stories: Sequence[_DayStory], name: str, *, desk: _Desk) -> Iterator[FollowedStory]:
    """Yield the stories with the sagas into which the editions of their days put them.

    A saga has its id only from its second story on; the first is known by then too.
    """
    for day, group in groupby(stories, key=lambda story: story.day):
        desk.publish([*group], day=day)
    for story in stories:
        saga = desk.of.get((_edition_id(story.day), story.name), story.name)
        yield FollowedStory(story.day.toordinal(), story.saga, f"{name} {saga}")


def _edition_id(day: date) -> str:
    return f"labeled/{day}"


def _edition(stories: Iterable[_DayStory], *, day: date) -> model.Edition:
    """Return an edition that tells each story by the opening of its first report."""
    briefs, documents = [], {}
    for story in stories:
        first = story.documents[0]
        printed = [
            sentence
            for sentence in segment(first)[:_PRINTED]
            if not sentence.index or sentence.end <= _CHARACTERS
        ]
        documents[first.id] = first
        briefs.append(
            model.Brief(
                story.name, first.title, model.Status.NEW, 1, 1, tuple(printed), (first.id,)
            )
        )
    return model.Edition(
        id=_edition_id(day),
        name="labeled",
        day=day,
        language="en",
        number=1,
        dateline="",
        sections=(model.Section("news", tuple(briefs)),),
        panel=model.Panel(),
        documents=documents,
        days=(),
        ledger=model.Ledger(),
        setting=model.Setting(model.Scale.NORMAL, 0.0, 0.0),
    )


def _stories(path: Path, known: Mapping[str, str]) -> Iterator[_DayStory]:
    """Yield the labeled stories of a file, by day."""
    reports: defaultdict[str, list[model.Document]] = defaultdict(list)
    for where, line in numbered(path):
        name = given(line, "story", where)
        report = document(line, where, day="")
        if name in known and report.published is not None:
            reports[name].append(report)
    days = {
        name: min(report.published.date() for report in documents if report.published)
        for name, documents in reports.items()
    }
    for name in sorted(days, key=lambda name: (days[name], name)):
        yield _DayStory(name, days[name], _true(name, known), tuple(reports[name]))


def _true(story: str, known: Mapping[str, str]) -> str:
    return known[story] or f"alone/{story}"


def _read_labels(path: Path) -> Mapping[str, str]:
    return dict(
        table(
            path,
            lambda row: (row["story"], row["saga"] or ""),
            what="no table of story and saga",
            strict=True,
        )
    )


#: Pairs of stories further apart are in no common saga for a reader.
_DAYS = 30


@dataclass(frozen=True, slots=True)
class FollowedStory:
    """One story, the saga that it truly belongs to, and the one that it was put into."""

    #: A number of the day.
    day: int
    #: True saga as "theme/saga", alike for those on one matter.
    saga: str
    #: Alike for those that were put together.
    put: str

    @property
    def theme(self) -> str:
        """The theme of its true saga."""
        return _theme(self.saga)


def measure_changes(
    merges: Sequence[Sequence[str]], strands: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Compare groups of true sagas, the first that of the story itself.

    merges_right, merges_near: of stories said to be of two sagas, those that are truly of one saga
    with the last story of either, or at least of one theme. strands_right, strands_near: of stories
    put into one saga on one day, those that are truly of one saga, or at least of one theme.
    """
    return {
        f"{name}_{how}": _share([(group[0], len(set(map(key, group))) == 1) for group in groups])
        for name, groups in (("merges", merges), ("strands", strands))
        for how, key in (("right", str), ("near", _theme))
    }


def _theme(saga: str) -> str:
    """Return the wider matter, on which an editor might keep several sagas together."""
    return saga.partition("/")[0]


def measure_sagas(rows: Sequence[FollowedStory]) -> dict[str, Any]:
    """Compare sagas with the true ones, within 30 days, of stories in the order of their days.

    links_right, links_near: of stories said to go on with a saga, those whose last story before is
    truly of the same saga, or at least of the same theme. links_found: of stories that truly go on
    with one of the last 30 days, those put into its saga. pair_precision, pair_near: of pairs put
    together, those truly of one saga, or at least of one theme. pair_recall: of pairs truly of one
    saga, those put together. Intervals resample true sagas whole, for stories of one saga are right
    or wrong together. ValueError: no story.
    """
    if not rows:
        raise ValueError("there are no stories to measure")
    links, pairs = [*_links(rows, "put")], [*combinations(rows, 2)]
    near = [pair for pair in pairs if abs(pair[1].day - pair[0].day) <= _DAYS]
    joined = [(first, second) for first, second in near if first.put == second.put]
    true = [(first, second) for first, second in near if first.saga == second.saga]
    kept = [
        (
            row.saga,
            any((before.saga, before.put) == (row.saga, row.put) for before in _before(row, rows)),
        )
        for row, _ in _links(rows, "saga")
    ]
    return {
        "stories": len(rows),
        "links_right": _share([(row.saga, row.saga == last.saga) for row, last in links]),
        "links_near": _share([(row.saga, row.theme == last.theme) for row, last in links]),
        "links_found": _share(kept),
        "pair_precision": _share([(row.saga, row.saga == other.saga) for row, other in joined]),
        "pair_near": _share([(row.saga, row.theme == other.theme) for row, other in joined]),
        "pair_recall": _share([(row.saga, row.put == other.put) for row, other in true]),
    }


def _before(row: FollowedStory, rows: Sequence[FollowedStory]) -> list[FollowedStory]:
    return [story for story in rows if 0 < row.day - story.day <= _DAYS]


def _links(rows: Sequence[FollowedStory], by: str) -> Iterator[tuple[FollowedStory, FollowedStory]]:
    """Yield each story of a later day with the last one before it, within 30 days."""
    for place, row in enumerate(rows):
        same = [
            story for story in _before(row, rows[:place]) if getattr(story, by) == getattr(row, by)
        ]
        if same:
            yield row, same[-1]


def _share(outcomes: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    """Return the share of what holds, its 95 % interval, and of how many it is."""
    units: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for saga, right in outcomes:
        units[saga][0] += right
        units[saga][1] += 1
    if not units:
        return {"value": 1.0, "ci95": (0.0, 1.0), "of": 0}
    held, total = map(sum, zip(*units.values(), strict=True))
    interval = ratio_ci95([(part, whole) for part, whole in units.values()])
    return {"value": held / total, "ci95": interval, "of": int(total)}
