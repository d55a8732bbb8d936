"""The fields that say how and since when those agreed who are added."""

from __future__ import annotations

from dataclasses import dataclass

from briefing.app.readers.agreement import (
    LONGEST,
    Agreement,
    agreement_errors,
    read_agreement,
)
from briefing.web.admin.frame import AdminSession
from briefing.web.admin.times import times_in
from briefing.web.forms import FieldError

#: Characters of a date that are shown again.
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class WrittenAgreement:
    """What was typed, and what is wrong with it."""

    consent: str = ""
    since: str = ""
    wrong: tuple[FieldError, ...] = ()
    #: Nobody has agreed, where nothing is wrong and nothing was needed.
    agreement: Agreement | None = None

    @property
    def read(self) -> Agreement:
        """What was agreed, where it was needed and nothing is wrong with it."""
        assert self.agreement is not None  # noqa: S101  the caller has looked at what is wrong
        return self.agreement


def written_agreement(session: AdminSession, *, needed: bool = True) -> WrittenAgreement:
    """Read the fields of a form; where they are not needed, there must be no words."""
    consent, since = session.field("consent"), session.field("since")
    today = times_in(session.zone, now=session.request.at).today
    shown = consent.strip()[: LONGEST + 1], since[:_SHOWN]
    if not needed:
        wrong = FieldError(
            "consent",
            "It is said how they agreed, but they are to be asked.",
            "Choose that they have agreed, or leave this empty",
        )
        return WrittenAgreement(*shown, (wrong,) if consent.strip() else ())
    errors = tuple(
        FieldError(one.field, f"{one.reason}.", one.hint)
        for one in agreement_errors(consent, since, today=today)
    )
    if errors:
        return WrittenAgreement(*shown, errors)
    return WrittenAgreement(*shown, (), read_agreement(consent, since, today=today))
