"""The round once, from the sources to the mail, for machines that have a timer of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from briefing.model import Run, Step
from briefing.rounds.settled import settled
from briefing.rounds.work import Act, Book, Task
from briefing.schedule import Timetable, local_date, publish_at, what_is_due
from briefing.store import archive, deliveries


def run_once(
    book: Book, *, timetable: Timetable, acts: Mapping[Step, Act], only_due: bool
) -> Iterator[Run]:
    """Do each step that there is something to do for, one after the other; yield its run.

    A step that fails holds up none of the others.

    Args:
        book: where runs are recorded.
        timetable: when there are editions.
        acts: what is done in each step; deliveries and bounces may be left out.
        only_due: whether an edition is made only when its time has come, within its grace; else
            that of today is, unless today has none.

    Raises:
        StoreError: the store cannot be read or written.
    """
    yield book.record(Task(Step.COLLECT), acts[Step.COLLECT])[0]
    edition = _edition(book, timetable, only_due=only_due)
    if edition is not None:
        yield book.record(edition, acts[Step.PUBLISH])[0]
    if Step.DELIVER in acts and _has_mail(book):
        yield book.record(Task(Step.DELIVER), acts[Step.DELIVER])[0]
    if Step.BOUNCES in acts:
        yield book.record(Task(Step.BOUNCES), acts[Step.BOUNCES])[0]


def _edition(book: Book, timetable: Timetable, *, only_due: bool) -> Task | None:
    now = book.clock()
    today = local_date(timetable, at=now)
    with book.store.read() as tx:
        last = settled(tx, book.briefing, timetable=timetable, now=now)
        made = archive.days(tx, book.briefing, first=today, last=date.max)
    due = what_is_due(timetable, now=now, last=last)
    if due is not None:
        return Task(Step.PUBLISH, due.day, due.late)
    # Who asks outside its time has perhaps brought in what was missing before.
    wanted = not only_due and not made and publish_at(timetable, today) is not None
    return Task(Step.PUBLISH, today) if wanted else None


def _has_mail(book: Book) -> bool:
    with book.store.read() as tx:
        due = deliveries.next_due(tx)
    return due is not None and due <= book.clock()
