"""Chooses the stories of a day that may get a brief, so that their sentences are ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import replace

from briefing.core.errors import ChoiceError
from briefing.core.language import spoken
from briefing.core.model import Action, Kind, Status
from briefing.core.text.choices import NOTHING, in_place
from briefing.core.text.importance import NAMED, TOLD, Weighed, worth
from briefing.core.text.sagas import Continuation

#: Stories of one saga that are printed, whatever else there is.
_LEAST_OF_A_SAGA = 3
#: Number of stories up to which each has a brief of its own: rarity of words means little then.
_ROOM = 2


def shortlist(
    weighed: Sequence[Weighed],
    continued: Mapping[str, Continuation],
    *,
    most: int,
    apart: Collection[str] = (),
) -> tuple[Weighed, ...]:
    """Return the stories that may get a brief, in printed order, at most ``most`` per section.

    These are the stories that an editor would likely print, and those that editors or watch-lists
    want: three good stories are better than a padded page. A preview or an analysis gives way to
    news near it that is as important. The limit applies to each section, so that one with hundreds
    of stories does not crowd out the others. Stories in ``apart`` are not put beside others.

    Raises:
        ChoiceError: ``most`` or more stories are pinned, so that a page has no room for them.
    """
    pinned = [entry for entry in weighed if entry.say.place is Action.PIN]
    if len(pinned) >= most:
        raise ChoiceError(
            f"{len(pinned)} stories are pinned and a page holds {most - 1} beside its top "
            f"story; undo some, such as {pinned[-1].story.documents[0].headline!r}"
        )
    odds = worth(weighed)
    still = in_place(
        [entry for entry in weighed if not entry.say.dropped], say=lambda entry: entry.say
    )
    wanted = {entry.story.id for entry in still if entry.say.placed or entry.say.pulled}
    likely: Set[str] = wanted | {entry.story.id for entry in still if odds[entry.story.id] >= TOLD}
    news = {entry.story.id for entry in still if entry.story.id in likely and _is_news(entry)}
    likely = likely - {
        entry.story.id
        for entry in still
        if entry.story.id not in wanted | news
        and any(id_ in news and odds[id_] >= odds[entry.story.id] for id_, _ in entry.story.near)
    }
    likely = _balanced(likely, still, continued, odds=odds, wanted=wanted)
    counted: Counter[str] = Counter()
    chosen = []
    for entry in still:
        if entry.story.id in likely:
            counted[entry.section] += 1
            if counted[entry.section] <= most:
                chosen.append(entry)
    return _with_near(chosen, continued, apart=apart)


def _is_news(entry: Weighed) -> bool:
    """Tell whether a story is neither a preview nor only analysis."""
    reports = entry.story.documents
    return not spoken().importance.ahead.search(reports[0].title) and any(
        report.kind is not Kind.ANALYSIS for report in reports
    )


def _balanced(
    likely: Set[str],
    still: Sequence[Weighed],
    continued: Mapping[str, Continuation],
    *,
    odds: Mapping[str, float],
    wanted: Set[str],
) -> Set[str]:
    """Limit the largest saga to half of the stories, filled up with others that may be named."""
    crises = {id_: its.crisis for id_, its in continued.items()}
    ((largest, count),) = Counter(crises.get(id_, id_) for id_ in sorted(likely)).most_common(
        1
    ) or [("", 0)]
    ids = [entry.story.id for entry in still]
    own = [id_ for id_ in ids if crises.get(id_) == largest and id_ in likely]
    others = [
        id_ for id_ in ids if crises.get(id_) != largest and (id_ in likely or odds[id_] >= NAMED)
    ]
    if not others or 2 * count <= len(likely) or count <= _LEAST_OF_A_SAGA:
        return likely
    most = max(_LEAST_OF_A_SAGA, len(others))
    kept = {id_ for place, id_ in enumerate(own) if place < most or id_ in wanted}
    return kept | {*others[: max(count, len(likely) - count)]} | (likely & {*others})


def _with_near(
    chosen: Sequence[Weighed],
    continued: Mapping[str, Continuation],
    *,
    apart: Collection[str],
) -> tuple[Weighed, ...]:
    """Put stories beside the most important one near them, so that no event is printed twice.

    Half of them are on the same event, the others on the same matter. Stories in ``apart``, with an
    editor's choice or of another status stay alone; so do all if there are only two. Stories
    missing from ``continued`` are new: on a day of thousands of reports only the most important are
    followed, but a section may print one beyond them.
    """
    if len(chosen) <= _ROOM:
        return tuple(chosen)
    statuses = {id_: its.status for id_, its in continued.items()}
    joined: dict[str, Weighed] = {}
    into: dict[str, str] = {}
    for entry in chosen:
        story, status = entry.story, statuses.get(entry.story.id, Status.NEW)
        alone = entry.say != NOTHING or story.id in apart
        near = {} if alone else dict(story.near)
        nearest = (
            other for other in into if other in near and statuses.get(other, Status.NEW) is status
        )
        other = next(nearest, story.id)
        into[story.id] = its = into.get(other, story.id)
        if its == story.id:
            joined[its] = entry
        else:
            beside = (*joined[its].story.beside, (story, near[other]))
            joined[its] = replace(joined[its], story=replace(joined[its].story, beside=beside))
    return tuple(joined.values())
