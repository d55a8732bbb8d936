"""An edition that shows that two sagas are one story, or that one is two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from briefing.core import record
from briefing.core.model import Edition, Saga
from briefing.core.text.sagas import tellings
from briefing.store import Store, Transaction, editions, sagas
from tests.desk import FERRY
from tests.newsday import HARBOR, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import BRIEFING


def show_merge(store: Store) -> None:
    """Let the ferry of today go on with the harbor as s2, and the strait with both."""
    with store.write() as tx:
        first, second = (_edition(tx, day) for day in (YESTERDAY, TODAY))
        harbor = next(one.entry for one in tellings(first) if one.headline == HARBOR[0])
        merged = _with(second, FERRY[0], Saga("s2", YESTERDAY, (harbor,)))
        strait = replace(_saga(second), also=("s2",))
        sagas.put(tx, BRIEFING, _with(merged, STRAIT_NEXT[0], strait))


def show_split(store: Store) -> None:
    """Let the ferry of today go on with the strait as well."""
    with store.write() as tx:
        second = _edition(tx, TODAY)
        (story,) = [brief.story for brief in second.briefs() if brief.saga]
        sagas.put(tx, BRIEFING, _with(second, FERRY[0], replace(_saga(second), beside=(story,))))


def _edition(tx: Transaction, day: date) -> Edition:
    stored = editions.on(tx, BRIEFING, day)
    assert stored is not None
    return record.read(stored.record, name=stored.id).edition


def _saga(edition: Edition) -> Saga:
    (saga,) = [brief.saga for brief in edition.briefs() if brief.saga]
    return saga


def _with(edition: Edition, headline: str, saga: Saga) -> Edition:
    """Return the edition with the saga of the story below a headline."""
    return replace(
        edition,
        sections=tuple(
            replace(
                section,
                briefs=tuple(
                    replace(one, saga=saga) if one.headline == headline else one
                    for one in section.briefs
                ),
            )
            for section in edition.sections
        ),
    )
