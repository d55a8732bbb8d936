"""What editors choose by a command: a draft is laid out, choices are kept, and it is again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from briefing.app.actor import Actor
from briefing.app.editors import OpenEdition, next_to_print, put_back
from briefing.app.publish import draft
from briefing.core.edition import slug
from briefing.core.errors import ChoiceError
from briefing.core.model import Edition
from briefing.setup.clock import now
from briefing.setup.news import publish_plan
from briefing.setup.settings import Settings
from briefing.setup.timetable import timetable_of
from briefing.store import Store, Transaction

#: Keeps choices about an edition.
Keep = Callable[[Transaction, OpenEdition, datetime], object]


def draft_of(store: Store, settings: Settings, *, day: date | None) -> Edition:
    """Return a draft with a document for every report; None: of the next edition.

    Raises:
        BriefingError: as :func:`briefing.app.publish.draft`.
    """
    at = now()
    if day is None:
        timetable = timetable_of(settings)
        with store.read() as tx:
            day, _ = next_to_print(tx, slug(settings.name), timetable=timetable, at=at)
    made = draft(store, publish_plan(settings), day=day, now=at)
    return replace(made.edition, documents={**made.reports, **made.edition.documents})


def choose_for(
    store: Store, settings: Settings, edition: Edition, *, keep: Keep, actor: Actor
) -> Edition:
    """Keep choices about a draft, and return it as it is with them.

    Raises:
        BriefingError: they cannot be kept, or no page can be laid out with them; they are as
            before.
    """
    chosen_for, at = OpenEdition.of(slug(settings.name), edition), now()
    with store.write() as tx:
        keep(tx, chosen_for, at)
    try:
        return draft_of(store, settings, day=edition.day)
    except ChoiceError:
        with store.write() as tx:
            put_back(tx, edition=chosen_for, actor=actor, at=at)
        raise
