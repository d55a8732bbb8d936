"""Measures printed pages, and the choice of what is on them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from statistics import fmean
from typing import Any

from briefing.core.frozen import frozen
from briefing.core.model import Sentence
from briefing.lab.evaluate.figures import share_of

#: First words that refer to, or contrast with, an earlier sentence. A rough rule, independent of
#: those that choose sentences; ``evaluate reading`` measures by labels.
_DANGLING = frozenset(
    "he she they it his her their its him them this that these those such both another others "
    "but and or yet so however also meanwhile moreover furthermore therefore thus instead then "
    "nevertheless nonetheless besides additionally notably similarly consequently".split()
)


def count_dangling(sentences: Sequence[Sentence]) -> int:
    """Count the sentences of a brief whose first word refers to nothing right above."""
    firsts = [sentence.text.lstrip(" “\"'‘([–—-").split(maxsplit=1)[:1] for sentence in sentences]
    points = [bool(word) and word[0].casefold().rstrip(",:") in _DANGLING for word in firsts]
    follows = [
        (sentence.document, sentence.index) == (before.document, before.index + 1)
        for before, sentence in pairwise(sentences)
    ]
    return sum(point and not near for point, near in zip(points, (False, *follows), strict=False))


def measure_pages(pages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return means, extremes and sums over editions, and a row for each.

    ``one_page`` counts the editions with no more sheets than their theme allows, usually one;
    ``dangling`` is a share of all printed sentences, 0 to 1.

    Args:
        pages: for each edition: ``name`` of its input; ``pages`` and ``most_pages`` that its theme
            allows; ``passages``, those ``missing`` from the text of the PDF, and those
            ``unverified``; ``fill``, the share of the columns that is not white below their last
            item; the largest ``hole`` in mm; ``scale`` of type, and the ``smallest_type`` that must
            be read, in points; ``layouts``; printed ``sentences``, and those ``dangling``;
            ``seconds`` from documents to the PDF.
    """
    of = {name: [page[name] for page in pages] for name in pages[0]}
    shown = {"name": None, "scale": None, "fill": 4, "hole": 1, "layouts": None}
    shown |= {"sentences": None, "passages": None, "seconds": 2}
    return {
        "editions": len(pages),
        "one_page": sum(1 <= page["pages"] <= page["most_pages"] for page in pages),
        "missing_sentences": sum(of["missing"]),
        "unverified_sentences": sum(of["unverified"]),
        "fill_mean": round(fmean(of["fill"]), 4),
        "fill_min": round(min(of["fill"]), 4),
        "hole_max": round(max(of["hole"]), 1),
        "smallest_type": round(min(of["smallest_type"]), 2),
        "layouts_mean": round(fmean(of["layouts"]), 2),
        "dangling": round(sum(of["dangling"]) / (sum(of["sentences"]) or 1), 4),
        "seconds_mean": round(fmean(of["seconds"]), 2),
        "days": [
            {
                name: page[name] if digits is None else round(page[name], digits)
                for name, digits in shown.items()
            }
            for page in pages
        ],
    }


#: Importance of a story that must be printed, and from which it should be.
_MUST, _SHOULD = 3, 2
#: From this number of words on, a sentence is long.
_LONG = 40
#: From this number of reports on, a day is that of a wire service.
_WIRE = 200
#: Number of the most important briefs, as measured for poor sentences and for the lead.
_FIRST, _LEADING = 6, 3
#: Sentences that the best possible page has of its top story, and of each other important story:
#: the length of a brief on a full page (docs/page.md, "Briefs").
_OF_THE_LEAD, _OF_A_STORY = 5, 3
#: A page with less fill is nearly empty if there are at least this many important stories.
_HALF_FULL, _ENOUGH = 0.6, 8
#: Kinds of text that are not news, whatever their content.
_NO_NEWS = frozenset({"opinion", "notice", "junk"})
_OFFICIAL = frozenset({"statement", "transcript"})


@frozen
class ReportLabel:
    """A reader's label of a report."""

    #: Name of the event that it reports.
    story: str
    #: Its section, "other" if none of the three, and further acceptable sections.
    section: str
    also: frozenset[str]
    #: Kind of text, such as "wire", "teaser" or "opinion".
    kind: str
    #: 3 must be printed, 2 should be, 1 may be named, 0 does not belong.
    importance: int
    #: Name of the crisis to which the event belongs; empty for none.
    crisis: str = ""
    #: Whether it may be the top story; None if the labels of the day do not say.
    top: bool | None = None

    @property
    def is_worth_telling(self) -> bool:
        """Whether its sentences are worth their room."""
        return self.importance >= _SHOULD and self.kind not in _NO_NEWS


