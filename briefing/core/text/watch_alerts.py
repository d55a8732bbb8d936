"""Finds new stories that match a watch-list between two editions, and limits the mails on them."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain

from briefing.core.frozen import frozen
from briefing.core.model import Material, Story, WatchList
from briefing.core.text.analysis import Analyses, analyze_all
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.core.text.sagas import find_continuations
from briefing.core.text.watch import Matcher


@frozen
class WatchAlert:
    """A new story with enough publishers for the alert of a watch-list."""

    list: WatchList
    #: Clustered only from reports that name an entry of some list.
    story: Story
    #: Entries of the list that it names, in the order of first mention.
    entries: tuple[str, ...]
    #: Families of publishers whose reports name it.
    publishers: int


def find_alerts(
    material: Material, *, watch: Matcher, known: Analyses, language: str, window: timedelta
) -> tuple[WatchAlert, ...]:
    """Return the alerts list by list; those of a list in the order of stories, the largest first.

    Only hits in title or opening count, and only reports that pass the gate or of which the
    headline may be used; copies count once, as do publishers of one family. A story is not new if
    a recent edition printed or named its event. ``material`` has the reports since the last
    edition, and the recent editions; ``known`` has analyses of reports, by id.
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


#: Period of the limit, and the most mails in it: for one reader about one source, and in all.
SPAN, OF_SOURCE, OF_READER = timedelta(hours=1), 5, 12


def is_spent(before: Sequence[tuple[str, str]], *, source: str, reader: str) -> bool:
    """Tell whether a reader has reached the limit of alert mails, in all or about a source.

    ``before``: source and reader of each mail in the last :data:`SPAN`; ``source``: the one whose
    report causes the alert, empty if several do.
    """
    own = [by for by, to in before if to == reader]
    return len(own) >= OF_READER or (source != "" and own.count(source) >= OF_SOURCE)
