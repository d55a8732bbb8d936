"""Builds the edition of a selection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from briefing.core.model import Brief, Edition, Ledger, Scale, Section, Setting
from briefing.core.page.choice import (
    Selection,
    bands,
    beside,
    cited,
    least,
    panel_rows,
    printed_briefs,
    rows,
)
from briefing.core.ports import Candidate, Draft, Heights


def build(
    draft: Draft, heights: Heights, choice: Selection, *, lead: float, side_gap: float
) -> Edition:
    """Return the edition of a selection.

    Args:
        draft: what could be printed.
        heights: as measured at the choice's scale.
        choice: what is printed.
        lead: line of body text in points.
        side_gap: extra white between the blocks of the panel in points.
    """
    arranged = rows(draft, heights, choice) + panel_rows(heights, choice, choice.panel)
    setting = Setting(
        choice.scale,
        lead,
        heights.headline,
        tuple(split for row in arranged for split in row.splits),
        side_gap,
        tuple(flow for row in arranged for flow in row.flows),
    )
    titled = [one.earlier.title.document for one in printed_briefs(draft, choice) if one.earlier]
    documents = {name: draft.edition.documents[name] for name in (*cited(draft, choice), *titled)}
    return replace(
        draft.edition,
        sections=tuple(_sections(draft, choice)),
        panel=choice.panel,
        documents=documents,
        corrections=draft.edition.corrections[: choice.corrections],
        ledger=_ledger(draft, choice),
        setting=setting,
    )


def shortest(draft: Draft) -> Edition:
    """Return the edition of every brief with one sentence: about what a page's ledger counts."""
    choice = least(draft, Scale.NORMAL)
    return replace(
        draft.edition,
        sections=tuple(_sections(draft, choice)),
        panel=beside(draft, choice),
        ledger=_ledger(draft, choice),
    )


def _sections(draft: Draft, choice: Selection) -> Iterator[Section]:
    """Yield each section that has briefs, the top story first in its own."""
    numbered = dict(bands(draft, choice))
    for name in draft.sections:
        top: tuple[Brief, ...] = ()
        if choice.top and name == draft.top.section:
            top = (draft.top.lengths[choice.top - 1],)
        briefs: tuple[Brief, ...] = top + tuple(
            draft.briefs[number].lengths[choice.briefs[number] - 1]
            for number in numbered.get(name, ())
        )
        if briefs:
            yield Section(name, briefs)


def _ledger(draft: Draft, choice: Selection) -> Ledger:
    printed = tuple(printed_briefs(draft, choice))
    stories = {brief.story for brief in printed}
    out: dict[str, Candidate] = {}
    for candidate in draft.briefs:
        if candidate.lengths[0].story not in stories:
            out.setdefault(candidate.lengths[0].story, candidate)
    ledger = draft.edition.ledger
    return replace(
        ledger,
        printed=len(stories),
        named=len(choice.panel.also),
        sentences_printed=sum(len(brief.sentences) for brief in printed),
        no_room=(*map(_no_room, out.values()), *ledger.no_room),
        **_corrections(draft.edition, choice.corrections),
    )


def _corrections(edition: Edition, printed: int) -> dict[str, Any]:
    """Return the ledger's entries on corrections, without those that wait for a later edition."""
    waiting = edition.corrections[printed:]
    later = {(correction.edition, correction.old.document) for correction in waiting}
    reported = (
        correction
        for correction in edition.ledger.corrections
        if (correction.edition, correction.document) not in later
    )
    return {
        "corrections": tuple(reported),
        "corrected": printed,
        "corrections_waiting": len(waiting),
    }


def _no_room(candidate: Candidate) -> tuple[str, str, str]:
    brief = candidate.lengths[0]
    return (brief.story, brief.headline, candidate.section)
