"""API operations that change something; each writes an audit event."""

from __future__ import annotations

from briefing.app import editors
from briefing.app.editors import ChoiceRequest, OpenEdition, stories_of
from briefing.app.readers import administration
from briefing.app.rounds import requests
from briefing.app.withdraw import Withdraw, withdraw
from briefing.core.model import Step
from briefing.web.api import schemas
from briefing.web.api.call import Call, Refused


def order(call: Call) -> schemas.Ordered:
    """Request a run of a step."""
    step, day, context = _step(call), call.body.day, call.context
    if context.requests is None:
        raise Refused(503, "No round runs in this process; `briefing serve` runs one.")
    call.change(requests.order, step, day=day, timetable=context.timetable, wrong=422)
    context.requests.give(step, day=day)
    return schemas.Ordered(step=step, day=day)


def withdraw_edition(call: Call) -> schemas.WithdrawalLine:
    """Withdraw the edition of a day; its proof is kept and its pending mails are canceled."""
    day, asked, context = call.day, call.body, call.context
    if asked.tell_readers and context.sender is None:
        raise Refused(409, "tell_readers: this briefing sends no mail; leave it out.")
    wanted = Withdraw(context.name, day, reason=asked.reason, tell_readers=asked.tell_readers)
    done = call.change(withdraw, wanted)
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
    wanted = ChoiceRequest(call.body.document, call.body.action, call.body.section)
    (choice,) = call.change(editors.choose, [wanted], edition=_edition(call), missing=422)
    return schemas.ChoiceLine.model_validate(choice)


def undo(call: Call) -> schemas.ChoiceLine:
    """Undo a choice."""
    undone = call.change(editors.undo, call.id, edition=_edition(call))
    return schemas.ChoiceLine.model_validate(undone)


def pause(call: Call) -> schemas.SubscriberLine:
    """Pause a subscription."""
    return schemas.SubscriberLine.model_validate(call.change(administration.pause, call.id))


def resume(call: Call) -> schemas.SubscriberLine:
    """Resume a paused or suspended subscription."""
    return schemas.SubscriberLine.model_validate(call.change(administration.resume, call.id))


def remove(call: Call) -> schemas.Removed:
    """Remove a subscriber; an address that unsubscribed stays suppressed."""
    call.change(administration.remove, call.id)
    return schemas.Removed(id=call.id)


def _step(call: Call) -> Step:
    try:
        return Step(call.parts["step"])
    except ValueError:
        raise Refused(404, f"Unknown step; known: {', '.join(Step)}.") from None


def _edition(call: Call) -> OpenEdition:
    context, day = call.context, call.day
    draft = context.drafts.last(day) if context.drafts else None
    stories = stories_of(draft.edition) if draft else {}
    return OpenEdition(context.briefing, day, context.sections, stories)
