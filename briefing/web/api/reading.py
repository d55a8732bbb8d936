"""API operations that only read."""

from __future__ import annotations

from datetime import date
from itertools import islice

from starlette.responses import Response

from briefing.core.model import Audience
from briefing.store import (
    Transaction,
    archive,
    choices,
    deliveries,
    editions,
    reader_list,
    runs,
    subscribers,
    withdrawals,
)
from briefing.store import sources as kept_sources
from briefing.store.archive import Question
from briefing.store.editions import StoredEdition
from briefing.store.reader_list import Matching
from briefing.web.api import schemas
from briefing.web.api.call import Call, Refused

_NO_EDITION = "There is no edition for this day."


def listed_editions(call: Call) -> schemas.Editions:
    """List editions, newest first."""
    with call.context.store.read() as tx:
        days = archive.days(tx, call.context.briefing, first=date.min, last=date.max)
    lines = [schemas.EditionLine(day=day, number=days[day]) for day in sorted(days, reverse=True)]
    first = call.question.offset
    return schemas.Editions(total=len(days), editions=lines[first : first + call.question.limit])


def edition(call: Call) -> Response:
    """Return the stored record of an edition."""
    return Response(_edition(call).record, media_type="application/json")


def pdf(call: Call) -> Response:
    """Return the PDF of an edition."""
    content = _edition(call).files.get("pdf")
    if content is None:
        raise Refused(404, "This edition has no PDF.")
    return Response(content, media_type="application/pdf")


def search(call: Call) -> schemas.Hits:
    """Search the archive."""
    asked = call.question
    question = Question(
        words=asked.words,
        section=asked.section,
        publisher=asked.publisher,
        since=asked.since,
        until=asked.until,
        status=asked.status.value if asked.status else "",
    )
    with call.context.store.read() as tx:
        results = archive.search(
            tx, call.context.briefing, question, limit=asked.limit, offset=asked.offset
        )
    return schemas.Hits.model_validate(results)


def rounds(call: Call) -> schemas.Runs:
    """List the latest runs."""
    asked = call.question
    with call.context.store.read() as tx:
        recent = runs.recent(tx, call.context.briefing, limit=asked.limit, step=asked.step)
    return schemas.Runs(runs=[schemas.RunLine.model_validate(run) for run in recent])


def sources(call: Call) -> schemas.Sources:
    """List all sources with their status."""
    with call.context.store.read() as tx:
        statuses = kept_sources.source_statuses(tx)
    lines = [
        schemas.SourceLine(
            url=status.source.url.partition("?")[0],
            kind=status.source.kind,
            name=status.source.name,
            added=status.added,
            visited=status.visited,
            answered=status.answered,
            failing_since=status.failing_since,
            failures=status.failures,
            reason=status.reason,
            fresh_at=status.fresh_at,
            newest=status.newest,
        )
        for status in statuses
    ]
    return schemas.Sources(sources=lines)


def listed_subscribers(call: Call) -> schemas.Subscribers:
    """List subscribers, oldest first."""
    asked = call.question
    with call.context.store.read() as tx:
        counts = subscribers.counts(tx)
        matching = Matching(state=asked.state)
        part = reader_list.page(tx, matching, offset=asked.offset, limit=asked.limit)
    total = sum(counts.values()) if asked.state is None else counts.get(asked.state, 0)
    lines = [schemas.SubscriberLine.model_validate(subscriber) for subscriber in part]
    return schemas.Subscribers(total=total, subscribers=lines)


def subscriber(call: Call) -> schemas.SubscriberLine:
    """Return one subscriber."""
    with call.context.store.read() as tx:
        person = subscribers.get(tx, call.id)
    if person is None:
        raise Refused(404, "Unknown subscriber.")
    return schemas.SubscriberLine.model_validate(person)


def delivery_counts(call: Call) -> schemas.DeliveryCounts:
    """Count the deliveries of a day by status."""
    with call.context.store.read() as tx:
        audience = _audience(tx, call)
    return schemas.DeliveryCounts(
        edition=audience.edition,
        day=audience.day,
        total=sum(audience.counts.values()),
        counts=audience.counts,
    )


def listed_deliveries(call: Call) -> schemas.Deliveries:
    """List the deliveries of a day, oldest first."""
    asked = call.question
    with call.context.store.read() as tx:
        audience = _audience(tx, call)
        matching = deliveries.of(tx, audience.edition, status=asked.fate)
        part = list(islice(matching, asked.offset, asked.offset + asked.limit))
    total = (
        sum(audience.counts.values()) if asked.fate is None else audience.counts.get(asked.fate, 0)
    )
    lines = [schemas.DeliveryLine.model_validate(delivery) for delivery in part]
    return schemas.Deliveries(edition=audience.edition, total=total, deliveries=lines)


def standing_choices(call: Call) -> schemas.Choices:
    """List the active choices of a day."""
    day = call.day
    with call.context.store.read() as tx:
        active = choices.active(tx, call.context.briefing, day)
    return schemas.Choices(day=day, choices=[schemas.ChoiceLine.model_validate(c) for c in active])


def _edition(call: Call) -> StoredEdition:
    day = call.day
    with call.context.store.read() as tx:
        stored = editions.on(tx, call.context.briefing, day)
        gone = () if stored else withdrawals.on(tx, call.context.briefing, day)
    if stored is None:
        raise Refused(410, f"It was {gone[0].words}.") if gone else Refused(404, _NO_EDITION)
    return stored


def _audience(tx: Transaction, call: Call) -> Audience:
    """Return the delivery counts of a day, also for a withdrawn edition."""
    briefing, day = call.context.briefing, call.day
    stored = editions.on(tx, briefing, day)
    ids = (
        [stored.id]
        if stored
        else [withdrawal.edition for withdrawal in withdrawals.on(tx, briefing, day)]
    )
    if not ids:
        raise Refused(404, _NO_EDITION)
    return deliveries.audience(tx, ids[0])
