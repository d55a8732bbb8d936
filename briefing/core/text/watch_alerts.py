"""Finds new stories that a watch-list names, between two editions, and bounds the mails on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from briefing.core.model import Material, Story, WatchList
from briefing.core.text.analysis import Analyses, analyze_all
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.core.text.sagas import find_continuations
from briefing.core.text.watch import Matcher


@dataclass(frozen=True, slots=True)
class WatchAlert:
    """A new story that is reported widely enough for a list."""

    list: WatchList
    #: Of reports that name some list.
    story: Story
    #: Entries of the list that it names, the first named first.
    entries: tuple[str, ...]
    #: Families of publishers whose reports name it.
    publishers: int


def find_alerts(
    material: Material, *, watch: Matcher, known: Analyses, language: str, window: timedelta
) -> tuple[WatchAlert, ...]:
    """Return the alerts that reports give rise to, by list; those of a list the widest first.

    Only what a report says in its title or opening counts, and only reports that pass the gate, or
    of which the headline alone may be used; copies, and publishers of one owner, count once. A
    story whose event an edition of the last days told or named is not new. Material is all since
    the last edition, and the editions of the last days.
    """
    hits = {
        document.id: [hit for hit in watch(document) if hit.leads]
        for document in material.documents
    }
    naming = [document for document in material.documents if hits[document.id]]
    pairs = zip(naming, analyze_all(naming, known, language=language), strict=True)
    passed = {
        report: analysis
        for report, analysis in pairs
        if analysis.passes(rescued=False) or analysis.headline_only(report)
    }
    copies = find_copies([*passed], [analysis.fingerprint for analysis in passed.values()])
    bags = {report.id: analysis.bag for report, analysis in passed.items()}
    stories = cluster([*passed], copies=copies, window=window, bags=bags)
    continued = find_continuations(stories, material, bags=bags)
    new = [story for story, its in zip(stories, continued, strict=True) if not its.same_event]
    alerts = []
    for watched in watch.lists:
        for story in new:
            own = {
                report.id: [hit.entry for hit in hits[report.id] if hit.list == watched.name]
                for report in story.documents
            }
            entries = tuple(dict.fromkeys(chain.from_iterable(own.values())))
            families = {report.family for report in story.documents if own[report.id]}
            if len(families) >= watched.alert:
                alerts.append(WatchAlert(watched, story, entries, len(families)))
    return tuple(alerts)


#: The span of a budget, a busy hour, and mails in it about one source and for one reader.
SPAN, OF_SOURCE, OF_READER = timedelta(hours=1), 5, 12


def is_spent(before: Sequence[tuple[str, str]], *, source: str, reader: str) -> bool:
    """Tell whether a reader gets no further mail of their own about a source.

    That is the source whose text sets it off; empty: several together. Given are source and reader
    of each mail of the last :data:`SPAN`.
    """
    own = [by for by, to in before if to == reader]
    return len(own) >= OF_READER or (source != "" and own.count(source) >= OF_SOURCE)