@frozen
class Printed:
    """A printed sentence."""

    #: Position of its brief on the page, from 0.
    brief: int
    #: Section in which it is printed.
    section: str
    #: Id of its report.
    report: str
    #: Number of words.
    words: int


@frozen
class DayChoice:
    """A day with what was printed."""

    name: str
    #: By report id.
    labels: Mapping[str, ReportLabel]
    #: In printed order.
    printed: tuple[Printed, ...]
    #: The report whose title is the headline of each brief, the most important brief first.
    titled: tuple[str, ...]
    #: Ids of reports whose titles name stories of which no sentence is printed.
    named: tuple[str, ...]
    #: Ids of reports dropped by the gate, except copies.
    gated: frozenset[str]
    #: Height of the news as a share of the available height.
    fill: float

    def labels_of(self, reports: Iterable[str]) -> list[ReportLabel]:
        """Return the labels of those reports that have any."""
        return [self.labels[report] for report in reports if report in self.labels]

    @property
    def worth_telling(self) -> set[str]:
        """The stories that should be printed."""
        return {label.story for label in self.labels.values() if label.is_worth_telling}


#: A count, and the number of which it is a part.
_Share = tuple[float, float]


def measure_choice(days: Sequence[DayChoice]) -> dict[str, Any]:
    """Return each measure over all days, its 95 % interval by day, and a row for each day.

    lead_right: share of days whose first headline is of a story that may lead. lead_in_first: of
    days with such a story among the three most important briefs. must_told, must_carried: share of
    stories with a report of importance 3 that are printed, and printed or named, by a report of
    importance 2 or 3 (a warning does not report the attack). must_told_wire: must_told on days of
    at least 200 reports. section_right, section_acceptable: share of printed sentences whose report
    belongs, and belongs or may belong, to the section in which they are printed. poor: share of
    printed sentences whose report has importance 0 or 1 or is opinion, a notice or junk.
    poor_above_supply: the part of it that better news of the day could have replaced.
    poor_in_first: poor in the six most important briefs. named_worth: share of named titles of
    importance 1 or more. importance: mean of printed sentences, 0 to 3. opinion: share of printed
    sentences from opinion pieces. teasers_gated, official_gated, opinion_gated: share dropped by
    the gate, of official ones only statements and transcripts of importance 2 or more.
    largest_crisis: largest share of briefs about one crisis on a day on which another important
    story was left out. nearly_empty: days below 60 % fill with at least eight important stories.
    told_twice: briefs beyond the first of their story.

    Reports without a label are excluded from every measure and counted as ``unlabeled``.
    """
    return {
        "days": len(days),
        **{name: share_of([share(day) for day in days]) for name, share in _MEASURES.items()},
        "largest_crisis": round(max(map(_largest_crisis, days)), 4),
        "nearly_empty": sum(
            day.fill < _HALF_FULL and len(day.worth_telling) >= _ENOUGH for day in days
        ),
        "told_twice": sum(map(_told_twice, days)),
        "unlabeled": sum(
            sentence.report not in day.labels for day in days for sentence in day.printed
        ),
        "fill_min": round(min(day.fill for day in days), 4),
        "by_day": [_row(day) for day in days],
    }


def _row(day: DayChoice) -> dict[str, Any]:
    shares = {name: share(day) for name, share in _MEASURES.items()}
    return {
        "name": day.name,
        **{name: round(part / whole, 3) for name, (part, whole) in shares.items() if whole},
        "told_twice": _told_twice(day),
        "sentences": len(day.printed),
        "fill": round(day.fill, 3),
        "missed": sorted(_must(day) - _carried(day, named=True)),
        # Each story printed in a section to which it cannot belong, and both sections.
        "wrong_section": sorted(
            {
                f"{label.story} under {sentence.section} instead of {label.section}"
                for sentence, label in _labeled(day)
                if not _is_acceptable(sentence, label)
            }
        ),
    }


def _labeled(day: DayChoice) -> list[tuple[Printed, ReportLabel]]:
    return [
        (sentence, day.labels[sentence.report])
        for sentence in day.printed
        if sentence.report in day.labels
    ]


def _lead_right(day: DayChoice, *, among: int = 1) -> _Share:
    if not any(label.top for label in day.labels.values()):
        return (0, 0)  # the labels do not say
    tops = [bool(label.top) for label in day.labels_of(day.titled)]
    return (any(tops[:among]), 1)


