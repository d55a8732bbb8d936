"""What programs may do; each act is a line of the audit log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from briefing.app.readers.decide import PAUSED, RESUMED
from briefing.app.withdraw import Withdraw, withdraw
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Action, Choice, Consent, Document, State, Step, Subscriber
from briefing.core.schedule import refuse_ahead
from briefing.store import Transaction, archive, choices, documents, subscribers
from briefing.web.api import schemas
from briefing.web.api.call import Call, Refused

#: Steps that are done for a day.
_OF_A_DAY = frozenset({Step.PUBLISH, Step.DELIVER})


def order(call: Call) -> schemas.Ordered:
    """Ask the round for a step."""
    step, day = _step(call), call.body.day
    if day is not None and step not in _OF_A_DAY:
        raise Refused(422, f"day: {step} is done for no day; leave it out.")
    if call.context.requests is None:
        raise Refused(503, "No round runs in this process; `briefing serve` runs one.")
    if step is Step.PUBLISH and day is not None and call.context.timetable is not None:
        _refuse_ahead(call, day)
    with call.context.store.write() as tx:
        call.note(tx, f"order {step}", str(day or ""))
    call.context.requests.give(step, day=day)
    return schemas.Ordered(step=step, day=day)


def withdraw_edition(call: Call) -> schemas.WithdrawalLine:
    """Take the edition of a day back; its proof is kept, and nothing of it is sent any more."""
    day, asked, context = call.day, call.body, call.context
    if asked.tell_readers and context.sender is None:
        raise Refused(409, "tell_readers: nobody sends mail here; leave it out.")
    wanted = Withdraw(context.name, day, reason=asked.reason, tell_readers=asked.tell_readers)
    try:
        with context.store.write() as tx:
            done = withdraw(
                tx, wanted, who=call.who, at=call.request.at, origin=call.request.network
            )
    except InputError as error:
        raise Refused(404, _sentence(error)) from None
    except UsageError as error:
        raise Refused(409, _sentence(error)) from None
    return schemas.WithdrawalLine(
        edition=done.withdrawal.edition,
        day=day,
        at=done.withdrawal.at,
        who=done.withdrawal.who,
        reason=done.withdrawal.reason,
        canceled=done.canceled,
        notices=done.notices,
    )


def choose(call: Call) -> schemas.ChoiceLine:
    """Let a choice stand, in place of the one of its kind for the same report."""
    asked, day = call.body, call.day
    if asked.section and asked.section not in call.context.sections:
        known = ", ".join(call.context.sections)
        raise Refused(422, f"section: unknown; known: {known}.")
    with call.context.store.write() as tx:
        _check_open(tx, call)
        report = documents.texts(tx, [asked.document]).get(asked.document)
        if report is None:
            raise Refused(422, "document: no such report is stored.")
        if asked.action is Action.TOP:
            _check_top(tx, call, report)
        new = Choice.about(
            report, asked.action, day=day, who=call.who, at=call.request.at, section=asked.section
        )
        kept = choices.choose(tx, call.context.briefing, new)
        call.note(tx, f"{asked.action} story", f"{day}: {report.headline or report.id}")
    return schemas.ChoiceLine.model_validate(kept)


def undo(call: Call) -> schemas.ChoiceLine:
    """Let a choice stand no more."""
    day, number = call.day, call.id
    with call.context.store.write() as tx:
        _check_open(tx, call)
        source_status = {one.id for one in choices.source_status(tx, call.context.briefing, day)}
        found = (
            choices.undo(tx, call.context.briefing, number, who=call.who, at=call.request.at)
            if number in source_status
            else None
        )
        if found is None:
            raise Refused(404, "No such choice stands for this day.")
        call.note(tx, f"undo {found.action}", f"{day}: {found.headline}")
    return schemas.ChoiceLine.model_validate(found)


def pause(call: Call) -> schemas.SubscriberLine:
    """Send a subscriber nothing until further notice."""
    with call.context.store.write() as tx:
        one = _subscriber(tx, call, (State.ACTIVE,))
        return _turned(tx, call, one, State.PAUSED, what="changed", words=PAUSED)


def resume(call: Call) -> schemas.SubscriberLine:
    """Send again to who paused, or to an address that had not worked."""
    with call.context.store.write() as tx:
        one = _subscriber(tx, call, (State.PAUSED, State.BOUNCED))
        what = "changed" if one.state is State.PAUSED else "returned"
        return _turned(tx, call, one, State.ACTIVE, what=what, words=RESUMED)


def remove(call: Call) -> schemas.Removed:
    """Forget a subscriber; whoever had left stays one who has left."""
    with call.context.store.write() as tx:
        one = _subscriber(tx, call, tuple(State))
        subscribers.forget(tx, one.id)
        call.note(tx, "remove subscriber", str(one.id))
    return schemas.Removed(id=one.id)


def _step(call: Call) -> Step:
    try:
        return Step(call.parts["step"])
    except ValueError:
        raise Refused(404, f"There is no such step; known: {', '.join(Step)}.") from None


def _refuse_ahead(call: Call, day: date) -> None:
    assert call.context.timetable is not None  # noqa: S101  who calls has looked
    try:
        refuse_ahead(call.context.timetable, day, now=call.request.at)
    except UsageError as error:
        raise Refused(422, _sentence(error)) from None


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def _check_open(tx: Transaction, call: Call) -> None:
    """Refuse to choose for an edition that is printed: it would change nothing but the record."""
    if archive.days(tx, call.context.briefing, first=call.day, last=call.day):
        raise Refused(409, "The edition of this day is printed already.")


def _check_top(tx: Transaction, call: Call, report: Document) -> None:
    """Refuse a second story at the top: the page could not be laid out."""
    for one in choices.source_status(tx, call.context.briefing, call.day):
        same = one.document == report.id or (one.url and one.url == report.url)
        if one.action is Action.TOP and not same:
            raise Refused(
                409,
                f"Another story opens the page, by choice {one.id}; undo it first: {one.headline}",
            )


def _subscriber(tx: Transaction, call: Call, states: Collection[State]) -> Subscriber:
    found = subscribers.get(tx, call.id)
    if found is None:
        raise Refused(404, "There is no such subscriber.")
    if found.state not in states:
        raise Refused(409, f"The subscriber is {found.state}, not {' or '.join(states)}.")
    return found


def _turned(  # noqa: PLR0913  one act, said once
    tx: Transaction, call: Call, one: Subscriber, state: State, *, what: str, words: str
) -> schemas.SubscriberLine:
    consent = Consent(call.request.at, what, "command", origin=call.who, words=words)
    subscribers.change_state(tx, one.id, state, consent=consent)
    call.note(tx, f"{words} subscriber", str(one.id))
    return schemas.SubscriberLine.model_validate(subscribers.get(tx, one.id))
