"""PURE: what programs send and are answered; the OpenAPI document is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from briefing.core.model import Action, DeliveryStatus, Ending, Form, State, Status, Step

#: Text from outside: one short line.
Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class RequestModel(BaseModel):
    """What comes from outside; a name that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseModel(BaseModel):
    """What is answered, read from the types of the model."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Nothing(RequestModel):
    """No parameters."""


class Paging(RequestModel):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200, description="Entries of the answer.")
    offset: int = Field(0, ge=0, le=1_000_000, description="Entries left out before them.")


class SearchQuestion(Paging):
    """The question of the archive; what is left out asks for nothing."""

    words: Line = Field("", description="All of them stand in one sentence and what is beside it.")
    section: Line = ""
    publisher: Line = ""
    since: date | None = Field(None, description="First day.")
    until: date | None = Field(None, description="Last day.")
    status: Status | None = None


class RunsQuestion(RequestModel):
    """Which runs of the round."""

    limit: int = Field(50, ge=1, le=200, description="Runs of the answer, the newest.")
    step: Step | None = None


class SubscribersQuestion(Paging):
    """Which subscribers."""

    state: State | None = None


class DeliveriesQuestion(Paging):
    """Which deliveries of an edition."""

    fate: DeliveryStatus | None = None


class Order(RequestModel):
    """What is asked of the round; may be left out."""

    day: date | None = Field(None, description="For publish and deliver; left out: today.")


class NewWithdrawal(RequestModel):
    """Why an edition is withdrawn; may be left out."""

    reason: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] = (
        Field("", description="One line; readers see it.")
    )
    tell_readers: bool = Field(
        default=False, description="Whether each who got it is mailed a notice."
    )


class NewChoice(RequestModel):
    """A choice on the next edition; the words of the news stay as they are."""

    action: Action
    document: Line = Field(min_length=1, description="Id of a report of the story.")
    section: Line = Field("", description="For move: where to.")

    @model_validator(mode="after")
    def _moves_somewhere(self) -> NewChoice:
        if (self.action is Action.MOVE) != bool(self.section):
            raise ValueError("section: give one to move a story, and only then")
        return self


class Problem(ResponseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    wrong: tuple[Mapping[str, str], ...]


class EditionLine(ResponseModel):
    """One edition in a list."""

    day: date
    number: int


class Editions(ResponseModel):
    """Editions, the newest first."""

    total: int
    editions: Sequence[EditionLine]


class EditionRecord(ResponseModel):
    """An edition as docs/edition-json.md tells; it has more fields than are named here."""

    model_config = ConfigDict(extra="allow", frozen=True)

    # pydantic has a method of the name.
    schema_: int = Field(alias="schema")
    id: str
    name: str
    date: date
    language: str
    number: int
    sections: tuple[Mapping[str, Any], ...]
    documents: Mapping[str, Mapping[str, Any]]
    ledger: Mapping[str, Any]
    manifest: Mapping[str, Any]


class WithdrawalLine(ResponseModel):
    """That an edition was withdrawn."""

    edition: str
    day: date
    at: datetime
    who: str
    reason: str
    canceled: int = Field(description="Deliveries that are not sent any more.")
    notices: int = Field(description="Readers who get a notice.")


class HitLine(ResponseModel):
    """A brief that was found."""

    edition: str
    day: date
    number: int
    section: str
    status: Status
    headline: str
    sentence: str
    publishers: tuple[str, ...]


class Hits(ResponseModel):
    """Briefs that were found, the newest first."""

    total: int
    hits: Sequence[HitLine]


class RunLine(ResponseModel):
    """One run of a step."""

    id: int
    step: Step
    day: date | None
    began: datetime
    ended: datetime | None
    ending: Ending | None
    late: bool
    words: str
    figures: Mapping[str, int]


class Runs(ResponseModel):
    """Runs of the round, the newest first."""

    runs: Sequence[RunLine]


class Ordered(ResponseModel):
    """What the round was asked for; it begins in a moment."""

    step: Step
    day: date | None


class SourceLine(ResponseModel):
    """A source and how it answers."""

    url: str = Field(description="Without what stands behind a question mark: it may hold a key.")
    kind: str
    name: str
    added: datetime
    visited: datetime | None
    answered: datetime | None
    failing_since: datetime | None
    failures: int
    reason: str
    fresh_at: datetime | None
    newest: datetime | None


class Sources(ResponseModel):
    """All sources."""

    sources: Sequence[SourceLine]


class WishesLine(ResponseModel):
    """What a subscriber has chosen."""

    sections: tuple[str, ...] = Field(description="Empty: all.")
    form: Form
    days: tuple[int, ...] = Field(description="0 for Monday to 6.")
    at: time
    zone: str
    language: str


class SubscriberLine(ResponseModel):
    """A subscriber."""

    id: int
    address: str
    name: str
    state: State
    since: datetime | None
    reason: str
    preferences: WishesLine


class Subscribers(ResponseModel):
    """Subscribers, the first added first."""

    total: int
    subscribers: Sequence[SubscriberLine]


class Removed(ResponseModel):
    """Whom nothing is known of any more."""

    id: int


class DeliveryCounts(ResponseModel):
    """How the deliveries of an edition stand."""

    edition: str
    day: date
    total: int
    counts: Mapping[DeliveryStatus, int]


class DeliveryLine(ResponseModel):
    """One edition to one subscriber."""

    id: int
    subscriber: int
    address: str
    due: datetime
    #: The name under which programs know the status.
    fate: DeliveryStatus = Field(validation_alias="status")
    tries: int
    reason: str
    done: datetime | None


class Deliveries(ResponseModel):
    """Deliveries of an edition, the first made first."""

    edition: str
    total: int
    deliveries: Sequence[DeliveryLine]


class ChoiceLine(ResponseModel):
    """A choice on an edition."""

    id: int
    day: date
    action: Action
    document: str
    url: str
    headline: str
    section: str
    who: str
    at: datetime


class Choices(ResponseModel):
    """The choices that stand."""

    day: date
    choices: Sequence[ChoiceLine]