def _of_printed(day: DayChoice, weigh: Callable[[Printed, ReportLabel], float]) -> _Share:
    labeled = _labeled(day)
    return (sum(weigh(*pair) for pair in labeled), len(labeled))


def _is_acceptable(sentence: Printed, label: ReportLabel) -> bool:
    return sentence.section in {label.section, *label.also}


def _poor(day: DayChoice) -> _Share:
    return _of_printed(day, lambda _, label: not label.is_worth_telling)


def _poor_in_first(day: DayChoice) -> _Share:
    first = {day.titled.index(id_) for id_ in day.titled[:_FIRST]}
    # The rank by importance of each brief, both numbered from 0
    places = {}
    for brief, sentences in groupby(day.printed, key=lambda sentence: sentence.brief):
        reports = {sentence.report for sentence in sentences}
        near = (place for place, id_ in enumerate(day.titled) if id_ in reports)
        places[brief] = next(near, brief)
    labeled = [label for sentence, label in _labeled(day) if places.get(sentence.brief) in first]
    return (sum(not label.is_worth_telling for label in labeled), len(labeled))


def _poor_above_supply(day: DayChoice) -> _Share:
    poor, printed = _poor(day)
    worth = len(day.worth_telling)
    supply = min(printed, worth and _OF_THE_LEAD + _OF_A_STORY * (worth - 1))
    return (max(0.0, poor - (printed - supply)), printed)


def _must(day: DayChoice) -> set[str]:
    return {label.story for label in day.labels.values() if label.importance == _MUST}


def _reports(day: DayChoice) -> set[str]:
    return {sentence.report for sentence in day.printed}


def _carried(day: DayChoice, *, named: bool) -> set[str]:
    """Return stories with an important report that is printed or, if ``named``, also named."""
    reports = {*_reports(day), *(day.named if named else ())}
    return {label.story for label in day.labels_of(reports) if label.importance >= _SHOULD}


def _must_share(day: DayChoice, *, named: bool = False, wire: bool = False) -> _Share:
    must = set() if wire and len(day.labels) < _WIRE else _must(day)
    return (len(must & _carried(day, named=named)), len(must))


def _named_worth(day: DayChoice) -> _Share:
    labels = day.labels_of(day.named)
    return (sum(label.importance >= 1 for label in labels), len(labels))


def _gated(day: DayChoice, kinds: frozenset[str], *, least: int = 0) -> _Share:
    ids = [
        id_
        for id_, label in day.labels.items()
        if label.kind in kinds and label.importance >= least
    ]
    return (sum(id_ in day.gated for id_ in ids), len(ids))


def _largest_crisis(day: DayChoice) -> float:
    """Return the largest share of briefs on one crisis; 0 if no other important story was left."""
    crises = [label.crisis for label in day.labels_of(day.titled)]
    counted = Counter(filter(None, crises)).most_common(1)
    if not counted:
        return 0.0
    crisis, count = counted[0]
    printed = {label.story for label in day.labels_of(_reports(day))}
    left = any(
        label.is_worth_telling and label.crisis != crisis and label.story not in printed
        for label in day.labels.values()
    )
    return count / len(crises) if left else 0.0


def _told_twice(day: DayChoice) -> int:
    briefs = {(label.story, sentence.brief) for sentence, label in _labeled(day)}
    return sum(count - 1 for count in Counter(story for story, _ in briefs).values())


_MEASURES: dict[str, Callable[[DayChoice], _Share]] = {
    "lead_right": _lead_right,
    "lead_in_first": lambda day: _lead_right(day, among=_LEADING),
    "must_told": _must_share,
    "must_carried": lambda day: _must_share(day, named=True),
    "must_told_wire": lambda day: _must_share(day, wire=True),
    "section_right": lambda day: _of_printed(
        day, lambda sentence, label: sentence.section == label.section
    ),
    "section_acceptable": lambda day: _of_printed(day, _is_acceptable),
    "poor": _poor,
    "poor_above_supply": _poor_above_supply,
    "poor_in_first": _poor_in_first,
    "named_worth": _named_worth,
    "importance": lambda day: _of_printed(day, lambda _, label: label.importance),
    "opinion": lambda day: _of_printed(day, lambda _, label: label.kind == "opinion"),
    "long": lambda day: (sum(sentence.words > _LONG for sentence in day.printed), len(day.printed)),
    "teasers_gated": lambda day: _gated(day, frozenset({"teaser"})),
    "official_gated": lambda day: _gated(day, _OFFICIAL, least=_SHOULD),
    "opinion_gated": lambda day: _gated(day, frozenset({"opinion"})),
}
