"""Lays pages out of the stories of one day: that of all sections, and those of some of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from briefing.core.errors import NothingToPrintError
from briefing.core.model import (
    NOT_CHOSEN,
    DateAhead,
    DayCount,
    Document,
    Edition,
    Excerpt,
    NamedStory,
    page_key,
)
from briefing.core.page.compose import compose
from briefing.core.page.fit import fit
from briefing.core.ports import Draft, Measure
from briefing.core.text.found import count_reasons


@dataclass(frozen=True, slots=True)
class DayStories:
    """What may be printed on a day, found once for all of its pages."""

    #: All of the edition but its sections, panel and setting.
    edition: Edition
    #: Stories with their sentences, the most important first.
    excerpts: tuple[Excerpt, ...]
    #: Names of all sections in printed order.
    sections: tuple[str, ...]
    #: Stories worth naming.
    also: tuple[NamedStory, ...] = ()
    #: What earlier editions announced for this day: words, document, and the sections that cited
    #: it.
    due: tuple[tuple[DateAhead, Document, frozenset[str]], ...] = ()

    @property
    def draft(self) -> Draft:
        """Everything that their page could carry."""
        return compose(
            self.excerpts,
            edition=self.edition,
            sections=self.sections,
            also=self.also,
            due=[(ahead, document) for ahead, document, _ in self.due],
        )


def citing_sections(document: str, *, editions: Sequence[Edition]) -> frozenset[str]:
    """Return the sections in which earlier editions cited a document."""
    return frozenset(
        section.name
        for edition in editions
        for section in edition.sections
        if any(document in brief.sources for brief in section.briefs)
    )


def lay_out_own(
    stories: DayStories, only: Sequence[str], *, general: Edition, measure: Measure
) -> Edition:
    """Lay out the page of some sections, with all the room for their stories.

    Corrections stand on every page; the note of the desk too. Sagas have the ids that the page of
    all sections gave them: one that begins with a story that only this page prints has none, and
    is told on a later day.

    Args:
        stories: of the day.
        only: names of the sections, in printed order; not all.
        general: the page of all sections.
        measure: the press.

    Raises:
        NothingToPrintError: they have no news today.
        ChoiceError: what editors pinned in them does not fit.
        LayoutError: the page cannot be laid out.
    """
    own = _chosen(stories, only, general=general)
    if not own.excerpts:
        raise NothingToPrintError(f"nothing to print of {', '.join(only)}")
    return fit(own.draft, measure).edition


def _chosen(stories: DayStories, only: Sequence[str], *, general: Edition) -> DayStories:
    sagas = {brief.story: brief.saga for brief in general.briefs()}
    excerpts = tuple(
        replace(
            one,
            briefs=briefs,
            touches=one.touches if briefs == one.briefs else (),
            saga=one.saga if one.saga is None or one.saga.id else sagas.get(one.story.id),
        )
        for one in stories.excerpts
        if (briefs := tuple(brief for brief in one.briefs if brief[0] in only))
    )
    also = tuple(one for one in stories.also if one.section in only)
    return replace(
        stories,
        edition=_blank(stories, only, kept={one.story.id for one in excerpts}),
        excerpts=excerpts,
        also=also,
        due=tuple(one for one in stories.due if one[2] & {*only}),
    )


def _blank(stories: DayStories, only: Sequence[str], *, kept: Collection[str]) -> Edition:
    """Return the edition before anything is printed on the page of some sections."""
    edition = stories.edition
    others = {one.story.id for one in stories.excerpts} - {*kept}
    found = tuple(
        replace(one, why=NOT_CHOSEN) if one.story in others else one for one in edition.ledger.found
    )
    key = page_key(only, printed=stories.sections)
    return replace(
        edition,
        only=tuple(only),
        address=f"{edition.address}/{key}" if edition.address else "",
        days=tuple(
            DayCount(day.day, {name: day.stories.get(name, 0) for name in only})
            for day in edition.days
        ),
        ledger=replace(edition.ledger, found=found, dropped_stories=count_reasons(found)),
    )
