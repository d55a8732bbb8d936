"""How deliveries stand in the store, and the statements that run for every one of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Text,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)

from briefing.core.model import (
    OPERATORS_MAILS,
    Delivery,
    DeliveryStatus,
    MailKind,
    State,
)
from briefing.store.driver import DriverStatement
from briefing.store.mail_tables import DELIVERY, SUBSCRIBER

#: What a delivery is made of; the address is that of the subscriber, as long as there is one.
COLUMNS = (
    DELIVERY.c.number.label("delivery"),
    DELIVERY.c.edition,
    DELIVERY.c.subscriber,
    DELIVERY.c.due,
    DELIVERY.c.until,
    DELIVERY.c.status,
    DELIVERY.c.tries,
    DELIVERY.c.ambiguous,
    DELIVERY.c.reason.label("attempt_reason"),
    DELIVERY.c.done,
    DELIVERY.c.kind,
    DELIVERY.c.asked,
    DELIVERY.c.epoch,
    DELIVERY.c.words,
)


def _constant(value: StrEnum | str) -> ColumnElement[str]:
    """Write a word of our own into a statement: each parameter costs time with every mail."""
    return literal_column(f"'{value}'", Text)


EDITIONS = DELIVERY.c.kind == _constant(MailKind.EDITION)
JOINED = DELIVERY.outerjoin(SUBSCRIBER, DELIVERY.c.subscriber == SUBSCRIBER.c.number)
#: What a delivery is that nobody has claimed.
FREE: dict[str, object] = {"worker": "", "lease": None, "begun": False}
#: A lease that no clock ends.
ENDLESS = datetime(9999, 1, 1, tzinfo=UTC)
#: Why all that was open is held.
SUSPECT = "the store was put back from a backup; it may have been sent before"


def _is(*states: State) -> ColumnElement[bool]:
    """Tell whether a subscriber is in a state; a statement of many rows knows no IN."""
    return or_(*(SUBSCRIBER.c.state == _constant(state) for state in states))


#: Whether it goes to those who run the briefing.
_OPERATORS = or_(*(DELIVERY.c.kind == _constant(kind) for kind in sorted(OPERATORS_MAILS)))

#: Whether a subscriber may be written to; who left after they asked to confirm may not.
WELCOME = or_(
    and_(EDITIONS, _is(State.ACTIVE)),
    and_(DELIVERY.c.kind == _constant(MailKind.REMINDER), _is(State.ACTIVE, State.PAUSED)),
    and_(
        DELIVERY.c.kind == _constant(MailKind.CONFIRMATION),
        or_(
            _is(State.PENDING),
            and_(
                _is(State.UNSUBSCRIBED, State.BOUNCED),
                SUBSCRIBER.c.since <= DELIVERY.c.asked,
            ),
        ),
    ),
    _OPERATORS,
)

#: Records what became of one.
SETTLE = DriverStatement(
    update(DELIVERY)
    .where(
        DELIVERY.c.number == bindparam("number_"),
        # What was sent was sent, whoever holds it now; all else is for the holder to say.
        or_(
            DELIVERY.c.worker == bindparam("worker_"),
            bindparam("status", type_=Text) == _constant(DeliveryStatus.SENT),
        ),
    )
    .values(
        status=bindparam("status", type_=Text),
        due=func.coalesce(bindparam("again", type_=DELIVERY.c.due.type), DELIVERY.c.due),
        ambiguous=or_(DELIVERY.c.ambiguous, bindparam("ambiguous_", type_=DELIVERY.c.begun.type)),
        reason=bindparam("reason"),
        done=bindparam("done"),
        worker=_constant(""),
        lease=null(),
        begun=false(),
    )
)

#: Notes that one is being sent, if its worker still holds it and it may be.
BEGIN = DriverStatement(
    update(DELIVERY)
    .where(
        DELIVERY.c.number == bindparam("number_"),
        DELIVERY.c.worker == bindparam("worker_"),
        DELIVERY.c.status == _constant(DeliveryStatus.CLAIMED),
        DELIVERY.c.until > bindparam("now", type_=DELIVERY.c.until.type),
        or_(
            _OPERATORS,
            select(SUBSCRIBER.c.number)
            .where(SUBSCRIBER.c.number == DELIVERY.c.subscriber, WELCOME)
            .exists(),
        ),
    )
    .values(begun=true(), tries=DELIVERY.c.tries + literal_column("1"), lease=bindparam("lease"))
)


def delivery_of(row: Row[*tuple[Any, ...]], *, status: DeliveryStatus | None = None) -> Delivery:
    """Return the delivery of a row that has :data:`COLUMNS` and the address."""
    return Delivery(
        id=row.delivery,
        edition=row.edition or "",
        subscriber=row.subscriber,
        address=row.address or "",
        due=row.due,
        until=row.until,
        status=status or DeliveryStatus(row.status),
        tries=row.tries,
        ambiguous=row.ambiguous,
        reason=row.attempt_reason,
        done=row.done,
        kind=MailKind(row.kind),
        asked=row.asked,
        epoch=row.epoch,
        words=row.words,
    )


def of_kinds(kinds: Collection[MailKind]) -> ColumnElement[bool]:
    """Tell whether a delivery is of one of these kinds."""
    return DELIVERY.c.kind.in_(sorted(kind.value for kind in kinds))
