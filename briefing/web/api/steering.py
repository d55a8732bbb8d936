"""API operations that change something; each writes an audit event."""

from __future__ import annotations

from collections.abc import Callable

from briefing.app import editors
from briefing.app.editors import ChoiceRequest, EditorDesk
from briefing.app.readers import administration
from briefing.app.rounds import requests
from briefing.app.withdraw import Withdraw, withdraw
from briefing.core.model import Action, Step, Subscriber
from briefing.web.api import schemas
from briefing.web.api.call import Call, Refused, refused


def order(call: Call) -> schemas.Ordered:
    """Request a run of a step."""
    step, day, context = _step(call), call.body.day, call.context
    if context.requests is None:
        raise Refused(503, "No round runs in this process; `briefing serve` runs one.")
    with refused(wrong=422), context.store.write() as tx:
        requests.order(
            tx, step, day=day, timetable=context.timetable, actor=call.actor, at=call.request.at
        )
    context.requests.give(step, day=day)
    return schemas.Ordered(step=step, day=day)


def withdraw_edition(call: Call) -> schemas.WithdrawalLine:
    """Withdraw the edition of a day; its proof is kept and its pending mails are canceled."""
    day, asked, context = call.day, call.body, call.context
    if asked.tell_readers and context.sender is None:
        raise Refused(409, "tell_readers: this briefing sends no mail; leave it out.")
    wanted = Withdraw(context.name, day, reason=asked.reason, tell_readers=asked.tell_readers)
    with refused(), context.store.write() as tx:
        done = withdraw(tx, wanted, actor=call.actor, at=call.request.at)
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
    """Make a choice on a story; it replaces one of the same kind on the same report."""
    wanted = ChoiceRequest(
        call.body.document,
        call.body.action,
        call.body.section,
        moves=call.body.action is Action.MOVE,
    )
    desk = _desk(call)
    with refused(missing=422), call.context.store.write() as tx:
        (choice,) = editors.choose(tx, [wanted], desk=desk, actor=call.actor, at=call.request.at)
    return schemas.ChoiceLine.model_validate(choice)


def undo(call: Call) -> schemas.ChoiceLine:
    """Undo a choice."""
    desk, number = _desk(call), call.id
    with refused(), call.context.store.write() as tx:
        undone = editors.undo(tx, number, desk=desk, actor=call.actor, at=call.request.at)
    return schemas.ChoiceLine.model_validate(undone)


def pause(call: Call) -> schemas.SubscriberLine:
    """Pause a subscription."""
    return _turned(call, administration.pause)


def resume(call: Call) -> schemas.SubscriberLine:
    """Resume a paused or suspended subscription."""
    return _turned(call, administration.resume)


def remove(call: Call) -> schemas.Removed:
    """Remove a subscriber; an address that unsubscribed stays suppressed."""
    with refused(), call.context.store.write() as tx:
        administration.remove(tx, call.id, actor=call.actor, at=call.request.at)
    return schemas.Removed(id=call.id)


def _step(call: Call) -> Step:
    try:
        return Step(call.parts["step"])
    except ValueError:
        raise Refused(404, f"Unknown step; known: {', '.join(Step)}.") from None


def _desk(call: Call) -> EditorDesk:
    context, day = call.context, call.day
    draft = context.drafts.last(day) if context.drafts else None
    outcomes = draft.edition.choices if draft else ()
    return EditorDesk(context.briefing, day, context.sections, outcomes)


def _turned(call: Call, turn: Callable[..., Subscriber]) -> schemas.SubscriberLine:
    with refused(), call.context.store.write() as tx:
        subscriber = turn(tx, call.id, actor=call.actor, at=call.request.at)
    return schemas.SubscriberLine.model_validate(subscriber)
